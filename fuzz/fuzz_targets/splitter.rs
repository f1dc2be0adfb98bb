//! Any bytes, in reads of any size, come apart into items: the same ones however they are read, none over the limit, and an
//! event behind them, on a line of its own and as API servers write it, is found. The last holds as long as it and what seems
//! to contain it are within the limit.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use taffrail_event::AuditRecord;
use taffrail_ingest::split::{Piece, Splitter};

const LIMIT: u64 = 64 << 10;

fuzz_target!(|input: (u8, &[u8])| {
    let (step, bytes) = input;
    let whole = split(bytes);
    let pieces = split(Slow { bytes, step: usize::from(step).max(1) });
    assert_eq!(whole, pieces, "the size of reads does not matter");

    let event =
        br#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"behind","stage":"ResponseComplete"}"#;
    if bytes.len() + event.len() + 2 < LIMIT as usize {
        let input = [bytes, b"\n", event, b"\n"].concat();
        let is_event = |found: &Found| matches!(found, Found::Item(item) if item == event);
        assert!(split(input.as_slice()).iter().any(is_event), "what comes before an event must not hide it");
    }
});

#[derive(Debug, PartialEq, Eq)]
enum Found {
    Item(Vec<u8>),
    Cut,
    Junk,
}

fn split(reader: impl Read) -> Vec<Found> {
    let mut splitter = Splitter::new(reader, LIMIT);
    let mut found = Vec::new();
    while let Some(piece) = splitter.next_piece().expect("reading memory does not fail") {
        found.push(match piece {
            Piece::Item { bytes, cut: false } => {
                assert!(bytes.len() as u64 <= LIMIT);
                // Whether it is an event is not the splitter's business, but looking must not fail.
                let _is_event = AuditRecord::decode(bytes).is_ok();
                Found::Item(bytes.to_vec())
            }
            Piece::Item { cut: true, .. } => Found::Cut,
            Piece::Junk(_) => Found::Junk,
        });
    }
    found
}

struct Slow<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = self.step.min(into.len());
        self.bytes.read(&mut into[..most])
    }
}
