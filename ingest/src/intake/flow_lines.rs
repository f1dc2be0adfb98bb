//! A request with flow records: one a line, whatever their formats.

use std::io::{self, BufRead, BufReader, Read};

use super::body::{Body, MAX_RATIO};
use super::request::Request;
use super::{FlowHints, Intake, Receipt};
use crate::dead::DeadLetter;
use crate::error::IntakeError;
use crate::flows::{FlowLines, LeftOut, MAX_LINE_BYTES};

impl Intake {
    /// What takes flow records, by these hints.
    pub(super) fn flow_lines<'a>(&'a self, hints: &'a FlowHints) -> FlowLines<'a> {
        FlowLines::new(&self.redactor, self.filter.as_deref(), hints, self.fold_flows)
    }
}

impl Request<'_> {
    pub(super) fn receive_flows<R: Read>(
        mut self,
        body: Body<R>,
        hints: &FlowHints,
    ) -> Result<Receipt, IntakeError> {
        let intake = self.intake;
        let mut flows = intake.flow_lines(hints);
        let mut lines = Lines { reader: BufReader::new(body), line: Vec::new(), offset: 0, next: 0 };
        loop {
            match lines.next_line() {
                Ok(true) => self.flow(&mut flows, &lines.line, lines.offset)?,
                Ok(false) => break,
                Err(error) => {
                    return Err(if lines.reader.get_ref().is_too_large() {
                        let limit = intake.limits.max_decompressed_bytes;
                        IntakeError::TooLarge { limit, ratio: MAX_RATIO }
                    } else {
                        IntakeError::Body(error)
                    });
                }
            }
        }
        let mut body = lines.reader.into_inner();
        let bytes = body.decoded_bytes();
        if let Some(corrupt) = body.corrupt().map(str::to_owned) {
            body.drain().map_err(IntakeError::Body)?;
            self.junk(&body.into_junk(), &corrupt)?;
        }
        self.finish(bytes)
    }

    fn flow(&mut self, flows: &mut FlowLines<'_>, line: &[u8], offset: u64) -> Result<(), IntakeError> {
        if !self.share.hold_batch(self.batch.byte_len() + line.len()) {
            return Err(IntakeError::Busy);
        }
        match flows.push(&mut self.batch, &self.origin, line, offset) {
            Ok(()) => self.flush_if_due(),
            Err(LeftOut::PassedOver) => {
                self.skipped += u64::from(!line.trim_ascii().is_empty());
                Ok(())
            }
            Err(LeftOut::Unwanted) => {
                self.dropped += 1;
                Ok(())
            }
            Err(LeftOut::Folded) => {
                self.folded += 1;
                Ok(())
            }
            Err(reason) => {
                self.letter(DeadLetter::of_item(line, reason, &self.origin, &self.intake.redactor))
            }
        }
    }
}

/// The lines of a body. Of a line that is too long to be a flow only the beginning is held.
struct Lines<R: Read> {
    reader: BufReader<R>,
    line: Vec<u8>,
    /// Where it begins.
    offset: u64,
    next: u64,
}

impl<R: Read> Lines<R> {
    /// Reads the next line; `false` at the end.
    fn next_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.offset = self.next;
        loop {
            let ready = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                ready => ready?,
            };
            let (taken, is_whole) = match memchr::memchr(b'\n', ready) {
                Some(end) => (end + 1, true),
                None => (ready.len(), false),
            };
            let room = (MAX_LINE_BYTES + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(&ready[..taken.min(room)]);
            self.reader.consume(taken);
            self.next += taken as u64;
            if is_whole || taken == 0 {
                return Ok(self.next > self.offset);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        fn check(body: &[u8], expected: &[(&[u8], u64)]) {
            let reader = BufReader::with_capacity(3, body);
            let mut lines = Lines { reader, line: Vec::new(), offset: 0, next: 0 };
            let mut found = Vec::new();
            while lines.next_line().unwrap() {
                found.push((lines.line.clone(), lines.offset));
            }
            let expected: Vec<_> = expected.iter().map(|(line, offset)| (line.to_vec(), *offset)).collect();
            assert_eq!(found, expected);
        }
        check(b"", &[]);
        check(b"abcde\n\nf", &[(b"abcde\n", 0), (b"\n", 6), (b"f", 7)]);
        let long = vec![b'x'; MAX_LINE_BYTES + 10];
        let mut body = long.clone();
        body.extend_from_slice(b"\nb\n");
        check(&body, &[(&long[..=MAX_LINE_BYTES], 0), (b"b\n", long.len() as u64 + 1)]);
    }
}
