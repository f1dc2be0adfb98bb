//! What collectors write around a line of the kernel log: `/dev/kmsg`, journald's JSON, syslog of either age, and nothing.
//!
//! They say when and on which node, each as far as it knows. A kernel counts time from its start, and syslog of old knows no
//! year and no zone: it is read as UTC, in the year that lies nearest before the arrival.

use std::borrow::Cow;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::loose::Loose;
use crate::time::Timestamp;

/// A line of the kernel log, without what was written around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KernelLine<'a> {
    /// What the kernel wrote.
    pub(super) message: Cow<'a, str>,
    /// The node; `""` where nobody says.
    pub(super) node: Cow<'a, str>,
    /// When.
    pub(super) time: LineTime,
    /// Whether somebody says that the kernel wrote it; else it only looks like it.
    pub(super) is_kernels: bool,
}

/// When a line was written, as far as its collector knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineTime {
    /// Then.
    At(Timestamp),
    /// So long after the node was started.
    SinceStart(Duration),
    /// Nobody says.
    Unknown,
}

impl<'a> KernelLine<'a> {
    /// Reads a line of text that arrived at `received`.
    pub(super) fn of_text(line: &'a str, received: Timestamp) -> Self {
        kmsg(line)
            .or_else(|| syslog(line))
            .or_else(|| syslog_of_old(line, received))
            .unwrap_or_else(|| without_collector(line))
    }

    /// Reads a record of journald as JSON (`journalctl -o json`); `None` if it is none of the kernel.
    pub(super) fn of_journal(record: &Loose<'_>) -> Option<KernelLine<'static>> {
        let is_kernels =
            record.text("_TRANSPORT") == "kernel" || record.text("SYSLOG_IDENTIFIER") == "kernel";
        if !is_kernels || !record.has("MESSAGE") {
            return None;
        }
        let micros = record.signed("__REALTIME_TIMESTAMP");
        Some(KernelLine {
            message: record.bytes_or_text("MESSAGE").into(),
            node: record.text("_HOSTNAME").into_owned().into(),
            time: micros.map_or(LineTime::Unknown, |micros| LineTime::At(Timestamp::from_micros(micros))),
            is_kernels,
        })
    }
}

/// `5,1234,98765432,-;message` (kernel documentation, ABI/testing/dev-kmsg); the lines behind it begin with a space.
fn kmsg(line: &str) -> Option<KernelLine<'_>> {
    let (head, message) = line.split_once(';')?;
    let mut parts = head.split(',');
    let _priority: u32 = parts.next()?.parse().ok()?;
    let _sequence: u64 = parts.next()?.parse().ok()?;
    let micros = parts.next()?.parse().ok()?;
    parts.next()?;
    Some(KernelLine {
        message: message.into(),
        node: "".into(),
        time: LineTime::SinceStart(Duration::from_micros(micros)),
        is_kernels: true,
    })
}

/// `2026-11-23T16:24:55.825514+00:00 node-1 kernel: message`
fn syslog(line: &str) -> Option<KernelLine<'_>> {
    let (time, rest) = without_priority(line).split_once(' ')?;
    let time = Timestamp::parse(time)?;
    behind_host(rest, LineTime::At(time))
}

/// `Feb 26 12:03:37 node-1 kernel: [ 3161.662745] message`
fn syslog_of_old(line: &str, received: Timestamp) -> Option<KernelLine<'_>> {
    const TIME_BYTES: usize = "Feb 26 12:03:37".len();
    let (time, rest) = without_priority(line).split_at_checked(TIME_BYTES)?;
    let time = without_year(time, received)?;
    behind_host(rest.strip_prefix(' ')?, LineTime::At(time))
}

/// `<5>`, which forwarders keep.
fn without_priority(line: &str) -> &str {
    let inner = line.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    inner.filter(|(priority, _)| priority.parse::<u16>().is_ok()).map_or(line, |(_, rest)| rest)
}

/// `node-1 kernel: message`
fn behind_host(text: &str, time: LineTime) -> Option<KernelLine<'_>> {
    let (node, rest) = text.split_once(' ')?;
    let (program, message) = rest.split_once(": ")?;
    let is_kernels = program == "kernel";
    let message = if is_kernels { uptime(message).map_or(message, |(_, message)| message) } else { message };
    Some(KernelLine { message: message.into(), node: node.into(), time, is_kernels })
}

/// The message alone, or as `dmesg` prints it.
fn without_collector(line: &str) -> KernelLine<'_> {
    let (time, message) = match uptime(line) {
        Some((uptime, message)) => (LineTime::SinceStart(uptime), message),
        None => (LineTime::Unknown, line),
    };
    KernelLine {
        message: message.into(),
        node: "".into(),
        time,
        is_kernels: matches!(time, LineTime::SinceStart(_)),
    }
}

