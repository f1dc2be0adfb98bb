//! Bytes of a log into one JSON value a line, without the wrappers of container runtimes.
//!
//! A log of plain events, which is what API servers write, is passed on as it is. Lines of the API server's own log, which
//! stand between the events when both go to standard output, are left out and counted. Whatever else is no event is passed
//! on too: it becomes a dead letter.

use std::borrow::Cow;

use memchr::{memchr, memmem, memrchr};
use taffrail_event::Timestamp;

use super::drops::Drops;
use super::{cri, docker, legacy};

/// What comes of a part of a log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Framed<'a> {
    /// How many bytes are dealt with; behind them a line begins that is not whole yet.
    pub(super) taken: usize,
    /// What is to be handed on.
    pub(super) body: Cow<'a, [u8]>,
    /// Lines that were left out.
    pub(super) noise: u64,
    /// Lines in the legacy format that were turned into events.
    pub(super) legacy: u64,
    /// Events that the API server says it dropped, by plugin.
    pub(super) dropped: Vec<Drops>,
}

/// Takes the lines of `bytes`, which begin at a line. `is_end`: nothing follows, so what is there is whole.
pub(super) fn frame(bytes: &[u8], is_end: bool) -> Framed<'_> {
    let end = if is_end { bytes.len() } else { memrchr(b'\n', bytes).map_or(0, |at| at + 1) };
    let mut lines = Lines {
        bytes,
        copied: Vec::new(),
        plain: 0..0,
        noise: 0,
        legacy: 0,
        dropped: Vec::new(),
        open: None,
    };
    let mut pos = 0;
    while pos < end {
        let next = memchr(b'\n', &bytes[pos..end]).map_or(end, |at| pos + at + 1);
        lines.line(pos, next);
        pos = next;
    }
    lines.finish(end, is_end)
}

/// The same of a log of flow records: its lines are told apart by whoever reads them.
pub(super) fn frame_flows(bytes: &[u8], is_end: bool) -> Framed<'_> {
    let taken = if is_end { bytes.len() } else { memrchr(b'\n', bytes).map_or(0, |at| at + 1) };
    let body = Cow::Borrowed(&bytes[..taken]);
    Framed { taken, body, noise: 0, legacy: 0, dropped: Vec::new() }
}

/// The time at which the API server wrote the last event in `body`, if it says so.
pub(super) fn last_time(body: &[u8]) -> Option<Timestamp> {
    let trimmed = body.trim_ascii_end();
    let line = memrchr(b'\n', trimmed).map_or(trimmed, |at| &trimmed[at + 1..]);
    time_of(line)
}

/// The same of the first one.
pub(super) fn first_time(body: &[u8]) -> Option<Timestamp> {
    time_of(memchr(b'\n', body).map_or(body, |at| &body[..at]))
}

fn time_of(line: &[u8]) -> Option<Timestamp> {
    // The last one: an event's own comes behind its bodies.
    [&br#""stageTimestamp":""#[..], br#""requestReceivedTimestamp":""#].into_iter().find_map(|key| {
        let value = line.get(memmem::rfind(line, key)? + key.len()..)?;
        Timestamp::parse(std::str::from_utf8(value.get(..memchr(b'"', value)?)?).ok()?)
    })
}

struct Lines<'a> {
    bytes: &'a [u8],
    copied: Vec<u8>,
    /// Passed on as it is; behind all that is copied.
    plain: std::ops::Range<usize>,
    noise: u64,
    legacy: u64,
    dropped: Vec<Drops>,
    /// A container's line of which parts are there.
    open: Option<Open>,
}

struct Open {
    /// Where its first part begins.
    start: usize,
    content: Vec<u8>,
    /// Lines left out before it, and what they reported.
    noise: u64,
    dropped: Vec<Drops>,
}

