//! The file that says who may speak: one entry for each token or client certificate.
//!
//! ```yaml
//! - {name: prod-apiserver, hash: "sha256:9f86d081...", clusters: [prod]}
//! - {name: staging-apiserver, certificate: apiserver.staging.example.com, clusters: [staging, staging-dr]}
//! - {name: oncall, hash: "sha256:60303ae2...", read: true}
//! ```
//!
//! The file holds no secret: of a token only its SHA-256. That is enough because tokens are random, 256 bits of them: there
//! is nothing to guess that a slow hash would protect.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{ConfigError, Problem};
use crate::load::yaml;
use crate::settings::{OWN_CLUSTER, is_cluster_name};

/// How a hash is written: this, then 64 hex digits.
pub const HASH_PREFIX: &str = "sha256:";

/// Each request is compared with all of them.
const MAX_CREDENTIALS: usize = 1000;

/// Longest name of a credential: names stand in logs and events.
const MAX_NAME_BYTES: usize = 100;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Names whoever has it, in logs and in the record of reads.
    pub name: String,
    /// How it is shown.
    pub proof: Proof,
    /// What it permits.
    pub grant: Grant,
}

/// How a credential is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// By a token with this SHA-256.
    Token([u8; 32]),
    /// By a client certificate with this common name or subject alternative name.
    Certificate(String),
}

/// What a credential permits. Those who send and those who read are never the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// Sending events of these clusters.
    Send(Vec<String>),
    /// Reading what is stored, of every cluster.
    Read,
}

/// An entry as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    name: String,
    hash: Option<String>,
    certificate: Option<String>,
    clusters: Vec<String>,
    read: bool,
}

/// Reads the text of the file at `path`, which is only named in messages.
///
/// # Errors
/// With every problem there is. No message repeats what stands in the file in the place of a hash: somebody may have
/// written the token.
pub fn parse_credentials(path: &Path, text: &str) -> Result<Vec<Credential>, ConfigError> {
    let not_yaml = |message: String| ConfigError::NotYaml { path: path.to_owned(), message };
    let entries = match yaml(text).map_err(|error| not_yaml(error.to_string()))? {
        Value::Array(entries) => entries,
        Value::Null => Vec::new(),
        _ => return Err(not_yaml("write a list of credentials, each as `- {name: ..., ...}`".to_owned())),
    };
    let mut problems = Vec::new();
    if entries.len() > MAX_CREDENTIALS {
        problems.push(Problem::new("credentials", format!("more than {MAX_CREDENTIALS}; remove some")));
    }
    let mut names = HashSet::new();
    let mut found = Vec::new();
    for (at, entry) in entries.into_iter().take(MAX_CREDENTIALS).enumerate() {
        let mut report = |field: &str, message: &str| {
            let dot = if field.is_empty() { "" } else { "." };
            problems.push(Problem::new(format!("[{at}]{dot}{field}"), message));
        };
        let Some(credential) = credential(entry, &mut report) else { continue };
        if names.insert(credential.name.clone()) {
            found.push(credential);
        } else {
            report("name", "names an earlier credential already; choose another");
        }
    }
    if problems.is_empty() {
        return Ok(found);
    }
    Err(ConfigError::Credentials { path: path.to_owned(), problems })
}

fn credential(entry: Value, report: &mut dyn FnMut(&str, &str)) -> Option<Credential> {
    // The message of the deserialiser could repeat a value.
    let Ok(entry) = Entry::deserialize(entry) else {
        report(
            "",
            "write name, one of hash or certificate, and clusters: [...] or read: true, and nothing else",
        );
        return None;
    };
    if !is_credential_name(&entry.name) {
        report("name", "write up to 100 of A-Z a-z 0-9 - . _ @");
    }
    let proof = match (&entry.hash, &entry.certificate) {
        (Some(hash), None) => proof_of(hash, report),
        (None, Some(name)) if !name.trim().is_empty() => Some(Proof::Certificate(name.clone())),
        _ => {
            report("hash", "give one of hash or certificate");
            None
        }
    };
    let grant = match (entry.clusters.is_empty(), entry.read) {
        (true, true) => Some(Grant::Read),
        (false, false) => Some(Grant::Send(entry.clusters.clone())),
        _ => {
            report(
                "clusters",
                "give clusters: [...] to send or read: true to read; sending and reading take two",
            );
            None
        }
    };
    for cluster in &entry.clusters {
        if cluster == OWN_CLUSTER {
            report("clusters", "taffrail names this program's own records, which nobody sends");
        } else if !is_cluster_name(cluster) {
            report(
                "clusters",
                "not a cluster name; up to 63 of a-z 0-9 - . _, with a letter or digit at both ends",
            );
        }
    }
    is_credential_name(&entry.name).then_some(())?;
    Some(Credential { name: entry.name, proof: proof?, grant: grant? })
}

