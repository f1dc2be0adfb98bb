//! Truncated, broken, lost.

use taffrail_event::Timestamp;

use super::*;

/// As often as it takes to believe that a file is gone.
fn look_often(reader: &mut Reader) {
    for _ in 0..5 {
        reader.read();
    }
}

fn gap_times(reader: &Reader) -> Vec<(String, String)> {
    reader.gaps.iter().map(|gap| (gap.from.to_string(), gap.to.to_string())).collect()
}

#[test]
fn t43_t44_truncation_in_place_begins_anew_and_is_a_gap() {
    // A writer that appends, and one that goes on where it was, behind a hole.
    for hole in [0, lines(0..3).len(), 9 << 20] {
        let mut reader = Reader::new();
        reader.append(LOG, lines(0..3));
        reader.read();
        let before = Timestamp::now();
        truncate(&reader.path(LOG));
        File::options().write(true).open(reader.path(LOG)).unwrap().set_len(hole as u64).unwrap();
        reader.append(LOG, lines(3..5));
        look_often(&mut reader);
        reader.restart();
        reader.append(LOG, line(5));
        look_often(&mut reader);
        let gaps = std::mem::take(&mut reader.gaps);
        reader.check(0..6);
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert_eq!(gaps[0].from.to_string(), time(2));
        assert!(gaps[0].to >= before && gaps[0].lost.is_none());
    }
}

#[test]
fn t44_what_was_copied_before_the_truncation_is_read_in_the_copy() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..2));
    reader.read();
    reader.append(LOG, lines(2..4));
    fs::copy(reader.path(LOG), reader.path("audit.log.1")).unwrap();
    truncate(&reader.path(LOG));
    reader.append(LOG, lines(4..5));
    look_often(&mut reader);
    reader.gaps.clear();
    reader.lines.sort();
    reader.check(0..5);
}

#[test]
fn files_that_came_and_went_unseen_are_a_gap() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..3));
    reader.read();
    reader.restart();
    reader.remove(LOG);
    reader.append(&rotated(7), lines(10..12));
    reader.append(LOG, line(12));
    look_often(&mut reader);
    assert_eq!(gap_times(&reader), [(time(2), time(10))]);
    // Once.
    reader.restart();
    look_often(&mut reader);
    assert_eq!(reader.gaps.len(), 1);
    assert_eq!(reader.lines.len(), 6);
}

#[test]
fn files_that_came_and_went_between_two_looks_are_a_gap() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..3));
    reader.read();
    reader.append(LOG, lines(3..4));
    reader.remove(LOG);
    reader.append(LOG, line(10));
    look_often(&mut reader);
    // What was held was read to its end first.
    assert_eq!(gap_times(&reader), [(time(3), time(10))]);
    assert_eq!(reader.lines.len(), 5);
}

#[test]
fn a_file_that_was_half_read_and_is_gone_is_a_gap() {
    let mut reader = Reader::new();
    reader.append(&rotated(1), lines(0..3));
    reader.append(LOG, line(5));
    reader.read();
    // Not closed yet: the checkpoint does not call it done.
    reader.restart();
    reader.remove(&rotated(1));
    look_often(&mut reader);
    assert_eq!(gap_times(&reader), [(time(2), time(5))]);
}

#[test]
fn no_newer_file_is_gone_while_an_older_one_is_there() {
    let mut reader = Reader::new();
    reader.append(&rotated(1), lines(0..3));
    reader.append(LOG, "");
    reader.read();
    reader.restart();
    // It was empty, and nothing tells its compressed form from another file's.
    reader.append(LOG, lines(3..5));
    reader.rename(LOG, &rotated(2));
    reader.compress(&rotated(2));
    reader.append(LOG, line(5));
    look_often(&mut reader);
    reader.restart();
    look_often(&mut reader);
    reader.lines.sort();
    reader.check(0..6);
}

