//! One look at the files of a log: which there are, and those that nobody holds yet are opened.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Weak};

use rustix::fs::{Mode, OFlags};

use super::content::{Held, Identity};
use super::find::LogPath;
use super::names::{Age, LogName};

/// What a look has shown.
#[derive(Debug, Default)]
pub(super) struct Sighting {
    /// Every file of the log, oldest first.
    pub(super) files: Vec<Identity>,
    /// The file under the log's own name.
    pub(super) current: Option<Identity>,
    /// Files that were opened at this look or at earlier ones that nobody has taken note of, oldest first.
    pub(super) opened: Vec<Held>,
    /// What could not be opened, and why.
    pub(super) trouble: Option<String>,
    /// Whether the directory is no longer there: nothing will follow.
    pub(super) is_gone: bool,
}

/// Remembers what was opened before.
#[derive(Debug, Default)]
pub(super) struct Looker {
    known: HashMap<Identity, Known>,
}

#[derive(Debug)]
struct Known {
    /// Whether it is still being read.
    file: Weak<File>,
    /// As it was last seen: a file that is closed and has changed is opened again.
    state: State,
}

type State = (u64, i64, i64);

fn state(metadata: &Metadata) -> State {
    (metadata.len(), metadata.mtime(), metadata.mtime_nsec())
}

struct Seen {
    age: Age,
    name: String,
    is_gzip: bool,
    metadata: Metadata,
}

impl Looker {
    /// How many files are held open.
    pub(super) fn held(&self) -> usize {
        self.known.values().filter(|known| known.file.strong_count() > 0).count()
    }

    /// Looks. Opens up to `room` files, the oldest first: they are the next to be removed.
    pub(super) fn look(&mut self, log: &LogPath, room: usize) -> io::Result<Sighting> {
        let files = list(log)?;
        let mut sighting = Sighting::default();
        for seen in &files {
            let identity = Identity::of(&seen.metadata);
            if !sighting.files.contains(&identity) {
                sighting.files.push(identity);
            }
            if seen.age == Age::Current && !seen.is_gzip {
                sighting.current = Some(identity);
            }
            if !self.is_news(identity, &seen.metadata) || sighting.opened.len() >= room {
                continue;
            }
            match open(log, seen) {
                Ok(Some(held)) => {
                    let metadata = held.file.metadata()?;
                    // Under this name there may be another file by now, which is known or comes up at the next look.
                    if self.is_news(held.identity, &metadata) {
                        let known = Known { file: Arc::downgrade(&held.file), state: state(&metadata) };
                        self.known.insert(held.identity, known);
                        sighting.opened.push(held);
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    let path = log.dir.join(&seen.name);
                    sighting.trouble = Some(format!("cannot open {}: {error}", path.display()));
                }
            }
        }
        self.known
            .retain(|identity, known| known.file.strong_count() > 0 || sighting.files.contains(identity));
        Ok(sighting)
    }

    /// Whether this file is to be opened. What is being read is not.
    fn is_news(&mut self, identity: Identity, metadata: &Metadata) -> bool {
        match self.known.get_mut(&identity) {
            None => true,
            Some(known) if known.file.strong_count() > 0 => {
                known.state = state(metadata);
                false
            }
            Some(known) => known.state != state(metadata),
        }
    }
}

/// The log's files, oldest first, without compressed ones whose original is still there.
fn list(log: &LogPath) -> io::Result<Vec<Seen>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(&log.dir)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let parts = LogName::of(&name);
        if parts.base != log.base {
            continue;
        }
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => {
                files.push(Seen { age: parts.age, name, is_gzip: parts.is_gzip, metadata });
            }
            Ok(_) => {}
            // Rotated while we look.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    files.sort_by(|one, other| one.age.cmp(&other.age).then(one.is_gzip.cmp(&other.is_gzip)));
    let mut last: Option<Age> = None;
    files.retain(|file| {
        let is_twin = file.is_gzip && file.age != Age::Current && last.as_ref() == Some(&file.age);
        last = Some(file.age.clone());
        !is_twin
    });
    Ok(files)
}

/// `None` if it is gone, or is no plain file any more.
fn open(log: &LogPath, seen: &Seen) -> io::Result<Option<Held>> {
    // Not by a link, and without waiting for the other end of a pipe: the directory may be another's.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(log.dir.join(&seen.name), flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::LOOP) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let metadata = file.metadata()?;
    let held = Held { identity: Identity::of(&metadata), is_gzip: seen.is_gzip, file: Arc::new(file) };
    Ok(metadata.is_file().then_some(held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_opened_once() {
        let dir = tempfile::tempdir().unwrap();
        let log = LogPath { dir: dir.path().to_path_buf(), base: "a.log".to_owned() };
        let mut looker = Looker::default();
        let mut check = |room: usize, files: usize, opened: usize| {
            let sighting = looker.look(&log, room).unwrap();
            assert_eq!((sighting.files.len(), sighting.opened.len()), (files, opened));
            sighting.opened
        };
        let write = |name: &str, content: &str| fs::write(dir.path().join(name), content).unwrap();
        check(9, 0, 0);
        write("a.log.1", "x");
        write("a.log.1.gz", "ignored: its original is there");
        write("a.log", "");
        write("b.log", "another's");
        std::os::unix::fs::symlink("a.log", dir.path().join("a.log.7")).unwrap();
        let first = check(1, 2, 1);
        assert_eq!(first[0].size().unwrap(), 1);
        let second = check(9, 2, 1);
        check(9, 2, 0);
        // Held, it is read whatever it is called and however it grows.
        fs::rename(dir.path().join("a.log"), dir.path().join("a.log-20261123")).unwrap();
        write("a.log-20261123", "more");
        check(9, 2, 0);
        drop((first, second));
        check(9, 2, 0);
        // Closed, it is opened again only when it changes.
        write("a.log-20261123", "more and more");
        check(9, 2, 1);
        fs::remove_file(dir.path().join("a.log.1")).unwrap();
        check(9, 2, 1);
    }
}