fn proof_of(hash: &str, report: &mut dyn FnMut(&str, &str)) -> Option<Proof> {
    let digits = hash.strip_prefix(HASH_PREFIX).and_then(from_hex);
    if digits.is_none() {
        report("hash", "write sha256: and 64 hex digits, as `taffrail token new` prints them");
    }
    digits.map(Proof::Token)
}

fn from_hex(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 2 * bytes.len() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Whether `name` may name a credential: up to 100 of `A-Z a-z 0-9 - . _ @`. A colon would end a user name of HTTP Basic.
#[must_use]
pub fn is_credential_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._@".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F";

    fn parse(text: &str) -> Result<Vec<Credential>, ConfigError> {
        parse_credentials(Path::new("credentials.yaml"), text)
    }

    #[test]
    fn entries() {
        let text = format!(
            "- {{name: prod, hash: '{HASH}', clusters: [prod, prod-2]}}\n\
             - name: oncall@example.com\n  certificate: oncall\n  read: true\n"
        );
        let found = parse(&text).unwrap();
        let clusters = vec!["prod".to_owned(), "prod-2".to_owned()];
        let hash: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        assert_eq!(
            found,
            [
                Credential {
                    name: "prod".to_owned(),
                    proof: Proof::Token(hash),
                    grant: Grant::Send(clusters)
                },
                Credential {
                    name: "oncall@example.com".to_owned(),
                    proof: Proof::Certificate("oncall".to_owned()),
                    grant: Grant::Read
                },
            ]
        );
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn every_problem_is_named_and_no_value() {
        fn check(entry: &str, expected: &[&str]) {
            let message = parse(&format!("- {{{entry}}}")).unwrap_err().to_string();
            for part in expected {
                assert!(message.contains(part), "{entry}: {message}");
            }
            assert_eq!(message.lines().count(), 1 + expected.len(), "{entry}: {message}");
            assert!(!message.contains("taf_"), "{message}");
        }
        check("name: a, hash: taf_secret, read: true", &["[0].hash: write sha256:"]);
        check("name: a, hash: 'sha256:12', read: true", &["[0].hash: write sha256:"]);
        check("name: a, read: true", &["[0].hash: give one of"]);
        check(&format!("name: a, hash: '{HASH}', certificate: a, read: true"), &["[0].hash: give one of"]);
        check(&format!("name: a, hash: '{HASH}'"), &["[0].clusters: give clusters"]);
        check(
            &format!("name: a, hash: '{HASH}', clusters: [b], read: true"),
            &["[0].clusters: give clusters"],
        );
        check(&format!("name: a, hash: '{HASH}', clusters: [B]"), &["[0].clusters: not a cluster name"]);
        check(&format!("name: a, hash: '{HASH}', clusters: [taffrail]"), &["[0].clusters: taffrail names"]);
        check(&format!("hash: '{HASH}', read: true"), &["[0].name: write"]);
        check(&format!("name: 'a:b', hash: '{HASH}', read: true"), &["[0].name: write"]);
        check("name: a, token: taf_secret, read: true", &["[0]: write name"]);
        check("name: '', hash: taf_secret", &["[0].name", "[0].hash", "[0].clusters"]);
    }

    #[test]
    fn names_are_unique() {
        let entry = format!("- {{name: a, hash: '{HASH}', read: true}}\n");
        let message = parse(&format!("{entry}{entry}")).unwrap_err().to_string();
        assert!(message.contains("[1].name: names an earlier"), "{message}");
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["a: b", "text", "- [", "{}"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
