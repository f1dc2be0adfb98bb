//! What an event did to its object: the change set (DESIGN sections 4.3 and 6).
//!
//! - [`kind`](ChangeType) by verb, code and answer alone: `kind.rs`.
//! - What a record says about its object's state, [`Effect`]: `effect.rs`; patches: `patch.rs`; a state that was not recorded:
//!   `worked_out.rs`.
//! - What a record says by itself: `alone.rs`; a patch: `asked.rs`, `taken_away.rs`.
//! - The difference between two states, leaf by leaf: `diff.rs`, with `path.rs`, `merge_key.rs` and `noise.rs`.
//! - Places that a JSON patch names, as such paths: `pointer.rs`.
//! - The states of one object, one write after the other, [`ObjectState`]: `states.rs`; their order: `order.rs`.

mod alone;
mod asked;
mod diff;
mod effect;
mod kind;
mod leaf;
mod link;
mod members;
mod merge_key;
mod noise;
mod order;
mod patch;
mod path;
mod pointer;
mod states;
mod taken_away;
mod worked_out;

use serde::{Deserialize, Serialize};

pub(crate) use asked::asked;
pub use diff::diff;
pub use effect::{Effect, Version};
pub(crate) use kind::change_type;
pub use leaf::JsonText;
pub use link::{Link, LinkKind, object_hash, object_hashes};
use members::members;
pub use members::{Member, MemberRef};
pub use order::{Order, sort_versions};
pub use patch::PatchKind;
pub(crate) use path::push_member;
pub use path::{Part, has_keys, leads_to, parts, without_keys};
pub(crate) use pointer::Admitted;
pub use states::ObjectState;

/// What an event did to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeType {
    /// The object is new.
    Create,
    /// The object is another than before.
    Update,
    /// The object is gone, or its deletion was accepted.
    Delete,
    /// Nothing: reads, no-op writes, dry runs, refused requests.
    None,
}

impl ChangeType {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Delete, Self::None];

    /// The name in `change.type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::None => "none",
        }
    }
}

/// How sure the change set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Both states are known; for [`ChangeType::None`]: it is certain that nothing changed.
    Exact,
    /// From what was asked only: the patch, or the object as the client sent it.
    Patch,
    /// Only a part of the object was seen: its metadata, or what was left of a cut record.
    Partial,
    /// The fields are not known.
    Unknown,
}

impl Confidence {
    /// Every confidence, the surest first.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Patch, Self::Partial, Self::Unknown];

    /// The name in `change.confidence`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Patch => "patch",
            Self::Partial => "partial",
            Self::Unknown => "unknown",
        }
    }
}

/// What an event changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What happened to the object.
    #[serde(rename = "type")]
    pub change_type: ChangeType,
    /// How sure `fields` is.
    pub confidence: Confidence,
    /// How many fields changed; null when not known.
    pub fields_total: Option<u64>,
    /// The members of a deletecollection.
    pub members: Vec<Member>,
    /// One entry per changed leaf of an object that was there before, in the order of the object.
    pub fields: Vec<FieldChange>,
    /// Whether a write of this object that was not seen, or of which the content was not seen, lies before: some of `fields`
    /// may be its doing.
    #[serde(default)]
    pub unseen_before: bool,
}

/// One leaf that is another than before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Where it is, in Kubernetes' own words with merge keys: `spec.containers[name=web].image`.
    pub path: String,
    /// What happened to it.
    pub op: FieldOp,
    /// The value before; null where there was none, missing where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub before: Option<JsonText>,
    /// The value after; null where there is none, missing where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub after: Option<JsonText>,
    /// Whether it is a part of the object's status.
    #[serde(default, skip_serializing_if = "is_false")]
    pub status: bool,
    /// Whether a value is cut here: the event's `diff` has it whole.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cut: bool,
    /// How long the longer value is, where it is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What happened to a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldOp {
    /// It was not there.
    Add,
    /// It is not there any more.
    Remove,
    /// It was another.
    Replace,
}

impl FieldOp {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Add, Self::Remove, Self::Replace];

    /// The name in `op`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
        }
    }
}

/// Lists show so many fields of a change set; the rest is in the event's `diff`.
pub const MAX_FIELDS: usize = 100;

/// Longer values are cut in lists.
pub const MAX_VALUE_BYTES: usize = 4096;

impl Change {
    /// A change of which only the type is known.
    pub fn of_type(change_type: ChangeType) -> Self {
        let nothing = change_type == ChangeType::None;
        Self {
            change_type,
            confidence: if nothing { Confidence::Exact } else { Confidence::Unknown },
            fields_total: nothing.then_some(0),
            members: Vec::new(),
            fields: Vec::new(),
            unseen_before: false,
        }
    }

    /// A change with these fields, which may be more than a list shows.
    pub(crate) fn of_fields(
        change_type: ChangeType,
        confidence: Confidence,
        fields: Vec<FieldChange>,
    ) -> Self {
        Self {
            change_type,
            confidence,
            fields_total: Some(fields.len() as u64),
            members: Vec::new(),
            fields,
            unseen_before: false,
        }
    }

    /// Cut to what lists show.
    pub fn cut(&mut self) {
        // What a person did comes before what followed from it.
        if self.fields.len() > MAX_FIELDS {
            self.fields.sort_by_key(|field| field.status);
            self.fields.truncate(MAX_FIELDS);
        }
        self.fields.iter_mut().for_each(FieldChange::cut);
    }

    /// Whether it changed the object, and nothing of it but its status.
    pub fn is_status_only(&self) -> bool {
        !self.fields.is_empty() && self.fields.iter().all(|field| field.status)
    }
}

impl FieldChange {
    fn cut(&mut self) {
        let longest = [&self.before, &self.after].into_iter().flatten().map(|value| value.len()).max();
        let Some(bytes) = longest.filter(|bytes| *bytes > MAX_VALUE_BYTES) else { return };
        self.cut = true;
        self.bytes = Some(bytes as u64);
        for value in [&mut self.before, &mut self.after].into_iter().flatten() {
            value.cut(MAX_VALUE_BYTES);
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

/// A value that is there is `Some`, also if it is null: serde would read that as `None`.
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<JsonText>, D::Error> {
    JsonText::deserialize(deserializer).map(Some)
}
