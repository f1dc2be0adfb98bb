//! A field of which no module knows anything in particular, those of custom resources included.

use super::fields::{Field, Rank, Said};
use super::phrase::{ADDED, CHANGED, Phrase, REMOVED, SET, UPDATED};
use super::place::{Word, spoken};
use super::told::Told;
use super::{line, nested};
use crate::change::FieldOp;

pub(super) fn said(told: &Told<'_>, field: Field<'_>) -> Said {
    let what = told.what();
    if let [Word::M("status"), ..] = field.words {
        return status(told, field);
    }
    let phrase = if field.is_element() {
        let (verb, to) = if field.op == FieldOp::Remove { (REMOVED, "from") } else { (ADDED, "to") };
        Phrase::new(verb, format!("{} {to} {what}", spoken(field.words)))
    } else {
        changed(told, field)
    };
    Said { rank: Rank::Other, phrase, covers: field.words.len() }
}

/// `changed order from 100 to 58 in tier security`
pub(super) fn changed(told: &Told<'_>, field: Field<'_>) -> Phrase {
    let (what, name) = (told.what(), spoken(field.words));
    if field.op == FieldOp::Remove {
        return Phrase::new(REMOVED, format!("{name} from {what}"));
    }
    let is_new = field.before.is_none_or(|before| before == b"null");
    if let (Some(before), Some(after)) = (field.before, field.after)
        && !is_new
        && let Some(difference) = nested::one_difference(&name, before, after)
    {
        let nested::Difference { name, before, after } = difference;
        return Phrase::new(CHANGED, format!("{name} {before} to {after} in {what}"));
    }
    let to = field.in_words();
    let is_known = field.after.and_then(line::value).is_some();
    match (is_new, is_known) {
        (true, true) => Phrase::new(SET, format!("{name}{to} in {what}")),
        (true, false) if field.op == FieldOp::Add => Phrase::new(SET, format!("{name} in {what}")),
        (false, true) => Phrase::new(CHANGED, format!("{name}{to} in {what}")),
        _ => Phrase::new(CHANGED, format!("{name} in {what}")),
    }
}

/// A status is told shortly: by its phase, if that is what changed.
fn status(told: &Told<'_>, field: Field<'_>) -> Said {
    let phase = field.after.filter(|_| matches!(field.words, [_, Word::M("phase")])).and_then(line::value);
    let rank = if phase.is_some() { Rank::Other } else { Rank::Status };
    let phase = phase.map(|phase| format!(": phase {phase}")).unwrap_or_default();
    Said { rank, phrase: Phrase::new(UPDATED, format!("the status of {}{phase}", told.what())), covers: 1 }
}
