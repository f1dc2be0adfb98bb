//! Writes a plan's files into a directory: all or none over what is there already, and what holds a credential for its
//! owner only from the first byte on.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

use super::plan::{PlanFile, Secrecy};
use crate::exit::WrongUse;

/// Writes the files. Those of the same name are replaced with `force`, and else a reason to write none.
pub(super) fn write(dir: &Path, files: &[PlanFile], force: bool) -> anyhow::Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make the directory {}", dir.display()))?;
    if !force {
        refuse_to_replace(dir, files)?;
    }
    for file in files {
        let path = dir.join(file.name);
        put(&path, file).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn refuse_to_replace(dir: &Path, files: &[PlanFile]) -> anyhow::Result<()> {
    for file in files {
        let path = dir.join(file.name);
        match path.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot look for {}", path.display())),
            Ok(_) => {
                let why = "is there already; nothing was written. --force replaces it";
                return Err(WrongUse(format!("{} {why}", path.display())).into());
            }
        }
    }
    Ok(())
}

/// Writes beside the file and puts it in place: what is replaced may be in use, and may be readable by others.
fn put(path: &Path, file: &PlanFile) -> std::io::Result<()> {
    let mode = match file.secrecy {
        Secrecy::Public => 0o644,
        Secrecy::OwnerOnly => 0o600,
    };
    let part = path.with_file_name(format!(".{}.{}.part", file.name, std::process::id()));
    let written =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(&part).and_then(|mut out| {
            out.write_all(file.content.as_bytes())?;
            out.sync_all()?;
            fs::rename(&part, path)
        });
    if written.is_err() {
        // What is left of it is of no use, and its absence no further failure.
        fs::remove_file(&part).ok();
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn files(content: &str) -> [PlanFile; 2] {
        let secret = PlanFile { name: "b", content: content.to_owned(), secrecy: Secrecy::OwnerOnly };
        [PlanFile::public("a", content.to_owned()), secret]
    }

    #[test]
    fn nothing_is_replaced_unless_told_to() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("new");
        write(&dir, &files("1"), false).unwrap();
        let mode = |name| dir.join(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("b"), 0o600);
        assert_eq!(mode("a") & 0o600, 0o600);
        fs::remove_file(dir.join("a")).unwrap();
        let error = write(&dir, &files("2"), false).unwrap_err().to_string();
        assert!(error.contains("--force"), "{error}");
        assert!(!dir.join("a").try_exists().unwrap(), "all or none");
        fs::set_permissions(dir.join("b"), PermissionsExt::from_mode(0o644)).unwrap();
        write(&dir, &files("3"), true).unwrap();
        assert_eq!(fs::read(dir.join("b")).unwrap(), b"3");
        assert_eq!(mode("b"), 0o600, "a replaced file gets the mode of the new one");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 2);
    }
}
