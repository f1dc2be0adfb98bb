//! The data directory: where everything lies, who may write to it, which format it has, which server runs on it.
//!
//! One process writes to it at a time (`lock`, an flock with the holder's pid inside); any number read it meanwhile.
//! `format.json` says which releases can read it, `server.json` where the running server answers.

mod format;
mod lock;
mod server_file;

use std::fs::DirBuilder;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::fs::{Mode, OFlags};

pub(crate) use self::lock::{Holder, Lock, LockError};
pub(crate) use self::server_file::{ServerFile, url_of};
use crate::exit::WrongUse;

/// A data directory whose format this build reads.
#[derive(Debug, Clone)]
pub(crate) struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// Makes the directory if there is none, takes its lock and checks its format.
    pub(crate) fn open(path: &Path) -> anyhow::Result<(Self, Lock)> {
        // Owner-only: it holds the redaction key and everybody's audit log.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot create the data directory {}", path.display()))?;
        format::refuse_foreign(path)?;
        let lock = Lock::take(path)?;
        format::check_or_create(path)?;
        Ok((Self { path: path.to_owned() }, lock))
    }

    /// An existing directory, for reading beside whoever writes to it.
    pub(crate) fn existing(path: &Path) -> anyhow::Result<Self> {
        if !format::check(path)? {
            return Err(WrongUse(format!(
                "there is no Taffrail data in {}; name the directory with --data, or the server with --server",
                path.display()
            ))
            .into());
        }
        Ok(Self { path: path.to_owned() })
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The journal's directory.
    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    /// The index's directory.
    pub(crate) fn index(&self) -> PathBuf {
        self.path.join("index")
    }

    /// The dead letters' directory.
    pub(crate) fn dead(&self) -> PathBuf {
        self.path.join("dead")
    }

    /// The checkpoints of followed logs.
    pub(crate) fn tail(&self) -> PathBuf {
        self.path.join("tail")
    }

    /// How far the targets of notifications are.
    pub(crate) fn notify(&self) -> PathBuf {
        self.path.join("notify")
    }

    /// Who writes to the directory at this moment.
    pub(crate) fn holder(&self) -> anyhow::Result<Option<Holder>> {
        lock::holder(&self.path)
    }

    /// The server that runs on the directory; `None` when none does, whatever a crashed one left behind.
    pub(crate) fn server(&self) -> anyhow::Result<Option<ServerFile>> {
        let Some(holder) = self.holder()? else { return Ok(None) };
        let server = server_file::read(&self.path)?;
        Ok(server.filter(|server| holder.pid.is_none_or(|pid| pid == server.pid)))
    }

    /// Makes known where the server answers, until [`DataDir::remove_server`].
    pub(crate) fn write_server(&self, server: &ServerFile) -> anyhow::Result<()> {
        server_file::write(&self.path, server)
    }

    /// The server no longer answers.
    pub(crate) fn remove_server(&self) -> anyhow::Result<()> {
        server_file::remove(&self.path)
    }
}

/// Replaces a file so that a reader or a crash sees the old or the new one, never a part.
pub(crate) fn replace_file(dir: &Path, name: &str, content: &[u8]) -> anyhow::Result<()> {
    let path = dir.join(name);
    let write = || -> std::io::Result<()> {
        let temporary = dir.join(format!("{name}.tmp"));
        let mut file = std::fs::File::create(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&temporary, &path)?;
        sync_dir(dir)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn sync_dir(dir: &Path) -> std::io::Result<()> {
    let directory =
        rustix::fs::open(dir, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(rustix::fs::fsync(directory)?)
}

/// The file's content; `None` when there is no such file or directory.
pub(crate) fn read_file(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests;
