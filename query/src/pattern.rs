//! Wildcard patterns: literal parts with `*` (any run of characters, also none) between them.

/// A pattern with at least one `*`. It knows nothing of case: whoever builds it and whoever matches by it bring both
/// sides into the field's normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The literals around the stars: one more than there are stars, the inner ones not empty.
    parts: Vec<String>,
}

impl Pattern {
    /// The pattern with a star between each two parts. Neighbouring stars are one; a pattern of one part or none is
    /// taken as ending in a star.
    pub fn new(parts: impl IntoIterator<Item = String>) -> Self {
        let mut given: Vec<String> = parts.into_iter().collect();
        let last = if given.len() > 1 { given.pop() } else { None }.unwrap_or_default();
        let mut given = given.into_iter();
        let mut parts = vec![given.next().unwrap_or_default()];
        parts.extend(given.filter(|part| !part.is_empty()));
        parts.push(last);
        Self { parts }
    }

    /// The literals around the stars, first and last possibly empty.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// What every match begins with; possibly nothing.
    pub fn literal_prefix(&self) -> &str {
        self.parts.first().map_or("", String::as_str)
    }

    /// Whether the pattern says no more than "anything".
    pub fn is_any(&self) -> bool {
        self.parts.iter().all(String::is_empty)
    }

    /// Whether the whole of `text` is of this form. Linear: leftmost finds are enough where only stars lie between.
    pub fn matches(&self, text: &str) -> bool {
        let [first, inner @ .., last] = self.parts.as_slice() else { return false };
        let Some(mut rest) =
            text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()))
        else {
            return false;
        };
        inner.iter().all(|part| match rest.split_once(part.as_str()) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.split('*').map(str::to_owned))
    }

    #[test]
    fn matches_whole_texts() {
        fn check(form: &str, text: &str, expected: bool) {
            assert_eq!(pattern(form).matches(text), expected, "{form} {text}");
        }
        check("a*", "a", true);
        check("a*", "abc", true);
        check("a*", "ba", false);
        check("*a", "ba", true);
        check("*a*", "bab", true);
        check("a*a", "a", false);
        check("a*a", "aa", true);
        check("a*b*c", "axbxc", true);
        check("a*b*c", "axcxb", false);
        check("*ab*ab*", "abab", true);
        check("*ab*ab*", "aba", false);
        check("system:node:*", "system:node:node-1", true);
        check("*", "", true);
        check("ü*ß", "übergroß", true);
    }

    #[test]
    fn stars_in_a_row_are_one() {
        assert_eq!(pattern("a**b***"), pattern("a*b*"));
        assert!(pattern("***").is_any());
        assert!(!pattern("a*").is_any());
        assert_eq!(Pattern::new(Vec::new()), pattern("*"));
    }

    /// The textbook matcher, quadratic and obviously right.
    fn oracle(form: &[char], text: &[char]) -> bool {
        match form.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|from| oracle(rest, &text[from..])),
            Some((expected, rest)) => text.first() == Some(expected) && oracle(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_textbook(form in "[ab*]{0,6}[*][ab*]{0,4}", text in "[ab]{0,10}") {
            let expected = oracle(&form.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(pattern(&form).matches(&text), expected);
        }
    }
}
