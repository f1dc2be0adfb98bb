//! What is removed, and when: an age for each class of events, bytes for all.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::byte_limit::ByteLimit;

const DAY: Duration = Duration::from_secs(86_400);

/// A year and a month: what auditors ask for is the last year, and they ask after its end. Changes are few.
const DEFAULT_CHANGE: Option<Duration> = Some(DAY.saturating_mul(400));

/// A quarter: an intrusion is often found weeks after it began, and the reads say what was seen. They are most of what
/// comes in, so that the byte limit usually removes them earlier.
const DEFAULT_ACCESS: Option<Duration> = Some(DAY.saturating_mul(90));

/// Flows are more than everything else together, and answer questions about the last days.
const DEFAULT_FLOW: Option<Duration> = Some(DAY.saturating_mul(30));

/// Gaps and findings say how far the changes of their time can be relied on: they stay as long, and are next to nothing.
const DEFAULT_NOTICE: Option<Duration> = DEFAULT_CHANGE;

/// Leaves a compaction its room, and everybody else on the file system theirs.
const DEFAULT_MAX_BYTES: ByteLimit = ByteLimit::Share(50);

/// What is removed, and when. Removing takes whole splits: a class and a day at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSettings {
    /// Age at which changes are removed; `None` is never.
    #[serde(with = "crate::duration::or_unlimited")]
    pub change: Option<Duration>,
    /// Age at which reads, watches and sessions are removed.
    #[serde(with = "crate::duration::or_unlimited")]
    pub access: Option<Duration>,
    /// Age at which network flows are removed.
    #[serde(with = "crate::duration::or_unlimited")]
    pub flow: Option<Duration>,
    /// Age at which gaps and findings are removed.
    #[serde(with = "crate::duration::or_unlimited")]
    pub notice: Option<Duration>,
    /// Bytes of index, journal and dead letters together.
    pub max_bytes: ByteLimit,
}

impl RetentionSettings {
    /// Nothing is ever removed.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { change: None, access: None, flow: None, notice: None, max_bytes: ByteLimit::Unlimited }
    }

    /// The age at which events of the class of this name are removed; `None` is never.
    #[must_use]
    pub fn age(&self, class: &str) -> Option<Duration> {
        match class {
            "change" => self.change,
            "access" => self.access,
            "flow" => self.flow,
            "notice" => self.notice,
            _ => None,
        }
    }
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self {
            change: DEFAULT_CHANGE,
            access: DEFAULT_ACCESS,
            flow: DEFAULT_FLOW,
            notice: DEFAULT_NOTICE,
            max_bytes: DEFAULT_MAX_BYTES,
        }
    }
}
