//! The most telling of the fields that changed, and how many others there are.

use std::borrow::Cow;

use super::phrase::Phrase;
use super::place::{Place, Word};
use super::told::Told;
use super::{asked, container, data, endpoints, general, metadata, network, node, rbac, workload};
use crate::change::{
    Change, ChangeType, Confidence, FieldChange, FieldOp, JsonText, MAX_FIELDS, MAX_VALUE_BYTES,
};

/// What is more telling comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Who may do what.
    Rights,
    /// What runs.
    Image,
    /// How much of it runs, and where.
    Scale,
    /// Who reaches whom.
    Network,
    /// How it runs.
    Run,
    /// What it reads.
    Data,
    /// Everything else that somebody wants.
    Other,
    Label,
    Annotation,
    /// What belongs to no wish of anybody.
    Bookkeeping,
    Status,
}

/// What a module has to say of a field.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) rank: Rank,
    pub(super) phrase: Phrase,
    /// So many words of the field's place are covered by it, with everything that is below.
    pub(super) covers: usize,
}

/// A field, and what surrounds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) field: &'a FieldChange,
    pub(super) words: &'a [Word<'a>],
    pub(super) op: FieldOp,
    /// The value before, where it is known for sure; null where there was none.
    pub(super) before: Option<&'a [u8]>,
    /// The value after; null where there is none.
    pub(super) after: Option<&'a [u8]>,
    /// All of the change.
    pub(super) all: &'a [FieldChange],
}

/// What to say of the fields that changed, or should have; `None` if none is known.
pub(super) fn phrase(told: &Told<'_>) -> Option<Phrase> {
    let change = changes(told)?;
    // A gap before it is no matter where the patch itself says which changes are its own.
    let own = if change.unseen_before && told.has_effect() { asked::own(told) } else { None };
    let is_own = |field: &FieldChange| {
        own.as_ref().is_none_or(|own| own.fields.iter().any(|asked| are_one(&asked.path, &field.path)))
    };
    let is_cut = change.fields_total.unwrap_or_default() > MAX_FIELDS as u64;
    let is_metadata = |field: &FieldChange| !field.status && field.path.starts_with("metadata.");
    let writes_status = told.object.subresource == "status";
    // A write of the status leaves the rest of the object alone, whatever else is different from what was seen before; but labels
    // and finalizers can be changed on that way.
    let writes_metadata = writes_status && !change.unseen_before && change.fields.iter().any(is_metadata);
    let is_status = !writes_metadata && (writes_status || change.is_status_only());
    let is_meant = |field: &&FieldChange| {
        field.status == is_status && (!writes_metadata || is_metadata(field)) && is_own(field)
    };
    let mut fields: Vec<_> = change.fields.iter().filter(is_meant).take(MAX_FIELDS).collect();
    if !fields.iter().all(|field| is_hollow(field)) {
        fields.retain(|field| !is_hollow(field));
    }
    if fields.is_empty() {
        return nothing(told, &change);
    }
    let places: Vec<_> = fields.iter().map(|field| Place::of(&field.path)).collect();
    let words: Vec<_> = places.iter().map(Place::words).collect();
    let fields: Vec<_> = fields.into_iter().zip(&words).collect();
    let whole = whole_elements(&fields);
    let mut best: Option<(Said, &[Word<'_>])> = None;
    let mut silent = 0;
    for (field, words) in &fields {
        if is_key_of_patch(field, words) {
            silent += 1;
            continue;
        }
        let words = whole
            .iter()
            .find(|element| words.starts_with(element))
            .map_or(words.as_slice(), |element| element);
        let said = said(told, Field::of(field, words, &change));
        if best.as_ref().is_none_or(|(best, _)| said.rank < best.rank) {
            best = Some((said, words));
        }
    }
    let (said, words) = best?;
    let covered = words.get(..said.covers).unwrap_or(words);
    let inside = fields
        .iter()
        .filter(|(field, words)| words.starts_with(covered) && !is_key_of_patch(field, words))
        .count();
    let listed = fields.len() - silent;
    let rest = match change.fields_total {
        Some(total) if is_cut && own.is_none() => {
            usize::try_from(total).unwrap_or(usize::MAX).saturating_sub(inside)
        }
        _ => listed - inside,
    };
    let more = match rest {
        0 => String::new(),
        1 => " and 1 more change".to_owned(),
        rest => format!(" and {rest} more changes"),
    };
    let is_unsure =
        change.unseen_before && own.is_none() && change.fields.iter().any(|field| field.before.is_some());
    Some(said.phrase.and(&more).and(if is_unsure { " (in part perhaps by an unseen write)" } else { "" }))
}

/// What changed; of a request without effect what it asked for.
fn changes<'a>(told: &Told<'a>) -> Option<Cow<'a, Change>> {
    if !told.has_effect() {
        return asked::change(told).map(Cow::Owned);
    }
    let change = Some(told.change).filter(|change| change.change_type == ChangeType::Update)?;
    // What a patch asked for is all that is known, and the change set leaves out what it removed.
    let is_as_asked =
        change.confidence != Confidence::Exact && change.fields.iter().all(|field| field.before.is_none());
    let operations = if is_as_asked { asked::operations(told) } else { None };
    Some(operations.map_or(Cow::Borrowed(change), Cow::Owned))
}

