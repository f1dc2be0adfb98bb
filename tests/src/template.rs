//! Fresh events from recorded ones: the places of audit ids, times and resource versions are found once, and then only their
//! digits are written, so that making events costs next to nothing beside sending them.

use memchr::memmem;

use crate::calendar::{micros, rfc3339};

const UUID_BYTES: usize = 36;
const TIME_BYTES: usize = 27;

/// Digits of a generation, before those of the recorded resource version: objects that are written again and again have
/// versions that grow, as those of an API server do.
const GENERATION_DIGITS: usize = 11;
/// Digits of the recorded resource version.
const VERSION_DIGITS: usize = 8;

/// Recorded bytes (an event, lines, a whole request) whose identity can be changed in place.
#[derive(Debug, Clone)]
pub struct Template {
    bytes: Vec<u8>,
    audit_ids: Vec<usize>,
    times: Vec<(usize, i64)>,
    /// Where the digits of the generation begin in resource versions.
    versions: Vec<usize>,
    events: usize,
}

impl Template {
    /// Finds what is to change in `bytes`. Audit ids that a client made up are left alone.
    pub fn of(bytes: &[u8]) -> Self {
        let (bytes, versions) = with_wide_versions(bytes);
        let audit_ids = values(&bytes, b"\"auditID\":\"");
        let times = [&b"\"requestReceivedTimestamp\":\""[..], b"\"stageTimestamp\":\""]
            .iter()
            .flat_map(|key| values(&bytes, key))
            .filter_map(|at| Some((at, micros(bytes.get(at..at + TIME_BYTES)?)?)))
            .collect();
        Self {
            events: audit_ids.len(),
            audit_ids: audit_ids.into_iter().filter(|at| is_uuid(&bytes, *at)).collect(),
            times,
            versions,
            bytes,
        }
    }

    /// Makes its events those of another `generation`, `shift` microseconds later than recorded. The stages of a
    /// request belong together within a generation, also over several templates.
    pub fn renew(&mut self, generation: u32, shift: i64) {
        let mut digits = [0_u8; 8];
        for (place, digit) in digits.iter_mut().enumerate() {
            let nibble = generation >> (28 - 4 * place) & 0xf;
            *digit = b"0123456789abcdef"[nibble as usize];
        }
        for at in &self.audit_ids {
            self.bytes[*at..*at + digits.len()].copy_from_slice(&digits);
        }
        let decimal = format!("1{generation:010}");
        for at in &self.versions {
            self.bytes[*at..*at + GENERATION_DIGITS].copy_from_slice(decimal.as_bytes());
        }
        for (at, recorded) in &self.times {
            self.bytes[*at..*at + TIME_BYTES].copy_from_slice(&rfc3339(recorded + shift));
        }
    }

    /// The bytes as they are now.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many events it holds.
    pub fn events(&self) -> usize {
        self.events
    }

    /// The earliest time in it, as recorded.
    pub fn first_time(&self) -> i64 {
        self.times.iter().map(|(_, time)| *time).min().unwrap_or_default()
    }

    /// The latest time in it, as recorded.
    pub fn last_time(&self) -> i64 {
        self.times.iter().map(|(_, time)| *time).max().unwrap_or_default()
    }

    /// The audit ids that are unique to a generation, as they are now.
    pub fn audit_ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.audit_ids
            .iter()
            .map(|at| std::str::from_utf8(&self.bytes[*at..*at + UUID_BYTES]).expect("a UUID is ASCII"))
    }

    /// An audit id, as it is now, whose request is complete within these bytes.
    pub fn completed_audit_id(&self) -> Option<&str> {
        const FOLLOWING: &[u8] = br#"","stage":"ResponseComplete""#;
        let is_complete = |at: &&usize| self.bytes[*at + UUID_BYTES..].starts_with(FOLLOWING);
        let at = *self.audit_ids.iter().rev().find(is_complete)?;
        std::str::from_utf8(&self.bytes[at..at + UUID_BYTES]).ok()
    }
}

/// The bytes with room for a generation in every resource version, and the places of that room.
fn with_wide_versions(bytes: &[u8]) -> (Vec<u8>, Vec<usize>) {
    const KEY: &[u8] = b"\"resourceVersion\":\"";
    let (mut wide, mut places, mut copied) = (Vec::with_capacity(bytes.len()), Vec::new(), 0);
    for at in values(bytes, KEY) {
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=VERSION_DIGITS).contains(&digits) || bytes.get(at + digits) != Some(&b'"') {
            continue;
        }
        wide.extend_from_slice(&bytes[copied..at]);
        places.push(wide.len());
        wide.extend_from_slice(b"10000000000");
        wide.resize(wide.len() + VERSION_DIGITS - digits, b'0');
        copied = at;
    }
    wide.extend_from_slice(&bytes[copied..]);
    (wide, places)
}

/// Where the values behind `key` begin.
fn values(bytes: &[u8], key: &[u8]) -> Vec<usize> {
    memmem::find_iter(bytes, key).map(|at| at + key.len()).collect()
}

fn is_uuid(bytes: &[u8], at: usize) -> bool {
    let Some(value) = bytes.get(at..at + UUID_BYTES) else { return false };
    let is_dash = |place| matches!(place, 8 | 13 | 18 | 23);
    bytes.get(at + UUID_BYTES) == Some(&b'"')
        && value.iter().enumerate().all(
            |(place, byte)| {
                if is_dash(place) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
            },
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_versions_and_times_change() {
        let recorded = br#"{"auditID":"c631d96f-bfd7-4afb-a8b9-7d52749868dd","verb":"get","requestReceivedTimestamp":"2026-11-23T16:11:23.418577Z","stageTimestamp":"2026-11-23T23:59:59.999999Z","metadata":{"resourceVersion":"993"},"list":{"resourceVersion":""}}"#;
        let mut template = Template::of(recorded);
        template.renew(0x1f, 1_000_000);
        assert_eq!(
            String::from_utf8_lossy(template.bytes()),
            r#"{"auditID":"0000001f-bfd7-4afb-a8b9-7d52749868dd","verb":"get","requestReceivedTimestamp":"2026-11-23T16:11:24.418577Z","stageTimestamp":"2026-11-24T00:00:00.999999Z","metadata":{"resourceVersion":"1000000003100000993"},"list":{"resourceVersion":""}}"#,
        );
        assert_eq!(template.events(), 1);
        assert_eq!(template.audit_ids().collect::<Vec<_>>(), ["0000001f-bfd7-4afb-a8b9-7d52749868dd"]);
    }

    #[test]
    fn made_up_ids_stay() {
        let mut template = Template::of(br#"{"auditID":"mine"}"#);
        template.renew(1, 0);
        assert_eq!(template.bytes(), br#"{"auditID":"mine"}"#);
        assert_eq!((template.events(), template.audit_ids().len()), (1, 0));
    }
}
