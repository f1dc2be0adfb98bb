//! `taffrail backup DIR`: a consistent copy of the data directory, also while a server writes to it.
//!
//! Order: the small files at the top, how far followed logs are read and notifications are sent, the manifest of the index, the journal from where that manifest wants it replayed, the
//! splits, the dead letters. The splits may be newer than the manifest: then the copy is what a crash between a commit and the
//! manifest leaves, and records that come from the journal once more change nothing. What was acknowledged before the start
//! is in the journal's part or below it, in the splits.
//!
//! All files are linked or opened within moments, and read and synced after that. If the server removes one in these moments (a
//! compaction, retention, a journal that was given back), the copy begins anew. It is made beside its place and gets its
//! name when all of it is on the disk and can be opened.

mod copy;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use taffrail_config::Settings;
use taffrail_event::Timestamp;
use taffrail_index::{IndexError, Snapshot, Store};
use taffrail_ingest::{DeadLetters, journal};

use self::copy::{Copy, Tally, publish};
use super::answer::answer;
use super::bytes::bytes_in_words;
use super::table::counted;
use crate::actors::actor_rules;
use crate::args::BackupArgs;
use crate::data_dir::DataDir;
use crate::exit::{FOUND, WrongUse};
use crate::serve::raise_open_files;
use crate::{settings, telemetry};

/// Linking takes moments, and a server removes files a few times a minute.
const ATTEMPTS: usize = 100;

/// Files at the top that belong to a process, not to the data.
const OF_A_PROCESS: [&str; 2] = ["lock", "server.json"];

/// Runs the command.
pub(crate) fn run(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let settings = settings::load(&args.settings)?;
    telemetry::start_quietly(&settings.log)?;
    raise_open_files();
    let data = DataDir::existing(&settings.data)?;
    let place = Place::of(&args.dir, &data)?;
    let started = Timestamp::now();
    let tally = place.fill(&data, &settings)?;
    let copy = DataDir::existing(&place.name)?;
    let documents = Store::open_read_only(&copy.index(), &settings.index, &actor_rules(&settings))?
        .search()
        .progress()
        .documents;
    let shown = place.name.display();
    answer(|out| {
        writeln!(out, "copied {} to {shown}", data.path().display())?;
        writeln!(
            out,
            "  {}, and everything else that was acknowledged before {started}",
            counted(documents, "indexed event")
        )?;
        writeln!(
            out,
            "  {} in {} shared with the original, {} in {} copied",
            bytes_in_words(tally.linked_bytes),
            counted(tally.linked, "file"),
            bytes_in_words(tally.copied_bytes),
            counted(tally.copied, "file")
        )?;
        writeln!(
            out,
            "  `taffrail search --data {shown}` reads it, `taffrail serve --data {shown}` goes on from it"
        )?;
        Ok(FOUND)
    })
}

/// Where the copy goes.
struct Place {
    name: PathBuf,
    /// Where it is made.
    temporary: PathBuf,
}

/// Why an attempt came to nothing.
enum Missed {
    /// The server has moved on: again, from the start.
    Moved(anyhow::Error),
    Failed(anyhow::Error),
    /// Another backup to the same place was faster.
    Taken(anyhow::Error),
}

