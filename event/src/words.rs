//! The words of an event: what a bare word in a query finds.
//!
//! Intake side (index) and query side (matcher) must cut text alike, so both use this. A word is a run of letters and
//! digits, lower-cased; everything else separates. Bodies give the text of their values, and the keys of label-like maps;
//! `managedFields` and the last-applied annotation repeat the object, and resource versions are new in every write: they
//! are left out.

use std::borrow::Cow;

use crate::json::{self, Lexer, Token};

/// Longer words are cut to this many bytes (at a character), on both sides alike.
pub const MAX_WORD_BYTES: usize = 128;

/// The annotation in which `kubectl apply` repeats the object.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The words of `text`, in order.
pub fn words(text: &str) -> impl Iterator<Item = Cow<'_, str>> + Clone {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).map(normal)
}

/// Lower-cased letter by letter and cut to [`MAX_WORD_BYTES`]; doing it twice changes nothing. Marks that some letters
/// leave behind when lower-cased are dropped: they would cut the word.
fn normal(word: &str) -> Cow<'_, str> {
    if word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Cow::Borrowed(word.get(..MAX_WORD_BYTES).unwrap_or(word));
    }
    if word.is_ascii() {
        return Cow::Owned(word.get(..MAX_WORD_BYTES).unwrap_or(word).to_ascii_lowercase());
    }
    let mut lower: String =
        word.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
    lower.truncate(lower.floor_char_boundary(MAX_WORD_BYTES));
    Cow::Owned(lower)
}

/// Calls `each` with every searchable text of a JSON value, as it stands in the document (unescaped).
///
/// Runs in one pass, without recursion; a cut body yields what came before the cut.
pub fn body_texts(body: &[u8], mut each: impl FnMut(&str)) {
    let mut lexer = Lexer::new(body);
    // Checked once, its parts need no check.
    let whole = std::str::from_utf8(body).ok();
    let mut text = |start: usize, end: usize, escaped: bool| match whole
        .filter(|_| !escaped)
        .and_then(|whole| whole.get(start..end))
    {
        Some(text) => each(text),
        None => each(&json::text(&body[start..end], escaped)),
    };
    // One entry per open container: whether it is an object, and whether its keys are searchable.
    let mut open: Vec<(bool, bool)> = Vec::new();
    let mut key_next = false;
    let mut keys_of_next = false;
    while let Some(token) = lexer.next_token() {
        match token {
            Token::ObjectOpen => {
                open.push((true, std::mem::take(&mut keys_of_next)));
                key_next = true;
            }
            Token::ArrayOpen => {
                // A selector may be an array of requirements: its objects are not label-like.
                keys_of_next = false;
                open.push((false, false));
                key_next = false;
            }
            Token::ObjectClose | Token::ArrayClose => {
                open.pop();
                key_next = false;
            }
            Token::Comma => {
                key_next = open.last().is_some_and(|(is_object, _)| *is_object);
                keys_of_next = false;
            }
            Token::Colon => key_next = false,
            Token::String { start, end, escaped } if key_next => {
                let content = &body[start..end];
                if is_skipped(content) {
                    lexer.next_token();
                    lexer.value();
                    continue;
                }
                keys_of_next = is_label_like(content);
                if open.last().is_some_and(|(_, searchable)| *searchable) {
                    text(start, end, escaped);
                }
            }
            Token::String { start, end, escaped } => text(start, end, escaped),
            Token::Scalar { start, end } => {
                let scalar = &body[start..end];
                if !matches!(scalar, b"true" | b"false" | b"null") {
                    text(start, end, false);
                }
            }
        }
    }
}

fn is_skipped(key: &[u8]) -> bool {
    matches!(key, b"managedFields" | b"resourceVersion") || key == LAST_APPLIED.as_bytes()
}

/// Maps whose keys people search for: a label's key is half of what it says.
fn is_label_like(key: &[u8]) -> bool {
    matches!(
        key,
        b"labels" | b"annotations" | b"matchLabels" | b"selector" | b"nodeSelector" | b"data" | b"stringData"
    )
}

/// Whether the words of `phrase` stand next to each other in `text`.
pub fn holds_phrase(text: &str, phrase: &[String]) -> bool {
    let Some((first, rest)) = phrase.split_first() else { return false };
    let mut found = words(text);
    while let Some(word) = found.next() {
        let mut ahead = found.clone();
        let mut follows =
            || rest.iter().all(|expected| ahead.next().is_some_and(|word| word == expected.as_str()));
        if word == first.as_str() && follows() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        fn check(text: &str, expected: &[&str]) {
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text}");
        }
        check("registry/shop/api:3.0.7", &["registry", "shop", "api", "3", "0", "7"]);
        check("Default-Deny", &["default", "deny"]);
        check("Ünïcode Straße", &["ünïcode", "straße"]);
        check("--", &[]);
        check("İstanbul", &["istanbul"]);
        check("ΟΔΟΣ", &["οδοσ"]);
        check(&"x".repeat(500), &["x".repeat(MAX_WORD_BYTES).as_str()]);
    }

    #[test]
    fn body_texts_are_values_and_label_keys() {
        fn check(body: &str, expected: &[&str]) {
            let mut found = Vec::new();
            body_texts(body.as_bytes(), |text| found.push(text.to_owned()));
            assert_eq!(found, expected, "{body}");
        }
        check(
            r#"{"kind":"Pod","metadata":{"labels":{"quarantine":"true"},"managedFields":[{"manager":"x"}]},"n":5,"b":true}"#,
            &["Pod", "quarantine", "true", "5"],
        );
        check(
            r#"{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"a\":1}","note":"hi"},"x":{"y":"z"}}"#,
            &["note", "hi", "z"],
        );
        check(
            r#"[{"op":"add","path":"/metadata/labels/q","value":"t"}]"#,
            &["add", "/metadata/labels/q", "t"],
        );
        check(r#""skipped-too-big-size-object""#, &["skipped-too-big-size-object"]);
        check(r#"{"labels":{"a":"b"#, &["a"]);
    }

    #[test]
    fn phrases_need_neighbours() {
        fn check(text: &str, phrase: &[&str], expected: bool) {
            let phrase: Vec<_> = phrase.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(holds_phrase(text, &phrase), expected, "{text}");
        }
        check("a web-1 pod", &["web", "1"], true);
        check("web web 1", &["web", "1"], true);
        check("web x 1", &["web", "1"], false);
        check("web", &["web", "1"], false);
        check("web", &[], false);
    }

    proptest! {
        #[test]
        fn words_of_a_word_are_the_word(text in "\\PC{0,200}") {
            for word in words(&text) {
                prop_assert_eq!(words(&word).collect::<Vec<_>>(), std::slice::from_ref(&word));
            }
        }

        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            body_texts(&body, |text| words(text).for_each(drop));
        }
    }
}
