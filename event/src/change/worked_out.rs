//! The state after a write that was recorded without its result: worked out from the state before and from what was asked.

use std::borrow::Cow;

use super::effect::{Effect, Version};
use super::patch;
use crate::json;

/// The state after a write that was recorded without its result.
pub(super) fn worked_out<'a>(version: &Version<'a>, before: &[u8]) -> Option<Cow<'a, [u8]>> {
    match version.effect {
        Effect::State(after) => Some(Cow::Borrowed(after)),
        Effect::Asked(sent) => Some(Cow::Owned(if version.is_status {
            with_member(before, "status", json::member(sent, "status"))
        } else {
            let status = json::member(before, "status");
            with_member(sent, "status", status)
        })),
        Effect::Patched => {
            let (kind, patch) = version.patch?;
            patch::apply(kind, &version.group, &version.resource, before, patch).map(Cow::Owned)
        }
        Effect::Metadata(body) => {
            // The answer leaves out what else was asked for.
            let asked = version.patch.and_then(|(kind, patch)| {
                patch::apply(kind, &version.group, &version.resource, before, patch)
            });
            Some(Cow::Owned(with_metadata(asked.as_deref().unwrap_or(before), body)))
        }
        Effect::Scaled(replicas) => {
            let spec = json::member(before, "spec").unwrap_or(b"{}");
            let spec = with_member(spec, "replicas", Some(replicas.to_string().as_bytes()));
            Some(Cow::Owned(with_member(before, "spec", Some(&spec))))
        }
        Effect::Bound(node) => {
            let spec = json::member(before, "spec").unwrap_or(b"{}");
            let spec = with_member(spec, "nodeName", Some(node));
            Some(Cow::Owned(with_member(before, "spec", Some(&spec))))
        }
        Effect::Evicted | Effect::Unknown => None,
    }
}

/// The object with the metadata of another.
fn with_metadata(before: &[u8], after: &[u8]) -> Vec<u8> {
    with_member(before, "metadata", json::member(after, "metadata"))
}

/// The object with another value under `key`, or without it.
fn with_member(object: &[u8], key: &str, value: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(object.len() + value.map_or(0, <[u8]>::len) + 16);
    for member in json::Members::of(object) {
        if member.key != key {
            add_member(&mut out, &member.key, &object[member.value]);
        }
    }
    if let Some(value) = value {
        add_member(&mut out, key, value);
    }
    if out.is_empty() {
        out.push(b'{');
    }
    out.push(b'}');
    out
}

/// Writes one more member of an object that is not closed yet.
pub(super) fn add_member(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    out.push(if out.is_empty() { b'{' } else { b',' });
    out.extend_from_slice(serde_json::Value::from(key).to_string().as_bytes());
    out.push(b':');
    out.extend_from_slice(value);
}