impl Place {
    fn of(dir: &Path, data: &DataDir) -> anyhow::Result<Self> {
        let wrong = |why: &str| anyhow::Error::from(WrongUse(format!("{}: {why}", dir.display())));
        let file_name = dir.file_name().ok_or_else(|| wrong("name a new directory"))?;
        match fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
            Ok(true) => return Err(wrong("the directory is there and holds something; name a new one")),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot use {}", dir.display()));
            }
            _ => {}
        }
        let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let parent = parent.canonicalize().with_context(|| format!("cannot find {}", parent.display()))?;
        let original = data.path().canonicalize()?;
        if parent.starts_with(&original) {
            return Err(wrong("a backup inside the data directory goes with it; name another place"));
        }
        let mut temporary = OsString::from(file_name);
        temporary.push(".tmp");
        let temporary = parent.join(temporary);
        if temporary.try_exists()? {
            return Err(wrong(&format!(
                "{} is there, which a backup leaves that runs or was interrupted; remove it first",
                temporary.display()
            )));
        }
        Ok(Self { name: parent.join(file_name), temporary })
    }

    fn fill(&self, data: &DataDir, settings: &Settings) -> anyhow::Result<Tally> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.attempt(data, settings) {
                Ok(tally) => return Ok(tally),
                Err(Missed::Moved(error)) if attempts < ATTEMPTS => {
                    tracing::debug!(
                        error = format!("{error:#}"),
                        "the data changed under the backup; beginning anew"
                    );
                    self.clear();
                }
                Err(Missed::Moved(error) | Missed::Failed(error)) => {
                    self.clear();
                    return Err(error);
                }
                Err(Missed::Taken(error)) => return Err(error),
            }
        }
    }

    fn attempt(&self, data: &DataDir, settings: &Settings) -> Result<Tally, Missed> {
        let mut copy = Copy::new(&self.temporary).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Missed::Taken(self.in_words(error)),
            _ => self.failed(error),
        })?;
        self.copy_top(data, &mut copy)?;
        let mut snapshot = Snapshot::begin(&data.index()).map_err(of_index)?;
        self.copy_journal(data, &snapshot, &mut copy)?;
        snapshot.add_splits().map_err(of_index)?;
        self.copy_index(data, &snapshot, &mut copy)?;
        self.copy_dead_letters(data, &mut copy)?;
        let tally = copy.finish().map_err(|error| self.failed(error))?;
        // What cannot be read again is no backup.
        Store::open_read_only(&self.temporary.join("index"), &settings.index, &actor_rules(settings))
            .map_err(|error| Missed::Failed(error.into()))?;
        publish(&self.temporary, &self.name).map_err(|error| self.failed(error))?;
        Ok(tally)
    }

    /// Before everything else: what they say of the data has happened then. What checkpoints of followed logs count as read is in
    /// the journal, which comes later.
    fn copy_top(&self, data: &DataDir, copy: &mut Copy) -> Result<(), Missed> {
        self.copy_files(data.path(), Path::new(""), copy)?;
        self.copy_files(&data.tail(), Path::new("tail"), copy)?;
        self.copy_files(&data.notify(), Path::new("notify"), copy)
    }

    /// The files of a directory, if there is one, without those below it.
    fn copy_files(&self, from: &Path, to: &Path, copy: &mut Copy) -> Result<(), Missed> {
        let entries = match fs::read_dir(from) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|error| self.failed(error))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| self.failed(error))?;
            let name = entry.file_name();
            let is_left_out = OF_A_PROCESS.iter().any(|left_out| name == *left_out)
                || Path::new(&name).extension().is_some_and(|extension| extension == "tmp");
            if !is_left_out && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                let content = fs::read(entry.path()).map_err(|error| self.missed(error))?;
                copy.write(&to.join(&name), &content).map_err(|error| self.failed(error))?;
            }
        }
        Ok(())
    }

    fn copy_index(&self, data: &DataDir, snapshot: &Snapshot, copy: &mut Copy) -> Result<(), Missed> {
        let (from, to) = (data.index(), Path::new("index"));
        copy.dir(&to.join("splits")).map_err(|error| self.failed(error))?;
        for path in &snapshot.immutable {
            copy.share(&from.join(path), &to.join(path)).map_err(|error| self.missed(error))?;
        }
        for (path, content) in &snapshot.contents {
            copy.write(&to.join(path), content).map_err(|error| self.missed(error))?;
        }
        Ok(())
    }

    fn copy_journal(&self, data: &DataDir, snapshot: &Snapshot, copy: &mut Copy) -> Result<(), Missed> {
        let segments = journal::segment_files(&data.journal(), snapshot.replay_from)
            .map_err(|error| Missed::Failed(error.into()))?;
        let is_short = segments.first().is_some_and(|segment| segment.first > snapshot.replay_from);
        if is_short && !snapshot.is_current() {
            return Err(Missed::Moved(anyhow::anyhow!("the journal was given back beyond the manifest")));
        }
        for segment in &segments {
            let to = Path::new("journal").join(segment.path.file_name().unwrap_or_default());
            let copied = if segment.is_closed {
                copy.share(&segment.path, &to)
            } else {
                copy.copy(&segment.path, &to)
            };
            copied.map_err(|error| self.missed(error))?;
        }
        Ok(())
    }

    fn copy_dead_letters(&self, data: &DataDir, copy: &mut Copy) -> Result<(), Missed> {
        let files = DeadLetters::files_in(&data.dead()).map_err(|error| Missed::Failed(error.into()))?;
        for path in &files {
            let to = Path::new("dead").join(path.file_name().unwrap_or_default());
            copy.copy(path, &to).map_err(|error| self.missed(error))?;
        }
        Ok(())
    }

    /// A file that is gone was removed by the server.
    fn missed(&self, error: io::Error) -> Missed {
        if error.kind() == io::ErrorKind::NotFound {
            Missed::Moved(self.in_words(error))
        } else {
            self.failed(error)
        }
    }

    fn failed(&self, error: io::Error) -> Missed {
        Missed::Failed(self.in_words(error))
    }

    fn in_words(&self, error: io::Error) -> anyhow::Error {
        anyhow::Error::from(error).context(format!("cannot fill {}", self.temporary.display()))
    }

    /// What is left of an attempt is of no use.
    fn clear(&self) {
        if let Err(error) = fs::remove_dir_all(&self.temporary)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %self.temporary.display(), "what is left of the backup cannot be removed");
        }
    }
}

fn of_index(error: IndexError) -> Missed {
    match &error {
        IndexError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            Missed::Moved(error.into())
        }
        _ => Missed::Failed(error.into()),
    }
}
