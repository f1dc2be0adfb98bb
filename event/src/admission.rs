//! What admission webhooks did to a request, as far as the API server's annotations say so: `mutation.webhook.admission.k8s.io/`,
//! `patch.webhook.admission.k8s.io/` (from audit level Request on) and `failed-open.`, each with `round_R_index_I`.
//!
//! Mutating admission policies leave no annotation of what they change.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audit::{AuditRecord, string_member};
use crate::change::{Admitted, JsonText};
use crate::json::{self, Members};
use crate::object::ObjectRef;

const MUTATION: &str = "mutation.webhook.admission.k8s.io/";
const PATCH: &str = "patch.webhook.admission.k8s.io/";
const FAILED_OPEN: &str = "failed-open.";
const VALIDATION: &str = "validating.webhook.admission.k8s.io/";

/// Webhooks of each kind that are listed; clusters have a handful.
const MAX_WEBHOOKS: usize = 64;

/// Places that are listed, of all patches together.
const MAX_PATHS: usize = 200;

/// Bytes of patches that are shown, of all together: they stand in every list of events.
const MAX_PATCH_BYTES: usize = 64 * 1024;

/// Values that are put into an object are read for their names up to this length.
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// Kubernetes' own names are at most 253 bytes long.
const MAX_NAME_BYTES: usize = 253;

/// Longer pointers lead nowhere.
const MAX_POINTER_BYTES: usize = 512;

/// What admission webhooks did to a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// Mutating webhooks that changed the object, in the order of their calls.
    pub mutations: Vec<Mutation>,
    /// Webhooks that could not be asked, or failed, and were ignored because their configuration says so.
    pub failed_open: Vec<FailedOpen>,
    /// Whether some of it was too much to be listed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// A mutating webhook changed the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutation {
    /// Webhooks are called once more where later ones changed the object: 0, then 1.
    pub round: u32,
    /// The place of the webhook among all.
    pub index: u32,
    /// The MutatingWebhookConfiguration.
    pub configuration: String,
    /// The webhook in it.
    pub webhook: String,
    /// The operations (RFC 6902); null where they were not recorded or are too long to be shown.
    pub patch: Option<JsonText>,
    /// The places that they change, as in change sets.
    pub paths: Vec<String>,
}

/// A webhook was ignored because it failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FailedOpen {
    /// The webhook.
    pub webhook: String,
    /// What it was to do.
    pub kind: WebhookKind,
}

/// What a webhook is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookKind {
    /// To change the object.
    Mutating,
    /// To accept or refuse it.
    Validating,
}

impl WebhookKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Mutating, Self::Validating];

    /// The name in `admission.failed_open[].kind`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mutating => "mutating",
            Self::Validating => "validating",
        }
    }
}

impl Admission {
    /// `None` where no webhook changed anything or failed.
    pub(crate) fn of(audit: &AuditRecord<'_>, object: Option<&ObjectRef>) -> Option<Self> {
        let found = Found::in_annotations(audit.annotations?);
        if found.mutations.is_empty() && found.failed_open.is_empty() {
            return None;
        }
        let mut listing =
            Listing { admitted: Admitted::of(audit, object), paths: 0, patch_bytes: 0, is_cut: found.is_cut };
        let mutations =
            found.mutations.into_iter().map(|(call, said)| listing.mutation(call, &said)).collect();
        Some(Self { mutations, failed_open: found.failed_open.into_iter().collect(), cut: listing.is_cut })
    }
}

/// Which call: its round and its place in it.
type Call = (u32, u32);

/// What the annotations say, before anybody looked into patches.
#[derive(Default)]
struct Found {
    mutations: BTreeMap<Call, Said>,
    failed_open: BTreeSet<FailedOpen>,
    is_cut: bool,
}

/// What two annotations say of one call.
#[derive(Default)]
struct Said {
    mutation: Option<String>,
    patch: Option<String>,
}

impl Found {
    fn in_annotations(annotations: &[u8]) -> Self {
        let mut found = Self::default();
        for member in Members::of(annotations) {
            let value = &annotations[member.value];
            if let Some(call) = member.key.strip_prefix(MUTATION).and_then(call) {
                found.said(call, value, |said| &mut said.mutation);
            } else if let Some(call) = member.key.strip_prefix(PATCH).and_then(call) {
                found.said(call, value, |said| &mut said.patch);
            } else if let Some(key) = member.key.strip_prefix(FAILED_OPEN) {
                let kind = if key.starts_with(MUTATION) {
                    WebhookKind::Mutating
                } else if key.starts_with(VALIDATION) {
                    WebhookKind::Validating
                } else {
                    continue;
                };
                found.failed(name(&json::string(value).unwrap_or_default()), kind);
            }
        }
        // A webhook that was called and left everything as it was.
        found.mutations.retain(|_, said| said.is_mutated());
        found
    }