/// A write of which the states before and after are known to be the same but for what the API server counts.
fn nothing(told: &Told<'_>, change: &Change) -> Option<Phrase> {
    let is_known =
        change.confidence == Confidence::Exact && change.fields_total == Some(0) && !change.unseen_before;
    let phrase = || super::verb::phrase(told);
    match told.object.subresource.as_str() {
        _ if !is_known => None,
        "scale" => Some(phrase().and(", nothing changed")),
        _ => Some(phrase().and(", only bookkeeping changed")),
    }
}

fn said(told: &Told<'_>, field: Field<'_>) -> Said {
    rbac::said(told, field)
        .or_else(|| node::said(told, field))
        .or_else(|| network::said(told, field))
        .or_else(|| endpoints::said(told, field))
        .or_else(|| data::said(told, field))
        .or_else(|| workload::said(told, field))
        .or_else(|| container::said(told, field))
        .or_else(|| metadata::said(told, field))
        .unwrap_or_else(|| general::said(told, field))
}

impl<'a> Field<'a> {
    fn of(field: &'a FieldChange, words: &'a [Word<'a>], change: &'a Change) -> Self {
        // What is cut in lists is not looked into anywhere, so that the same event has the same summary everywhere.
        let is_long = |value: &[u8]| field.cut || value.len() > MAX_VALUE_BYTES;
        let of = |value: Option<&'a JsonText>| {
            value.map(|value| value.as_json().as_bytes()).filter(|value| !is_long(value))
        };
        let before = field.before.as_ref().filter(|_| !change.unseen_before);
        Self {
            field,
            words,
            op: field.op,
            before: of(before),
            after: of(field.after.as_ref()),
            all: &change.fields,
        }
    }

    /// Whether it says that a whole element of a list came or went.
    pub(super) fn is_element(&self) -> bool {
        matches!(self.words, [.., Word::K(..)])
    }

    /// What became of a field of the same element.
    pub(super) fn sibling(&self, name: &str) -> Option<&'a [u8]> {
        let (element, _) = self.field.path.rsplit_once('.')?;
        let is_sibling = |field: &&FieldChange| {
            field.path.strip_prefix(element).and_then(|rest| rest.strip_prefix('.')) == Some(name)
        };
        self.all.iter().find(is_sibling)?.after.as_ref().map(|value| value.as_json().as_bytes())
    }

    /// ` from 3 to 5`, or as much of it as is known.
    pub(super) fn in_words(&self) -> String {
        let value =
            |value: Option<&[u8]>| value.filter(|value| *value != b"null").and_then(super::line::value);
        match (value(self.before), value(self.after)) {
            (Some(before), Some(after)) => format!(" from {before} to {after}"),
            (None, Some(after)) => format!(" to {after}"),
            _ => String::new(),
        }
    }
}

/// The elements of lists that came or went as a whole: their key did.
fn whole_elements<'a>(fields: &'a [(&FieldChange, &Vec<Word<'a>>)]) -> Vec<&'a [Word<'a>]> {
    let mut elements: Vec<&[Word<'_>]> = fields
        .iter()
        .filter(|(field, _)| field.op != FieldOp::Replace && field.before.is_some())
        .filter_map(|(_, words)| match words.as_slice() {
            [element @ .., Word::M(name)] => {
                matches!(element, [.., Word::K(key, _)] if key == name).then_some(element)
            }
            _ => None,
        })
        .collect();
    // The outermost counts: a container's variables come with it.
    elements.sort_by_key(|element| element.len());
    elements
}

/// A patch names the element that it is about; that is no change.
fn is_key_of_patch(field: &FieldChange, words: &[Word<'_>]) -> bool {
    let is_key = matches!(words, [.., Word::K(key, _), Word::M(name)] if key == name);
    let is_own_name = matches!(words, [Word::M("metadata"), Word::M("name" | "namespace")]);
    field.op == FieldOp::Replace && field.before.is_none() && (is_key || is_own_name)
}

/// A list or map that is there and empty, or not there, makes no difference to anybody: what came into it does.
fn is_hollow(field: &FieldChange) -> bool {
    let is_empty = |value: &JsonText| matches!(value.as_json(), "null" | "{}" | "[]");
    field.before.as_ref().is_some_and(is_empty) && field.after.as_ref().is_some_and(is_empty)
}

/// Whether one path is the other, or leads to it.
fn are_one(one: &str, other: &str) -> bool {
    let leads = |short: &str, long: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    leads(one, other) || leads(other, one)
}
