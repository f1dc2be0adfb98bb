//! Values that are read from files and follow them: certificates and credentials are replaced while the server runs.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// How a value is read.
type Load<T> = Box<dyn Fn() -> anyhow::Result<T> + Send + Sync>;

/// A value from files. What cannot be read leaves the last good value in its place.
pub(crate) struct Watched<T> {
    name: String,
    files: Vec<PathBuf>,
    load: Load<T>,
    current: RwLock<Arc<T>>,
    looked: Mutex<Looked>,
}

/// What the last looks at the files have shown.
struct Looked {
    /// What the files were when they were last read.
    read: Stamps,
    /// What they were at the last look, if that was something else.
    changed: Option<Stamps>,
    /// Why the last reading failed.
    trouble: Option<String>,
}

/// Tells one content of the files from another without reading them.
type Stamps = Vec<Option<(u64, u64, u64, i64, i64)>>;

/// Whatever the values are, they are all looked after in the same way.
pub(crate) trait Follow: Send + Sync {
    /// Looks at the files, and reads them if they have changed.
    fn look(&self);

    /// Why what the files say is not in use.
    fn trouble(&self) -> Option<String>;
}

impl<T> Watched<T> {
    /// Reads the value for the first time. `name` names it in messages.
    pub(crate) fn open(
        name: impl Into<String>,
        files: Vec<PathBuf>,
        load: impl Fn() -> anyhow::Result<T> + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        // Before reading: what changes meanwhile is then read once more.
        let read = stamps(&files);
        let current = RwLock::new(Arc::new(load()?));
        let looked = Mutex::new(Looked { read, changed: None, trouble: None });
        Ok(Self { name: name.into(), files, load: Box::new(load), current, looked })
    }

    /// The value as it is now.
    pub(crate) fn current(&self) -> Arc<T> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Send + Sync> Follow for Watched<T> {
    /// Certificate and key are replaced one after the other, and files are written piece by piece: so what has changed is read
    /// only when the next look finds it unchanged. A file that cannot be used is complained about once.
    fn look(&self) {
        let now = stamps(&self.files);
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if now == looked.read {
            looked.changed = None;
            return;
        }
        if looked.changed.as_ref() != Some(&now) {
            looked.changed = Some(now);
            return;
        }
        (looked.read, looked.changed) = (now, None);
        match (self.load)() {
            Ok(value) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
                looked.trouble = None;
                tracing::info!(name = self.name, "read again");
            }
            Err(error) => {
                let trouble = format!(
                    "{}: what changed cannot be used, so what was there before still is: {error:#}",
                    self.name
                );
                tracing::warn!("{trouble}");
                looked.trouble = Some(trouble);
            }
        }
    }

    fn trouble(&self) -> Option<String> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).trouble.clone()
    }
}

impl<T> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("name", &self.name)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

fn stamps(files: &[PathBuf]) -> Stamps {
    let stamp = |file: Metadata| (file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec());
    files.iter().map(|file| std::fs::metadata(file).ok().map(stamp)).collect()
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_value_follows_its_file_and_outlives_a_broken_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("number");
        let write = |text: &str| {
            // As tools do it that replace files: the new one has another inode.
            let new = dir.path().join("new");
            std::fs::write(&new, text).unwrap();
            std::fs::rename(&new, &path).unwrap();
        };
        let read = path.clone();
        let load = move || std::fs::read_to_string(&read)?.parse::<u32>().context("no number");
        assert!(Watched::open("number", vec![path.clone()], load.clone()).is_err());
        write("1");
        let watched = Watched::open("number", vec![path.clone()], load).unwrap();
        write("2");
        watched.look();
        assert_eq!(*watched.current(), 1, "it may still be changing");
        watched.look();
        assert_eq!(*watched.current(), 2);
        write("three");
        watched.look();
        assert_eq!(watched.trouble(), None);
        watched.look();
        assert_eq!(*watched.current(), 2);
        assert!(watched.trouble().unwrap().contains("number: what changed cannot be used"));
        std::fs::remove_file(&path).unwrap();
        watched.look();
        watched.look();
        assert_eq!(*watched.current(), 2);
        write("4");
        watched.look();
        watched.look();
        assert_eq!((*watched.current(), watched.trouble()), (4, None));
    }
}