    fn said(&mut self, call: Call, value: &[u8], place: impl FnOnce(&mut Said) -> &mut Option<String>) {
        let Some(text) = json::string(value) else { return };
        if self.mutations.len() >= MAX_WEBHOOKS && !self.mutations.contains_key(&call) {
            self.is_cut = true;
            return;
        }
        *place(self.mutations.entry(call).or_default()) = Some(text.into_owned());
    }

    fn failed(&mut self, webhook: String, kind: WebhookKind) {
        if webhook.is_empty() {
            return;
        }
        if self.failed_open.len() >= MAX_WEBHOOKS {
            self.is_cut = true;
            return;
        }
        self.failed_open.insert(FailedOpen { webhook, kind });
    }
}

/// `round_0_index_12`.
fn call(suffix: &str) -> Option<Call> {
    let (round, index) = suffix.strip_prefix("round_")?.split_once("_index_")?;
    Some((round.parse().ok()?, index.parse().ok()?))
}

impl Said {
    fn is_mutated(&self) -> bool {
        match &self.mutation {
            Some(said) => json::member(said.as_bytes(), "mutated").is_some_and(|mutated| mutated == b"true"),
            // The other annotation was lost on the way: there is a patch only if something changed.
            None => self.patch.as_ref().is_some_and(|patch| patch_of(patch).is_some()),
        }
    }

    fn name(&self, key: &str) -> String {
        let texts = [&self.mutation, &self.patch].into_iter().flatten();
        let mut names = texts.map(|text| string_member(text.as_bytes(), key)).filter(|name| !name.is_empty());
        name(&names.next().unwrap_or_default())
    }
}

fn patch_of(said: &str) -> Option<&[u8]> {
    json::member(said.as_bytes(), "patch").filter(|patch| json::is_well_formed(patch) && *patch != b"null")
}

fn name(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_NAME_BYTES)).unwrap_or_default().to_owned()
}

/// What is left of the bounds.
struct Listing<'a> {
    admitted: Admitted<'a>,
    paths: usize,
    patch_bytes: usize,
    is_cut: bool,
}

impl Listing<'_> {
    fn mutation(&mut self, (round, index): Call, said: &Said) -> Mutation {
        let patch = said.patch.as_deref().and_then(patch_of);
        Mutation {
            round,
            index,
            configuration: said.name("configuration"),
            webhook: said.name("webhook"),
            paths: patch.map(|patch| self.paths(patch)).unwrap_or_default(),
            patch: patch.and_then(|patch| self.shown(patch)),
        }
    }

    fn shown(&mut self, patch: &[u8]) -> Option<JsonText> {
        if self.patch_bytes + patch.len() > MAX_PATCH_BYTES {
            self.is_cut = true;
            return None;
        }
        self.patch_bytes += patch.len();
        // As it is read again: without white space.
        let plain = serde_json::from_slice::<Value>(patch).map(|patch| patch.to_string().into_bytes());
        Some(JsonText::of(plain.as_deref().unwrap_or(patch)))
    }

    /// The places that a patch changes, each once, in their order.
    fn paths(&mut self, patch: &[u8]) -> Vec<String> {
        let mut paths: Vec<String> = Vec::new();
        for range in json::elements(patch) {
            for (pointer, new) in places(&patch[range]) {
                if self.paths >= MAX_PATHS || pointer.len() > MAX_POINTER_BYTES {
                    self.is_cut = true;
                    continue;
                }
                let path = self.admitted.path(&pointer, new.as_ref());
                if !path.is_empty() && !paths.contains(&path) {
                    self.paths += 1;
                    paths.push(path);
                }
            }
        }
        paths
    }
}

/// The places that one operation changes, and what it puts there.
fn places(operation: &[u8]) -> Vec<(String, Option<Value>)> {
    let pointer = |key: &str| string_member(operation, key).into_owned();
    let value = || {
        let value = json::member(operation, "value").filter(|value| value.len() <= MAX_VALUE_BYTES)?;
        serde_json::from_slice(value).ok()
    };
    match string_member(operation, "op").as_ref() {
        "add" | "replace" => vec![(pointer("path"), value())],
        "remove" | "copy" => vec![(pointer("path"), None)],
        "move" => vec![(pointer("from"), None), (pointer("path"), None)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
