//! The members of an envelope, found in one pass.

use std::borrow::Cow;

use taffrail_event::Timestamp;
use taffrail_event::json::{self, Members};

/// Envelopes have a few dozen members; whatever has more is looked through only so far.
const MAX_MEMBERS: usize = 256;

/// An object whose members are looked up several times. Of a key that stands twice the first counts.
#[derive(Debug)]
pub(super) struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a [u8])>,
}

impl<'a> Object<'a> {
    /// The object in `value`; anything else has no members.
    pub(super) fn of(value: &'a [u8]) -> Self {
        let members = Members::of(value).take(MAX_MEMBERS).map(|member| (member.key, &value[member.value]));
        Self { members: members.collect() }
    }

    /// Any value but `null`.
    pub(super) fn get(&self, key: &str) -> Option<&'a [u8]> {
        let (_, value) = self.members.iter().find(|(name, _)| name == key)?;
        (*value != b"null").then_some(*value)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn array(&self, key: &str) -> Option<&'a [u8]> {
        self.get(key).filter(|value| value.first() == Some(&b'['))
    }

    /// The members of the object under `key`.
    pub(super) fn object(&self, key: &str) -> Option<Object<'a>> {
        self.get(key).filter(|value| value.first() == Some(&b'{')).map(Self::of)
    }

    /// The text under `key`, if there is any in it.
    pub(super) fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        json::string(self.get(key)?).filter(|text| !text.is_empty())
    }

    /// The value at a path of keys, also where a shipper writes the path as one key: `event.original`.
    pub(super) fn at(&self, path: &str) -> Option<&'a [u8]> {
        self.get(path).or_else(|| {
            let (first, rest) = path.split_once('.')?;
            self.object(first)?.at(rest)
        })
    }

    /// The text at a path.
    pub(super) fn text_at(&self, path: &str) -> Option<Cow<'a, str>> {
        json::string(self.at(path)?).filter(|text| !text.is_empty())
    }

    /// The time under `key`: RFC 3339, or seconds, milliseconds, microseconds or nanoseconds since 1970, whichever gives a
    /// time of this age.
    pub(super) fn time(&self, key: &str) -> Option<Timestamp> {
        let value = self.get(key)?;
        match json::string(value) {
            Some(text) => Timestamp::parse(&text).or_else(|| since_1970(text.parse().ok()?)),
            None => since_1970(std::str::from_utf8(value).ok()?.parse().ok()?),
        }
    }
}

/// A number is of the unit that makes it a time after 1973.
fn since_1970(number: f64) -> Option<Timestamp> {
    let micros = match number {
        1e8..1e11 => number * 1e6,
        1e11..1e14 => number * 1e3,
        1e14..1e17 => number,
        1e17..1e20 => number / 1e3,
        _ => return None,
    };
    // Within the range of the arms above.
    Some(Timestamp::from_micros(micros.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_unit() {
        fn check(value: &str, expected: Option<&str>) {
            let json = format!(r#"{{"t":{value}}}"#);
            let time = Object::of(json.as_bytes()).time("t").map(|time| time.to_string());
            assert_eq!(time.as_deref(), expected, "{value}");
        }
        let time = Some("2023-01-10T22:13:00.000000Z");
        check(r#""2023-01-10T22:13:00.0000000Z""#, time);
        check("1673388780", time);
        check("1673388780.0", time);
        check("1673388780000", time);
        check(r#""1673388780000000000""#, time);
        check("1673388780000000", time);
        check("7", None);
        check("-1", None);
        check("1e400", None);
        check("true", None);
        check(r#""yesterday""#, None);
    }

    #[test]
    fn paths_with_and_without_dots() {
        fn check(json: &str, expected: Option<&str>) {
            assert_eq!(Object::of(json.as_bytes()).text_at("event.original").as_deref(), expected, "{json}");
        }
        check(r#"{"event":{"original":"x"}}"#, Some("x"));
        check(r#"{"event.original":"x"}"#, Some("x"));
        check(r#"{"event":"x"}"#, None);
        check(r#"{"event":{"original":""}}"#, None);
    }
}
