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
    use proptest::prelude::*;

    fn context() -> TimeContext {
        TimeContext {
            now: Timestamp::parse("2026-11-23T16:11:23.418577Z").unwrap(),
            tz: TimeZone::get("Europe/Berlin").unwrap(),
        }
    }

    fn check(text: &str, expected: &str) {
        let time = parse_time(text, &context()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(time, Timestamp::parse(expected).unwrap(), "{text}: {time}");
    }

    #[test]
    fn spans_count_back_from_now() {
        check("now", "2026-11-23T16:11:23.418577Z");
        check("NOW", "2026-11-23T16:11:23.418577Z");
        check("now-15m", "2026-11-23T15:56:23.418577Z");
        check("now - 15m", "2026-11-23T15:56:23.418577Z");
        check("now+1h", "2026-11-23T17:11:23.418577Z");
        check("-15m", "2026-11-23T15:56:23.418577Z");
        check("+15m", "2026-11-23T16:26:23.418577Z");
        // GNU date reads the zone M here, 03:00 UTC.
        check("15m", "2026-11-23T15:56:23.418577Z");
        check("2h 30m", "2026-11-23T13:41:23.418577Z");
        check("1.5h", "2026-11-23T14:41:23.418577Z");
        check("1w", "2026-11-16T16:11:23.418577Z");
        check("3 days", "2026-11-20T16:11:23.418577Z");
        check("15 minutes ago", "2026-11-23T15:56:23.418577Z");
        check("PT15M", "2026-11-23T15:56:23.418577Z");
    }

    #[test]
    fn calendar_spans_keep_the_clock_time_of_the_zone() {
        // Summer time ended on 2026-10-25.
        check("now-30d", "2026-10-24T15:11:23.418577Z");
        check("1mo", "2026-10-23T15:11:23.418577Z");
    }

    #[test]
    fn absolute_times() {
        check("2026-11-23T16:11:23.5Z", "2026-11-23T16:11:23.5Z");
        check("2026-11-23T16:11:23+05:30", "2026-11-23T10:41:23Z");
        check(" 2026-11-23T16:11:23 ", "2026-11-23T15:11:23Z");
        check("2026-11-23 16:11", "2026-11-23T15:11:00Z");
        check("2026-07-01 16:11:05.25", "2026-07-01T14:11:05.25Z");
        check("@1795450283", "2026-11-23T16:11:23Z");
        check("Nov 23 2026 16:11", "2026-11-23T15:11:00Z");
        // The clock skips from 02:00 to 03:00.
        check("2026-03-29 02:30", "2026-03-29T01:30:00Z");
    }

    #[test]
    fn days_start_at_midnight_of_the_zone() {
        check("2026-11-23", "2026-11-22T23:00:00Z");
        check("2026-07-01", "2026-06-30T22:00:00Z");
        check("today", "2026-11-22T23:00:00Z");
        check("Yesterday", "2026-11-21T23:00:00Z");
        check("tomorrow", "2026-11-23T23:00:00Z");
        check("last monday", "2026-11-15T23:00:00Z");
        let moment = parse_moment("2026-03-29", &context()).unwrap();
        let hours = (moment.next_day.unwrap().micros() - moment.start.micros()) / 3_600_000_000;
        assert_eq!(hours, 23);
    }

    #[test]
    fn clock_times_are_of_today_or_of_the_day_named() {
        check("14:05", "2026-11-23T13:05:00Z");
        check("9:05", "2026-11-23T08:05:00Z");
        check("14:05:30.5", "2026-11-23T13:05:30.5Z");
        check("14:05Z", "2026-11-23T14:05:00Z");
        check("yesterday 14:00", "2026-11-22T13:00:00Z");
        check("14:00 yesterday", "2026-11-22T13:00:00Z");
        check("monday 9am", "2026-11-23T08:00:00Z");
    }

    #[test]
    fn what_could_mean_anything_is_refused() {
        fn check(text: &str, expected: fn(String) -> TimeError) {
            assert_eq!(parse_time(text, &context()), Err(expected(text.to_owned())), "{text}");
        }
        check("1795450283", TimeError::Number);
        check("1795450283000", TimeError::Number);
        check("2026", TimeError::Number);
        check("", TimeError::Unknown);
        check("soon", TimeError::Unknown);
        check("m", TimeError::Unknown);
        check("15M", TimeError::Unknown);
        check("utc", TimeError::Unknown);
        check("now-", TimeError::Unknown);
        check("now5m", TimeError::Unknown);
        check("--15m", TimeError::Unknown);
        check("3/4/2026", TimeError::Unknown);
        check("24:00", TimeError::Unknown);
        check("2026-02-30", TimeError::Unknown);
        check("2026-11-23 25:00", TimeError::Unknown);
        check("TZ=\"UTC\" 10:00", TimeError::Unknown);
        check("9999-12-31", TimeError::OutOfRange);
        check("now-15000y", TimeError::OutOfRange);
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_none(text in prop_oneof![any::<String>(), "[-+:0-9a-zTZ ./@]{0,30}", "(now|last|mon|@)?[-+ ]?[0-9]{1,12} ?[a-z]{0,6}"]) {
            drop(parse_time(&text, &context()));
        }
    }
}
