//! Retention: splits that have outlived their class's age go, then as many more as the byte limit demands.
//!
//! A split goes whole or not at all, so nothing is rewritten to make room. What goes first when room is short: the split
//! that has lived the largest share of its class's age limit. That is the one that age would remove next if all limits
//! were equally long; reads of two weeks go before changes of a year, and within a class the oldest goes first. A class
//! without an age limit counts as one whose limit is a century. The splits that take what happens now are never removed, and
//! half of the limit is the index's whatever the journal takes: a backlog of an hour must not cost the history of a year.
//!
//! The age of a split counts from the end of its window, or from the last import into it if that is later: whoever imports
//! the log of a year ago wants to ask about it. Everything else that is older than its class is kept is not taken at all
//! ([`is_expired`]), and counted.
//!
//! Order of the durable steps: the manifest without the splits, then their directories, which first get another name, since a late
//! event may found a split of the same window at once. A crash between leaves directories that the manifest does not name, which
//! the next start removes. Searches that hold a split go on with it to their end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use taffrail_config::RetentionSettings;
use taffrail_event::{Class, Removed, Timestamp, crash_point};

use crate::catalog::{Catalog, WINDOW_MICROS};
use crate::error::{IndexError, Result};
use crate::manifest::SplitEntry;
use crate::split::{Split, remove_dir};

/// The age limit of a class that has none, where limits are compared.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Growth is that of so many whole days.
const GROWTH_DAYS: i64 = 7;

/// Why a split is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Age,
    Bytes,
}

/// A split that may go.
#[derive(Debug, Clone)]
struct Candidate {
    entry: SplitEntry,
    bytes: u64,
}

/// Removes what has outlived its class, and more, oldest first, until the index and `elsewhere_bytes` together are within
/// `max_bytes`. Returns the bytes by which they still are not.
pub(crate) fn enforce(
    catalog: &Catalog,
    elsewhere_bytes: u64,
    max_bytes: Option<u64>,
    now: Timestamp,
) -> Result<u64> {
    let choose =
        || choose(candidates(catalog), &catalog.settings.retention, elsewhere_bytes, max_bytes, now.micros());
    let (chosen, over) = choose();
    if chosen.is_empty() {
        return Ok(over);
    }
    let _no_rebuild = catalog.rebuilding();
    let mut writers = catalog.writers();
    let (chosen, over) = choose();
    for (candidate, _) in &chosen {
        let name = candidate.entry.name();
        if let Err(error) = writers.close(&name) {
            tracing::debug!(%error, "the writer of a split that is removed did not close");
        }
    }
    let entries: Vec<SplitEntry> = chosen.iter().map(|(candidate, _)| candidate.entry.clone()).collect();
    let removed = catalog.retire(&entries, now)?;
    crash_point("index.retention_stored");
    // While nobody writes: a late event founds a split anew that has the name of one that goes.
    let set_aside: Vec<_> = removed.iter().map(|split| set_aside(&split.dir)).collect();
    drop(writers);
    for (split, (candidate, why)) in removed.iter().zip(&chosen) {
        note(catalog, split, candidate.bytes, *why);
    }
    let mut result = Ok(over);
    for dir in set_aside {
        // What cannot be removed now is removed at the next start; the others go.
        let removed =
            dir.and_then(|dir| std::fs::remove_dir_all(&dir).map_err(IndexError::io("remove", &dir)));
        result = removed.and(result);
    }
    result
}

/// Gives a split's directory a name that no other split gets.
fn set_aside(dir: &Path) -> Result<PathBuf> {
    let mut name = dir.as_os_str().to_owned();
    name.push(".gone");
    let aside = PathBuf::from(name);
    remove_dir(&aside)?;
    std::fs::rename(dir, &aside).map_err(IndexError::io("rename", dir))?;
    Ok(aside)
}

/// Whether a new event of this class and time is older than what is kept: its whole window is due for removal.
pub(crate) fn is_expired(catalog: &Catalog, class: Class, time: i64, now: i64) -> bool {
    let Some(age) = catalog.settings.retention.age(class.name()) else { return false };
    let oldest = now.saturating_sub(micros(age));
    // Its window ends after it: no need to ask for the window of what is young enough by itself.
    time < oldest && catalog.times_of(class, time).end <= oldest
}