impl<'a> Lines<'a> {
    fn line(&mut self, start: usize, next: usize) {
        let line = self.bytes[start..next].trim_ascii_end();
        // A hole that truncation left behind, if the writer went on where it was.
        let holes = line.iter().take_while(|byte| **byte == 0).count();
        let line = &line[holes..];
        if let Some(line) = cri::parse(line) {
            self.wrapped(start, line.is_stderr, line.is_part, line.content);
        } else if let Some(line) = docker::parse(line) {
            self.wrapped(start, line.is_stderr, line.is_part, &line.content);
        } else if let Some(instead) = replaced(line) {
            self.replace(line, instead);
        } else {
            self.pass(start + holes, next);
        }
    }

    /// A line, or a part of one, that a container wrote.
    fn wrapped(&mut self, start: usize, is_stderr: bool, is_part: bool, content: &[u8]) {
        // Events go to standard output: what is on standard error is the API server's own log.
        if is_stderr {
            self.noise += u64::from(!is_part);
            self.note_drops(content);
            return;
        }
        if is_part {
            let (noise, dropped) = (self.noise, &self.dropped);
            let open = self.open.get_or_insert_with(|| Open {
                start,
                content: Vec::new(),
                noise,
                dropped: dropped.clone(),
            });
            open.content.extend_from_slice(content);
            return;
        }
        match self.open.take() {
            Some(mut open) => {
                open.content.extend_from_slice(content);
                self.unwrapped(&open.content);
            }
            None => self.unwrapped(content),
        }
    }

    /// Looks for a report of drops in a line of the API server's own log.
    fn note_drops(&mut self, line: &[u8]) {
        if let Some(drops) = Drops::reported(line, Timestamp::now()) {
            drops.add_to(&mut self.dropped);
        }
    }

    fn unwrapped(&mut self, line: &[u8]) {
        match replaced(line) {
            Some(instead) => self.replace(line, instead),
            None => {
                self.copy_plain();
                self.copied.extend_from_slice(line);
                self.copied.push(b'\n');
            }
        }
    }

    fn replace(&mut self, line: &[u8], instead: Instead) {
        match instead {
            Instead::Noise => {
                self.noise += 1;
                self.note_drops(line);
                self.copy_plain();
            }
            Instead::Nothing => self.copy_plain(),
            Instead::Event(event) => {
                self.legacy += 1;
                self.copy_plain();
                self.copied.extend_from_slice(&event);
                self.copied.push(b'\n');
            }
        }
    }

    fn pass(&mut self, start: usize, next: usize) {
        if self.plain.end == start && !self.plain.is_empty() {
            self.plain.end = next;
        } else {
            self.copy_plain();
            self.plain = start..next;
        }
    }

    fn copy_plain(&mut self) {
        let plain = std::mem::take(&mut self.plain);
        self.copied.extend_from_slice(&self.bytes[plain]);
    }

    fn finish(mut self, end: usize, is_end: bool) -> Framed<'a> {
        let mut taken = end;
        match self.open.take() {
            Some(open) if is_end => self.unwrapped(&open.content),
            // It comes again, whole, and with it what was between its parts.
            Some(open) => (taken, self.noise, self.dropped) = (open.start, open.noise, open.dropped),
            None => {}
        }
        let body = if self.copied.is_empty() {
            Cow::Borrowed(&self.bytes[self.plain.clone()])
        } else {
            self.copy_plain();
            Cow::Owned(self.copied)
        };
        Framed { taken, body, noise: self.noise, legacy: self.legacy, dropped: self.dropped }
    }
}

/// What takes the place of a line.
enum Instead {
    Nothing,
    Noise,
    Event(Vec<u8>),
}

/// `None` for a line that is passed on.
fn replaced(line: &[u8]) -> Option<Instead> {
    match line.first() {
        None => Some(Instead::Nothing),
        Some(b'{' | b'[') => None,
        Some(_) if is_klog(line) => Some(Instead::Noise),
        Some(_) => legacy::event(line).map(Instead::Event),
    }
}

