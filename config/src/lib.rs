//! What a Taffrail process may be told, and how it is told.
//!
//! [`Settings`] is the whole tree; each component takes its own section. [`load`] lays one YAML file, the
//! `TAFFRAIL__SECTION__KEY` environment and the command line over the defaults, in that order, and either
//! returns settings that hold together or *every* problem found, each with its path and what to do.
//! [`print()`] writes effective settings as YAML that [`load`] reads back; [`warnings`] says what is legal but
//! should stay visible.
//!
//! What is deliberately absent: this crate knows no other crate of the workspace and reads neither the
//! environment nor the arguments nor the user's identity. The binary passes them in, so that every rule here can be
//! tested as a function.

mod byte_limit;
mod byte_size;
mod credentials;
mod duration;
mod error;
mod field_path;
mod host;
mod keys;
mod layers;
mod listen;
mod load;
mod print;
mod secret;
mod settings;
mod validate;

pub use byte_limit::ByteLimit;
pub use credentials::{Credential, Grant, HASH_PREFIX, Proof, is_credential_name, parse_credentials};
pub use error::{ConfigError, Problem};
pub use field_path::{FieldPath, Segment};
pub use host::Host;
pub use load::load;
pub use print::{print, warnings};
pub use secret::{Secret, SecretValue};
pub use settings::access::{AuthSettings, ClientSettings, TlsSettings};
pub use settings::actors::{ActorKind, ActorSettings};
pub use settings::api::ApiSettings;
pub use settings::health::HealthSettings;
pub use settings::index::IndexSettings;
pub use settings::ingest::IngestSettings;
pub use settings::journal::JournalSettings;
pub use settings::log::{LogFormat, LogSettings};
pub use settings::notify::{NotifyFormat, NotifyFrom, NotifySettings};
pub use settings::quarantine::QuarantineSettings;
pub use settings::redaction::{RedactionRule, RedactionSettings};
pub use settings::retention::RetentionSettings;
pub use settings::tail::{TailFrom, TailRecords, TailSettings};
pub use settings::{DEFAULT_CLUSTER, OWN_CLUSTER, Settings, is_cluster_name};
pub use validate::is_label;
