//! Where events are sent on to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::access::lossy;
use crate::secret::Secret;

/// As many as a person reads, and as a chat takes.
const DEFAULT_MAX_PER_MINUTE: u32 = 60;

/// One target: the events of a query go to a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotifySettings {
    /// Names the target in messages, metrics and the status, and the file that says how far it is.
    pub name: String,
    /// Which events.
    pub query: String,
    /// Where to, `http://` or `https://`.
    pub url: String,
    /// What the receiver understands.
    pub format: NotifyFormat,
    /// A bearer token to show.
    pub token: Option<Secret>,
    /// Other headers by their names.
    pub headers: BTreeMap<String, Secret>,
    /// PEM file with the authorities that the receiver's certificate may come from, instead of the system's.
    #[serde(serialize_with = "lossy")]
    pub ca: Option<PathBuf>,
    /// Messages a minute at most.
    pub max_per_minute: u32,
    /// The first time: which events.
    pub from: NotifyFrom,
    /// Where a person finds an event, with `{id}` for its id. Empty: messages carry no link.
    pub link: String,
}

/// The form of messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotifyFormat {
    /// The event as the API shows it.
    #[default]
    Json,
    /// Alertmanager's API, version 2.
    Alertmanager,
}

/// Where a target begins that has sent nothing yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotifyFrom {
    /// With what comes in from now on.
    #[default]
    Now,
    /// With the oldest event that is kept.
    Start,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            query: String::new(),
            url: String::new(),
            format: NotifyFormat::default(),
            token: None,
            headers: BTreeMap::new(),
            ca: None,
            max_per_minute: DEFAULT_MAX_PER_MINUTE,
            from: NotifyFrom::default(),
            link: String::new(),
        }
    }
}
