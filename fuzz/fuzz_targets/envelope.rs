//! Whatever is opened, what comes out as events are events, and no more is held than an envelope may take.
#![no_main]

use std::convert::Infallible;

use libfuzzer_sys::fuzz_target;
use taffrail_event::AuditRecord;
use taffrail_ingest::envelope::{Recipient, open};

/// The largest event.
const LIMIT: u64 = 1 << 20;

struct Checked {
    is_empty: bool,
    most_held: usize,
}

impl Recipient for Checked {
    type Error = Infallible;

    fn event(&mut self, bytes: &[u8], _cut: bool) -> Result<(), Infallible> {
        self.is_empty = false;
        assert!(AuditRecord::decode(bytes).is_ok(), "{}", String::from_utf8_lossy(bytes));
        Ok(())
    }

    fn broken(&mut self, _bytes: &[u8], reason: String) -> Result<(), Infallible> {
        self.is_empty = false;
        assert!(reason.len() < 1000, "{reason}");
        Ok(())
    }

    fn skipped(&mut self) {
        self.is_empty = false;
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Infallible> {
        self.most_held = self.most_held.max(bytes);
        Ok(())
    }
}

fuzz_target!(|item: &[u8]| {
    let mut checked = Checked { is_empty: true, most_held: 0 };
    let Ok(is_envelope) = open(item, LIMIT, &mut checked);
    assert!(is_envelope || checked.is_empty, "what is no envelope holds nothing");
    // A payload of the largest size, with envelopes in it that are no larger; else nothing grows.
    assert!(checked.most_held <= 8 * item.len() + 6 * LIMIT as usize, "{} held", checked.most_held);
});
