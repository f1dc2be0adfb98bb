//! Names that rules make.

/// Longer names are cut: they are made of what the request says.
const MAX_DISPLAY_BYTES: usize = 256;

/// A name with `{1}`, `{2}`, ... in it: what the stars of a rule's forms stand for, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    /// Counted from 0.
    Star(usize),
}

impl DisplayName {
    /// Reads the template; what is no `{NUMBER}` is text.
    pub fn of(template: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some((before, star, after)) = next_star(rest) {
            pieces.push(Piece::Text(before.into()));
            pieces.push(Piece::Star(star));
            rest = after;
        }
        pieces.push(Piece::Text(rest.into()));
        Self(pieces)
    }

    /// The name, with what the stars stand for; `""` if nothing is left of it.
    pub(super) fn with(&self, stars: &[&str]) -> String {
        let mut name = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => name.push_str(text),
                Piece::Star(star) => name.push_str(stars.get(*star).copied().unwrap_or_default()),
            }
        }
        name.truncate(name.floor_char_boundary(MAX_DISPLAY_BYTES));
        let trimmed = name.trim();
        if trimmed.len() == name.len() { name } else { trimmed.to_owned() }
    }
}

/// What stands before the first `{NUMBER}`, its number counted from 0, and what follows.
fn next_star(text: &str) -> Option<(&str, usize, &str)> {
    text.match_indices('{').find_map(|(at, _)| {
        let (number, after) = text.get(at + 1..)?.split_once('}')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let star = number.parse::<usize>().ok().filter(|_| is_number)?.checked_sub(1)?;
        Some((text.get(..at)?, star, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_what_the_stars_stand_for() {
        fn check(template: &str, stars: &[&str], expected: &str) {
            assert_eq!(DisplayName::of(template).with(stars), expected, "{template}");
        }
        check("on-call robot", &[], "on-call robot");
        check("{1}", &["alice"], "alice");
        check("{2} ({1})", &["1111", "alice"], "alice (1111)");
        check("{1}{1}", &["a"], "aa");
        check("{3}", &["a"], "");
        check(" {1} ", &[" a "], "a");
        check("{", &[], "{");
        check("{0}{x}{+1}{1}", &["a"], "{0}{x}{+1}a");
        check("{99999999999999999999999}", &["a"], "{99999999999999999999999}");
        check("{1}", &[&"ä".repeat(500)], &"ä".repeat(128));
    }
}
