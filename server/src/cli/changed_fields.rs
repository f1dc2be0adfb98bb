//! A change set in lines that a person reads: `spec.replicas: 2 -> 3`.

use taffrail_event::change::JsonText;
use taffrail_event::{Change, Confidence, FieldChange, FieldOp};

/// Longer values are cut.
const MAX_VALUE: usize = 80;

/// Up to `most` fields, those of the status last, and what else there is to know.
pub(super) fn lines(change: &Change, most: usize) -> Vec<String> {
    let mut fields: Vec<_> = change.fields.iter().collect();
    fields.sort_by_key(|field| field.status);
    let mut lines: Vec<_> = fields.iter().take(most).map(|field| line(field)).collect();
    let total = change.fields_total.unwrap_or(fields.len() as u64).max(fields.len() as u64);
    if let Some(more @ 1..) = total.checked_sub(lines.len() as u64) {
        let fields = if more == 1 { "field" } else { "fields" };
        lines.push(format!("and {more} more {fields}"));
    }
    let doubt = match change.confidence {
        Confidence::Exact => None,
        Confidence::Patch if lines.is_empty() => None,
        Confidence::Patch => Some("as it was asked for: the result was not recorded, or not what was before"),
        Confidence::Partial => Some("only a part of the object was recorded"),
        Confidence::Unknown => Some("what changed is not known: the record has no bodies"),
    };
    lines.extend(doubt.map(|doubt| format!("({doubt})")));
    lines
}

/// One field.
pub(super) fn line(field: &FieldChange) -> String {
    let path = &field.path;
    let (before, after) = (field.before.as_ref().map(short), field.after.as_ref().map(short));
    match (field.op, before, after) {
        (FieldOp::Add, _, Some(after)) => format!("{path}: added {after}"),
        (FieldOp::Remove, Some(before), _) => format!("{path}: removed, was {before}"),
        (FieldOp::Remove, None, _) => format!("{path}: removed"),
        (_, Some(before), Some(after)) => format!("{path}: {before} -> {after}"),
        (_, None, Some(after)) => format!("{path}: -> {after}"),
        (_, _, None) => format!("{path}: changed"),
    }
}

/// A value in one line.
pub(super) fn short(value: &JsonText) -> String {
    let plain = value.plain();
    let plain = if plain.is_empty() { "\"\"".into() } else { plain };
    match plain.char_indices().nth(MAX_VALUE) {
        Some((at, _)) => format!("{}...", plain.get(..at).unwrap_or_default()),
        None => plain.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_lines() {
        fn check(field: &str, expected: &str) {
            let field: FieldChange = serde_json::from_str(field).unwrap();
            assert_eq!(line(&field), expected);
        }
        check(r#"{"path":"spec.replicas","op":"replace","before":2,"after":3}"#, "spec.replicas: 2 -> 3");
        check(r#"{"path":"spec.replicas","op":"replace","after":3}"#, "spec.replicas: -> 3");
        check(r#"{"path":"a","op":"add","before":null,"after":""}"#, r#"a: added """#);
        check(r#"{"path":"a","op":"remove","before":"x","after":null}"#, "a: removed, was x");
        check(r#"{"path":"a","op":"remove"}"#, "a: removed");
        let long = format!(r#"{{"path":"a","op":"add","before":null,"after":"{}"}}"#, "ä".repeat(200));
        check(&long, &format!("a: added {}...", "ä".repeat(80)));
    }
}
