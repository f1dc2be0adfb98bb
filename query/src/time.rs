//! Points in time as people write them: `now-15m`, `2h`, `yesterday 14:00`, `14:05`, RFC 3339.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use taffrail_event::Timestamp;

/// Longer texts are no time expressions.
const MAX_LENGTH: usize = 128;

/// What relative and zoneless times refer to. This crate has no clock and no zone of its own.
#[derive(Debug, Clone)]
pub struct TimeContext {
    /// The present.
    pub now: Timestamp,
    /// The zone of clock times and dates that name none, and of calendar arithmetic.
    pub tz: TimeZone,
}

impl TimeContext {
    /// Clock times and dates are UTC.
    pub fn utc(now: Timestamp) -> Self {
        Self { now, tz: TimeZone::UTC }
    }

    fn zoned(&self) -> Result<Zoned, jiff::Error> {
        Ok(jiff::Timestamp::from_microsecond(self.now.micros())?.to_zoned(self.tz.clone()))
    }
}

/// A text that is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// A bare number: perhaps seconds, perhaps milliseconds, perhaps a year.
    #[error("{0:?} is a bare number, which could mean seconds, milliseconds or a year")]
    Number(String),
    /// Beyond the years 0 to 9999.
    #[error("{0:?} lies beyond the years 0 to 9999")]
    OutOfRange(String),
    /// Nothing known.
    #[error("{0:?} is not a time")]
    Unknown(String),
}

impl TimeError {
    /// What to write instead.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Number(_) => "write 2026-11-23T16:11:23Z, or @1795450283 for seconds since 1970",
            Self::OutOfRange(_) | Self::Unknown(_) => {
                "write now-15m, 2h (ago), 14:05, yesterday 14:00, 2026-11-23 or 2026-11-23T16:11:23Z"
            }
        }
    }
}

/// Reads a time expression; a day means its start.
///
/// In this order: `now` with or without a span, a span (before now unless it begins with `+`), RFC 3339, date and clock
/// time in the context's zone, a date, a clock time of today, `today`, `yesterday`, `tomorrow`, and what GNU `date -d`
/// understands (`yesterday 14:00`, `last monday`, `@1795450283`).
pub fn parse_time(text: &str, context: &TimeContext) -> Result<Timestamp, TimeError> {
    parse_moment(text, context).map(|moment| moment.start)
}

/// A point in time, or a whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) start: Timestamp,
    /// The start of the next day, if a day was named.
    pub(crate) next_day: Option<Timestamp>,
}

pub(crate) fn parse_moment(text: &str, context: &TimeContext) -> Result<Moment, TimeError> {
    let text = text.trim();
    let unknown = || TimeError::Unknown(text.chars().take(MAX_LENGTH).collect());
    if text.is_empty() || text.len() > MAX_LENGTH {
        return Err(unknown());
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TimeError::Number(text.to_owned()));
    }
    if let Some(time) = Timestamp::parse(text) {
        return Ok(Moment { start: time, next_day: None });
    }
    let out_of_range = |_| TimeError::OutOfRange(text.to_owned());
    let now = context.zoned().map_err(out_of_range)?;
    let point = |zoned: Zoned| {
        timestamp(&zoned)
            .map(|start| Moment { start, next_day: None })
            .ok_or_else(|| TimeError::OutOfRange(text.to_owned()))
    };
    if let Some(offset) = offset(text) {
        return point(now.checked_add(offset).map_err(out_of_range)?);
    }
    if let Some(date) = date(text, &now) {
        return day(date, &context.tz).ok_or_else(|| TimeError::OutOfRange(text.to_owned()));
    }
    if let Some(datetime) = datetime(text, &now) {
        return point(datetime.to_zoned(context.tz.clone()).map_err(out_of_range)?);
    }
    point(gnu(text, now).ok_or_else(unknown)?)
}

/// `now`, `now-15m`, `+15m`, `-15m`, `15m`, `15 minutes ago`, as a span to add to the present.
fn offset(text: &str) -> Option<Span> {
    let has_prefix = text.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case("now"));
    let after_now = if has_prefix { text.get(3..)?.trim_start() } else { text };
    if after_now.is_empty() {
        return Some(Span::new());
    }
    // `1:30:00` would be a span too, but is a clock time here.
    if after_now.contains(':') {
        return None;
    }
    let span = |text: &str| {
        let text = text.trim_start();
        let is_unsigned = text.starts_with(|first: char| first.is_ascii_digit() || first == 'P');
        text.parse::<Span>().ok().filter(|_| is_unsigned)
    };
    match (after_now.strip_prefix('+'), after_now.strip_prefix('-')) {
        (Some(later), _) => span(later),
        (None, Some(earlier)) => span(earlier)?.checked_mul(-1).ok(),
        (None, None) if has_prefix => None,
        (None, None) => {
            let span = span(after_now)?;
            if span.is_negative() { Some(span) } else { span.checked_mul(-1).ok() }
        }
    }
}

