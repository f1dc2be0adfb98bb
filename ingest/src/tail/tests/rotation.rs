//! Renamed, compressed, removed.

use super::*;

#[test]
fn history_is_read_oldest_first_and_then_what_is_written() {
    let mut reader = Reader::new();
    reader.append(&rotated(1), lines(0..2));
    reader.compress(&rotated(1));
    reader.append(&rotated(2), lines(2..4));
    reader.append(LOG, lines(4..5));
    reader.read();
    reader.append(LOG, line(5));
    reader.read();
    reader.check(0..6);
    assert_eq!(reader.log.lag(), 0);
}

#[test]
fn from_the_end_only_what_is_written_from_now_on_counts() {
    let mut reader = Reader::with(1 << 20, true);
    reader.append(&rotated(1), lines(0..2));
    reader.append(LOG, lines(2..4) + "{\"auditID\":\"half");
    reader.read();
    reader.check([]);
    reader.append(LOG, "\"}\n");
    reader.restart();
    reader.rename(LOG, &rotated(2));
    reader.append(LOG, line(5));
    reader.read();
    assert_eq!(reader.lines, ["{\"auditID\":\"half\"}", line(5).trim_end()]);
}

#[test]
fn t38_what_is_unread_is_read_under_the_new_name() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..1));
    reader.read();
    reader.append(LOG, lines(1..3));
    reader.rename(LOG, &rotated(1));
    reader.append(LOG, lines(3..4));
    reader.read();
    // The writer may still have had something to say to the old one.
    reader.append(&rotated(1), line(4));
    reader.read_until_closed();
    reader.append(&rotated(1), line(5));
    reader.read();
    reader.check(0..6);
}

#[test]
fn what_is_removed_while_it_is_read_is_read_to_its_end() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..2));
    reader.look();
    reader.append(LOG, lines(2..4));
    reader.remove(LOG);
    reader.read_seen();
    reader.check(0..4);
}

#[test]
fn a_last_line_without_an_end_waits_until_its_file_is_final() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..1) + line(1).trim_end());
    reader.read();
    reader.check(0..1);
    reader.rename(LOG, &rotated(1));
    reader.append(LOG, line(2));
    reader.read();
    reader.read_until(3);
    reader.lines.sort();
    reader.check(0..3);
}

#[test]
fn t39_five_rotations_between_two_looks_lose_nothing_that_is_kept() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..1));
    reader.read();
    for n in 1..=5 {
        reader.append(LOG, line(n));
        reader.rename(LOG, &rotated(n));
        if n > 3 {
            reader.remove(&rotated(n - 3));
        }
        // One look in the middle is enough: the first file is held.
        if n == 3 {
            reader.look();
        }
    }
    reader.append(LOG, line(6));
    reader.read();
    reader.check(0..7);
}

#[test]
fn t40_a_half_read_file_goes_on_in_its_compressed_form() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..2));
    reader.read();
    reader.restart();
    reader.append(LOG, lines(2..4));
    reader.rename(LOG, &rotated(1));
    reader.compress(&rotated(1));
    reader.append(LOG, line(4));
    reader.read();
    reader.check(0..5);
    // Once more, and it is known.
    reader.restart();
    reader.read();
    reader.check(0..5);
}

#[test]
fn a_compressed_file_whose_original_was_read_is_not_read() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..2));
    reader.read();
    reader.rename(LOG, &rotated(1));
    reader.append(LOG, line(2));
    reader.read_until_closed();
    reader.compress(&rotated(1));
    reader.read();
    reader.check(0..3);
}

#[test]
fn a_compressed_file_is_told_from_its_original_that_was_empty_when_it_was_opened() {
    let mut reader = Reader::new();
    reader.append(LOG, "");
    reader.look();
    reader.append(LOG, lines(0..3));
    reader.rename(LOG, &rotated(1));
    reader.compress(&rotated(1));
    reader.append(LOG, line(3));
    reader.read();
    reader.check(0..4);
}

