//! Text for a line: whatever clients chose, it comes without line breaks and bounded.

use std::borrow::Cow;

use crate::json;

/// Names longer than this are cut: they come from clients.
const MAX_NAME_BYTES: usize = 256;

/// Values, field names and messages are cut here: they stand beside others.
const MAX_VALUE_BYTES: usize = 80;

/// A list of more values than this is not written out.
const MAX_LISTED: usize = 5;

/// In what redaction leaves of a value; its hash says nothing to a reader.
const REDACTED: &str = "redacted:";

/// A name.
pub(super) fn name(text: &str) -> String {
    cut(text, MAX_NAME_BYTES)
}

/// A part of a sentence: a message, a selector, a field's name.
pub(super) fn short(text: &str) -> String {
    cut(text, MAX_VALUE_BYTES)
}

/// One line of at most so many bytes, and a mark where something is left out.
pub(crate) fn cut(text: &str, bytes: usize) -> String {
    let mut line = String::with_capacity(text.len().min(bytes) + '…'.len_utf8());
    for character in text.chars() {
        let character = if is_visible(character) { character } else { ' ' };
        if line.len() + character.len_utf8() > bytes {
            line.push('…');
            break;
        }
        line.push(character);
    }
    line
}

/// Neither a control character nor one that breaks the line, hides, or turns the direction of what follows.
fn is_visible(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A value as a person writes it; `None` for what is too large, has no short form, or was redacted.
pub(super) fn value(json: &[u8]) -> Option<String> {
    match json.first()? {
        b'{' if json == b"{}" => Some("nothing".to_owned()),
        b'{' => None,
        b'[' => {
            let mut values = Vec::new();
            for range in json::elements(json) {
                let is_scalar = !matches!(json[range.clone()].first(), Some(b'{' | b'['));
                if !is_scalar || values.len() == MAX_LISTED {
                    return None;
                }
                values.push(value(&json[range])?);
            }
            Some(if values.is_empty() {
                "nothing".to_owned()
            } else {
                cut(&values.join(", "), MAX_VALUE_BYTES)
            })
        }
        _ => {
            let text = json::string(json).unwrap_or_else(|| String::from_utf8_lossy(json));
            (!text.contains(REDACTED)).then(|| quoted(&text))
        }
    }
}

/// A value with white space in it, or none at all, stands in quotes: else nobody sees where it ends.
fn quoted(text: &str) -> String {
    let line = short(text);
    if line.is_empty() || line.contains(char::is_whitespace) {
        format!("\"{}\"", line.trim_end())
    } else {
        line
    }
}

/// The first of some texts, and how many others there are.
pub(super) fn first_of(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

/// `3 replicas`, `1 replica`.
pub(super) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// The value that several keys lead to, one in the other.
pub(super) fn at<'a>(value: &'a [u8], keys: &[&str]) -> Option<&'a [u8]> {
    keys.iter().try_fold(value, |value, key| json::member(value, key)).filter(|value| *value != b"null")
}

/// The text that several keys lead to, or the empty string.
pub(super) fn text_at<'a>(value: &'a [u8], keys: &[&str]) -> Cow<'a, str> {
    at(value, keys).and_then(json::string).unwrap_or_default()
}

/// The elements of the list that several keys lead to.
pub(super) fn list_at<'a>(value: &'a [u8], keys: &[&str]) -> Vec<&'a [u8]> {
    let list = at(value, keys).unwrap_or_default();
    json::elements(list).map(|range| &list[range]).collect()
}

/// The texts in the list that several keys lead to.
pub(super) fn texts_at<'a>(value: &'a [u8], keys: &[&str]) -> Vec<Cow<'a, str>> {
    list_at(value, keys).into_iter().filter_map(json::string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_lines_and_bounded() {
        fn check(text: &str, bytes: usize, expected: &str) {
            assert_eq!(cut(text, bytes), expected);
        }
        check("a\nb\r\u{2028}c\u{202e}d\u{9b}2J", 80, "a b  c d 2J");
        check("äöü", 4, "äö…");
        check("äöü", 6, "äöü");
        check("", 0, "");
    }

    #[test]
    fn values_are_short_or_not_said() {
        fn check(json: &str, expected: Option<&str>) {
            assert_eq!(value(json.as_bytes()).as_deref(), expected, "{json}");
        }
        check("3", Some("3"));
        check("true", Some("true"));
        check(r#""a""#, Some("a"));
        check(r#""a b""#, Some("\"a b\""));
        check(r#""""#, Some("\"\""));
        check(r#""redacted:01""#, None);
        check(r#"["Ingress","Egress"]"#, Some("Ingress, Egress"));
        check("[]", Some("nothing"));
        check("{}", Some("nothing"));
        check(r#"[{"a":1}]"#, None);
        check(r#"{"a":1}"#, None);
        check("[1,2,3,4,5,6]", None);
    }
}
