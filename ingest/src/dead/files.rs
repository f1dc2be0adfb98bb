//! The files of the store.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use memchr::memrchr;
use taffrail_event::{Key, json};

use super::{DeadLetter, DeadLetterPage};

/// What is known of the files, oldest first.
#[derive(Debug, Default)]
pub(super) struct Segments {
    segments: VecDeque<Segment>,
    letters: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Segment {
    number: u64,
    bytes: u64,
    ids: Vec<Key>,
}

impl Segments {
    /// Reads all there is in `dir`.
    pub(super) fn load(dir: &Path) -> io::Result<Self> {
        let mut loaded = Self::default();
        for number in numbers(dir)? {
            let Some(bytes) = read(dir, number)? else { continue };
            let ids = lines(&bytes).filter_map(id).collect();
            loaded.add(number, bytes.len() as u64, ids);
        }
        Ok(loaded)
    }

    pub(super) fn letters(&self) -> u64 {
        self.letters
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = Key> + '_ {
        self.segments.iter().flat_map(|segment| segment.ids.iter().copied())
    }

    pub(super) fn next_number(&self) -> u64 {
        self.segments.back().map_or(0, |segment| segment.number) + 1
    }

    /// Notes `bytes` more in the file `number`, the newest.
    pub(super) fn add(&mut self, number: u64, bytes: u64, ids: Vec<Key>) {
        self.letters += ids.len() as u64;
        self.bytes += bytes;
        match self.segments.back_mut().filter(|segment| segment.number == number) {
            Some(segment) => {
                segment.bytes += bytes;
                segment.ids.extend(ids);
            }
            None => self.segments.push_back(Segment { number, bytes, ids }),
        }
    }

    /// Notes what is left of the file `number`.
    pub(super) fn replace(&mut self, number: u64, left: Option<(u64, Vec<Key>)>) {
        let Some(at) = self.segments.iter().position(|segment| segment.number == number) else { return };
        let Some(old) = self.segments.remove(at) else { return };
        self.letters -= old.ids.len() as u64;
        self.bytes -= old.bytes;
        if let Some((bytes, ids)) = left {
            self.letters += ids.len() as u64;
            self.bytes += bytes;
            self.segments.insert(at, Segment { number, bytes, ids });
        }
    }

    /// Takes out the oldest files, all but the newest, until the rest is within `max_bytes`.
    pub(super) fn drop_beyond(&mut self, max_bytes: u64) -> Vec<(u64, Vec<Key>)> {
        let mut dropped = Vec::new();
        while self.bytes > max_bytes && self.segments.len() > 1 {
            let Some(oldest) = self.segments.pop_front() else { break };
            self.bytes -= oldest.bytes;
            self.letters -= oldest.ids.len() as u64;
            dropped.push((oldest.number, oldest.ids));
        }
        dropped
    }
}

/// The newest file.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    number: u64,
    bytes: u64,
}

impl Writer {
    /// A new file, readable by its owner only; a leftover of that number is replaced.
    pub(super) fn create(dir: &Path, number: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(path(dir, number))?;
        File::open(dir)?.sync_all()?;
        Ok(Self { file, number, bytes: 0 })
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn fits(&self, len: usize, limit: u64) -> bool {
        self.bytes == 0 || self.bytes + len as u64 <= limit
    }

    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.write_all(lines)?;
        self.file.sync_data()?;
        self.bytes += lines.len() as u64;
        Ok(())
    }
}

pub(super) fn create_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

pub(super) fn remove(dir: &Path, number: u64) -> io::Result<()> {
    match fs::remove_file(path(dir, number)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Up to `limit` letters before `cursor`, newest first.
pub(super) fn list(dir: &Path, limit: usize, cursor: Option<u64>) -> io::Result<DeadLetterPage> {
    let mut page = DeadLetterPage::default();
    let before = cursor.map_or((u64::MAX, usize::MAX), from_cursor);
    for number in numbers(dir)?.into_iter().rev().filter(|number| *number <= before.0) {
        let Some(bytes) = read(dir, number)? else { continue };
        let mut end = if number == before.0 { before.1.min(bytes.len()) } else { bytes.len() };
        while end > 0 {
            if page.letters.len() == limit {
                page.next = Some(to_cursor(number, end));
                return Ok(page);
            }
            let start = memrchr(b'\n', &bytes[..end - 1]).map_or(0, |at| at + 1);
            // A line that is none was damaged on the disk; the others are still good.
            page.letters.extend(serde_json::from_slice::<DeadLetter>(&bytes[start..end]).ok());
            end = start;
        }
    }
    Ok(page)
}

/// The letters of a file, oldest first; none if it went away meanwhile.
pub(super) fn letters(dir: &Path, number: u64) -> io::Result<Vec<DeadLetter>> {
    let bytes = read(dir, number)?.unwrap_or_default();
    Ok(lines(&bytes).filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

/// Replaces a file by one without these letters, or removes it if there are no others. Returns what is left of it.
pub(super) fn rewrite(dir: &Path, number: u64, gone: &[Key]) -> io::Result<Option<(u64, Vec<Key>)>> {
    let Some(bytes) = read(dir, number)? else { return Ok(None) };
    let kept: Vec<u8> = lines(&bytes)
        .filter(|line| !id(line).is_some_and(|id| gone.contains(&id)))
        .flatten()
        .copied()
        .collect();
    if kept.is_empty() {
        remove(dir, number)?;
    } else {
        let temporary = dir.join(format!("{number:08}.tmp"));
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(&kept)?;
        file.sync_all()?;
        fs::rename(&temporary, path(dir, number))?;
    }
    File::open(dir)?.sync_all()?;
    Ok((!kept.is_empty()).then(|| (kept.len() as u64, lines(&kept).filter_map(id).collect())))
}

/// Whole lines with their ends.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

fn id(line: &[u8]) -> Option<Key> {
    json::member(line, "id").and_then(json::string).and_then(|id| Key::parse(&id))
}

/// File number and the offset in it before which to go on.
fn from_cursor(cursor: u64) -> (u64, usize) {
    (cursor >> 32, (cursor & u64::from(u32::MAX)) as usize)
}

fn to_cursor(number: u64, end: usize) -> u64 {
    number << 32 | (end as u64 & u64::from(u32::MAX))
}

/// The whole lines of a file; `None` if it went away meanwhile.
fn read(dir: &Path, number: u64) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path(dir, number)) {
        Ok(mut bytes) => {
            bytes.truncate(memrchr(b'\n', &bytes).map_or(0, |at| at + 1));
            Ok(Some(bytes))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The numbers of the files in `dir`, in order.
pub(super) fn numbers(dir: &Path) -> io::Result<Vec<u64>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        numbers.extend(name.to_str().and_then(|name| name.strip_suffix(".ndjson")?.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.ndjson"))
}
