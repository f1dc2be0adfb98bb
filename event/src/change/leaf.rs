//! Values of changed fields.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json;

/// A JSON value as its text: numbers keep every digit, and nothing is parsed that nobody asks for.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonText(Box<str>);

impl JsonText {
    /// `null`.
    pub fn null() -> Self {
        Self("null".into())
    }

    /// The value in `json`, a part of a record. What not every reader of JSON takes (half surrogates, `01`, `1e999999`, values
    /// nested deeper than 128) becomes a string that shows it.
    pub fn of(json: &[u8]) -> Self {
        let text = String::from_utf8_lossy(json);
        if is_plain_string(&text) || serde_json::from_str::<Value>(&text).is_ok() {
            return Self(text.trim().into());
        }
        let shown = json::string(json).unwrap_or(text);
        Self(Value::from(shown).to_string().into())
    }

    /// The JSON text.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// How many bytes its JSON takes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// JSON is never empty.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        &*self.0 == "null"
    }

    /// As a person writes it: a string without its quotes, everything else as JSON.
    pub fn plain(&self) -> Cow<'_, str> {
        json::string(self.0.as_bytes()).unwrap_or(Cow::Borrowed(&self.0))
    }

    /// Whether it is an object or a list with something in it.
    pub fn is_container(&self) -> bool {
        matches!(self.0.as_bytes(), [b'{' | b'[', ..]) && !matches!(&*self.0, "{}" | "[]")
    }

    /// Cut to about so many bytes: a string that shows the beginning.
    pub(super) fn cut(&mut self, bytes: usize) {
        if self.0.len() > bytes {
            let plain = self.plain();
            let head = plain.get(..plain.floor_char_boundary(bytes)).unwrap_or_default();
            self.0 = Value::from(head).to_string().into();
        }
    }
}

impl From<&str> for JsonText {
    fn from(text: &str) -> Self {
        Self(Value::from(text).to_string().into())
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not as a `RawValue`: events are flattened into other bodies, which serde buffers.
        Ok(Self(Value::deserialize(deserializer)?.to_string().into()))
    }
}

/// What most values are, and needs no parser.
fn is_plain_string(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.bytes().any(|byte| byte == b'"' || byte == b'\\' || byte < b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_json() {
        fn check(json: &[u8], expected: &str, plain: &str) {
            let text = JsonText::of(json);
            assert_eq!((text.as_json(), text.plain().as_ref()), (expected, plain));
            assert_eq!(
                serde_json::from_str::<JsonText>(&serde_json::to_string(&text).unwrap()).unwrap(),
                text
            );
        }
        check(br#""a\"b""#, r#""a\"b""#, "a\"b");
        check(b"1234567890123", "1234567890123", "1234567890123");
        check(b"1e999999", r#""1e999999""#, "1e999999");
        check(b"{}", "{}", "{}");
        check(b"01", r#""01""#, "01");
        check(b"\"\xff\"", "\"\u{fffd}\"", "\u{fffd}");
        check(b"nonsense", r#""nonsense""#, "nonsense");
    }

    #[test]
    fn a_cut_value_shows_its_beginning() {
        let mut text = JsonText::of("\"äöü\"".as_bytes());
        text.cut(3);
        assert_eq!(text.as_json(), "\"ä\"");
    }
}
