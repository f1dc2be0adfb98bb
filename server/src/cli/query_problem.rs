//! A query error as a person reads it: the query, a mark under the place, what is wrong and what to write instead.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::visible::visible;

/// Longer queries are shown around the place only.
const MAX_WIDTH: usize = 100;

/// How much stays visible before the place when a query is cut.
const WIDTH_BEFORE: usize = 40;

/// The text for `span` (code points) of `query`.
pub(crate) fn query_problem(query: &str, span: Range<usize>, message: &str, hint: Option<&str>) -> String {
    let shown: Vec<Shown> = query.chars().map(Shown::of).collect();
    let start = span.start.min(shown.len());
    let end = span.end.clamp(start, shown.len());
    let window = window(&shown, start);
    let (cut_before, cut_after) = (window.start > 0, window.end < shown.len());
    let part = |range: Range<usize>| shown.get(range).unwrap_or_default().iter();
    let width = |range: Range<usize>| part(range).map(|shown| shown.width).sum::<usize>();

    let mut line = String::from(if cut_before { "…" } else { "" });
    part(window.clone()).for_each(|shown| line.push_str(&shown.text));
    line.push_str(if cut_after { "…" } else { "" });
    let before = usize::from(cut_before) + width(window.start..start);
    // A place between two characters still gets its mark.
    let marked = width(start..end.min(window.end)).max(1);

    let mut text = visible(message).into_owned();
    text.push_str(&format!("\n  {line}\n  {}{}", " ".repeat(before), "^".repeat(marked)));
    if let Some(hint) = hint {
        text.push_str(&format!("\nhint: {}", visible(hint)));
    }
    text
}

/// One code point of the query as it is shown.
struct Shown {
    text: String,
    width: usize,
}

impl Shown {
    fn of(character: char) -> Self {
        let text = match character {
            '\n' | '\t' => " ".to_owned(),
            _ => visible(character.encode_utf8(&mut [0; 4])).into_owned(),
        };
        Self { width: text.width(), text }
    }
}

/// The part of a long query that is shown: some before `start`, the rest after it.
fn window(shown: &[Shown], start: usize) -> Range<usize> {
    let total: usize = shown.iter().map(|shown| shown.width).sum();
    if total <= MAX_WIDTH {
        return 0..shown.len();
    }
    let mut from = start;
    let mut before = 0;
    while from > 0 && before < WIDTH_BEFORE {
        from -= 1;
        before += shown.get(from).map_or(0, |shown| shown.width);
    }
    let mut to = from;
    let mut width = 0;
    while let Some(next) = shown.get(to).filter(|next| width + next.width <= MAX_WIDTH) {
        width += next.width;
        to += 1;
    }
    from..to
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, span: Range<usize>, expected: &str) {
        assert_eq!(query_problem(query, span, "no", None), format!("no\n{expected}"), "{query:?}");
    }

    #[test]
    fn marks_the_place() {
        check("usr:alice verb:get", 0..3, "  usr:alice verb:get\n  ^^^");
        check("code:>=x", 5..8, "  code:>=x\n       ^^^");
        check("user:", 5..5, "  user:\n       ^");
        check("", 0..0, "  \n  ^");
    }

    #[test]
    fn counts_code_points_and_shows_columns() {
        // Two wide characters are four columns; the combining mark is none.
        check("名前 usr:x", 3..6, "  名前 usr:x\n       ^^^");
        check("e\u{301} usr:x", 3..6, "  e\u{301} usr:x\n    ^^^");
        check("ünï usr:x", 4..7, "  ünï usr:x\n      ^^^");
        check("a 名前 b", 2..4, "  a 名前 b\n    ^^^^");
    }

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        check("\x1b[2J usr:x", 5..8, "  \\u{1b}[2J usr:x\n            ^^^");
        check("a\nb usr:x", 4..7, "  a b usr:x\n      ^^^");
    }

    #[test]
    fn long_queries_are_shown_around_the_place() {
        let long = format!("{}usr:x {}", "user:alice OR ".repeat(50), "AND verb:get ".repeat(50));
        let start = 14 * 50;
        let text = query_problem(&long, start..start + 3, "no", Some("write user"));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].starts_with("  …") && lines[1].ends_with('…'), "{text}");
        assert!(lines[1].width() <= MAX_WIDTH + 4, "{text}");
        let column = lines[2].find('^').unwrap();
        let marked: String = lines[1].chars().skip(column).take(3).collect();
        assert_eq!(marked, "usr");
        assert_eq!(lines[3], "hint: write user");
    }

    #[test]
    fn a_span_outside_the_query_does_no_harm() {
        check("ab", 7..9, "  ab\n    ^");
        let reversed = Range { start: 2, end: 1 };
        check("ab", reversed, "  ab\n    ^");
    }
}
