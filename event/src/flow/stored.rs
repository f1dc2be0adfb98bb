//! A flow record as journal and index hold it: one line with what is known beside its bytes, then the bytes as they came.
//!
//! `flow 1 <format> <node> <received> <started> <place>` and a line end, with `-` for what is not known and times in
//! microseconds. Two records are one if all of it but the arrival is the same; the place counts only where a source tells no time
//! below a second, so that the same line twice in a second stays two.
//!
//! `flow 2 ... <place> <records> <last>` stands for so many records that differ in their time alone, up to the last: its bytes
//! are those of the first. The last two are of one width, so that they can be counted up where they stand.

use std::io::Write;
use std::sync::Arc;

use super::{Context, Flow, FlowRecord, Format};
use crate::key::Keys;
use crate::key::one_key;
use crate::time::Timestamp;

const MAGIC: &str = "flow 1 ";
const FOLDED_MAGIC: &str = "flow 2 ";

/// The width of `<records> <last>`: ten digits, a space, and twenty.
const FOLDED_BYTES: usize = 31;

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

/// How many records a stored one stands for, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// The records, this one included.
    pub records: u32,
    /// The time of the last one.
    pub last: Timestamp,
}

/// What is stored with a record beside what is known of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stands {
    /// Its offset in a file.
    pub place: Option<u64>,
    /// For a record that others may be folded into; see [`fold_into`].
    pub folded: Option<Folded>,
}

/// Appends the stored form of a record to `out`; `raw` appends its bytes.
pub fn write_stored(
    format: Format,
    context: &Context<'_>,
    stands: Stands,
    out: &mut Vec<u8>,
    raw: impl FnOnce(&mut Vec<u8>),
) {
    let number = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
    let node = if is_node_name(context.node) { context.node } else { "-" };
    let magic = if stands.folded.is_some() { FOLDED_MAGIC } else { MAGIC };
    let head = format!(
        "{magic}{} {node} {} {} {}",
        format.name(),
        context.received.micros(),
        number(context.started.map(Timestamp::micros)),
        number(stands.place.and_then(|place| i64::try_from(place).ok())),
    );
    out.extend_from_slice(head.as_bytes());
    if let Some(folded) = stands.folded {
        out.push(b' ');
        out.extend_from_slice(&folded.bytes());
    }
    out.push(b'\n');
    raw(out);
}

/// Counts one more record, which differs in its time alone, in a stored one that was written to be counted in; `false` for any
/// other.
pub fn fold_into(stored: &mut [u8], time: Timestamp) -> bool {
    let Some(end) = memchr::memchr(b'\n', stored).filter(|_| stored.starts_with(FOLDED_MAGIC.as_bytes()))
    else {
        return false;
    };
    let Some(count) = end.checked_sub(FOLDED_BYTES).and_then(|start| stored.get_mut(start..end)) else {
        return false;
    };
    let Some(folded) = Folded::read(count) else { return false };
    let folded = Folded { records: folded.records.saturating_add(1), last: folded.last.max(time) };
    count.copy_from_slice(&folded.bytes());
    true
}

impl Folded {
    fn bytes(self) -> [u8; FOLDED_BYTES] {
        let mut bytes = [b'0'; FOLDED_BYTES];
        // It always has the room: u32 has ten digits at most, i64 twenty with its sign.
        write!(&mut bytes[..], "{:010} {:020}", self.records, self.last.micros()).ok();
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (records, last) = std::str::from_utf8(bytes).ok()?.split_once(' ')?;
        Some(Self { records: records.parse().ok()?, last: Timestamp::from_micros(last.parse().ok()?) })
    }
}

impl Flow {
    /// Makes of one record what it stands for.
    fn stand_for(&mut self, Folded { records, last }: Folded) {
        if records < 2 {
            return;
        }
        self.folded = Some(records);
        self.end = self.end.max(last);
        let length = self.end.micros() - self.start.micros();
        // Two of one moment have no length either.
        self.precision_s = u32::try_from((length + 999_999) / 1_000_000).unwrap_or(u32::MAX);
        for count in [
            &mut self.connections,
            &mut self.source.bytes,
            &mut self.source.packets,
            &mut self.destination.bytes,
            &mut self.destination.packets,
        ] {
            *count = count.map(|count| count.saturating_mul(records.into()));
        }
    }
}

/// Whether a text can be the name of a node: one word of a sane length. Kubernetes takes less.
pub fn is_node_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=253).contains(&text.len()) && text.bytes().all(is_part)
}

impl<'a> StoredFlow<'a> {
    /// Reads what [`write_stored`] wrote; `None` for anything else.
    pub fn decode(stored: &'a [u8]) -> Option<Self> {
        let Split { context, place, folded, raw } = split(stored)?;
        match FlowRecord::read(raw, &context).ok()? {
            FlowRecord::Flow(mut flow) => {
                if let Some(folded) = folded {
                    flow.stand_for(folded);
                }
                Some(Self { flow: flow.into(), raw, place })
            }
            FlowRecord::Lost { .. } => None,
        }
    }

    /// The same of a record that was read before, and what was read.
    pub fn known(stored: &'a [u8], flow: Arc<Flow>) -> Option<Self> {
        let Split { place, raw, .. } = split(stored)?;
        Some(Self { flow, raw, place })
    }

    /// Its keys, which are one: a flow has no stages. `cluster` is the one it came in for.
    pub fn keys(&self, cluster: &str) -> Keys {
        one_key("flow", [cluster.as_bytes(), self.flow.node.as_bytes(), self.place.as_bytes(), self.raw])
    }
}

