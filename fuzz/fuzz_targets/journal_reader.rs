//! A journal whose bytes are changed, cut or prolonged anywhere gives back frames that were appended, in order and once,
//! and says what is missing; nothing else comes out. A file of any bytes is no danger either.
#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use taffrail_ingest::journal::{Item, Journal, JournalOptions, inspect};
use tempfile::TempDir;

#[derive(Debug, Arbitrary)]
struct Input {
    frames: Vec<(u8, Vec<u8>)>,
    small_segments: bool,
    damage: Vec<Damage>,
}

#[derive(Debug, Arbitrary)]
enum Damage {
    Change { file: u8, at: u16, xor: u8 },
    Cut { file: u8, at: u16 },
    Append { file: u8, bytes: Vec<u8> },
    Remove { file: u8 },
    Replace { file: u8, bytes: Vec<u8> },
}

fuzz_target!(|input: Input| {
    // In memory: what is tested is the reader, not the disk.
    let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("create a directory");
    let options = JournalOptions {
        segment_bytes: if input.small_segments { 256 } else { 1 << 20 },
        min_free_bytes: 0,
        ..JournalOptions::default()
    };
    let appended = write(folder.path(), &options, &input.frames);
    for damage in &input.damage {
        inflict(folder.path(), damage);
    }
    let _summary = inspect(folder.path());
    let Ok((journal, _report)) = Journal::open(folder.path(), options, 0) else { return };
    let end = journal.end();
    let mut reader = journal.reader(journal.first()).expect("what is first can be read");
    let mut next = journal.first();
    while next < end {
        let items = reader.next(1 << 20, Duration::ZERO).expect("a damaged journal can still be read");
        assert!(!items.is_empty(), "stuck at {next} of {end}");
        for item in items {
            match item {
                Item::Frame(frame) => {
                    assert!(frame.first >= next, "{} came again after {next}", frame.first);
                    assert_eq!(appended.get(&frame.first), Some(&(frame.records, frame.payload.to_vec())));
                    next = frame.next();
                }
                Item::Damage(damage) => next = next.max(damage.next_good.unwrap_or(end)),
            }
        }
    }
});

fn write(folder: &Path, options: &JournalOptions, frames: &[(u8, Vec<u8>)]) -> BTreeMap<u64, (u32, Vec<u8>)> {
    let (journal, _report) = Journal::open(folder, options.clone(), 0).expect("an empty directory is fine");
    let mut appended = BTreeMap::new();
    for (records, payload) in frames {
        let records = u32::from(*records).max(1);
        let at = journal.append(&[payload], records).expect("there is room");
        appended.insert(at.first, (records, payload.clone()));
    }
    journal.wait_durable(journal.end()).expect("memory can be synced");
    appended
}

fn inflict(folder: &Path, damage: &Damage) {
    let (Damage::Change { file, .. }
    | Damage::Cut { file, .. }
    | Damage::Append { file, .. }
    | Damage::Remove { file }
    | Damage::Replace { file, .. }) = damage;
    let mut segments: Vec<PathBuf> = fs::read_dir(folder)
        .expect("list segments")
        .map(|entry| entry.expect("list segments").path())
        .collect();
    segments.retain(|path| path.extension().is_some_and(|extension| extension == "seg"));
    segments.sort();
    if segments.is_empty() {
        return;
    }
    let path = &segments[usize::from(*file) % segments.len()];
    let mut bytes = fs::read(path).expect("read a segment");
    match damage {
        Damage::Change { at, xor, .. } => {
            if let Some(byte) = bytes.get_mut(usize::from(*at)) {
                *byte ^= xor;
            }
        }
        Damage::Cut { at, .. } => bytes.truncate(usize::from(*at)),
        Damage::Append { bytes: more, .. } => bytes.extend_from_slice(more),
        Damage::Replace { bytes: other, .. } => bytes.clone_from(other),
        Damage::Remove { .. } => {
            fs::remove_file(path).expect("remove a segment");
            return;
        }
    }
    fs::write(path, bytes).expect("write a segment");
}
