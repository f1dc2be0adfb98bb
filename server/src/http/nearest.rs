//! The known name that looks most like what somebody wrote.

/// The nearest of `known`; `None` when nothing is near enough to be meant.
pub(super) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let written: Vec<char> = written.chars().take(64).collect();
    let near = known.iter().map(|name| (distance(&written, name), *name)).min()?;
    (near.0 <= near.1.len().max(2) / 2).then_some(near.1)
}

/// Insertions, removals and replacements that make one of the other (Levenshtein).
fn distance(written: &[char], name: &str) -> usize {
    let name: Vec<char> = name.chars().collect();
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (i, a) in written.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in name.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[name.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn nearest_names() {
        fn check(written: &str, expected: Option<&str>) {
            assert_eq!(
                nearest(written, &["q", "from", "to", "limit", "order", "cursor"]),
                expected,
                "{written}"
            );
        }
        check("limt", Some("limit"));
        check("curser", Some("cursor"));
        check("query", None);
        check("frm", Some("from"));
        check("", Some("q"));
        check("something-else", None);
    }
}
