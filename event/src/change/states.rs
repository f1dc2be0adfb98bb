//! The states of one object, one write after the other: what each write changed follows from the state before it.

use std::collections::HashMap;

use bytes::Bytes;

use super::asked::asked;
use super::diff::{diff, is_same};
use super::effect::{Effect, Version};
use super::leaf::JsonText;
use super::worked_out::worked_out;
use super::{Change, ChangeType, Confidence, FieldChange, FieldOp};
use crate::json;

/// An object is served in three API versions at most; whoever writes more of them is up to something.
const MAX_VERSIONS: usize = 4;

/// What is known of an object at one moment of its history. Writes are to be told in their order (see
/// [`sort_versions`](super::sort_versions)).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectState {
    /// The incarnation; `""` while unknown.
    uid: String,
    resource_version: Option<u64>,
    generation: Option<i64>,
    /// Whether any write of this incarnation was told.
    has_begun: bool,
    /// Whether a write was told of which nobody knows what it did.
    is_blind: bool,
    /// Whether its deletion was accepted by a request that does not show the object.
    is_ending: bool,
    /// Whether it was removed, and how sure that is.
    gone: Option<Confidence>,
    /// The last state in each API version: states of two versions say nothing about each other.
    states: Vec<State>,
}

#[derive(Debug, Clone, PartialEq)]
struct State {
    api_version: String,
    body: Bytes,
    /// Whether it is as the API server stored it, and not worked out from what was asked.
    is_stored: bool,
    /// Whether no write in another API version came after it.
    is_newest: bool,
}

/// How a write meets the state before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrival {
    /// It is about an earlier object of this name, by a clock that is behind.
    Earlier,
    /// It left everything as it was.
    NoOp,
    /// It may have changed something.
    Write,
}

impl ObjectState {
    /// Takes the next write and says what it changed. `None`: its record alone says all there is.
    pub fn next(&mut self, version: &Version<'_>) -> Option<Change> {
        match self.arrive(version) {
            Arrival::Earlier => None,
            Arrival::NoOp => {
                (version.change_type != ChangeType::None).then(|| Change::of_type(ChangeType::None))
            }
            Arrival::Write => {
                let is_unseen = self.is_unseen(version);
                let mut change = self.change(version);
                if let Some(change) =
                    change.as_mut().filter(|change| change.change_type != ChangeType::Create)
                {
                    change.unseen_before = is_unseen;
                }
                self.advance(version);
                change
            }
        }
    }

    /// Takes the next write, whatever it changed.
    pub fn pass(&mut self, version: &Version<'_>) {
        if self.arrive(version) == Arrival::Write {
            self.advance(version);
        }
    }

    fn arrive(&mut self, version: &Version<'_>) -> Arrival {
        let is_other = !version.uid.is_empty() && !self.uid.is_empty() && version.uid != self.uid;
        if is_other && version.is_removal && !matches!(version.effect, Effect::State(_)) {
            return Arrival::Earlier;
        }
        if is_other || version.change_type == ChangeType::Create {
            *self = Self::default();
        }
        if self.uid.is_empty() {
            self.uid.clone_from(&version.uid);
        }
        if !self.is_no_op(version) {
            return Arrival::Write;
        }
        if let Effect::State(body) = version.effect {
            // It is what it was, perhaps in an API version in which it was not seen yet. After a whole state all that was
            // before must be without influence, or reading could not begin there.
            self.put_stored(version, body);
        }
        Arrival::NoOp
    }

    /// The newest state in that API version, or in any; `None` while it is not known.
    pub fn state(&self, api_version: Option<&str>) -> Option<&Bytes> {
        let is_meant = |state: &&State| api_version.is_none_or(|wanted| state.api_version == wanted);
        self.states.iter().rev().find(is_meant).map(|state| &state.body)
    }

    /// Tells the objects apart that bore the name; `""` while no record said it.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// Whether the object was removed by the last write.
    pub fn is_gone(&self) -> bool {
        self.gone.is_some()
    }