/// Whether an event of this class and time that the index had was in a split that is gone: a replay must not bring it back.
pub(crate) fn was_removed(catalog: &Catalog, class: Class, time: i64) -> bool {
    let is_before = |removed: &Removed| removed.class == class.name() && time < removed.before.micros();
    catalog.manifest().removed.iter().any(is_before) && catalog.route(class, time).is_none()
}

/// By how much the index grows in a day, from the last whole days.
pub(crate) fn bytes_per_day(splits: &[std::sync::Arc<Split>], now: Timestamp) -> Option<u64> {
    let today = now.micros().div_euclid(WINDOW_MICROS);
    let mut days = std::collections::BTreeSet::new();
    let mut bytes = 0;
    for split in splits {
        let day = split.entry.from.div_euclid(WINDOW_MICROS);
        if (today - GROWTH_DAYS..today).contains(&day) {
            days.insert(day);
            bytes += split.disk_bytes();
        }
    }
    (!days.is_empty()).then(|| bytes / days.len() as u64)
}

fn candidates(catalog: &Catalog) -> Vec<Candidate> {
    let splits = catalog.splits();
    let manifest = catalog.manifest();
    let candidate = |entry: &SplitEntry| {
        let split = splits.iter().find(|split| split.name() == entry.name())?;
        Some(Candidate { entry: entry.clone(), bytes: split.disk_bytes() })
    };
    manifest.splits.iter().filter_map(candidate).collect()
}

/// What goes, and by how many bytes the rest is still over the limit.
fn choose(
    mut candidates: Vec<Candidate>,
    settings: &RetentionSettings,
    elsewhere_bytes: u64,
    max_bytes: Option<u64>,
    now: i64,
) -> (Vec<(Candidate, Why)>, u64) {
    let outlived = |candidate: &Candidate| {
        let age = settings.age(&candidate.entry.class).map_or(i64::MAX, micros);
        lived(candidate, now) >= age
    };
    let mut chosen: Vec<_> =
        candidates.extract_if(.., |candidate| outlived(candidate)).map(|gone| (gone, Why::Age)).collect();
    let Some(max_bytes) = max_bytes else { return (chosen, 0) };
    let index_bytes = candidates.iter().map(|candidate| candidate.bytes).sum::<u64>();
    let room = max_bytes.saturating_sub(elsewhere_bytes.min(max_bytes / 2));
    let mut over = index_bytes.saturating_sub(room);
    candidates.retain(|candidate| !(candidate.entry.from..candidate.entry.to).contains(&now));
    candidates.sort_by(|a, b| {
        let share = |candidate: &Candidate| share_lived(candidate, settings, now);
        share(b).total_cmp(&share(a)).then_with(|| a.entry.to.cmp(&b.entry.to))
    });
    for candidate in candidates {
        if over == 0 {
            break;
        }
        over = over.saturating_sub(candidate.bytes);
        chosen.push((candidate, Why::Bytes));
    }
    let removed: u64 = chosen.iter().filter(|(_, why)| *why == Why::Bytes).map(|(gone, _)| gone.bytes).sum();
    (chosen, (index_bytes - removed + elsewhere_bytes).saturating_sub(max_bytes))
}

/// How long ago its window ended, or its last import was.
fn lived(candidate: &Candidate, now: i64) -> i64 {
    let SplitEntry { to, imported, .. } = candidate.entry;
    now.saturating_sub(imported.map_or(to, |imported| imported.max(to)))
}

fn share_lived(candidate: &Candidate, settings: &RetentionSettings, now: i64) -> f64 {
    let age = settings.age(&candidate.entry.class).unwrap_or(CENTURY);
    lived(candidate, now) as f64 / (micros(age) as f64).max(1.0)
}

fn note(catalog: &Catalog, split: &Split, bytes: u64, why: Why) {
    let documents = split.searcher().num_docs();
    let why_in_words = match why {
        Why::Age => "older than its class is kept",
        Why::Bytes => "over index.retention.max_bytes",
    };
    tracing::info!(split = %split.name(), documents, bytes, why = why_in_words, "removed");
    let mut counters = catalog.counters();
    let totals = match why {
        Why::Age => &mut counters.removed_by_age,
        Why::Bytes => &mut counters.removed_by_bytes,
    };
    totals.splits += 1;
    totals.documents += documents;
    totals.bytes += bytes;
}

