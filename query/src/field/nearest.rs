//! The known name that a mistyped one most looks like.

/// Longer names are no typing mistakes; comparing them would be work for nothing.
const MAX_NAME: usize = 64;

/// The candidate with the fewest edits (insert, remove, replace, swap neighbours) to `name`, case aside. The earlier one
/// wins a tie; `None` if nothing resembles it.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.to_lowercase().chars().take(MAX_NAME + 1).collect();
    if name.len() > MAX_NAME {
        return None;
    }
    candidates
        .map(|candidate| {
            let known: Vec<char> = candidate.to_lowercase().chars().collect();
            (distance(&name, &known), candidate)
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance, three rows at a time.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, character) in left.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let mut edits = (last[column] + usize::from(character != other))
                .min(last[column + 1] + 1)
                .min(next[column] + 1);
            let is_swap = row > 0 && column > 0 && *character == right[column - 1] && left[row - 1] == *other;
            if is_swap {
                edits = edits.min(before_last[column - 1] + 1);
            }
            next.push(edits);
        }
        before_last = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        fn check(left: &str, right: &str, expected: usize) {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(distance(&chars(left), &chars(right)), expected, "{left} {right}");
            assert_eq!(distance(&chars(right), &chars(left)), expected, "{right} {left}");
        }
        check("", "", 0);
        check("", "abc", 3);
        check("user", "usre", 1);
        check("kitten", "sitting", 3);
        check("verb", "verb", 0);
    }

    #[test]
    fn a_long_name_resembles_nothing() {
        assert_eq!(nearest(&"x".repeat(100_000), ["user"].into_iter()), None);
        assert_eq!(nearest("USR", ["verb", "user"].into_iter()), Some("user"));
    }
}
