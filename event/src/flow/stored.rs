//! A flow record as journal and index hold it: one line with what is known beside its bytes, then the bytes as they came.
//!
//! `flow 1 <format> <node> <received> <started> <place>` and a line end, with `-` for what is not known and times in
//! microseconds. Two records are one if all of it but the arrival is the same; the place counts only where a source tells no time
//! below a second, so that the same line twice in a second stays two.

use std::sync::Arc;

use super::{Context, Flow, FlowRecord, Format};
use crate::key::Keys;
use crate::key::one_key;
use crate::time::Timestamp;

const MAGIC: &str = "flow 1 ";

/// A flow with the record that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFlow<'a> {
    /// What the record says.
    pub flow: Arc<Flow>,
    /// The record as it came, but for what was redacted.
    pub raw: &'a [u8],
    /// Where in its source it stands, if that tells it from others; else `""`.
    place: &'a str,
}

/// Appends the stored form of a record to `out`; `raw` appends its bytes. `place` is its offset in a file.
pub fn write_stored(
    format: Format,
    context: &Context<'_>,
    place: Option<u64>,
    out: &mut Vec<u8>,
    raw: impl FnOnce(&mut Vec<u8>),
) {
    let number = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
    let node = if is_node_name(context.node) { context.node } else { "-" };
    let head = format!(
        "{MAGIC}{} {node} {} {} {}\n",
        format.name(),
        context.received.micros(),
        number(context.started.map(Timestamp::micros)),
        number(place.and_then(|place| i64::try_from(place).ok())),
    );
    out.extend_from_slice(head.as_bytes());
    raw(out);
}

/// Whether a text can be the name of a node: one word of a sane length. Kubernetes takes less.
pub fn is_node_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=253).contains(&text.len()) && text.bytes().all(is_part)
}

impl<'a> StoredFlow<'a> {
    /// Reads what [`write_stored`] wrote; `None` for anything else.
    pub fn decode(stored: &'a [u8]) -> Option<Self> {
        let (context, place, raw) = split(stored)?;
        match FlowRecord::read(raw, &context).ok()? {
            FlowRecord::Flow(flow) => Some(Self { flow: flow.into(), raw, place }),
            FlowRecord::Lost { .. } => None,
        }
    }

    /// The same of a record that was read before, and what was read.
    pub fn known(stored: &'a [u8], flow: Arc<Flow>) -> Option<Self> {
        let (_, place, raw) = split(stored)?;
        Some(Self { flow, raw, place })
    }

    /// Its keys, which are one: a flow has no stages. `cluster` is the one it came in for.
    pub fn keys(&self, cluster: &str) -> Keys {
        one_key("flow", [cluster.as_bytes(), self.flow.node.as_bytes(), self.place.as_bytes(), self.raw])
    }
}

/// The bytes of a stored record as they came; all of it where it is none.
pub fn raw_of(stored: &[u8]) -> &[u8] {
    split(stored).map_or(stored, |(_, _, raw)| raw)
}

fn split(stored: &[u8]) -> Option<(Context<'_>, &str, &[u8])> {
    let end = memchr::memchr(b'\n', stored)?;
    let (head, raw) = (stored.get(..end)?, stored.get(end + 1..)?);
    let head = std::str::from_utf8(head).ok()?.strip_prefix(MAGIC)?;
    let mut parts = head.split(' ').map(|part| if part == "-" { "" } else { part });
    let format = Format::named(parts.next()?)?;
    let node = parts.next()?;
    let received = Timestamp::from_micros(parts.next()?.parse().ok()?);
    let started = parts.next()?.parse().ok().map(Timestamp::from_micros);
    let place = parts.next()?;
    Some((Context { format: Some(format), node, received, started }, place, raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"5,1,2000000,-;calico-packet: IN=cali1 OUT=eth0 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=UDP SPT=1 DPT=53 ";

    fn stored(node: &str, received: i64, place: Option<u64>) -> Vec<u8> {
        let started = Some(Timestamp::from_micros(1_000_000));
        let context = Context { format: None, node, received: Timestamp::from_micros(received), started };
        let mut out = Vec::new();
        write_stored(Format::CalicoLog, &context, place, &mut out, |out| out.extend_from_slice(LINE));
        out
    }

    #[test]
    fn round_trip() {
        let stored = stored("node-1", 7, None);
        let flow = StoredFlow::decode(&stored).unwrap();
        assert_eq!((flow.flow.node.as_str(), flow.flow.start.micros()), ("node-1", 3_000_000));
        assert_eq!((flow.raw, raw_of(&stored)), (LINE, LINE));
    }

    #[test]
    fn the_arrival_makes_no_other_record() {
        let keys = |stored: &[u8]| StoredFlow::decode(stored).unwrap().keys("prod");
        let first = keys(&stored("node-1", 7, None));
        assert_eq!(first, keys(&stored("node-1", 8, None)));
        assert_eq!(first.request, first.record);
        assert_ne!(first, keys(&stored("node-2", 7, None)));
        assert_ne!(first, keys(&stored("node-1", 7, Some(0))));
    }

    #[test]
    fn other_bytes_are_no_flow() {
        for other in ["", "flow 1 ", "flow 1 calico.log - x - -\n", "flow 2 calico.log - 1 - -\nx", "{}\n{}"]
        {
            assert_eq!(StoredFlow::decode(other.as_bytes()), None, "{other}");
            assert_eq!(raw_of(other.as_bytes()), other.as_bytes());
        }
    }

    #[test]
    fn a_node_that_is_no_word_is_not_known() {
        assert_eq!(StoredFlow::decode(&stored("a b\n", 7, None)).unwrap().flow.node, "");
    }
}