/// `I1123 15:50:35.232123       1 controller.go:132] ...`, as Kubernetes' own programs log.
fn is_klog(line: &[u8]) -> bool {
    const FORM: &[u8] = b"0000 00:00:00.";
    let Some((severity, rest)) = line.split_first() else { return false };
    matches!(severity, b'I' | b'W' | b'E' | b'F')
        && rest.len() > FORM.len()
        && rest.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == form,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, is_end: bool, taken: usize, body: &str, noise: u64) {
        let framed = frame(input.as_bytes(), is_end);
        let found = String::from_utf8_lossy(&framed.body);
        assert_eq!((framed.taken, found.as_ref(), framed.noise), (taken, body, noise), "{input:?}");
    }

    #[test]
    fn plain_events_are_passed_on_as_they_are() {
        check("{1}\n{2}\n{3", false, 8, "{1}\n{2}\n", 0);
        check("{1}\n{2}\n{3", true, 10, "{1}\n{2}\n{3", 0);
        check("{1", false, 0, "", 0);
        check("", true, 0, "", 0);
        let framed = frame(b"{1}\n{2}\n", false);
        assert!(matches!(framed.body, Cow::Borrowed(_)));
    }

    #[test]
    fn t42_a_glued_line_is_left_to_the_splitter() {
        check("{\"a\":\"b{1}\n{2}\n", false, 15, "{\"a\":\"b{1}\n{2}\n", 0);
    }

    #[test]
    fn t43_holes_are_left_out() {
        check("\0\0\0{1}\n{2}\n\0\0\n", false, 14, "{1}\n{2}\n", 0);
        check("{0}\n\0\0{1}\n", false, 10, "{0}\n{1}\n", 0);
    }

    #[test]
    fn noise_is_left_out_and_counted() {
        let klog = "I1123 15:50:35.232123       1 controller.go:132] x\n";
        check(&format!("{{1}}\n{klog}\n{{2}}\nword\n"), false, klog.len() + 14, "{1}\n{2}\nword\n", 1);
        check("I1123 15:50\n", false, 12, "I1123 15:50\n", 0);
    }

    #[test]
    fn t46_parts_of_cri_lines_are_joined() {
        let (t, u) = ("2026-11-23T15:50:35.2Z stdout", "2026-11-23T15:50:35.2Z stderr");
        let whole = format!("{t} F {{1}}\n{t} P {{\"a\":\n{u} F W\n{t} P 2\n{t} F }}\n");
        check(&whole, false, whole.len(), "{1}\n{\"a\":2}\n", 1);
        // Nothing of a line is taken before all of it is there.
        let head = format!("{t} F {{1}}\n");
        let part = format!("{head}{t} P {{\"a\":\n{u} F W\n{t} P 2\n{t} F");
        check(&part, false, head.len(), "{1}\n", 0);
        check(&part, true, part.len(), "{1}\n{\"a\":2\n", 1);
    }

    #[test]
    fn t47_parts_of_docker_lines_are_joined() {
        let line = |content: &str, stream: &str| {
            format!("{{\"log\":\"{content}\",\"stream\":\"{stream}\",\"time\":\"t\"}}\n")
        };
        let parts =
            [line("{1}\\n", "stdout"), line("{\\\"a\\\":", "stdout"), line("W\\n", "stderr")].concat();
        let whole = format!("{parts}{}", line("2}\\n", "stdout"));
        check(&whole, false, whole.len(), "{1}\n{\"a\":2}\n", 1);
        check(&parts, false, line("{1}\\n", "stdout").len(), "{1}\n", 0);
    }

    #[test]
    fn times_of_events() {
        let line =
            |time: &str| format!("{{\"x\":{{\"stageTimestamp\":\"no\"}},\"stageTimestamp\":\"{time}\"}}\n");
        let body = line("2026-11-23T16:11:23.000001Z") + "{}\n" + &line("2026-11-23T16:11:24.000002Z");
        let time = |text: &str| Timestamp::parse(text);
        assert_eq!(first_time(body.as_bytes()), time("2026-11-23T16:11:23.000001Z"));
        assert_eq!(last_time(body.as_bytes()), time("2026-11-23T16:11:24.000002Z"));
        assert_eq!(last_time(b"{}\n"), None);
    }
}