#[test]
fn a_log_without_files_is_no_gap_until_there_is_one() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..3));
    reader.read();
    reader.remove(LOG);
    look_often(&mut reader);
    reader.check(0..3);
    reader.append(LOG, line(10));
    look_often(&mut reader);
    assert_eq!(gap_times(&reader), [(time(2), time(10))]);
}

#[test]
fn a_checkpoint_waits_for_the_gap() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..3));
    reader.read();
    reader.restart();
    reader.remove(LOG);
    reader.append(LOG, line(10));
    // Seen, not believed, and the process dies.
    reader.read();
    reader.restart();
    look_often(&mut reader);
    assert_eq!(gap_times(&reader), [(time(2), time(10))]);
}

#[test]
fn a_line_that_is_too_long_is_cut_and_reading_goes_on() {
    let mut reader = Reader::with(10_000, false);
    let long = format!("{{\"auditID\":\"long\",\"x\":\"{}\"}}\n", "y".repeat(13 << 20));
    reader.append(LOG, line(0));
    reader.read();
    reader.append(LOG, &long.as_bytes()[..6 << 20]);
    reader.read();
    reader.append(LOG, &long.as_bytes()[6 << 20..]);
    reader.append(LOG, line(1));
    reader.read();
    assert_eq!(reader.lines.len(), 3);
    assert!(reader.lines[1].starts_with("{\"auditID\":\"long\""));
    reader.lines.remove(1);
    reader.check(0..2);
}

#[test]
fn a_damaged_checkpoint_means_reading_again() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..2));
    reader.read();
    reader.save();
    for entry in fs::read_dir(reader.dir.path().join("tail")).unwrap() {
        fs::write(entry.unwrap().path(), "{\"format\":1,").unwrap();
    }
    reader.crash();
    reader.read();
    reader.check([0, 1, 0, 1]);
}

#[test]
fn a_file_that_cannot_be_opened_is_told_of() {
    let mut reader = Reader::new();
    fs::create_dir(reader.path(LOG)).unwrap();
    reader.read();
    assert_eq!(reader.log.trouble(), None);
    fs::write(reader.path(&format!("{}.gz", rotated(1))), gzip(lines(0..9).as_bytes()).split_at(80).0)
        .unwrap();
    reader.read();
    assert!(reader.log.trouble().is_none_or(|trouble| trouble.contains("breaks off")));
}

#[test]
fn reported_drops_are_a_gap_of_so_many_events() {
    // Constructed after the API server's `HandlePluginError`.
    let report = |second: u32| {
        format!(
            "E1123 15:50:{second}.000000       1 metrics.go:109] \"Error in audit plugin 'buffered' affecting 2 audit events: audit buffer queue blocked\\nImpacted events:\\n\"\n"
        )
    };
    let mut reader = Reader::new();
    reader.append(LOG, [lines(0..1), report(10), report(12), lines(1..2)].concat());
    reader.read();
    let gaps = std::mem::take(&mut reader.gaps);
    let found: Vec<_> = gaps.iter().map(|gap| (gap.lost, gap.to.micros() - gap.from.micros())).collect();
    assert_eq!(found, [(Some(4), 2_000_000)]);
    assert!(gaps[0].reason.contains("plugin buffered"), "{gaps:?}");
    reader.restart();
    reader.read();
    reader.check(0..2);
}

#[test]
fn an_unreadable_checkpoint_does_not_count_as_a_log_that_is_new() {
    let mut reader = Reader::with(1 << 20, true);
    reader.append(LOG, lines(0..2));
    reader.read();
    reader.lines.clear();
    reader.append(LOG, lines(2..4));
    reader.read();
    reader.save();
    for checkpoint in fs::read_dir(reader.dir.path().join("tail")).unwrap() {
        fs::write(checkpoint.unwrap().path(), "{\"format\":").unwrap();
    }
    reader.append(LOG, lines(4..6));
    reader.lines.clear();
    reader.crash();
    reader.read();
    reader.check(0..6);
}
