//! The times of audit events, without the program's own code: microseconds since 1970 and back.

/// Writes `micros` since 1970 as `2026-11-23T16:11:23.418577Z`.
pub fn rfc3339(micros: i64) -> [u8; 27] {
    let seconds = micros.div_euclid(1_000_000);
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let fields = [
        (0, 4, year),
        (5, 2, month),
        (8, 2, day),
        (11, 2, of_day / 3600),
        (14, 2, of_day / 60 % 60),
        (17, 2, of_day % 60),
        (20, 6, micros.rem_euclid(1_000_000)),
    ];
    for (start, width, mut value) in fields {
        for place in (start..start + width).rev() {
            text[place] = b'0' + u8::try_from(value % 10).unwrap_or_default();
            value /= 10;
        }
    }
    text
}

/// Reads `2026-11-23T16:11:23.418577Z`, the only form in recorded events.
pub fn micros(text: &[u8]) -> Option<i64> {
    let [_, _, _, _, b'-', _, _, b'-', _, _, b'T', _, _, b':', _, _, b':', _, _, b'.', .., b'Z'] = text
    else {
        return None;
    };
    let number = |start: usize, width: usize| -> Option<i64> {
        std::str::from_utf8(text.get(start..start + width)?).ok()?.parse().ok()
    };
    if text.len() != 27 {
        return None;
    }
    let days = days(number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let seconds = days * 86_400 + number(11, 2)? * 3600 + number(14, 2)? * 60 + number(17, 2)?;
    Some(seconds * 1_000_000 + number(20, 6)?)
}

/// Days since 1970 of a date in the years from 1970 on, counted year by year and month by month.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let years: i64 = (1970..year).map(days_of_year).sum();
    let months: i64 = (1..month).map(|month| days_of_month(year, month)).sum();
    years + months + day - 1
}

fn date(mut days: i64) -> (i64, i64, i64) {
    let mut year = 1970;
    while days >= days_of_year(year) {
        days -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

fn days_of_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        fn check(text: &str, expected: i64) {
            assert_eq!(micros(text.as_bytes()), Some(expected), "{text}");
            assert_eq!(rfc3339(expected), text.as_bytes(), "{text}");
        }
        check("1970-01-01T00:00:00.000000Z", 0);
        check("2024-02-29T23:59:59.999999Z", 1_709_251_199_999_999);
        check("2026-11-23T16:11:23.418577Z", 1_795_450_283_418_577);
    }
}
