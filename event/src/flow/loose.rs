//! Values as exporters write them: null or `-` for what is not known, numbers as strings, and whatever the next release adds.
//! Nothing here fails: what cannot be read is not known.

use std::borrow::Cow;
use std::cell::Cell;

use crate::json::{self, Members};

/// Room for the members of a record: of Calico's there are some 80.
const MEMBERS: usize = 96;

/// The members of a JSON object, read by name.
#[derive(Debug, Default)]
pub(super) struct Loose<'a> {
    /// Keys as bytes, without escapes.
    members: Vec<(Cow<'a, [u8]>, &'a [u8])>,
    /// Behind the member that was asked for last. Readers ask nearly in the order in which exporters write.
    next: Cell<usize>,
}

impl<'a> Loose<'a> {
    /// The members of the object in `value`; none of anything else.
    pub(super) fn of(value: &'a [u8]) -> Self {
        let mut members = Vec::with_capacity(if value.len() > MEMBERS { MEMBERS } else { 4 });
        let mut written = Members::of(value);
        while let Some((key, escaped, place)) = written.next_written() {
            let key = if escaped { json::unescape(key) } else { Cow::Borrowed(key) };
            members.extend(value.get(place).map(|value| (key, value)));
        }
        Self { members, next: Cell::new(0) }
    }

    /// The first member of that name, wherever the search for it begins: exporters write none twice, and of a hostile
    /// record either is as good.
    fn find(&self, key: &str) -> Option<&'a [u8]> {
        let (before, behind) = self.members.split_at(self.next.get().min(self.members.len()));
        let places = (before.len()..).zip(behind).chain((0..).zip(before));
        let (place, value) = places
            .filter(|(_, (name, _))| name.as_ref() == key.as_bytes())
            .map(|(place, (_, value))| (place, *value))
            .next()?;
        self.next.set(place + 1);
        Some(value)
    }

    /// Looks from the beginning again: whoever reads a record with a member twice finds the same one each time.
    pub(super) fn rewind(&self) {
        self.next.set(0);
    }

    /// The bytes of a member; null is no member.
    fn get(&self, key: &str) -> Option<&'a [u8]> {
        self.find(key).filter(|value| *value != b"null")
    }

    /// Whether there is such a member, be it null.
    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Whether there is such a member, and it is not null.
    pub(super) fn is_set(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether there is no member at all.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Yes or no; `None` where it is neither.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// A text; `""` for null, `-`, and what is no text.
    pub(super) fn text(&self, key: &str) -> Cow<'a, str> {
        self.get(key).and_then(json::string).filter(|text| text != "-").unwrap_or_default()
    }

    /// A text that is written as one or, as journald does where it is not UTF-8, as a list of its bytes.
    pub(super) fn bytes_or_text(&self, key: &str) -> String {
        match self.list(key) {
            None => self.get(key).and_then(json::string).unwrap_or_default().into_owned(),
            Some(bytes) => {
                let byte = |element: &[u8]| json::integer(element).and_then(|byte| u8::try_from(byte).ok());
                String::from_utf8_lossy(&bytes.filter_map(byte).collect::<Vec<u8>>()).into_owned()
            }
        }
    }

    /// A whole number, also one that is written as a string (as protojson does).
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.signed(key).and_then(|number| u64::try_from(number).ok())
    }

    /// The same with a sign.
    pub(super) fn signed(&self, key: &str) -> Option<i64> {
        let value = self.get(key)?;
        json::integer(value).or_else(|| json::string(value)?.parse().ok())
    }

    /// A port; 0 is no port.
    pub(super) fn port(&self, key: &str) -> Option<u16> {
        self.number(key).and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0)
    }

    /// The object under a name.
    pub(super) fn object(&self, key: &str) -> Self {
        self.get(key).map(Self::of).unwrap_or_default()
    }

    /// The elements of a list; `None` where there is none.
    pub(super) fn list(&self, key: &str) -> Option<impl Iterator<Item = &'a [u8]> + use<'a>> {
        let list = self.get(key).filter(|value| value.starts_with(b"["))?;
        Some(json::elements(list).filter_map(move |range| list.get(range)))
    }

    /// The texts in a list.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let elements = self.list(key).into_iter().flatten();
        elements.filter_map(|text| Some(json::string(text)?.into_owned())).collect()
    }

    /// A map of texts as `key=value`.
    pub(super) fn pairs(&self, key: &str) -> Vec<String> {
        let members = self.object(key).members.into_iter();
        let pair = |(key, value): (Cow<'_, [u8]>, &[u8])| {
            Some(format!("{}={}", String::from_utf8_lossy(&key), json::string(value)?))
        };
        members.filter_map(pair).collect()
    }

    /// The name of a protobuf enum, which is written as a name or as its number; `""` for another.
    pub(super) fn name_of(&self, key: &str, names: &[&'static str]) -> &'static str {
        let given = match self.signed(key) {
            Some(number) => usize::try_from(number).ok().and_then(|place| names.get(place)),
            None => {
                let text = self.text(key);
                names.iter().find(|name| **name == text)
            }
        };
        given.copied().unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &[u8] = br#"{"text":"a","dash":"-","null":null,"number":7,"quoted":"7","negative":-1,
        "port":80,"none":0,"high":70000,"list":["x",1,"y"],"map":{"a":"b","n":1},"kind":2,"name":"Deny","yes":true,"no":false}"#;

    #[test]
    fn texts_and_numbers() {
        let record = Loose::of(RECORD);
        let texts = ["text", "dash", "null", "number", "absent"].map(|key| record.text(key));
        assert_eq!(texts, ["a", "", "", "", ""]);
        let numbers =
            ["number", "quoted", "negative", "null", "text", "absent"].map(|key| record.number(key));
        assert_eq!(numbers, [Some(7), Some(7), None, None, None, None]);
        assert_eq!(record.signed("negative"), Some(-1));
        assert_eq!(["port", "none", "high"].map(|key| record.port(key)), [Some(80), None, None]);
        assert_eq!((record.has("null"), record.has("absent")), (true, false));
        assert_eq!((record.is_set("null"), record.is_set("text")), (false, true));
        let flags = ["yes", "no", "null", "text"].map(|key| record.flag(key));
        assert_eq!(flags, [Some(true), Some(false), None, None]);
    }

    #[test]
    fn lists_and_maps() {
        let record = Loose::of(RECORD);
        assert_eq!(record.texts("list"), ["x", "y"]);
        assert!(record.list("null").is_none() && record.list("map").is_none());
        assert_eq!(record.pairs("map"), ["a=b"]);
        assert_eq!(record.object("map").text("a"), "b");
        assert!(!record.object("list").has("x"));
    }

    #[test]
    fn enums_by_name_and_number() {
        let (record, names) = (Loose::of(RECORD), ["", "Allow", "Deny"]);
        let found = ["kind", "name", "port", "text", "null"].map(|key| record.name_of(key, &names));
        assert_eq!(found, ["Deny", "Deny", "", "", ""]);
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for value in ["", "[1]", "7", "{", "{\"a\":", "nonsense"] {
            assert!(Loose::of(value.as_bytes()).is_empty(), "{value}");
        }
    }
}
