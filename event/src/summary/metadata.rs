//! Labels, annotations, finalizers, owners.

use super::fields::{Field, Rank, Said};
use super::line;
use super::phrase::{ADDED, CHANGED, Phrase, REMOVED, SET};
use super::place::Word;
use super::told::Told;
use crate::change::FieldOp;
use crate::json;

pub(super) fn said(told: &Told<'_>, field: Field<'_>) -> Option<Said> {
    let [Word::M("metadata"), rest @ ..] = field.words else { return None };
    let (rank, phrase) = match rest {
        [Word::M("labels"), Word::M(name)] => (Rank::Label, pair(told, field, "label", name)),
        [Word::M("annotations"), Word::M(name)] => (Rank::Annotation, pair(told, field, "annotation", name)),
        [Word::M("finalizers")] => (Rank::Bookkeeping, finalizers(told, field)?),
        [Word::M("ownerReferences"), ..] => {
            (Rank::Bookkeeping, Phrase::new(CHANGED, format!("the owner of {}", told.what())))
        }
        _ => return None,
    };
    Some(Said { rank, phrase, covers: field.words.len() })
}

/// `set label quarantine=true on pod default/attacker`
fn pair(told: &Told<'_>, field: Field<'_>, kind: &str, name: &str) -> Phrase {
    let (what, name) = (told.what(), line::short(name));
    let is_hidden = kind == "annotation" && told.is("", "secrets");
    let after = field.after.filter(|_| !is_hidden).and_then(line::value);
    let before = field.before.filter(|before| *before != b"null" && !is_hidden).and_then(line::value);
    match (field.op, before, after) {
        (FieldOp::Remove, _, _) => Phrase::new(REMOVED, format!("{kind} {name} from {what}")),
        (FieldOp::Replace, Some(before), Some(after)) => {
            Phrase::new(CHANGED, format!("{kind} {name} from {before} to {after} on {what}"))
        }
        (_, _, Some(after)) => Phrase::new(SET, format!("{kind} {name}={after} on {what}")),
        _ => Phrase::new(SET, format!("{kind} {name} on {what}")),
    }
}

fn finalizers(told: &Told<'_>, field: Field<'_>) -> Option<Phrase> {
    let texts = |list: Option<&[u8]>| -> Vec<String> {
        let list = list.unwrap_or_default();
        json::elements(list).filter_map(|range| Some(line::short(&json::string(&list[range])?))).collect()
    };
    field.before?;
    let (before, after) = (texts(field.before), texts(field.after));
    let added: Vec<_> = after.iter().filter(|name| !before.contains(name)).cloned().collect();
    let removed: Vec<_> = before.iter().filter(|name| !after.contains(name)).cloned().collect();
    let what = told.what();
    match (added.is_empty(), removed.is_empty()) {
        (false, true) => Some(Phrase::new(ADDED, format!("finalizer {} to {what}", line::first_of(&added)))),
        (true, false) => {
            Some(Phrase::new(REMOVED, format!("finalizer {} from {what}", line::first_of(&removed))))
        }
        _ => None,
    }
}
