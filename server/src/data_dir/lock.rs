//! The lock that keeps a second writer out.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;

const FILE: &str = "lock";

/// Readers ask who holds the lock by trying it themselves for a moment; a writer that meets one tries again.
const PATIENCE: Duration = Duration::from_millis(300);

/// A pid is ten digits; the file is ours, but bounded all the same.
const MAX_PID_BYTES: u64 = 32;

/// Held for as long as this process may write to the directory; the system releases it when the process ends, however
/// it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// The process that holds the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Its pid, unless it was just about to write it.
    pub(crate) pid: Option<u32>,
}

/// Somebody else writes to the directory.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is in use by {}; stop it, or use another directory with --data",
    path.display(),
    holder.pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
)]
pub(crate) struct LockError {
    path: PathBuf,
    pub(crate) holder: Holder,
}

impl Lock {
    pub(super) fn take(dir: &Path) -> anyhow::Result<Self> {
        let mut file = open(dir)?;
        let give_up = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < give_up => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(LockError { path: dir.to_owned(), holder: read_holder(&mut file) }.into());
                }
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("cannot lock {}", dir.display()));
                }
            }
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .with_context(|| format!("cannot write the lock of {}", dir.display()))?;
        Ok(Self { _file: file })
    }
}

/// Who holds the directory's lock at this moment.
pub(super) fn holder(dir: &Path) -> anyhow::Result<Option<Holder>> {
    let path = dir.join(FILE);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(read_holder(&mut file))),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot ask who holds {}", path.display()))
        }
    }
}

fn open(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join(FILE);
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))
}

fn read_holder(file: &mut File) -> Holder {
    let mut text = String::new();
    let read = file.take(MAX_PID_BYTES).read_to_string(&mut text);
    Holder { pid: read.ok().and_then(|_| text.trim().parse().ok()) }
}
