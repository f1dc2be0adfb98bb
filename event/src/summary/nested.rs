//! Two values that a change set calls one leaf, such as the rules of a policy: where they differ inside.

use super::line;
use crate::{json, resource};

/// The one scalar in which two values differ.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// Deeper values are not compared.
const MAX_DEPTH: u32 = 16;

/// The difference, if it is one scalar of a list or object that has the same form in both.
pub(super) fn one_difference(name: &str, before: &[u8], after: &[u8]) -> Option<Difference> {
    if !matches!(before.first(), Some(b'[' | b'{')) {
        return None;
    }
    let mut found = None;
    let is_one = compare(name, before, after, 0, &mut found);
    found.filter(|_| is_one)
}

/// Whether nothing but one scalar differs; puts that into `found`.
fn compare(name: &str, before: &[u8], after: &[u8], depth: u32, found: &mut Option<Difference>) -> bool {
    if before == after {
        return true;
    }
    if depth > MAX_DEPTH {
        return false;
    }
    match (before.first(), after.first()) {
        (Some(b'{'), Some(b'{')) => {
            let mut other = json::Members::of(after);
            json::Members::of(before).all(|member| {
                other.next().is_some_and(|other| {
                    let name = member.key.as_ref();
                    other.key == name
                        && compare(name, &before[member.value], &after[other.value], depth + 1, found)
                })
            }) && other.next().is_none()
        }
        (Some(b'['), Some(b'[')) => {
            let name = resource::singular(name);
            let mut other = json::elements(after);
            json::elements(before).all(|range| {
                other
                    .next()
                    .is_some_and(|other| compare(&name, &before[range], &after[other], depth + 1, found))
            }) && other.next().is_none()
        }
        (Some(b'{' | b'['), _) | (_, Some(b'{' | b'[')) => false,
        _ => {
            let (Some(old), Some(new)) = (line::value(before), line::value(after)) else { return false };
            let is_first = found.is_none();
            *found = Some(Difference { name: line::short(name), before: old, after: new });
            is_first
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_scalar_or_nothing() {
        fn check(before: &str, after: &str, expected: Option<(&str, &str, &str)>) {
            let found = one_difference("rules", before.as_bytes(), after.as_bytes());
            let found = found.as_ref().map(|it| (it.name.as_str(), it.before.as_str(), it.after.as_str()));
            assert_eq!(found, expected, "{before} {after}");
        }
        check(
            r#"[{"ports":[{"port":9090}]}]"#,
            r#"[{"ports":[{"port":9091}]}]"#,
            Some(("port", "9090", "9091")),
        );
        check(r#"[{"ports":[80,81]}]"#, r#"[{"ports":[80,82]}]"#, Some(("port", "81", "82")));
        check(r#"[{"ports":[80,81]}]"#, r#"[{"ports":[80]}]"#, None);
        check(r#"[{"a":1,"b":1}]"#, r#"[{"a":2,"b":2}]"#, None);
        check(r#"[{"a":1}]"#, r#"[{"b":1}]"#, None);
        check(r#"[{"a":1}]"#, r#"[{"a":{}}]"#, None);
        check(r#"[{"a":1}]"#, r#"[{"a":1,"b":2}]"#, None);
        check("1", "2", None);
    }
}