    /// How sure the newest state is, or that there is none.
    pub fn confidence(&self) -> Confidence {
        if let Some(gone) = self.gone {
            return gone;
        }
        match self.states.last() {
            None => Confidence::Unknown,
            // A write in another API version, of which the result is not known, may have changed anything.
            Some(state) if self.is_blind || self.is_ending || !state.is_newest => match state.is_stored {
                true => Confidence::Partial,
                false => Confidence::Unknown,
            },
            Some(state) if state.is_stored => Confidence::Exact,
            Some(_) => Confidence::Patch,
        }
    }

    /// About how much memory it takes.
    pub fn weight(&self) -> usize {
        let states = self.states.iter().map(|state| state.body.len() + state.api_version.len() + 64);
        128 + self.uid.len() + states.sum::<usize>()
    }

    /// Copies states out of the buffers that they came in, which may be far larger.
    pub fn own(&mut self) {
        for state in &mut self.states {
            state.body = Bytes::copy_from_slice(&state.body);
        }
    }

    /// A write that left the object as it was, resource version and all. The one that takes the last finalizer away keeps the
    /// resource version too, but the object is gone after it.
    fn is_no_op(&self, version: &Version<'_>) -> bool {
        version.change_type == ChangeType::None
            || version.change_type == ChangeType::Update
                && !version.is_removal
                && matches!(version.effect, Effect::State(_) | Effect::Metadata(_) | Effect::Scaled(_))
                && version.resource_version.is_some()
                && version.resource_version == self.resource_version
    }

    /// Whether there was a write before this one that was not told, or not what it did.
    fn is_unseen(&self, version: &Version<'_>) -> bool {
        if version.change_type == ChangeType::Create {
            return false;
        }
        let step = i64::from(!version.is_status);
        let has_jumped = version
            .generation
            .zip(self.generation)
            .is_some_and(|(generation, before)| generation > before.saturating_add(step));
        let is_based_on_other = version.base.is_some()
            && self.resource_version.is_some()
            && version.base != self.resource_version;
        let is_behind =
            self.states.iter().any(|state| state.api_version == version.api_version && !state.is_newest);
        !self.has_begun || self.is_blind || has_jumped || is_based_on_other || is_behind
    }

    fn change(&self, version: &Version<'_>) -> Option<Change> {
        let before = self.states.iter().find(|state| state.api_version == version.api_version);
        let of = |before: &State, after: &[u8], confidence: Confidence| {
            let (mut fields, mut total) =
                diff(&version.group, &version.resource, Some(&before.body), Some(after));
            if version.change_type != ChangeType::Delete {
                let listed = fields.len();
                fields.retain(|field| !is_of_deletion(field));
                total -= (listed - fields.len()) as u64;
            }
            let change = Change::of_fields(version.change_type, confidence, fields);
            Some(Change { fields_total: Some(total), ..change })
        };
        if version.change_type == ChangeType::Create {
            return None;
        }
        match version.effect {
            Effect::State(after) => match before {
                Some(before) => {
                    let sure = if before.is_stored { Confidence::Exact } else { Confidence::Patch };
                    of(before, after, sure)
                }
                None => asked(version).map(|change| as_answered(change, version, after)),
            },
            Effect::Asked(_) | Effect::Patched => match before {
                Some(before) => of(before, &worked_out(version, &before.body)?, Confidence::Patch),
                None => asked(version),
            },
            Effect::Metadata(_) => match before {
                Some(before) => of(before, &worked_out(version, &before.body)?, Confidence::Partial),
                None => asked(version),
            },
            Effect::Scaled(replicas) => {
                let after = JsonText::of(replicas.to_string().as_bytes());
                let value = before.map(|state| {
                    let spec = json::member(&state.body, "spec");
                    spec.and_then(|spec| json::member(spec, "replicas"))
                        .map_or_else(JsonText::null, JsonText::of)
                });
                if value.as_ref() == Some(&after) {
                    return Some(Change::of_fields(version.change_type, Confidence::Exact, Vec::new()));
                }
                let sure = match before {
                    Some(before) if before.is_stored => Confidence::Exact,
                    _ => Confidence::Patch,
                };
                Some(one_field(version, "spec.replicas", value, after, sure))
            }
            Effect::Bound(node) => {
                // A pod is bound once: before that it had none.
                let after = JsonText::of(node);
                Some(one_field(version, "spec.nodeName", Some(JsonText::null()), after, Confidence::Exact))
            }
            Effect::Evicted | Effect::Unknown => None,
        }
    }

