//! The key of the keyed hash: 32 random bytes per installation, readable by its owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

const FILE_NAME: &str = "redaction.key";
const KEY_BYTES: usize = 32;

/// Reads the installation's key from `redaction.key` in the data directory `dir`, or creates it there.
///
/// # Errors
/// When the file cannot be read or created, is not a key, or is open to others than its owner.
pub fn load_or_create_key(dir: &Path) -> io::Result<Vec<u8>> {
    let path = dir.join(FILE_NAME);
    match File::open(&path) {
        Ok(file) => load(&path, &file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match create(dir, &path) {
            // Another process was faster: its key counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => load(&path, &File::open(&path)?),
            created => created,
        },
        Err(error) => Err(error),
    }
}

fn load(path: &Path, file: &File) -> io::Result<Vec<u8>> {
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(refused(path, "can be read by others than its owner; chmod 600 it"));
    }
    let mut key = Vec::with_capacity(KEY_BYTES);
    file.take(KEY_BYTES as u64 + 1).read_to_end(&mut key)?;
    if key.len() != KEY_BYTES {
        return Err(refused(
            path,
            "is not 32 bytes long; restore it from a backup, or remove it for a new key",
        ));
    }
    Ok(key)
}

/// Writes a new key under a temporary name and links it into place, so that nobody ever reads half a key.
fn create(dir: &Path, path: &Path) -> io::Result<Vec<u8>> {
    let mut key = vec![0_u8; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let mut suffix = [0_u8; 8];
    getrandom::fill(&mut suffix).map_err(io::Error::other)?;
    let temporary = dir.join(format!("{FILE_NAME}.{:016x}", u64::from_ne_bytes(suffix)));
    let linked = write_new(&temporary, &key).and_then(|()| fs::hard_link(&temporary, path));
    fs::remove_file(&temporary)?;
    linked?;
    File::open(dir)?.sync_all()?;
    Ok(key)
}

fn write_new(path: &Path, key: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key)?;
    file.sync_all()
}

fn refused(path: &Path, reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let key = load_or_create_key(dir.path()).unwrap();
        assert_eq!(key.len(), KEY_BYTES);
        assert_ne!(key, [0; KEY_BYTES]);
        assert_eq!(load_or_create_key(dir.path()).unwrap(), key);
        let path = dir.path().join(FILE_NAME);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn concurrent_starts_agree() {
        let dir = tempfile::tempdir().unwrap();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| load_or_create_key(dir.path()).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[test]
    fn a_file_that_is_no_key_is_refused() {
        fn check(content: &[u8], mode: u32, expected: &str) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join(FILE_NAME);
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = load_or_create_key(dir.path()).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        check(b"short", 0o600, "32 bytes");
        check(&[7; 33], 0o600, "32 bytes");
        check(&[7; 32], 0o644, "chmod 600");
    }
}