#[test]
fn t41_a_compressed_file_that_breaks_off_is_tried_again() {
    let mut reader = Reader::new();
    let whole = gzip(lines(0..500).as_bytes());
    let name = format!("{}.gz", rotated(1));
    for part in [5, 20, whole.len() / 2, whole.len() - 1] {
        fs::write(reader.path(&name), &whole[..part]).unwrap();
        reader.read();
        reader.restart();
    }
    fs::write(reader.path(&name), &whole).unwrap();
    reader.append(LOG, line(500));
    reader.read_until(501);
    reader.lines.sort();
    reader.check(0..501);
}

#[test]
fn t41_a_compressed_file_beside_its_original_is_not_read() {
    let mut reader = Reader::new();
    reader.append(&rotated(1), lines(0..3));
    fs::write(reader.path(&format!("{}.gz", rotated(1))), &gzip(lines(0..3).as_bytes())[..30]).unwrap();
    reader.read();
    reader.check(0..3);
}

#[test]
fn t45_an_inode_that_is_given_out_again_is_another_file() {
    // The number of a file cannot be chosen: the content is replaced, as if it were another file of that number.
    let mut reader = Reader::new();
    reader.append(&rotated(1), lines(0..3));
    reader.append(LOG, line(3));
    reader.read_until_closed();
    reader.restart();
    fs::write(reader.path(&rotated(1)), lines(4..9)).unwrap();
    reader.read();
    reader.lines.sort();
    reader.check(0..9);
}

#[test]
fn t49_a_file_that_is_never_rotated_is_read_for_ever() {
    let mut reader = Reader::new();
    for n in 0..50 {
        reader.append(LOG, line(n));
        if n % 7 == 0 {
            reader.restart();
        }
        reader.read();
    }
    reader.check(0..50);
}

/// A line whose first 1,024 bytes a client chose: the audit id and the address.
fn chosen_line(n: usize) -> String {
    format!(
        "{{\"kind\":\"Event\",\"auditID\":\"{}\",\"stageTimestamp\":\"{}\"}}\n",
        "x".repeat(1100),
        time(n)
    )
}

#[test]
fn a_file_that_begins_like_the_one_before_is_no_copy_of_it() {
    let mut reader = Reader::new();
    let check = |reader: &Reader, count: usize| {
        let expected: Vec<_> = (0..count).map(|n| chosen_line(n).trim_end().to_owned()).collect();
        assert_eq!(reader.lines, expected);
        assert_eq!(reader.gaps, []);
    };
    // Both there at the first look.
    reader.append(&rotated(1), chosen_line(0));
    reader.append(LOG, chosen_line(1));
    reader.read_until(2);
    check(&reader, 2);
    // One that was read, and one that was not.
    reader.rename(LOG, &rotated(2));
    reader.append(LOG, chosen_line(2));
    reader.read_until(3);
    reader.read_until_closed();
    reader.append(LOG, chosen_line(3));
    reader.rename(LOG, &rotated(3));
    reader.append(LOG, chosen_line(4));
    reader.read_until(5);
    check(&reader, 5);
    // The original is gone, and so is what the process knew.
    reader.restart();
    reader.rename(LOG, &rotated(4));
    reader.remove(&rotated(3));
    reader.remove(&rotated(4));
    reader.append(LOG, chosen_line(5) + &chosen_line(6));
    reader.read_until(7);
    let expected: Vec<_> = (0..7).map(|n| chosen_line(n).trim_end().to_owned()).collect();
    assert_eq!(reader.lines, expected);
}

#[test]
fn a_copy_of_a_file_that_begins_like_another_is_told_by_what_was_read() {
    let mut reader = Reader::new();
    reader.append(LOG, chosen_line(0) + &chosen_line(1));
    reader.read();
    reader.append(LOG, chosen_line(2));
    fs::copy(reader.path(LOG), reader.path("audit.log.1")).unwrap();
    truncate(&reader.path(LOG));
    reader.append(LOG, chosen_line(3));
    reader.read_until(4);
    reader.read();
    let mut lines = reader.lines.clone();
    lines.sort();
    let expected: Vec<_> = (0..4).map(|n| chosen_line(n).trim_end().to_owned()).collect();
    assert_eq!(lines, expected);
}
