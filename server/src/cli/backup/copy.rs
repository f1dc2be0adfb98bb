//! Puts files into a backup: shared by a hard link where the file never changes and the file system can, else copied.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The new directory, as far as it is filled.
#[derive(Debug)]
pub(super) struct Copy {
    root: PathBuf,
    /// Files to be copied, open: whoever removes one meanwhile does no harm.
    waiting: Vec<(File, PathBuf)>,
    tally: Tally,
}

/// How much is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// Files that are shared with the original.
    pub(super) linked: u64,
    /// Their bytes.
    pub(super) linked_bytes: u64,
    /// Files that are copies.
    pub(super) copied: u64,
    /// Their bytes.
    pub(super) copied_bytes: u64,
}

impl Copy {
    /// An empty directory at `root`, which must not be there.
    pub(super) fn new(root: &Path) -> io::Result<Self> {
        DirBuilder::new().mode(0o700).create(root)?;
        Ok(Self { root: root.to_owned(), waiting: Vec::new(), tally: Tally::default() })
    }

    /// Makes a directory, and those above it.
    pub(super) fn dir(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(self.root.join(path))
    }

    /// Adds a file that is never written to again.
    pub(super) fn share(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let target = self.target(to)?;
        match fs::hard_link(from, &target) {
            Ok(()) => {
                self.tally.linked += 1;
                self.tally.linked_bytes += fs::metadata(&target)?.len();
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            // Another file system, one without links, or a file of somebody else.
            Err(_) => self.copy(from, to),
        }
    }

    /// Adds a copy of a file that may be written to. It is read by [`Copy::finish`]: whoever has to name all files before one
    /// of them is gone cannot wait for that.
    pub(super) fn copy(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let target = self.target(to)?;
        self.waiting.push((File::open(from)?, target));
        Ok(())
    }

    /// Adds a file with this content.
    pub(super) fn write(&mut self, to: &Path, content: &[u8]) -> io::Result<()> {
        let target = self.target(to)?;
        create(&target)?.write_all(content)?;
        self.tally.copied += 1;
        self.tally.copied_bytes += content.len() as u64;
        Ok(())
    }

    /// Reads what waits, and makes all of it durable.
    pub(super) fn finish(mut self) -> io::Result<Tally> {
        for (mut from, target) in self.waiting {
            self.tally.copied += 1;
            self.tally.copied_bytes += io::copy(&mut from, &mut create(&target)?)?;
        }
        sync_tree(&self.root)?;
        Ok(self.tally)
    }

    fn target(&self, to: &Path) -> io::Result<PathBuf> {
        let target = self.root.join(to);
        if let Some(parent) = to.parent() {
            self.dir(parent)?;
        }
        Ok(target)
    }
}

/// Gives the finished directory its name.
pub(super) fn publish(root: &Path, name: &Path) -> io::Result<()> {
    fs::rename(root, name)?;
    let parent = name.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn create(target: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(target)
}

/// Also what is shared: it may be younger than what its owner has promised to be on the disk.
fn sync_tree(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn what_never_changes_is_shared_and_the_rest_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (from, root, name) =
            (dir.path().join("file"), dir.path().join("copy.tmp"), dir.path().join("copy"));
        fs::write(&from, b"1234").unwrap();
        fs::create_dir(&name).unwrap();
        let original = fs::metadata(&from).unwrap().ino();
        let mut copy = Copy::new(&root).unwrap();
        copy.share(&from, Path::new("a/shared")).unwrap();
        copy.copy(&from, Path::new("b/c/copied")).unwrap();
        copy.write(Path::new("written"), b"56").unwrap();
        assert_eq!(
            copy.share(&dir.path().join("gone"), Path::new("x")).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        fs::remove_file(&from).unwrap();
        let tally = copy.finish().unwrap();
        publish(&root, &name).unwrap();
        assert_eq!(tally, Tally { linked: 1, linked_bytes: 4, copied: 2, copied_bytes: 6 });
        let inode = |path: &str| fs::metadata(name.join(path)).unwrap().ino();
        assert_eq!(inode("a/shared"), original);
        assert_ne!(inode("b/c/copied"), original);
        assert_eq!(fs::read(name.join("b/c/copied")).unwrap(), b"1234", "removed meanwhile");
        assert_eq!(fs::read(name.join("written")).unwrap(), b"56");
        assert!(!root.try_exists().unwrap());
    }
}
