//! An event that is too large, without its bodies.

use super::check::Checker;

pub(super) struct Cutter {
    kept: Vec<u8>,
    limit: usize,
    in_body: bool,
    cut: bool,
    too_large: bool,
}

impl Cutter {
    /// Starts with the beginning of the event, which `checker` has read.
    pub(super) fn new(mut front: Vec<u8>, checker: &mut Checker, limit: usize) -> Self {
        let open = checker.open_body();
        let mut cut = open.is_some();
        let (mut read, mut written) = (0, 0);
        let put_null = |kept: &mut Vec<u8>, from: usize, to: usize, read: usize, written: usize| {
            kept.copy_within(read..from, written);
            let end = written + (from - read);
            kept[end..end + NULL.len()].copy_from_slice(NULL);
            (to, end + NULL.len())
        };
        for body in checker.take_bodies() {
            let (Ok(start), Ok(end)) = (usize::try_from(body.start), usize::try_from(body.end)) else {
                continue;
            };
            if end - start > NULL.len() {
                (read, written) = put_null(&mut front, start, end, read, written);
                cut = true;
            }
        }
        match open.and_then(|start| usize::try_from(start).ok()) {
            Some(start) => {
                front.copy_within(read..start, written);
                front.truncate(written + (start - read));
                front.extend_from_slice(NULL);
            }
            None => {
                let end = front.len();
                front.copy_within(read..end, written);
                front.truncate(written + (end - read));
            }
        }
        Self { kept: front, limit, in_body: open.is_some(), cut, too_large: false }
    }

    /// Adds `bytes`, which begin at byte `base` of the event and which `checker` has read.
    pub(super) fn add(&mut self, bytes: &[u8], base: u64, checker: &mut Checker) {
        let at =
            |offset: u64| usize::try_from(offset.saturating_sub(base)).unwrap_or(usize::MAX).min(bytes.len());
        let mut pos = 0;
        for body in checker.take_bodies() {
            if !self.in_body {
                self.keep(&bytes[pos..at(body.start)]);
                self.keep(NULL);
            }
            (self.in_body, self.cut) = (false, true);
            pos = at(body.end);
        }
        if let Some(start) = checker.open_body() {
            if !self.in_body {
                self.keep(&bytes[pos..at(start)]);
                self.keep(NULL);
            }
            (self.in_body, self.cut) = (true, true);
            pos = bytes.len();
        }
        self.keep(&bytes[pos..]);
    }

    /// The event, if it is small enough without its bodies.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        let Self { kept, limit, cut, too_large, .. } = self;
        (cut && !too_large && kept.len() <= limit).then_some(kept)
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.too_large |= self.kept.len() + bytes.len() > self.limit;
        if self.too_large {
            self.kept = Vec::new();
        } else {
            self.kept.extend_from_slice(bytes);
        }
    }
}

const NULL: &[u8] = b"null";
