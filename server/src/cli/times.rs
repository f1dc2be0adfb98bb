//! Times as people type and read them: the range that a question is about, and the zone.

use jiff::Zoned;
use jiff::tz::TimeZone;
use taffrail_event::Timestamp;
use taffrail_query::{TimeContext, TimeError, TimeRange, parse_time};

use crate::args::RangeArgs;
use crate::exit::WrongUse;

/// The zone of times that name none: the one asked for, else the machine's.
pub(crate) fn zone(asked: Option<&str>) -> anyhow::Result<TimeZone> {
    let Some(name) = asked else { return Ok(TimeZone::system()) };
    jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(name).map_err(|_| {
        let text = format!(
            "--tz {name}: no such time zone on this machine; write a name such as Europe/Berlin (from the package tzdata), an offset such as +02:00, or UTC"
        );
        WrongUse(text).into()
    })
}

/// The zone as people call it.
pub(crate) fn zone_name(zone: &TimeZone) -> String {
    match (zone.iana_name(), zone.to_fixed_offset()) {
        (Some("Etc/UTC" | "Etc/Universal" | "Etc/Zulu"), _) => "UTC".to_owned(),
        (Some(name), _) => name.to_owned(),
        (None, Ok(offset)) => offset.to_string(),
        (None, Err(_)) => "local time".to_owned(),
    }
}

/// The time in the zone.
pub(crate) fn local(time: Timestamp, zone: &TimeZone) -> Zoned {
    jiff::Timestamp::from_microsecond(time.micros()).unwrap_or_default().to_zoned(zone.clone())
}

/// The time in the zone as text: `2026-11-23 17:11:23`.
pub(crate) fn shown(time: Timestamp, zone: &TimeZone) -> String {
    local(time, zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `45s`, `12m`, `3h 20m`, `8d`: two units at most.
pub(crate) fn length_in_words(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, _, _) => format!("{hours}h {}m", minutes % 60),
        (_, _, _) => format!("{days}d {}h", hours % 24),
    }
}

/// The range in words: `from 2026-11-23 14:00:00 to 2026-11-23 14:30:00 (Europe/Berlin)`.
pub(crate) fn range_in_words(range: TimeRange, zone: &TimeZone) -> String {
    let name = zone_name(zone);
    match (range.from, range.to) {
        (None, None) => "at any time".to_owned(),
        (Some(from), None) => format!("since {} ({name})", shown(from, zone)),
        (None, Some(to)) => format!("before {} ({name})", shown(to, zone)),
        (Some(from), Some(to)) => format!("from {} to {} ({name})", shown(from, zone), shown(to, zone)),
    }
}

/// The range that the flags ask for.
pub(crate) fn range(args: &RangeArgs, context: &TimeContext) -> anyhow::Result<TimeRange> {
    if let Some(since) = &args.since {
        return Ok(TimeRange { from: Some(time("--since", since, context)?), to: None });
    }
    if let Some(around) = &args.around {
        let middle = time("--around", around, context)?;
        let around = TimeContext { now: middle, ..context.clone() };
        let side = |sign: char| {
            parse_time(&format!("now{sign}{}", args.within.trim()), &around).map_err(|_| {
                WrongUse(format!("--within {}: write a length of time such as 10m or 2h", args.within))
            })
        };
        return Ok(TimeRange { from: Some(side('-')?), to: Some(side('+')?) });
    }
    let bound =
        |flag: &str, text: &Option<String>| text.as_ref().map(|text| time(flag, text, context)).transpose();
    let range = TimeRange { from: bound("--from", &args.from)?, to: bound("--to", &args.to)? };
    match range {
        TimeRange { from: Some(from), to: Some(to) } if from >= to => {
            let text = format!(
                "--from is {} and --to is {} ({}): nothing lies between; exchange or correct them",
                shown(from, &context.tz),
                shown(to, &context.tz),
                zone_name(&context.tz)
            );
            Err(WrongUse(text).into())
        }
        range => Ok(range),
    }
}

