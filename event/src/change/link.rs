//! Which object a write belongs to and where among its writes, in numbers that an index keeps beside the record.

use sha2::{Digest, Sha256};

use super::ChangeType;
use super::effect::{Effect, Version};
use super::members::each_member;
use super::order::Order;
use crate::audit::AuditRecord;
use crate::object::{BodyMetadata, ObjectRef};
use crate::outcome::Outcome;

/// What a write means for the states of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// The object begins.
    Begin = 1,
    /// Its whole state in one API version, whatever was before.
    Whole = 2,
    /// A part, or a patch: the state before is needed.
    Part = 3,
    /// Nobody knows what it did.
    Blind = 4,
    /// The object ends.
    End = 5,
}

/// A write's place in the history of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// See [`object_hash`].
    pub object: u64,
    /// What it means for the object's states.
    pub kind: LinkKind,
    /// Tells API versions apart.
    pub api_version: u16,
    /// See [`Order::tie`].
    pub tie: u8,
    /// See [`Order::resource_version`].
    pub resource_version: Option<u64>,
}

impl Link {
    /// `None` for everything but a successful write of one object.
    pub fn of(audit: &AuditRecord<'_>, cluster: &str) -> Option<Self> {
        let response = audit.response_object.map(BodyMetadata::of).unwrap_or_default();
        let object = ObjectRef::of(audit, &response)?;
        let version = Version::of_parts(audit, &object, &Outcome::of(audit), &response)?;
        let kind = if version.is_removal {
            LinkKind::End
        } else if version.change_type == ChangeType::Create {
            LinkKind::Begin
        } else {
            match version.effect {
                Effect::State(_) => LinkKind::Whole,
                Effect::Unknown => LinkKind::Blind,
                Effect::Asked(_)
                | Effect::Patched
                | Effect::Metadata(_)
                | Effect::Scaled(_)
                | Effect::Bound(_)
                | Effect::Evicted => LinkKind::Part,
            }
        };
        let tie = match version.change_type {
            _ if version.is_removal => 2,
            ChangeType::None => 1,
            _ => 0,
        };
        Some(Self {
            object: object_hash(cluster, &object.group, &object.resource, &object.namespace, &object.name),
            kind,
            api_version: (hash(&[&version.api_version]) >> 48).try_into().unwrap_or_default(),
            tie,
            resource_version: version.resource_version,
        })
    }

    /// Kind, API version and tie in one number; never 0.
    pub fn bits(self) -> u64 {
        u64::from(self.api_version) << 16 | u64::from(self.tie) << 8 | self.kind as u64
    }

    /// Back from [`Link::bits`]; `None` for other numbers.
    pub fn from_bits(object: u64, bits: u64, resource_version: Option<u64>) -> Option<Self> {
        let [.., version_high, version_low, tie, kind] = bits.to_be_bytes();
        let kinds = [LinkKind::Begin, LinkKind::Whole, LinkKind::Part, LinkKind::Blind, LinkKind::End];
        let kind = kinds.into_iter().find(|known| *known as u8 == kind)?;
        let api_version = u16::from_be_bytes([version_high, version_low]);
        Some(Self { object, kind, api_version, tie, resource_version })
    }

    /// The place of a write that was received at `time` (microseconds) and is told from others by `id`.
    pub fn order(self, time: i64, id: u64) -> Order {
        Order::new(self.resource_version, self.tie, time, id)
    }
}

/// Stands for an object in the index: all that bore this name, whatever their uids. Names are chosen by clients, so the hash is
/// one that they cannot steer.
pub fn object_hash(cluster: &str, group: &str, resource: &str, namespace: &str, name: &str) -> u64 {
    hash(&[cluster, group, resource, namespace, name])
}

/// The hashes of every object that the event is about: its own, and those of a collection that it deleted.
pub fn object_hashes(audit: &AuditRecord<'_>, cluster: &str, object: &ObjectRef) -> Vec<u64> {
    let hash_of =
        |namespace: &str, name: &str| object_hash(cluster, &object.group, &object.resource, namespace, name);
    if audit.verb == "deletecollection" {
        return each_member(audit).map(|item| hash_of(&item.namespace, &item.name)).collect();
    }
    if object.name.is_empty() { Vec::new() } else { vec![hash_of(&object.namespace, &object.name)] }
}

fn hash(parts: &[&str]) -> u64 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().first_chunk().map(|bytes| u64::from_be_bytes(*bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_lead_back() {
        for (kind, tie) in
            [(LinkKind::Begin, 0), (LinkKind::Whole, 1), (LinkKind::End, 2), (LinkKind::Part, 0)]
        {
            let link = Link { object: 7, kind, api_version: 0xBEEF, tie, resource_version: Some(9) };
            assert_eq!(Link::from_bits(7, link.bits(), Some(9)), Some(link));
        }
        assert_eq!(Link::from_bits(7, 0, None), None);
    }

    #[test]
    fn names_do_not_run_together() {
        assert_ne!(object_hash("a", "", "pods", "b", "c"), object_hash("a", "", "podsb", "", "c"));
    }
}