/// The bytes of a stored record as they came; all of it where it is none.
pub fn raw_of(stored: &[u8]) -> &[u8] {
    split(stored).map_or(stored, |split| split.raw)
}

/// The parts of a stored record.
struct Split<'a> {
    context: Context<'a>,
    place: &'a str,
    folded: Option<Folded>,
    raw: &'a [u8],
}

fn split(stored: &[u8]) -> Option<Split<'_>> {
    let end = memchr::memchr(b'\n', stored)?;
    let (head, raw) = (stored.get(..end)?, stored.get(end + 1..)?);
    let head = std::str::from_utf8(head).ok()?;
    let (head, folded) = match head.strip_prefix(FOLDED_MAGIC) {
        None => (head.strip_prefix(MAGIC)?, None),
        Some(head) => {
            let (head, count) = head.split_at_checked(head.len().checked_sub(FOLDED_BYTES)?)?;
            (head.strip_suffix(' ')?, Some(Folded::read(count.as_bytes())?))
        }
    };
    let mut parts = head.split(' ').map(|part| if part == "-" { "" } else { part });
    let format = Format::named(parts.next()?)?;
    let node = parts.next()?;
    let received = Timestamp::from_micros(parts.next()?.parse().ok()?);
    let started = parts.next()?.parse().ok().map(Timestamp::from_micros);
    let place = parts.next()?;
    Some(Split { context: Context { format: Some(format), node, received, started }, place, folded, raw })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Known, RecordFlags};

    const LINE: &[u8] = b"5,1,2000000,-;calico-packet: IN=cali1 OUT=eth0 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=UDP SPT=1 DPT=53 ";

    fn stored(node: &str, received: i64, place: Option<u64>) -> Vec<u8> {
        let started = Some(Timestamp::from_micros(1_000_000));
        let context = Context { format: None, node, received: Timestamp::from_micros(received), started };
        let mut out = Vec::new();
        let stands = Stands { place, folded: None };
        write_stored(Format::CalicoLog, &context, stands, &mut out, |out| out.extend_from_slice(LINE));
        out
    }

    fn folded(times: &[i64]) -> Vec<u8> {
        let time = |micros| Timestamp::from_micros(micros);
        let context =
            Context { format: None, node: "node-1", received: time(7), started: Some(time(1_000_000)) };
        let folded = Some(Folded { records: 1, last: time(3_000_000) });
        let stands = Stands { place: None, folded };
        let mut out = Vec::new();
        write_stored(Format::CalicoLog, &context, stands, &mut out, |out| out.extend_from_slice(LINE));
        for micros in times {
            assert!(fold_into(&mut out, time(*micros)));
        }
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
    fn what_is_known_of_a_record_is_what_stands_in_it() {
        for stored in [stored("node-1", 7, None), folded(&[]), folded(&[3_000_000, 5_400_000])] {
            let Some(Known::Flow(flow)) = Known::of(&stored, RecordFlags::FLOW) else { panic!("not known") };
            assert_eq!(StoredFlow::known(&stored, flow), StoredFlow::decode(&stored));
        }
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

    /// Found by fuzzing: of two members of a name one was read on arrival, and the other one from the index.
    #[test]
    fn a_member_twice_is_the_same_one_when_it_is_read_again() {
        let record = br#"{"f`low":z"time":"2023-08-21T12:12:13.517394084[","verdict":"DROPPEPPED","IP":{"sourceso"r{:ec}u,"destination":{},"ned_namoe":"kind-kind/ki&nd-wIP"},"n2:13.517":"kind-kind/kind-worker","time":"2023-08-21T12:12:D","IP":{"sourceso"r{:ec}u,"destination":{},"ned_namoe":"kind-kind/ki&nd-wIP"},"n2:13.517":"kind-kind/kind-worker","time":"2023-08-21T12:12:13.517394084Z"}"#;
        let read = |format| {
            let context = Context { format, node: "", received: Timestamp::default(), started: None };
            FlowRecord::read(record, &context)
        };
        assert_eq!(read(None), read(Some(Format::Hubble)));
    }

    #[test]
    fn one_for_many() {
        let one = folded(&[]);
        let alone = stored("node-1", 7, None);
        assert_eq!(StoredFlow::decode(&one).unwrap(), StoredFlow::decode(&alone).unwrap());
        let many = folded(&[3_000_000, 5_400_000, 4_000_000]);
        let flow = StoredFlow::decode(&many).unwrap();
        assert_eq!((flow.flow.folded, flow.flow.end.micros()), (Some(4), 5_400_000));
        assert_eq!((flow.flow.precision_s, flow.flow.source.packets), (3, Some(4)));
        assert_eq!((flow.raw, flow.keys("prod")), (LINE, StoredFlow::decode(&alone).unwrap().keys("prod")));
        let at_once = folded(&[3_000_000]);
        assert_eq!(StoredFlow::decode(&at_once).unwrap().flow.precision_s, 0);
    }

    #[test]
    fn only_what_was_written_for_it_is_counted_up() {
        let mut alone = stored("node-1", 7, None);
        let before = alone.clone();
        assert!(!fold_into(&mut alone, Timestamp::from_micros(1)));
        assert_eq!(alone, before);
        for other in ["", "flow 2 ", "flow 2 \n", "flow 2 calico.log - 1 - - 12 nonsense, nonsense, nonse\nx"]
        {
            assert!(!fold_into(&mut other.as_bytes().to_vec(), Timestamp::from_micros(1)), "{other}");
        }
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