    fn advance(&mut self, version: &Version<'_>) {
        if version.is_removal {
            // Whoever comes next under this name is another one.
            let sure = if version.is_proven { Confidence::Exact } else { Confidence::Partial };
            *self = Self { uid: self.uid.clone(), has_begun: true, gone: Some(sure), ..Self::default() };
            return;
        }
        self.gone = None;
        if version.effect == Effect::Evicted {
            self.is_ending = true;
            self.has_begun = true;
            self.resource_version = None;
            return;
        }
        for state in &mut self.states {
            state.is_newest &= state.api_version == version.api_version;
        }
        if let Effect::State(body) = version.effect {
            return self.put_stored(version, body);
        }
        self.has_begun = true;
        let before = self.states.iter().find(|state| state.api_version == version.api_version);
        let after: Option<Bytes> = match (version.effect, before) {
            (Effect::Asked(sent), None) => Some(Bytes::copy_from_slice(sent)),
            (_, None) => None,
            (_, Some(before)) => worked_out(version, &before.body).map(|body| body.into_owned().into()),
        };
        // A patch that cannot be applied leaves a state that is no longer true, as a write without its bodies does.
        self.is_blind |= after.is_none() && (before.is_some() || version.effect == Effect::Unknown);
        if let Some(body) = after {
            self.put(version, body, false);
        }
        // A write without its result moved on to where nobody knows.
        self.resource_version = version.resource_version;
        self.generation = match version.effect {
            Effect::Bound(_) => self.generation,
            _ if version.is_status => self.generation,
            _ => None,
        };
    }

    /// The whole object as it was stored: nothing that was before counts any more, but in other API versions.
    fn put_stored(&mut self, version: &Version<'_>, body: &[u8]) {
        self.put(version, Bytes::copy_from_slice(body), true);
        self.has_begun = true;
        self.is_blind = false;
        self.is_ending = false;
        self.resource_version = version.resource_version;
        self.generation = version.generation;
    }

    fn put(&mut self, version: &Version<'_>, body: Bytes, is_stored: bool) {
        // The newest stands last.
        self.states.retain(|state| state.api_version != version.api_version);
        if self.states.len() >= MAX_VERSIONS {
            self.states.remove(0);
        }
        self.states.push(State {
            api_version: version.api_version.clone(),
            body,
            is_stored,
            is_newest: true,
        });
    }
}

/// Only a deletion sets these: where another write shows them first, they were set by a request that does not show the object,
/// as an eviction or the deletion of a collection.
fn is_of_deletion(field: &FieldChange) -> bool {
    matches!(field.path.as_str(), "metadata.deletionTimestamp" | "metadata.deletionGracePeriodSeconds")
}

/// What was asked for, with the values of the answer: admission may have made others of them.
fn as_answered(mut change: Change, version: &Version<'_>, answer: &[u8]) -> Change {
    let (leaves, _) = diff(&version.group, &version.resource, None, Some(answer));
    let answered: HashMap<String, Option<JsonText>> =
        leaves.into_iter().map(|leaf| (leaf.path, leaf.after)).collect();
    for field in change.fields.iter_mut().filter(|field| field.op != FieldOp::Remove) {
        let answer = answered.get(&field.path).and_then(Option::as_ref);
        let Some((asked, answer)) = field.after.as_ref().zip(answer) else { continue };
        if !is_same(asked.as_json().as_bytes(), answer.as_json().as_bytes(), 0) {
            field.after = Some(answer.clone());
        }
    }
    change
}

fn one_field(
    version: &Version<'_>,
    path: &str,
    before: Option<JsonText>,
    after: JsonText,
    confidence: Confidence,
) -> Change {
    let op = match &before {
        Some(before) if *before == JsonText::null() => FieldOp::Add,
        _ => FieldOp::Replace,
    };
    let field = FieldChange {
        path: path.to_owned(),
        op,
        before,
        after: Some(after),
        status: false,
        cut: false,
        bytes: None,
    };
    Change::of_fields(version.change_type, confidence, vec![field])
}

#[cfg(test)]
#[path = "states/tests.rs"]
mod tests;