fn date(text: &str, now: &Zoned) -> Option<Date> {
    let today = now.date();
    match text.to_ascii_lowercase().as_str() {
        "today" => Some(today),
        "yesterday" => today.yesterday().ok(),
        "tomorrow" => today.tomorrow().ok(),
        // The parser would take a date with a time and leave the time out.
        date if date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => date.parse().ok(),
        _ => None,
    }
}

/// Date and clock time, or the clock time of today.
fn datetime(text: &str, now: &Zoned) -> Option<DateTime> {
    let is_clock = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    if is_clock {
        return text.parse::<Time>().ok().map(|time| now.date().to_datetime(time));
    }
    let is_datetime = text.bytes().all(|byte| byte.is_ascii_digit() || b"-:. Tt".contains(&byte));
    if is_datetime { text.parse().ok() } else { None }
}

fn day(date: Date, tz: &TimeZone) -> Option<Moment> {
    let start_of = |date: Date| {
        // Where the clock skips midnight, the day starts later.
        let noon = date.at(12, 0, 0, 0).to_zoned(tz.clone()).ok()?;
        timestamp(&noon.start_of_day().ok()?)
    };
    Some(Moment { start: start_of(date)?, next_day: Some(date.tomorrow().ok().and_then(start_of)?) })
}

/// What GNU `date -d` reads, but for what it reads by surprise: zone letters (`15M` is 03:00 there), zone names alone,
/// zone rules, months before days.
fn gnu(text: &str, now: Zoned) -> Option<Zoned> {
    let lower = text.to_ascii_lowercase();
    let mut names = lower.split(|character: char| !character.is_alphabetic()).filter(|name| !name.is_empty());
    let has_zone_letter = names.any(|name| name.len() == 1 && name != "z");
    let names_a_day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "last", "next", "this"]
        .iter()
        .any(|day| lower.starts_with(day));
    let says_when = lower.bytes().any(|byte| byte.is_ascii_digit()) || names_a_day;
    let is_surprising = has_zone_letter
        || !says_when
        || lower.starts_with("now")
        || !lower.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '@')
        || lower.contains(['=', '/']);
    if is_surprising {
        return None;
    }
    parse_datetime::parse_datetime_at_date(now, text).ok()?.into_zoned()
}

fn timestamp(zoned: &Zoned) -> Option<Timestamp> {
    let micros = zoned.timestamp().as_microsecond();
    let time = Timestamp::from_micros(micros);
    (time.micros() == micros).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn explore() {
        let c = TimeContext {
            now: Timestamp::parse("2026-11-23T16:11:23.418577Z").unwrap(),
            tz: TimeZone::get("Europe/Berlin").unwrap(),
        };
        for t in [
            "now",
            "Now - 15m",
            "now-15m",
            "-15m",
            "+15m",
            "15m",
            "2h 30m",
            "1w",
            "1mo",
            "1M",
            "1d12h",
            "15 minutes ago",
            "2h ago",
            "PT15M",
            "P1D",
            "1.5h",
            "2026-11-23",
            "2026-11-23T16:11",
            "2026-11-23 16:11",
            "2026-11-23T16",
            "2026-11-23 16:11:05.25",
            "2026-11-23 25:00",
            "yesterday",
            "yesterday 14:00",
            "yesterday at 14:00",
            "Yesterday",
            "14:05",
            "9:05",
            "14:05:30",
            "24:00",
            "9am",
            "noon",
            "last monday",
            "monday",
            "@1767225600",
            "1767225600",
            "2026",
            "m",
            "z",
            "utc",
            "est",
            "foo",
            "a",
            "now-",
            "now5m",
            "now 15m",
            "-",
            "--15m",
            "- 15m",
            "14:05Z",
            "14:05+02:00",
            "2026-11-23T16:11:23",
            "2026-11-23T16:11:23+0100",
            "2026-11-23T16:11:23.5+01:00",
            "Nov 23 2026",
            "23 nov",
            "nov 23 16:11",
            "2026-02-30",
            "2026-W48",
            "20261123T161123Z",
            "2026-11-23Z",
            "9999-12-31",
            "0000-01-01",
            "now-100000y",
            "5 m",
            "15M",
            "1h30",
            "10",
            "10:00 yesterday",
            "next week",
            "TZ=\"UTC\" 10:00",
            "1 day ago",
            "3 days",
            "day",
            "now-1d/d",
            "(x) 14:00",
            "12/24",
            "1e9s",
            "0x1",
            "1:2",
            "١٤:٠٥",
            "a5",
            "t5",
            "z9",
        ] {
            println!(
                "{t:40} {:?}",
                parse_moment(t, &c).map(|m| (m.start.to_string(), m.next_day.map(|t| t.to_string())))
            );
        }
    }
}
