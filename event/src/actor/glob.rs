//! Forms of texts with `*`, and what their stars stand for.

use std::borrow::Cow;

/// Texts longer than this are of no form: names come from whoever made the request.
const MAX_TEXT_BYTES: usize = 1024;

/// A form of a text: `*` is any run of characters, also none.
///
/// Each star but the last stands for as little as possible, so that a text is read once, whatever it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// What stands before, between and behind the stars; never empty.
    literals: Vec<Box<str>>,
    ignores_case: bool,
}

impl Glob {
    /// The form, compared letter by letter.
    pub fn new(form: &str) -> Self {
        Self { literals: form.split('*').map(Box::from).collect(), ignores_case: false }
    }

    /// The form, in which case does not matter.
    pub fn ignoring_case(form: &str) -> Self {
        Self { ignores_case: true, ..Self::new(&folded(form)) }
    }

    /// What each star stands for in a text of this form; `None` if it is of another.
    pub fn stars<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        let compared = if self.ignores_case { folded(text) } else { Cow::Borrowed(text) };
        let (first, rest) = self.literals.split_first()?;
        let Some((last, between)) = rest.split_last() else {
            return (*compared == **first).then(Vec::new);
        };
        let mut from = compared.starts_with(&**first).then_some(first.len())?;
        let end = compared.strip_suffix(&**last)?.len();
        let mut stars = Vec::with_capacity(rest.len());
        for literal in between {
            let at = from + compared.get(from..end)?.find(&**literal)?;
            stars.push(text.get(from..at)?);
            from = at + literal.len();
        }
        stars.push(text.get(from..end)?);
        Some(stars)
    }
}

/// In lower case, as far as that leaves every character where it is: what a star stands for is cut from the text itself.
fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let lower = |character: char| {
        let mut lower = character.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(lower), None) if lower.len_utf8() == character.len_utf8() => lower,
            _ => character,
        }
    };
    Cow::Owned(text.chars().map(lower).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_stand_for_the_rest() {
        fn check(form: &str, text: &str, expected: Option<&[&str]>) {
            assert_eq!(Glob::ignoring_case(form).stars(text).as_deref(), expected, "{form} {text}");
        }
        check("alice", "Alice", Some(&[]));
        check("alice", "alice2", None);
        check("", "", Some(&[]));
        check("*", "", Some(&[""]));
        check("*", "alice", Some(&["alice"]));
        check("*@Example.com", "Alice@EXAMPLE.com", Some(&["Alice"]));
        check("*@example.com", "alice@example.com.evil", None);
        check("a*a", "a", None);
        check("a*a", "aa", Some(&[""]));
        check("ab*ba", "aba", None);
        check("**", "x", Some(&["", "x"]));
        check("oidc:*", "oidc:ÄNNE", Some(&["ÄNNE"]));
        check("oidc:änne", "OIDC:ÄNNE", Some(&[]));
        check("*İ*", "xİy", Some(&["x", "y"]));
        check(
            "arn:aws:sts::*:assumed-role/Admin/*",
            "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com",
            Some(&["111122223333", "alice@example.com"]),
        );
        check("arn:aws:sts::*:assumed-role/Admin/*", "arn:aws:sts::1:assumed-role/Reader/a", None);
        check("*-*-*", "a-b-c-d", Some(&["a", "b", "c-d"]));
        check("*", &"a".repeat(1024), Some(&[&"a".repeat(1024)]));
        check("*", &"a".repeat(1025), None);
    }

    #[test]
    fn letter_by_letter() {
        assert_eq!(Glob::new("Admin*").stars("Admin-1"), Some(vec!["-1"]));
        assert_eq!(Glob::new("Admin*").stars("admin-1"), None);
    }

    proptest! {
        /// Stars and literals together are the text, whatever it is.
        #[test]
        fn nothing_is_lost(form in "[a*İÄ]{0,12}", text in "[aAİÄä]{0,24}") {
            if let Some(stars) = Glob::new(&form).stars(&text) {
                let mut back = String::new();
                let mut stars = stars.into_iter();
                for (at, literal) in form.split('*').enumerate() {
                    if at > 0 {
                        back.push_str(stars.next().unwrap());
                    }
                    back.push_str(literal);
                }
                prop_assert_eq!(back, text);
            }
        }

        #[test]
        fn never_panics(form: String, text: String) {
            Glob::ignoring_case(&form).stars(&text);
        }
    }
}