/// The time that a flag or an argument says.
pub(super) fn time(flag: &str, text: &str, context: &TimeContext) -> anyhow::Result<Timestamp> {
    let wrong = |error: TimeError| WrongUse(format!("{flag}: {error}; {}", error.hint()));
    Ok(parse_time(text, context).map_err(wrong)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(zone_name: &str) -> TimeContext {
        let now = Timestamp::parse("2026-11-23T16:30:00Z").unwrap();
        TimeContext { now, tz: zone(Some(zone_name)).unwrap() }
    }

    fn args(change: impl FnOnce(&mut RangeArgs)) -> RangeArgs {
        let mut args = RangeArgs { within: "10m".to_owned(), ..RangeArgs::default() };
        change(&mut args);
        args
    }

    fn check(zone: &str, change: impl FnOnce(&mut RangeArgs), from: Option<&str>, to: Option<&str>) {
        let range = range(&args(change), &context(zone)).unwrap();
        let time = |text: Option<&str>| text.map(|text| Timestamp::parse(text).unwrap());
        assert_eq!(range, TimeRange { from: time(from), to: time(to) });
    }

    fn refused(change: impl FnOnce(&mut RangeArgs)) -> String {
        let error = range(&args(change), &context("UTC")).unwrap_err();
        assert!(error.is::<WrongUse>());
        error.to_string()
    }

    #[test]
    fn ranges() {
        let text = |text: &str| Some(text.to_owned());
        check("UTC", |_| {}, None, None);
        check("UTC", |args| args.since = text("2h"), Some("2026-11-23T14:30:00Z"), None);
        check("UTC", |args| args.since = text("1d"), Some("2026-11-22T16:30:00Z"), None);
        check("UTC", |args| args.since = text("14:00"), Some("2026-11-23T14:00:00Z"), None);
        check(
            "Europe/Berlin",
            |args| args.around = text("14:05"),
            Some("2026-11-23T12:55:00Z"),
            Some("2026-11-23T13:15:00Z"),
        );
        check(
            "Europe/Berlin",
            |args| {
                args.around = text("yesterday 14:00");
                args.within = "1h".to_owned();
            },
            Some("2026-11-22T12:00:00Z"),
            Some("2026-11-22T14:00:00Z"),
        );
        check(
            "+05:30",
            |args| {
                args.from = text("2026-11-23");
                args.to = text("now-15m");
            },
            Some("2026-11-22T18:30:00Z"),
            Some("2026-11-23T16:15:00Z"),
        );
        check("UTC", |args| args.from = text("-15m"), Some("2026-11-23T16:15:00Z"), None);
    }

    #[test]
    fn what_is_no_range_says_what_to_write() {
        let text = |text: &str| Some(text.to_owned());
        assert!(
            refused(|args| args.from = text("noonish"))
                .starts_with("--from: \"noonish\" is not a time; write ")
        );
        assert!(refused(|args| args.since = text("5")).starts_with("--since: \"5\" is a bare number"));
        let within = refused(|args| {
            args.around = text("14:05");
            args.within = "ten".to_owned();
        });
        assert!(within.starts_with("--within ten: write a length of time"), "{within}");
        let reversed = refused(|args| {
            args.from = text("15:00");
            args.to = text("14:00");
        });
        assert!(
            reversed.contains("2026-11-23 15:00:00") && reversed.contains("nothing lies between"),
            "{reversed}"
        );
    }

    #[test]
    fn zones() {
        assert_eq!(zone_name(&zone(Some("Europe/Berlin")).unwrap()), "Europe/Berlin");
        assert_eq!(zone_name(&zone(Some("UTC")).unwrap()), "UTC");
        assert_eq!(zone_name(&zone(Some("Etc/UTC")).unwrap()), "UTC");
        assert_eq!(zone_name(&zone(Some("+02:00")).unwrap()), "+02");
        assert!(zone(Some("Europe/Berlinn")).unwrap_err().to_string().contains("no such time zone"));
    }

    #[test]
    fn ranges_in_words() {
        let berlin = zone(Some("Europe/Berlin")).unwrap();
        let time = |text: &str| Timestamp::parse(text);
        let words = |from: Option<&str>, to: Option<&str>| {
            range_in_words(TimeRange { from: from.and_then(time), to: to.and_then(time) }, &berlin)
        };
        assert_eq!(words(None, None), "at any time");
        assert_eq!(
            words(Some("2026-11-23T13:00:00Z"), Some("2026-11-23T13:30:00Z")),
            "from 2026-11-23 14:00:00 to 2026-11-23 14:30:00 (Europe/Berlin)"
        );
        assert_eq!(words(Some("2026-11-23T13:00:00Z"), None), "since 2026-11-23 14:00:00 (Europe/Berlin)");
    }

    #[test]
    fn lengths() {
        fn check(seconds: u64, expected: &str) {
            assert_eq!(length_in_words(seconds), expected);
        }
        check(0, "0s");
        check(59, "59s");
        check(125, "2m 5s");
        check(7260, "2h 1m");
        check(90_000, "1d 1h");
    }
}
