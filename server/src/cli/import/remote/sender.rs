//! What goes together into a request.

use std::io::Read;

use taffrail_ingest::import::{ImportInput, content};
use taffrail_ingest::split::{Junk, Piece, Splitter};
use ureq::SendBody;

use super::requests::Requests;

/// Bytes of one request: much less would wait for the disk more often than need be.
const REQUEST_BYTES: usize = 512 * 1024;

/// Collects items into requests.
pub(super) struct Sender<'a> {
    pub(super) requests: Requests<'a>,
    body: Vec<u8>,
    /// Records in `body`.
    pending: u64,
}

impl<'a> Sender<'a> {
    pub(super) fn new(requests: Requests<'a>) -> Self {
        Self { requests, body: Vec::with_capacity(REQUEST_BYTES), pending: 0 }
    }

    /// Whole lines, of an input that has items line by line.
    pub(super) fn lines(&mut self, mut lines: &[u8]) -> anyhow::Result<()> {
        while !lines.is_empty() {
            let (some, rest) = lines.split_at(end_of_some(lines));
            lines = rest;
            // Nearly always: then they go as they lie there.
            match an_item_each(some) {
                Some(0) => {}
                Some(items) => {
                    self.flush()?;
                    self.requests.post_bytes(some)?;
                    self.requests.sent.records += items;
                }
                None => {
                    let each = some.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
                    each.filter(|line| !line.is_empty()).try_for_each(|line| self.line(line))?;
                }
            }
        }
        Ok(())
    }

    /// Whole lines with flow records, which begin at `offset` of the input.
    pub(super) fn flows(&mut self, mut lines: &[u8], mut offset: u64) -> anyhow::Result<()> {
        self.flush()?;
        while !lines.is_empty() {
            let (some, rest) = lines.split_at(end_of_some(lines));
            self.requests.post_flows(some, offset)?;
            offset += some.len() as u64;
            lines = rest;
        }
        Ok(())
    }

    /// A line goes as it is if something is wrong with it, so that the server sees all of it, and alone, so that it cannot
    /// swallow its neighbours.
    fn line(&mut self, line: &[u8]) -> anyhow::Result<()> {
        let mut splitter = Splitter::new(line, u64::MAX);
        let (mut items, mut broken) = (0, 0);
        while let Some(piece) = splitter.next_piece()? {
            match piece {
                Piece::Item { bytes, .. } if bytes.len() == line.len() => return self.add(line),
                Piece::Item { .. } => items += 1,
                Piece::Junk(_) => broken += 1,
            }
        }
        if broken > 0 {
            self.flush()?;
            self.requests.post_bytes(line)?;
            self.requests.sent.records += items;
            self.requests.sent.broken += broken;
            return Ok(());
        }
        let mut splitter = Splitter::new(line, u64::MAX);
        while let Some(Piece::Item { bytes, .. }) = splitter.next_piece()? {
            self.add(bytes)?;
        }
        Ok(())
    }

    /// The server keeps it as a dead letter, with its size and hash: so it gets all of it.
    pub(super) fn junk(&mut self, input: &ImportInput, junk: &Junk) -> anyhow::Result<()> {
        if junk.size == 0 {
            return Ok(());
        }
        self.flush()?;
        let is_whole = junk.excerpt.len() as u64 == junk.size;
        if is_whole || *input == ImportInput::Stdin {
            self.requests.post_bytes(&junk.excerpt)?;
            self.requests.sent.shortened += u64::from(!is_whole);
        } else {
            let (offset, size) = (junk.offset, junk.size);
            self.requests.post(size, |request| {
                let mut range = range_of(input, offset, size)?;
                Ok(request.send(SendBody::from_reader(&mut range)))
            })?;
        }
        self.requests.sent.broken += 1;
        Ok(())
    }

    /// An item. It is sent when a request is full, or at the next flush.
    pub(super) fn add(&mut self, item: &[u8]) -> anyhow::Result<()> {
        if !self.body.is_empty() && self.body.len() + item.len() > REQUEST_BYTES {
            self.flush()?;
        }
        self.body.extend_from_slice(item);
        self.body.push(b'\n');
        self.pending += 1;
        Ok(())
    }

    /// Sends what is left.
    pub(super) fn flush(&mut self) -> anyhow::Result<()> {
        if self.body.is_empty() {
            return Ok(());
        }
        let body = std::mem::take(&mut self.body);
        let posted = self.requests.post_bytes(&body);
        self.body = body;
        self.body.clear();
        self.requests.sent.records += if posted.is_ok() { self.pending } else { 0 };
        self.pending = 0;
        posted
    }
}

/// Where a request's worth of lines ends: at the end of a line, behind at least one.
fn end_of_some(lines: &[u8]) -> usize {
    let is_end = |byte: &u8| *byte == b'\n';
    let most = lines.len().min(REQUEST_BYTES);
    let end = if most == lines.len() {
        Some(most)
    } else {
        lines[..most].iter().rposition(is_end).map(|at| at + 1)
    };
    end.or_else(|| lines.iter().position(is_end).map(|at| at + 1)).unwrap_or(lines.len())
}

/// How many lines there are, if each that is not blank is one item and nothing else.
fn an_item_each(lines: &[u8]) -> Option<u64> {
    let mut each = lines.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let mut splitter = Splitter::new(lines, u64::MAX);
    let mut items = 0;
    loop {
        match splitter.next_piece() {
            Ok(Some(Piece::Item { bytes, .. })) if each.next() == Some(bytes) => items += 1,
            Ok(None) => return each.next().is_none().then_some(items),
            _ => return None,
        }
    }
}

/// Read again: a part of a file of any size is held by nobody.
fn range_of(input: &ImportInput, offset: u64, size: u64) -> anyhow::Result<impl Read> {
    let mut content = content(input)?;
    std::io::copy(&mut content.by_ref().take(offset), &mut std::io::sink())?;
    Ok(content.take(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_go_as_they_lie_there() {
        fn check(lines: &str, expected: Option<u64>) {
            assert_eq!(an_item_each(lines.as_bytes()), expected, "{lines}");
        }
        check("", Some(0));
        check("{\"a\":1}\n\r\n {\"b\":2} \n", Some(2));
        check("{\"a\":1}\n{\"b\":2}", Some(2));
        check("{\"a\":1} {\"b\":2}\n", None);
        check("{\"a\":1},\n", None);
        check("{\"a\":\n1}\n", None);
        check("{\"a\":1}\nnonsense\n", None);
        check("{\"kind\":\"EventList\",\"items\":[{\"a\":1}]}\n", None);
    }

    #[test]
    fn requests_end_where_lines_do() {
        fn check(lines: &[u8], expected: usize) {
            assert_eq!(end_of_some(lines), expected, "{} bytes", lines.len());
        }
        let line = |bytes: usize| [vec![b'x'; bytes - 1], vec![b'\n']].concat();
        check(b"x\nx", 3);
        check(&line(REQUEST_BYTES), REQUEST_BYTES);
        check(&[line(1000), line(REQUEST_BYTES)].concat(), 1000);
        check(&[line(REQUEST_BYTES + 7), line(1000)].concat(), REQUEST_BYTES + 7);
        check(&vec![b'x'; REQUEST_BYTES + 7], REQUEST_BYTES + 7);
    }
}
