//! How far a target is, on disk: `<data>/notify/NAME.json`, replaced as a whole.
//!
//! It says less than is true at any time, never more: what it does not know of is looked at again, and the one event whose
//! answer came when the process died is sent again.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use taffrail_event::{Key, crash_point};

use super::progress::{Place, Progress, Totals, Waiting};
use crate::data_dir::{read_file, replace_file};

/// The layout that this build writes and the newest that it reads.
const FORMAT: u32 = 1;

/// Where a target's checkpoint is.
#[derive(Debug)]
pub(super) struct Checkpoint {
    dir: PathBuf,
    name: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    format: u32,
    place: Place,
    totals: Totals,
    waiting: Vec<Waiting>,
    done: Vec<Key>,
}

impl Checkpoint {
    /// That of the target `name`; makes the directory if there is none.
    pub(super) fn open(dir: &Path, name: &str) -> anyhow::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .with_context(|| format!("cannot create {}", dir.display()))?;
        Ok(Self { dir: dir.to_owned(), name: format!("{name}.json") })
    }

    /// What was saved; `None` if nothing was, or nobody can read it.
    pub(super) fn load(&self) -> anyhow::Result<Option<Progress>> {
        let path = self.dir.join(&self.name);
        let Some(content) = read_file(&path)? else { return Ok(None) };
        match serde_json::from_slice::<Saved>(&content) {
            Ok(Saved { format: ..=FORMAT, place, totals, waiting, done }) => {
                Ok(Some(Progress::of(place, waiting, done, totals)))
            }
            Ok(_) => anyhow::bail!(
                "{} was written by a newer release; run that one, or remove the file to begin anew",
                path.display()
            ),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a checkpoint cannot be read; its target begins anew");
                Ok(None)
            }
        }
    }

    /// When it returns, the new one is durable.
    pub(super) fn save(&self, progress: &Progress) -> anyhow::Result<()> {
        let saved = Saved {
            format: FORMAT,
            place: progress.place,
            totals: progress.totals.clone(),
            waiting: progress.waiting().copied().collect(),
            done: progress.done().collect(),
        };
        crash_point("notify.saving");
        replace_file(&self.dir, &self.name, &serde_json::to_vec(&saved)?)?;
        crash_point("notify.saved");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use taffrail_event::Timestamp;

    use super::super::progress::{Behind, End};
    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("notify");
        let checkpoint = Checkpoint::open(&dir, "a").unwrap();
        assert_eq!(checkpoint.load().unwrap(), None);
        let time = Timestamp::from_micros(5);
        let behind = Some(Behind { from: None, since: Some(time) });
        let mut progress = Progress::new(Place { position: 3, received: time, behind });
        assert!((1..4).all(|id| progress.push(Waiting { id: Key(id << 100), time })));
        progress.end(Key(1 << 100), End::Sent, time);
        progress.fail("no".to_owned(), time);
        checkpoint.save(&progress).unwrap();
        assert_eq!(checkpoint.load().unwrap(), Some(progress));
        assert_eq!(Checkpoint::open(&dir, "b").unwrap().load().unwrap(), None);
        std::fs::write(dir.join("a.json"), "{\"format\":").unwrap();
        assert_eq!(checkpoint.load().unwrap(), None);
    }

    #[test]
    fn that_of_a_newer_release_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let checkpoint = Checkpoint::open(dir.path(), "a").unwrap();
        let place = Place { position: 3, received: Timestamp::default(), behind: None };
        checkpoint.save(&Progress::new(place)).unwrap();
        let path = dir.path().join("a.json");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"format\":1", "\"format\":2")).unwrap();
        assert!(checkpoint.load().unwrap_err().to_string().contains("newer release"));
    }
}
