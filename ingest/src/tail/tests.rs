//! A log under every treatment, read without threads: one look and all that is there, as often as a test wants.

mod restarts;
mod rotation;
mod service;
mod trouble;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use taffrail_event::Gap;
use tempfile::TempDir;

use super::checkpoint::Checkpoints;
use super::find::LogPath;
use super::hand_on::Done;
use super::log::Log;
use super::look::Looker;
use crate::intake::IntakeOrigin;

/// A log, and somebody who reads it.
struct Reader {
    dir: TempDir,
    log: Log,
    looker: Looker,
    /// Every line that was handed on.
    lines: Vec<String>,
    gaps: Vec<Gap>,
    max_line_bytes: u64,
    from_end: bool,
}

const LOG: &str = "audit.log";

impl Reader {
    fn new() -> Self {
        Self::with(1 << 20, false)
    }

    fn with(max_line_bytes: u64, from_end: bool) -> Self {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("log")).unwrap();
        let log = open_log(dir.path(), max_line_bytes, from_end);
        let looker = Looker::default();
        Self { dir, log, looker, lines: Vec::new(), gaps: Vec::new(), max_line_bytes, from_end }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("log").join(name)
    }

    fn append(&self, name: &str, content: impl AsRef<[u8]>) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(content.as_ref()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// As lumberjack does it: the original goes when the compressed file is whole.
    fn compress(&self, name: &str) {
        let content = fs::read(self.path(name)).unwrap();
        fs::write(self.path(&format!("{name}.gz")), gzip(&content)).unwrap();
        self.remove(name);
    }

    fn look(&mut self) {
        let log = LogPath { dir: self.path(""), base: LOG.to_owned() };
        let sighting = self.looker.look(&log, 100).unwrap();
        self.log.saw(sighting);
    }

    /// Looks, and reads everything that is there.
    fn read(&mut self) {
        self.look();
        self.read_seen();
    }

    fn read_seen(&mut self) {
        while let Some((file, piece)) = self.log.next_piece() {
            let text = String::from_utf8(piece.body).unwrap();
            self.lines.extend(text.lines().map(str::to_owned));
            self.log.done(Done { file, end: piece.end, ending: piece.ending, last: piece.last });
        }
        while let Some(gap) = self.log.gap() {
            self.gaps.push(gap.clone());
            self.log.gap_reported();
        }
    }

    /// Reads until there are that many lines.
    fn read_until(&mut self, lines: usize) {
        wait(|| {
            self.read();
            self.lines.len() >= lines
        });
    }

    /// Reads until every file but the current one is closed.
    fn read_until_closed(&mut self) {
        wait(|| {
            self.read();
            self.log.open_files() <= 1
        });
    }

    fn save(&mut self) {
        self.log.save(&checkpoints(self.dir.path()), true).unwrap();
    }

    /// Forgets everything but the checkpoint.
    fn restart(&mut self) {
        self.save();
        self.crash();
    }

    fn crash(&mut self) {
        self.log = open_log(self.dir.path(), self.max_line_bytes, self.from_end);
        self.looker = Looker::default();
    }

    fn check(&self, lines: impl IntoIterator<Item = usize>) {
        let expected: Vec<_> = lines.into_iter().map(|n| line(n).trim_end().to_owned()).collect();
        assert_eq!(self.lines, expected);
        assert_eq!(self.gaps, []);
    }
}

fn checkpoints(dir: &Path) -> Checkpoints {
    Checkpoints::open(&dir.join("tail")).unwrap()
}

fn open_log(dir: &Path, max_line_bytes: u64, from_end: bool) -> Log {
    let origin = IntakeOrigin::file("prod", "file:/log/audit.log");
    Log::open(dir.join("log").join(LOG), origin, max_line_bytes, from_end, &checkpoints(dir))
}

/// A line like an event's, long enough to tell its file.
fn line(n: usize) -> String {
    format!(
        "{{\"kind\":\"Event\",\"auditID\":\"{n:08}\",\"pad\":\"{}\",\"stageTimestamp\":\"{}\"}}\n",
        "x".repeat(300),
        time(n)
    )
}

fn time(n: usize) -> String {
    format!("2026-11-23T16:{:02}:{:02}.000000Z", n / 60, n % 60)
}

fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(line).collect()
}

/// A rotated file's name; later ones sort behind.
fn rotated(n: usize) -> String {
    format!("audit-2026-11-23T15-50-{n:02}.000.log")
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn wait(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Empties a file that somebody else may have open.
fn truncate(path: &Path) {
    File::options().write(true).open(path).unwrap().set_len(0).unwrap();
}
