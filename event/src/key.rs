//! The two keys of an event (DESIGN section 4.1): the record key answers "have I seen exactly this?", the request key
//! is the event's id everywhere.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::time::Timestamp;

/// 128 bits of SHA-256, printed as 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u128);

impl Key {
    /// The key's bytes, most significant first: they sort like the key and like its text.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The upper half.
    pub fn high(self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// The lower half.
    pub fn low(self) -> u64 {
        u64::try_from(self.0 & u128::from(u64::MAX)).unwrap_or_default()
    }

    /// The key with these halves.
    pub fn from_halves(high: u64, low: u64) -> Self {
        Self(u128::from(high) << 64 | u128::from(low))
    }

    /// Reads 32 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .then(|| u128::from_str_radix(text, 16).ok().map(Self))?
    }

    /// The lowest and highest key that begin with these 1 to 32 hex digits.
    pub fn prefix_range(digits: &str) -> Option<(Self, Self)> {
        if digits.is_empty() || digits.len() > 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let value = u128::from_str_radix(digits, 16).ok()?;
        let shift = 128 - 4 * u32::try_from(digits.len()).ok()?;
        let low = value.checked_shl(shift).unwrap_or(0);
        let rest = if shift == 0 { 0 } else { u128::MAX >> (128 - shift) };
        Some((Self(low), Self(low | rest)))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("an id is 32 hex digits"))
    }
}

/// The keys of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// Identifies the request: the same for all its stages and copies.
    pub request: Key,
    /// Identifies this record: the same for exact copies only.
    pub record: Key,
}

/// What the keys of an audit record are made of. Fields are hashed with their lengths, so no two lists collide.
#[derive(Debug, Clone, Copy)]
pub struct AuditIdentity<'a> {
    /// The cluster the record came in for.
    pub cluster: &'a str,
    /// `auditID`: chosen by the client, so never enough alone (reference/audit.md rule 12).
    pub audit_id: &'a str,
    /// `requestReceivedTimestamp` as written.
    pub request_received: &'a str,
    /// `user.username`.
    pub user: &'a str,
    /// `verb`.
    pub verb: &'a str,
    /// `requestURI`.
    pub uri: &'a str,
    /// `stage`.
    pub stage: &'a str,
    /// `stageTimestamp` as written.
    pub stage_time: &'a str,
    /// `responseStatus.code`, if any.
    pub code: Option<i64>,
}

impl AuditIdentity<'_> {
    /// Both keys.
    pub fn keys(&self) -> Keys {
        let mut request = Sha256::new();
        for field in [self.cluster, self.audit_id, self.request_received, self.user, self.verb, self.uri] {
            hash_field(&mut request, field.as_bytes());
        }
        let mut record = request.clone();
        for field in [self.stage, self.stage_time] {
            hash_field(&mut record, field.as_bytes());
        }
        match self.code {
            Some(code) => hash_field(&mut record, &code.to_le_bytes()),
            None => hash_field(&mut record, b""),
        }
        Keys { request: finish(request), record: finish(record) }
    }
}

/// What the keys of a gap are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GapIdentity<'a> {
    /// The cluster, or `""`.
    pub(crate) cluster: &'a str,
    /// The source within it.
    pub(crate) source: &'a str,
    /// Where it starts.
    pub(crate) from: Timestamp,
    /// Why.
    pub(crate) reason: &'a str,
}

impl GapIdentity<'_> {
    /// Both keys, which are one: a gap has no stages.
    pub(crate) fn keys(&self) -> Keys {
        let texts = [self.cluster, self.source, self.reason].map(str::as_bytes);
        one_key("gap", texts.into_iter().chain([&self.from.micros().to_le_bytes()[..]]))
    }
}

/// Both keys of what has no stages, which are one; `kind` keeps the kinds apart.
pub(crate) fn one_key<'a>(kind: &str, fields: impl IntoIterator<Item = &'a [u8]>) -> Keys {
    let mut hash = Sha256::new();
    hash_field(&mut hash, kind.as_bytes());
    for field in fields {
        hash_field(&mut hash, field);
    }
    let key = finish(hash);
    Keys { request: key, record: key }
}

fn hash_field(hash: &mut Sha256, field: &[u8]) {
    hash.update((field.len() as u64).to_le_bytes());
    hash.update(field);
}

fn finish(hash: Sha256) -> Key {
    let digest = hash.finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    Key(u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: AuditIdentity<'_> = AuditIdentity {
        cluster: "prod",
        audit_id: "c631",
        request_received: "2026-11-23T16:11:23.418577Z",
        user: "alice",
        verb: "patch",
        uri: "/api/v1/pods",
        stage: "ResponseComplete",
        stage_time: "2026-11-23T16:11:23.428577Z",
        code: Some(200),
    };

    #[test]
    fn stages_share_the_request_key_only() {
        let other = AuditIdentity { stage: "ResponseStarted", ..IDENTITY };
        assert_eq!(IDENTITY.keys().request, other.keys().request);
        assert_ne!(IDENTITY.keys().record, other.keys().record);
    }

    #[test]
    fn a_forged_audit_id_does_not_hide_another_request() {
        let other = AuditIdentity { user: "mallory", ..IDENTITY };
        assert_ne!(IDENTITY.keys().request, other.keys().request);
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let other = AuditIdentity { user: "alicep", verb: "atch", ..IDENTITY };
        assert_ne!(IDENTITY.keys().request, other.keys().request);
    }

    #[test]
    fn prefix_ranges() {
        fn check(digits: &str, low: &str, high: &str) {
            let (found_low, found_high) = Key::prefix_range(digits).unwrap();
            assert_eq!((found_low.to_string().as_str(), found_high.to_string().as_str()), (low, high));
        }
        check("c631d96f", "c631d96f000000000000000000000000", "c631d96fffffffffffffffffffffffff");
        let whole = "0123456789abcdef0123456789abcdef";
        check(whole, whole, whole);
        assert_eq!(Key::prefix_range("xyz"), None);
        assert_eq!(Key::prefix_range(""), None);
    }
}
