use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use taffrail_config::RedactionSettings;
use taffrail_event::{Origin, Timestamp, Via};

use super::*;
use crate::redact::Redactor;

fn redactor() -> Redactor {
    Redactor::new(&RedactionSettings::default(), &[7; 32]).unwrap()
}

fn origin(cluster: &str) -> Arc<Origin> {
    Arc::new(Origin {
        cluster: cluster.into(),
        source: "webhook".into(),
        via: Via::Webhook,
        received: Timestamp::from_micros(1),
    })
}

fn letter(text: &str) -> DeadLetter {
    DeadLetter::of_item(text.as_bytes(), "for the test", &origin("prod"), &redactor())
}

fn excerpts(page: &DeadLetterPage) -> Vec<&str> {
    page.letters.iter().map(|letter| letter.excerpt.as_str()).collect()
}

#[test]
fn letters_are_listed_newest_first_by_the_writer_and_by_others() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("dead");
    assert_eq!(DeadLetters::list_in(&dir, 10, None).unwrap().0, DeadLetterPage::default());
    let dead = DeadLetters::open(&dir, 1 << 20).unwrap();
    for text in ["one", "two", "three"] {
        dead.append(&[letter(text)]).unwrap();
    }
    let page = dead.list(2, None).unwrap();
    assert_eq!(excerpts(&page), ["three", "two"]);
    let rest = dead.list(2, page.next).unwrap();
    assert_eq!((excerpts(&rest), rest.next), (vec!["one"], None));
    let (page, totals) = DeadLetters::list_in(&dir, 10, None).unwrap();
    assert_eq!(excerpts(&page), ["three", "two", "one"]);
    assert_eq!(totals.stored, 3);
    assert_eq!(page.letters[0], letter("three"));
}

#[test]
fn the_same_bytes_of_a_cluster_are_stored_once_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let dead = DeadLetters::open(dir.path(), 1 << 20).unwrap();
    dead.append(&[letter("one"), letter("two"), letter("one")]).unwrap();
    dead.append(&[letter("two")]).unwrap();
    let elsewhere = DeadLetter::of_item(b"two", "for the test", &origin("other"), &redactor());
    dead.append(&[elsewhere]).unwrap();
    assert_eq!((dead.totals().stored, dead.totals().received), (3, 5));
    drop(dead);
    let dead = DeadLetters::open(dir.path(), 1 << 20).unwrap();
    dead.append(&[letter("one"), letter("four")]).unwrap();
    assert_eq!(excerpts(&dead.list(10, None).unwrap()), ["four", "two", "two", "one"]);
}

#[test]
fn the_oldest_go_when_there_are_too_many() {
    let dir = tempfile::tempdir().unwrap();
    let max_bytes = 16 << 10;
    let dead = DeadLetters::open(dir.path(), max_bytes).unwrap();
    for number in 0..200 {
        dead.append(&[letter(&format!("letter {number}"))]).unwrap();
    }
    let totals = dead.totals();
    assert!(totals.bytes <= max_bytes && totals.bytes > max_bytes / 2, "{totals:?}");
    let all = dead.list(1000, None).unwrap().letters;
    assert_eq!(all.len() as u64, totals.stored);
    assert_eq!(all[0].excerpt, "letter 199");
    let on_disk: u64 =
        std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(on_disk, totals.bytes);
    // What has gone is new again.
    dead.append(&[letter("letter 0")]).unwrap();
    assert_eq!(dead.list(1, None).unwrap().letters[0].excerpt, "letter 0");
}

#[test]
fn only_the_owner_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("dead");
    DeadLetters::open(&dir, 1 << 20).unwrap().append(&[letter("x")]).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("00000001.ndjson")), 0o600);
}

#[test]
fn a_torn_or_damaged_line_costs_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let dead = DeadLetters::open(dir.path(), 1 << 20).unwrap();
    dead.append(&[letter("one"), letter("two"), letter("three")]).unwrap();
    drop(dead);
    let path = dir.path().join("00000001.ndjson");
    let mut lines = std::fs::read_to_string(&path).unwrap();
    lines = lines.replace("\"two\"", "\"tw");
    lines.push_str("{\"id\":\"00");
    std::fs::write(&path, lines).unwrap();
    let dead = DeadLetters::open(dir.path(), 1 << 20).unwrap();
    assert_eq!(excerpts(&dead.list(10, None).unwrap()), ["three", "one"]);
    dead.append(&[letter("four")]).unwrap();
    assert_eq!(excerpts(&dead.list(10, None).unwrap()), ["four", "three", "one"]);
}

#[test]
fn a_long_letter_is_cut_and_says_so() {
    let long = "é ".repeat(100_000);
    let letter = letter(&long);
    assert_eq!(letter.size, 300_000);
    assert!(letter.excerpt.len() < 66_000 && letter.excerpt.ends_with(" ... (cut, 300000 bytes in all)"));
    assert_eq!(letter.sha256.len(), 64);
}

#[test]
fn letters_that_are_taken_out_are_gone_for_good_and_the_rest_stays() {
    let dir = tempfile::tempdir().unwrap();
    let dead = DeadLetters::open(dir.path(), 1 << 20).unwrap();
    dead.append(&[letter("one"), letter("two"), letter("three")]).unwrap();
    let file = dead.files().unwrap()[0];
    assert_eq!(dead.letters_of(file).unwrap().len(), 3);
    dead.forget(file, &[letter("two").id]).unwrap();
    assert_eq!(excerpts(&dead.list(10, None).unwrap()), ["three", "one"]);
    assert_eq!(dead.totals().stored, 2);
    // What was taken out is new when it comes again; the writer has begun another file.
    dead.append(&[letter("one"), letter("two")]).unwrap();
    assert_eq!(excerpts(&dead.list(10, None).unwrap()), ["two", "three", "one"]);
    let totals = dead.totals();
    drop(dead);
    let dead = DeadLetters::open(dir.path(), 1 << 20).unwrap();
    assert_eq!((dead.totals().stored, dead.totals().bytes), (totals.stored, totals.bytes));
    for file in dead.files().unwrap() {
        let all: Vec<Key> = dead.letters_of(file).unwrap().iter().map(|letter| letter.id).collect();
        dead.forget(file, &all).unwrap();
    }
    assert_eq!((dead.totals().stored, dead.totals().bytes, dead.files().unwrap()), (0, 0, Vec::new()));
}
