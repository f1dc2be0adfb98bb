//! What a log's files are called once they have been rotated away.
//!
//! | rotated by | `audit.log` becomes |
//! |---|---|
//! | API servers (lumberjack) | `audit-2026-11-23T15-50-35.232.log` |
//! | logrotate | `audit.log.1`, the highest number being the oldest |
//! | logrotate with `dateext` | `audit.log-20261123`, `audit.log-20261123-1795449035` |
//! | the kubelet | `0.log.20261123-155035` |
//!
//! Each may have `.gz` behind it.

/// A name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogName {
    /// The name that the log is written under.
    pub(super) base: String,
    /// What comes first is older.
    pub(super) age: Age,
    /// Whether it is compressed.
    pub(super) is_gzip: bool,
}

/// Where a file stands among those of its log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Age {
    /// Rotated, by number: the highest is the oldest.
    Number(std::cmp::Reverse<u64>),
    /// Rotated, by time as the name has it; it sorts as text.
    Time(String),
    /// The file that is written to.
    Current,
}

impl LogName {
    /// Any name is one: of a log's current file where it shows no rotation.
    pub(super) fn of(name: &str) -> Self {
        let (rest, is_gzip) = match name.strip_suffix(".gz") {
            Some(rest) => (rest, true),
            None => (name, false),
        };
        let rotated = dated_before_extension(rest).or_else(|| numbered(rest)).or_else(|| dated_behind(rest));
        match rotated {
            Some((base, age)) => Self { base, age, is_gzip },
            // Compressed and never rotated: a log of its own.
            None => Self { base: name.to_owned(), age: Age::Current, is_gzip },
        }
    }
}

fn numbered(name: &str) -> Option<(String, Age)> {
    let (base, number) = name.rsplit_once('.')?;
    let is_number = (1..=5).contains(&number.len()) && is_digits(number);
    // `0.log` ends in no number, and `.1` alone is no log.
    if !is_number || base.is_empty() {
        return None;
    }
    Some((base.to_owned(), Age::Number(std::cmp::Reverse(number.parse().ok()?))))
}

fn dated_behind(name: &str) -> Option<(String, Age)> {
    let (start, date) = name
        .char_indices()
        .rev()
        .filter(|(_, c)| matches!(c, '-' | '.'))
        .filter_map(|(at, _)| Some((at, name.get(at + 1..)?)))
        .find(|(_, date)| is_compact_date(date))?;
    let base = name.get(..start).filter(|base| !base.is_empty())?;
    Some((base.to_owned(), Age::Time(date.to_owned())))
}

/// `20261123`, and behind it a time of day or seconds.
fn is_compact_date(text: &str) -> bool {
    let (date, time) = text.split_once('-').unwrap_or((text, "0"));
    date.len() == 8 && is_digits(date) && (1..=10).contains(&time.len()) && is_digits(time)
}

fn dated_before_extension(name: &str) -> Option<(String, Age)> {
    const FORM: &[u8] = b"-0000-00-00T00-00-00.000";
    let has_form = |text: &[u8]| {
        text.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == form,
        })
    };
    let at = name.as_bytes().windows(FORM.len()).rposition(has_form)?;
    let (stem, extension) = (name.get(..at)?, name.get(at + FORM.len()..)?);
    let is_extension = extension.is_empty() || extension.starts_with('.');
    let time = name.get(at + 1..at + FORM.len())?;
    is_extension.then(|| (format!("{stem}{extension}"), Age::Time(time.to_owned())))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;

    fn check(name: &str, base: &str, age: Age, is_gzip: bool) {
        assert_eq!(LogName::of(name), LogName { base: base.to_owned(), age, is_gzip }, "{name}");
    }

    #[test]
    fn rotated_names() {
        let time = |text: &str| Age::Time(text.to_owned());
        check("audit.log", "audit.log", Age::Current, false);
        let stamp = "2026-11-23T15-50-35.232";
        check("audit-2026-11-23T15-50-35.232.log", "audit.log", time(stamp), false);
        check("audit-2026-11-23T15-50-35.232.log.gz", "audit.log", time(stamp), true);
        check("audit-2026-11-23T15-50-35.232", "audit", time(stamp), false);
        check("kube-apiserver-2026-11-23T15-50-35.232.log", "kube-apiserver.log", time(stamp), false);
        check("audit.log.1", "audit.log", Age::Number(Reverse(1)), false);
        check("audit.log.12.gz", "audit.log", Age::Number(Reverse(12)), true);
        check("audit.log-20261123", "audit.log", time("20261123"), false);
        check("audit.log-20261123-1795449035.gz", "audit.log", time("20261123-1795449035"), true);
        check("0.log.20261123-155035", "0.log", time("20261123-155035"), false);
        check("0.log", "0.log", Age::Current, false);
        check("audit.log.gz", "audit.log.gz", Age::Current, true);
        check(
            "audit-x2026-11-23T15-50-35.232.log",
            "audit-x2026-11-23T15-50-35.232.log",
            Age::Current,
            false,
        );
        check("ä-2026-11-23T15-50-35.232é.log", "ä-2026-11-23T15-50-35.232é.log", Age::Current, false);
    }

    #[test]
    fn the_oldest_comes_first() {
        let mut names = ["audit.log", "audit.log.1", "audit.log.10", "audit.log.2"].map(LogName::of);
        names.sort_by(|one, other| one.age.cmp(&other.age));
        let ages = names.map(|name| name.age);
        assert_eq!(ages[0], Age::Number(Reverse(10)));
        assert_eq!(ages[3], Age::Current);
    }
}
