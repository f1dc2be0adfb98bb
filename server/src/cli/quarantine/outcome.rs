//! What was done to a pod, as JSON for scripts.

use serde::Serialize;

use super::containment::Contained;
use super::pod::{Pod, PodName};
use super::policies::PolicyObject;
use crate::args::Output;
use crate::cli::answer::Answer;
use crate::exit::FOUND;

/// The body of `-o json`.
#[derive(Debug, Serialize)]
pub(super) struct Outcome<'a> {
    /// `apply` or `release`.
    pub(super) action: &'static str,
    pub(super) pod: PodBody<'a>,
    pub(super) label: String,
    /// Whether anything was done; false too if only asked what would be.
    pub(super) changed: bool,
    pub(super) dry_run: bool,
    /// RFC 3339; null if it is not marked on the pod.
    pub(super) since: Option<&'a str>,
    pub(super) reason: Option<&'a str>,
    pub(super) by: Option<&'a str>,
    /// Whether policies deny all its traffic; null if that is not known.
    pub(super) contained: Option<bool>,
    pub(super) containment: &'a [String],
    /// Policies that were made, or would be.
    pub(super) created: Vec<ObjectBody<'a>>,
    /// Policies that were removed, or would be.
    pub(super) removed: Vec<ObjectBody<'a>>,
}

/// A pod; null is what is not known.
#[derive(Debug, Serialize)]
pub(super) struct PodBody<'a> {
    namespace: &'a str,
    name: &'a str,
    uid: Option<&'a str>,
    node: Option<&'a str>,
    ips: Vec<&'a str>,
}

/// A policy or what belongs to one.
#[derive(Debug, Serialize)]
pub(super) struct ObjectBody<'a> {
    api_version: String,
    kind: &'static str,
    namespace: &'a str,
    name: &'a str,
}

impl<'a> Outcome<'a> {
    /// Of something that was not done yet.
    pub(super) fn new(action: &'static str, name: &'a PodName, pod: Option<&'a Pod>, label: String) -> Self {
        Self {
            action,
            pod: PodBody {
                namespace: &name.namespace,
                name: &name.name,
                uid: pod.and_then(Pod::uid),
                node: pod.and_then(Pod::node),
                ips: pod.map(Pod::ips).unwrap_or_default(),
            },
            label,
            changed: false,
            dry_run: false,
            since: None,
            reason: None,
            by: None,
            contained: None,
            containment: &[],
            created: Vec::new(),
            removed: Vec::new(),
        }
    }

    pub(super) fn contained(self, contained: &'a Contained) -> Self {
        Self { contained: contained.verdict, containment: &contained.words, ..self }
    }

    /// Writes it where a script asked for it; tables were written before. The exit code of what was found.
    pub(super) fn finish(&self, format: Output, out: &mut Answer) -> anyhow::Result<u8> {
        if format != Output::Table {
            out.json(self)?;
        }
        Ok(FOUND)
    }
}

impl<'a> ObjectBody<'a> {
    pub(super) fn all(objects: &'a [PolicyObject]) -> Vec<Self> {
        let body = |object: &'a PolicyObject| Self {
            api_version: object.of.api_version(),
            kind: object.of.kind,
            namespace: object.namespace.as_deref().unwrap_or_default(),
            name: object.name(),
        };
        objects.iter().map(body).collect()
    }
}