/// `[ 3161.662745] message`
fn uptime(text: &str) -> Option<(Duration, &str)> {
    let (uptime, message) = text.strip_prefix('[')?.split_once("] ")?;
    let (seconds, micros) = uptime.trim_start().split_once('.')?;
    let micros = micros.parse::<u32>().ok().filter(|_| micros.len() == 6)?;
    Some((Duration::new(seconds.parse().ok()?, micros * 1_000), message))
}

/// A clock may be ahead by so much.
const AHEAD_MICROS: i64 = 86_400_000_000;

/// The last time before `received` at which clocks showed `Feb 26 12:03:37`. A leap day may be eight years old.
fn without_year(time: &str, received: Timestamp) -> Option<Timestamp> {
    let latest = received.plus_micros(AHEAD_MICROS);
    let this_year = jiff::Timestamp::from_microsecond(latest.micros()).ok()?.to_zoned(TimeZone::UTC).year();
    (0..=8).find_map(|back| {
        let text = format!("{} {time}", this_year - back);
        let time = DateTime::strptime("%Y %b %e %H:%M:%S", text).ok()?.to_zoned(TimeZone::UTC).ok()?;
        let time = Timestamp::from_micros(time.timestamp().as_microsecond());
        (time <= latest).then_some(time)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "calico-packet: IN=cali1 OUT=eth0";

    /// Node, time (or `+` and microseconds since the start), and whether the kernel is named; the message is [`MESSAGE`].
    fn check(line: &str, expected: &str) {
        let received = Timestamp::parse("2026-11-28T00:00:00Z").unwrap();
        told(&KernelLine::of_text(line, received), expected);
    }

    fn told(line: &KernelLine<'_>, expected: &str) {
        let time = match line.time {
            LineTime::At(time) => time.to_string(),
            LineTime::SinceStart(uptime) => format!("+{}", uptime.as_micros()),
            LineTime::Unknown => "?".to_owned(),
        };
        let told = format!("{:?} {time} {}", line.node, line.is_kernels);
        assert_eq!((told.as_str(), line.message.as_ref()), (expected, MESSAGE));
    }

    #[test]
    fn collectors() {
        check(
            &format!("2024-11-19T12:15:03.023805-08:00 c1 kernel: {MESSAGE}"),
            r#""c1" 2024-11-19T20:15:03.023805Z true"#,
        );
        check(
            &format!("<5>2024-11-19T12:15:03Z c1 kernel: {MESSAGE}"),
            r#""c1" 2024-11-19T12:15:03.000000Z true"#,
        );
        check(
            &format!("Feb 26 12:03:37 c1 kernel: [ 3161.662745] {MESSAGE}"),
            r#""c1" 2026-02-26T12:03:37.000000Z true"#,
        );
        check(&format!("Feb  6 12:03:37 c1 kernel: {MESSAGE}"), r#""c1" 2026-02-06T12:03:37.000000Z true"#);
        check(&format!("5,1234,98765432,-;{MESSAGE}"), r#""" +98765432 true"#);
        check(&format!("[ 3161.662745] {MESSAGE}"), r#""" +3161662745 true"#);
        check(MESSAGE, r#""" ? false"#);
    }

    #[test]
    fn the_year_is_the_one_before_the_arrival() {
        check(&format!("Dec 31 23:59:59 c1 kernel: {MESSAGE}"), r#""c1" 2025-12-31T23:59:59.000000Z true"#);
        check(&format!("Nov 28 20:00:00 c1 kernel: {MESSAGE}"), r#""c1" 2026-11-28T20:00:00.000000Z true"#);
        check(&format!("Feb 29 00:00:00 c1 kernel: {MESSAGE}"), r#""c1" 2024-02-29T00:00:00.000000Z true"#);
    }

    #[test]
    fn journald() {
        let text = format!(
            r#"{{"__REALTIME_TIMESTAMP":"1787234742000000","_HOSTNAME":"c1","_TRANSPORT":"kernel","MESSAGE":"{MESSAGE}"}}"#
        );
        let line = KernelLine::of_journal(&Loose::of(text.as_bytes())).unwrap();
        told(&line, r#""c1" 2026-08-20T14:05:42.000000Z true"#);
        let bytes: Vec<String> = MESSAGE.bytes().map(|byte| byte.to_string()).collect();
        let text = format!(r#"{{"_TRANSPORT":"kernel","MESSAGE":[{}]}}"#, bytes.join(","));
        told(&KernelLine::of_journal(&Loose::of(text.as_bytes())).unwrap(), r#""" ? true"#);
        for other in [r#"{"_TRANSPORT":"stdout","MESSAGE":"a"}"#, r#"{"_TRANSPORT":"kernel"}"#] {
            assert_eq!(KernelLine::of_journal(&Loose::of(other.as_bytes())), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(line in "(<5>|[0-9]{1,3}[,;]|Feb |\\[ |\\] |kernel: |.){0,20}") {
            KernelLine::of_text(&line, Timestamp::default());
        }
    }
}
