//! The root of the tree: where the data lives, which cluster an import belongs to, and one section per component.

pub(crate) mod access;
pub(crate) mod actors;
pub(crate) mod api;
pub(crate) mod health;
pub(crate) mod index;
pub(crate) mod ingest;
pub(crate) mod journal;
pub(crate) mod log;
pub(crate) mod notify;
pub(crate) mod quarantine;
pub(crate) mod redaction;
pub(crate) mod retention;
pub(crate) mod tail;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use self::access::ClientSettings;
use self::actors::ActorSettings;
use self::api::ApiSettings;
use self::health::HealthSettings;
use self::index::IndexSettings;
use self::ingest::IngestSettings;
use self::journal::JournalSettings;
use self::log::LogSettings;
use self::notify::NotifySettings;
use self::quarantine::QuarantineSettings;
use self::redaction::RedactionSettings;

/// The cluster of records that name none. One cluster is the common start, and it needs no name of its own.
pub const DEFAULT_CLUSTER: &str = "default";

/// The cluster of Taffrail's own records: who read what. Nobody can send events of it.
pub const OWN_CLUSTER: &str = "taffrail";

/// Where root keeps its data: the place packages and systemd's `StateDirectory=` use.
pub(crate) const DEFAULT_ROOT_DATA: &str = "/var/lib/taffrail";

/// Longest cluster name, as in a DNS label: names become path segments and metric labels.
const MAX_CLUSTER_NAME_BYTES: usize = 63;

/// Everything a Taffrail process may be told. Every field has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Directory that holds everything: journal, index, dead letters, the redaction key.
    #[serde(serialize_with = "lossy")]
    pub data: PathBuf,
    /// Cluster that `import` files its records under when none is named.
    pub cluster: String,
    /// Permits listeners that other machines can reach, without TLS and authentication.
    pub allow_insecure: bool,
    /// The API and UI listener, and what a query may cost.
    pub api: ApiSettings,
    /// The ingest listener, and what requests in flight may cost.
    pub ingest: IngestSettings,
    /// The plain listener for probes and metrics.
    pub health: HealthSettings,
    /// How the commands of this program reach a server.
    pub client: ClientSettings,
    /// The durable log.
    pub journal: JournalSettings,
    /// Commits, held stages, deduplication, splits.
    pub index: IndexSettings,
    /// What is masked before anything reaches a disk.
    pub redaction: RedactionSettings,
    /// Who is who: the first rule that fits a user counts.
    pub actors: Vec<ActorSettings>,
    /// Where events are sent on to.
    pub notify: Vec<NotifySettings>,
    /// What isolates a pod.
    pub quarantine: QuarantineSettings,
    /// The process's own log.
    pub log: LogSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from(DEFAULT_ROOT_DATA),
            cluster: DEFAULT_CLUSTER.to_owned(),
            allow_insecure: false,
            api: ApiSettings::default(),
            ingest: IngestSettings::default(),
            health: HealthSettings::default(),
            client: ClientSettings::default(),
            journal: JournalSettings::default(),
            index: IndexSettings::default(),
            redaction: RedactionSettings::default(),
            actors: Vec::new(),
            notify: Vec::new(),
            quarantine: QuarantineSettings::default(),
            log: LogSettings::default(),
        }
    }
}

/// Printing settings must not fail over a path that is not UTF-8.
pub(crate) fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// Whether `name` may name a cluster: `[a-z0-9]([-a-z0-9._]{0,61}[a-z0-9])?`.
#[must_use]
pub fn is_cluster_name(name: &str) -> bool {
    let end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    bytes.len() <= MAX_CLUSTER_NAME_BYTES
        && bytes.first().is_some_and(end)
        && bytes.last().is_some_and(end)
        && bytes.iter().all(|byte| end(byte) || matches!(byte, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::is_cluster_name;

    fn check(name: &str, expected: bool) {
        assert_eq!(is_cluster_name(name), expected, "{name:?}");
    }

    #[test]
    fn cluster_names() {
        for good in ["a", "7", "prod", "eu-1.prod_2", "a.b", &"a".repeat(63)] {
            check(good, true);
        }
        for bad in ["", "-a", "a-", ".", "A", "a b", "a/b", "ä", "a\0", &"a".repeat(64)] {
            check(bad, false);
        }
    }
}
