//! Serde form of a length of time: `10s`, `1h 30m`, `7d`. A bare number is refused, because its unit is a guess.

use std::time::Duration;

use jiff::fmt::friendly::SpanPrinter;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*duration))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    const EXPECTED: &str =
        "write a length of time with its unit, such as \"500ms\", \"10s\", \"15m\", \"1h\" or \"7d\"";
    let text = String::deserialize(deserializer).map_err(|_| D::Error::custom(EXPECTED))?;
    parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is not a length of time; {EXPECTED}")))
}

/// A length of time, or `unlimited`.
pub(crate) mod or_unlimited {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    const UNLIMITED: &str = "unlimited";

    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::serialize(duration, serializer),
            None => serializer.serialize_str(UNLIMITED),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        const EXPECTED: &str = "write an age with its unit, such as \"90d\", or unlimited";
        let text = String::deserialize(deserializer).map_err(|_| D::Error::custom(EXPECTED))?;
        if text == UNLIMITED {
            return Ok(None);
        }
        let parsed = super::parse(&text);
        parsed.map(Some).ok_or_else(|| D::Error::custom(format!("{text:?} is not an age; {EXPECTED}")))
    }
}

/// `duration` as [`deserialize`] reads it.
pub(crate) fn format(duration: Duration) -> String {
    const DAY_SECS: u64 = 86_400;
    let secs = duration.as_secs();
    // Ages are hundreds of days; the printer stops at hours.
    if secs > DAY_SECS && secs.is_multiple_of(DAY_SECS) && duration.subsec_nanos() == 0 {
        return format!("{}d", secs / DAY_SECS);
    }
    SpanPrinter::new().unsigned_duration_to_string(&duration)
}

/// Days and weeks are 24 hours and seven days; months and years have no fixed length and are refused.
fn parse(text: &str) -> Option<Duration> {
    if let Ok(duration) = text.parse::<SignedDuration>() {
        return Duration::try_from(duration).ok();
    }
    let span: Span = text.parse().ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(duration).ok()
}