fn micros(age: Duration) -> i64 {
    i64::try_from(age.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use taffrail_config::ByteLimit;

    use super::*;

    #[test]
    fn a_split_that_goes_makes_room_for_one_of_its_name() {
        let dir = tempfile::TempDir::new().unwrap();
        let split = dir.path().join("access-0-0");
        for _ in 0..2 {
            std::fs::create_dir(&split).unwrap();
            std::fs::write(split.join("meta.json"), "old").unwrap();
            let aside = set_aside(&split).unwrap();
            assert!(!split.try_exists().unwrap() && aside.join("meta.json").try_exists().unwrap());
        }
        assert!(set_aside(&split).is_err());
    }

    const DAY: i64 = WINDOW_MICROS;

    /// Day 1,000, at noon.
    const NOW: i64 = 1000 * DAY + DAY / 2;

    fn settings() -> RetentionSettings {
        let days = |days: u64| Some(Duration::from_secs(days * 86_400));
        RetentionSettings {
            change: days(400),
            access: days(30),
            flow: None,
            notice: None,
            max_bytes: ByteLimit::Unlimited,
        }
    }

    fn split(class: &str, day: i64, imported_on: Option<i64>) -> Candidate {
        let entry = SplitEntry {
            class: class.to_owned(),
            from: day * DAY,
            to: (day + 1) * DAY,
            generation: 0,
            schema: 1,
            is_compacted: true,
            imported: imported_on.map(|day| day * DAY),
        };
        Candidate { entry, bytes: 100 }
    }

    /// Splits as class, day and, if it was, the day of the import; what goes, in order, as class and day.
    fn check(
        splits: &[(&str, i64, Option<i64>)],
        max_bytes: Option<u64>,
        expected: &[(&str, i64)],
        expected_over: u64,
    ) {
        let candidates = splits.iter().map(|(class, day, imported)| split(class, *day, *imported)).collect();
        let (chosen, over) = choose(candidates, &settings(), 50, max_bytes, NOW);
        let chosen: Vec<_> =
            chosen.iter().map(|(gone, _)| (gone.entry.class.as_str(), gone.entry.from / DAY)).collect();
        assert_eq!((chosen.as_slice(), over), (expected, expected_over), "{splits:?} {max_bytes:?}");
    }

    #[test]
    fn each_class_has_its_age_and_a_window_goes_when_all_of_it_is_older() {
        // The window of day 969 ended 30.5 days ago, that of day 970 29.5 days ago.
        let splits =
            [("access", 969, None), ("access", 970, None), ("change", 599, None), ("change", 600, None)];
        check(&splits, None, &[("access", 969), ("change", 599)], 0);
        check(&[("flow", 1, None)], None, &[], 0);
        check(&[("access", 5000, None)], None, &[], 0);
    }

    #[test]
    fn what_was_imported_is_kept_from_its_import_on() {
        check(&[("access", 100, Some(980)), ("access", 101, Some(960))], None, &[("access", 101)], 0);
    }

    #[test]
    fn room_is_made_by_what_has_lived_most_of_its_time() {
        let splits = [
            ("access", 985, None),
            ("access", 998, None),
            ("access", 1000, None),
            ("change", 700, None),
            ("change", 1000, None),
            ("flow", 900, None),
        ];
        // 650 bytes with what lies elsewhere.
        check(&splits, Some(650), &[], 0);
        // 299 of 400 days are more than 14 of 30.
        check(&splits, Some(649), &[("change", 700)], 0);
        check(&splits, Some(450), &[("change", 700), ("access", 985)], 0);
        let all = [("change", 700), ("access", 985), ("access", 998), ("flow", 900)];
        check(&splits, Some(250), &all, 0);
        check(&splits, Some(60), &all, 190);
    }

    #[test]
    fn a_backlog_in_the_journal_leaves_the_index_half_of_the_room() {
        let candidates = || vec![split("change", 700, None), split("change", 800, None)];
        let of = |elsewhere, max| {
            let (chosen, over) = choose(candidates(), &settings(), elsewhere, Some(max), NOW);
            (chosen.len(), over)
        };
        assert_eq!(of(200, 400), (0, 0));
        assert_eq!(of(1000, 400), (0, 800));
        assert_eq!(of(1000, 398), (1, 702));
    }
}
