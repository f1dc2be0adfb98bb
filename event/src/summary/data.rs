//! Keys of config maps and secrets. Of a secret nothing but their names is ever said.

use super::fields::{Field, Rank, Said};
use super::line;
use super::phrase::{ADDED, CHANGED, Phrase, REMOVED, SET};
use super::place::Word;
use super::told::Told;
use crate::change::FieldOp;
use crate::json::Members;

pub(super) fn said(told: &Told<'_>, field: Field<'_>) -> Option<Said> {
    let is_secret = told.is("", "secrets");
    if !is_secret && !told.is("", "configmaps") {
        return None;
    }
    let phrase = match field.words {
        [Word::M("data" | "binaryData" | "stringData"), Word::M(key)] => {
            let (what, key) = (told.what(), line::short(key));
            let values = if is_secret { String::new() } else { values(field) };
            match field.op {
                FieldOp::Add => Phrase::new(ADDED, format!("key {key} to {what}")),
                FieldOp::Remove => Phrase::new(REMOVED, format!("key {key} from {what}")),
                FieldOp::Replace if field.before.is_none() => {
                    Phrase::new(SET, format!("key {key}{values} in {what}"))
                }
                FieldOp::Replace => Phrase::new(CHANGED, format!("key {key}{values} in {what}")),
            }
        }
        [Word::M("metadata"), ..] => return None,
        [Word::M(name), ..] if is_secret => {
            Phrase::new(CHANGED, format!("{} of {}", line::short(name), told.what()))
        }
        _ => return None,
    };
    Some(Said { rank: Rank::Data, phrase, covers: field.words.len() })
}

/// Values that stand in one line: files do not.
fn values(field: Field<'_>) -> String {
    let is_file =
        |value: Option<&[u8]>| value.is_some_and(|value| value.contains(&b'\\') || value.len() > 60);
    if is_file(field.before) || is_file(field.after) { String::new() } else { field.in_words() }
}

/// `keys color, level`
pub(super) fn keys(told: &Told<'_>) -> Option<String> {
    let keys: Vec<_> = ["data", "binaryData", "stringData"]
        .into_iter()
        .filter_map(|name| told.in_body(&[name]))
        .flat_map(Members::of)
        .map(|member| line::short(&member.key))
        .collect();
    match keys.as_slice() {
        [] => None,
        [key] => Some(format!("key {key}")),
        [first, second] => Some(format!("keys {first}, {second}")),
        [first, second, rest @ ..] => Some(format!("keys {first}, {second} and {} more", rest.len())),
    }
}
