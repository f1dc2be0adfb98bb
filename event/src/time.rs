//! Points in time: microseconds since 1970 in UTC, printed so that they sort as text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Microseconds since 1970-01-01T00:00:00Z. The audit API's `MicroTime` has the same resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest and latest times that print as RFC 3339 (years 0000 to 9999).
    pub const MIN: Self = Self(-62_167_219_200_000_000);
    /// See [`Timestamp::MIN`].
    pub const MAX: Self = Self(253_402_207_199_999_999);

    /// From microseconds since 1970, clamped to what can be printed.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Microseconds since 1970.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// The machine's clock.
    pub fn now() -> Self {
        Self::from_micros(jiff::Timestamp::now().as_microsecond())
    }

    /// Later by `micros` (earlier if negative), clamped.
    pub fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// Any RFC 3339 form; digits after the sixth are cut.
    pub fn parse(text: &str) -> Option<Self> {
        micro_time(text.as_bytes()).or_else(|| {
            let time: jiff::Timestamp = text.parse().ok()?;
            let time = Self(time.as_nanosecond().div_euclid(1000).try_into().ok()?);
            (Self::MIN..=Self::MAX).contains(&time).then_some(time)
        })
    }
}

/// The fixed form that API servers write, `2006-01-02T15:04:05.000000Z`, without a general parser.
fn micro_time(text: &[u8]) -> Option<Timestamp> {
    let [
        y0,
        y1,
        y2,
        y3,
        b'-',
        m0,
        m1,
        b'-',
        d0,
        d1,
        b'T',
        h0,
        h1,
        b':',
        i0,
        i1,
        b':',
        s0,
        s1,
        b'.',
        fraction @ ..,
        b'Z',
    ] = text
    else {
        return None;
    };
    if fraction.len() != 6 {
        return None;
    }
    let digits = |bytes: &[u8]| {
        bytes
            .iter()
            .try_fold(0_i64, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
    };
    let (year, month, day) = (digits(&[*y0, *y1, *y2, *y3])?, digits(&[*m0, *m1])?, digits(&[*d0, *d1])?);
    let (hour, minute, second) = (digits(&[*h0, *h1])?, digits(&[*i0, *i1])?, digits(&[*s0, *s1])?);
    if !(1..=12).contains(&month)
        || day < 1
        || day > days_in(year, month)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(Timestamp::from_micros(seconds * 1_000_000 + digits(fraction)?))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Howard Hinnant's `days_from_civil`.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_microsecond(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{time:.6}")
    }
}

/// The text is no RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an RFC 3339 time such as 2026-11-23T16:11:23Z")]
pub struct NotATime(String);

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        Self::parse(text).ok_or_else(|| NotATime(text.to_owned()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prints_six_digits_and_z() {
        fn check(text: &str, expected: &str) {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), expected);
        }
        check("2026-11-23T16:11:23.418577Z", "2026-11-23T16:11:23.418577Z");
        check("2026-11-23T16:11:23Z", "2026-11-23T16:11:23.000000Z");
        check("2026-11-23T17:11:23.4185771+01:00", "2026-11-23T16:11:23.418577Z");
        check("2024-02-29T00:00:00.000001Z", "2024-02-29T00:00:00.000001Z");
        check("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z");
    }

    #[test]
    fn refuses_what_is_no_time() {
        fn check(text: &str) {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
        check("");
        check("yesterday");
        check("2026-02-30T00:00:00.000000Z");
        check("2026-13-01T00:00:00.000000Z");
    }

    proptest! {
        #[test]
        fn print_and_parse_round_trip(micros in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let time = Timestamp::from_micros(micros);
            prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }
    }
}
