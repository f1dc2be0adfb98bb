//! Text from events as a terminal may see it: names, agents and bodies come from anybody, and a terminal obeys.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character that moves the cursor, changes colours, hides or reorders text written out.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_unsafe(character) => push_number(&mut shown, "\\u{", character, "}"),
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// As [`visible`], line by line: for notes that we lay out ourselves.
pub(crate) fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// JSON (or lines of it) that says the same without those characters. They can only stand inside strings, where JSON has an
/// escape for them; line ends between values stay.
pub(crate) fn visible_json(json: &str) -> Cow<'_, str> {
    let is_unsafe = |character: char| character != '\n' && is_unsafe(character);
    if !json.chars().any(is_unsafe) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if !is_unsafe(character) {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            push_unit(&mut shown, *unit);
        }
    }
    Cow::Owned(shown)
}

fn push_number(shown: &mut String, before: &str, character: char, after: &str) {
    write!(shown, "{before}{:x}{after}", u32::from(character)).expect("a string takes every write");
}

fn push_unit(shown: &mut String, unit: u16) {
    write!(shown, "\\u{unit:04x}").expect("a string takes every write");
}

/// Controls (C0, DEL, C1: some terminals take U+009B for an escape), line separators, and the characters that have no
/// width or reorder what stands around them.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_it_obeys() {
        fn check(text: &str, expected: &str) {
            assert_eq!(visible(text), expected, "{text:?}");
        }
        check("alice deleted pod shop/web-1 …", "alice deleted pod shop/web-1 …");
        check("\x1b[2J\x1b]0;title\x07", "\\u{1b}[2J\\u{1b}]0;title\\u{7}");
        check("\u{9b}31m", "\\u{9b}31m");
        check("a\r\nb\tc\x7f", "a\\r\\nb\\tc\\u{7f}");
        check("user\u{202e}nimda", "user\\u{202e}nimda");
        check("ad\u{200b}min\u{2028}", "ad\\u{200b}min\\u{2028}");
        check("名前 ünïcode 🚢", "名前 ünïcode 🚢");
    }

    #[test]
    fn json_says_the_same() {
        let value = serde_json::json!({"name": "a\u{9b}31m\u{7f}\u{202e}\u{e0041}\x1b", "n": [1, "ü"]});
        let written = serde_json::to_string(&value).unwrap();
        let shown = visible_json(&written);
        assert!(!shown.chars().any(is_unsafe), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        assert_eq!(visible_json("{\"a\":1}\n{\"b\":2}\n"), "{\"a\":1}\n{\"b\":2}\n");
    }

    #[test]
    fn lines_that_are_ours_stay() {
        assert_eq!(visible_lines("one\n  two\x1b"), "one\n  two\\u{1b}");
    }
}
