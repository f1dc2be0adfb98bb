//! Wherever reading stops, it goes on there.

use memchr::{memchr, memrchr};
use proptest::prelude::*;

use super::*;

/// Reads `content` up to every byte, and the rest after a restart; how the log is treated meanwhile, `between` says.
fn stopped_everywhere(content: &str, step: usize, expected: &[String], between: impl Fn(&mut Reader)) {
    for at in (0..content.len()).step_by(step) {
        let mut reader = Reader::new();
        reader.append(LOG, &content.as_bytes()[..at]);
        reader.read();
        reader.restart();
        reader.append(LOG, &content.as_bytes()[at..]);
        between(&mut reader);
        reader.read();
        // An old file may come to light only beside the new one.
        reader.lines.sort();
        assert_eq!(reader.lines, expected, "stopped at byte {at}");
        assert_eq!(reader.gaps, [], "stopped at byte {at}");
    }
}

#[test]
fn t48_stopped_at_every_byte() {
    let expected: Vec<String> = lines(0..2).lines().map(str::to_owned).collect();
    stopped_everywhere(&lines(0..2), 1, &expected, |_| ());
}

#[test]
fn t48_stopped_at_every_byte_of_a_file_that_is_compressed_meanwhile() {
    let expected: Vec<String> = lines(0..4).lines().map(str::to_owned).collect();
    stopped_everywhere(&lines(0..3), 3, &expected, |reader| {
        reader.rename(LOG, &rotated(1));
        reader.compress(&rotated(1));
        reader.append(LOG, line(3));
    });
}

#[test]
fn t48_stopped_at_every_byte_of_a_container_log() {
    let events: Vec<String> = (0..3).map(|n| format!("{{\"auditID\":\"{n}\"}}")).collect();
    let parts = |event: &str| {
        let (head, tail) = event.split_at(5);
        [(head.to_owned(), false), (tail.to_owned(), true)]
    };
    let cri: String = events
        .iter()
        .flat_map(|event| parts(event))
        .map(|(part, is_last)| {
            format!("2026-11-23T15:50:35.2Z stdout {} {part}\n", if is_last { "F" } else { "P" })
        })
        .collect();
    let docker: String = events
        .iter()
        .flat_map(|event| parts(event))
        .map(|(part, is_last)| {
            let part = part.replace('"', "\\\"");
            format!(
                "{{\"log\":\"{part}{}\",\"stream\":\"stdout\",\"time\":\"t\"}}\n",
                if is_last { "\\n" } else { "" }
            )
        })
        .collect();
    for content in [cri, docker] {
        stopped_everywhere(&content, 1, &events, |_| ());
    }
}

#[test]
fn after_a_crash_more_is_read_again_and_nothing_is_left_out() {
    let mut reader = Reader::new();
    reader.append(LOG, lines(0..2));
    reader.read();
    reader.save();
    reader.append(LOG, lines(2..4));
    reader.read();
    reader.crash();
    reader.read();
    reader.check([0, 1, 2, 3, 2, 3]);
}

#[derive(Debug, Clone)]
enum Step {
    Write(usize),
    Rotate,
    Compress,
    Prune,
    Read,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_usize..700).prop_map(Step::Write),
        2 => Just(Step::Rotate),
        1 => Just(Step::Compress),
        1 => Just(Step::Prune),
        4 => Just(Step::Read),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the writer does between two looks: as long as it removes only what was read, no line is missing.
    #[test]
    fn every_line_comes_and_once_without_restarts(steps in proptest::collection::vec(step(), 1..40)) {
        let mut reader = Reader::new();
        let all = lines(0..60).into_bytes();
        let restarts = steps.iter().any(|step| matches!(step, Step::Restart));
        let (mut written, mut names, mut rotations) = (0, Vec::new(), 0);
        // Files that were there at the last read.
        let mut read = 0;
        for step in steps {
            match step {
                Step::Write(bytes) => {
                    let end = (written + bytes).min(all.len());
                    reader.append(LOG, &all[written..end]);
                    written = end;
                }
                // API servers rotate between two lines only.
                Step::Rotate if reader.path(LOG).is_file() => {
                    let end = memchr(b'\n', &all[written..]).map_or(all.len(), |at| written + at + 1);
                    if written > 0 && all[written - 1] != b'\n' {
                        reader.append(LOG, &all[written..end]);
                        written = end;
                    }
                    rotations += 1;
                    reader.rename(LOG, &rotated(rotations));
                    reader.append(LOG, "");
                    names.push(rotated(rotations));
                }
                Step::Compress => {
                    if let Some(name) = names.iter_mut().find(|name| !name.ends_with(".gz")) {
                        reader.compress(name);
                        name.push_str(".gz");
                    }
                }
                Step::Prune if read > 0 && !names.is_empty() => {
                    reader.remove(&names.remove(0));
                    read -= 1;
                }
                Step::Read => {
                    reader.read();
                    read = names.len();
                }
                Step::Restart => reader.restart(),
                Step::Rotate | Step::Prune => {}
            }
        }
        reader.read();
        let whole = &all[..memrchr(b'\n', &all[..written]).map_or(0, |end| end + 1)];
        reader.lines.sort();
        let whole: Vec<_> = String::from_utf8_lossy(whole).lines().map(str::to_owned).collect();
        if restarts {
            // A checkpoint waits while a gap is suspected, so that more is read again.
            reader.lines.dedup();
        }
        prop_assert!(reader.lines == whole, "{} lines of {}", reader.lines.len(), whole.len());
    }
}
