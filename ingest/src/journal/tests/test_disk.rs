//! A disk that records what is done to it and fails on request.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, IoSlice};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Condvar, Mutex};

use rustix::io::Errno;

use crate::journal::disk::{Disk, HostDisk};

#[derive(Debug, Default)]
pub(crate) struct TestDisk {
    pub(super) steps: Mutex<Vec<String>>,
    /// Bytes that may still be written before the disk is full.
    pub(crate) room: Mutex<Option<u64>>,
    /// Reads that still succeed before the process is out of file descriptors.
    pub(crate) reads_left: Mutex<Option<u64>>,
    /// Bytes in use, of u64::MAX.
    pub(super) used: AtomicU64,
    pub(super) refuse_cut: AtomicBool,
    pub(super) refuse_sync: AtomicBool,
    pub(super) refuse_dir_sync: AtomicBool,
    pub(super) refuse_remove: AtomicBool,
    pub(super) syncs: AtomicU64,
    pub(super) bytes_read: AtomicU64,
    /// A range of every file that cannot be read.
    pub(super) bad_sector: Mutex<Range<u64>>,
    synced: Mutex<HashMap<u64, u64>>,
    /// While true, syncs wait.
    pub(super) hold_syncs: Mutex<bool>,
    pub(super) released: Condvar,
}

impl TestDisk {
    /// The bytes of a file that a power cut may take.
    pub(super) fn unsynced(&self, path: &Path) -> Range<u64> {
        let meta = fs::metadata(path).unwrap();
        self.synced.lock().unwrap().get(&meta.ino()).copied().unwrap_or(0).min(meta.len())..meta.len()
    }

    /// For a file that was there before.
    pub(super) fn take_for_synced(&self, path: &Path) {
        let meta = fs::metadata(path).unwrap();
        self.synced.lock().unwrap().insert(meta.ino(), meta.len());
    }

    pub(super) fn release_syncs(&self) {
        *self.hold_syncs.lock().unwrap() = false;
        self.released.notify_all();
    }

    fn note(&self, what: &str, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.steps.lock().unwrap().push(format!("{what} {name}"));
    }

    fn note_file(&self, what: &str, file: &File) {
        use std::os::fd::AsRawFd;
        let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
        self.note(what, &path);
    }
}

fn refused(on: &AtomicBool) -> io::Result<()> {
    if on.load(SeqCst) { Err(Errno::IO.into()) } else { Ok(()) }
}

impl Disk for TestDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.note("create", path);
        if *self.room.lock().unwrap() == Some(0) {
            return Err(Errno::NOSPC.into());
        }
        HostDisk.create(path)
    }

    fn write(&self, file: &File, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        self.note_file("write", file);
        let mut room = self.room.lock().unwrap();
        let asked: usize = parts.iter().map(|part| part.len()).sum();
        match room.as_mut() {
            None => HostDisk.write(file, parts, offset),
            Some(0) if asked > 0 => Err(Errno::NOSPC.into()),
            Some(left) => {
                let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
                let fits = usize::try_from(*left).unwrap().min(asked);
                *left -= fits as u64;
                HostDisk.write(file, &[IoSlice::new(&bytes[..fits])], offset)
            }
        }
    }

    fn read(&self, file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self.reads_left.lock().unwrap().as_mut() {
            Some(0) => return Err(Errno::MFILE.into()),
            Some(left) => *left -= 1,
            None => {}
        }
        let bad = self.bad_sector.lock().unwrap().clone();
        if offset < bad.end && bad.start < offset + buffer.len() as u64 {
            return Err(Errno::IO.into());
        }
        let read = HostDisk.read(file, buffer, offset)?;
        self.bytes_read.fetch_add(read as u64, SeqCst);
        Ok(read)
    }

    fn set_len(&self, file: &File, bytes: u64) -> io::Result<()> {
        self.note_file("cut", file);
        refused(&self.refuse_cut)?;
        let meta = file.metadata()?;
        self.synced.lock().unwrap().entry(meta.ino()).and_modify(|synced| *synced = bytes.min(*synced));
        HostDisk.set_len(file, bytes)
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        let mut held = self.hold_syncs.lock().unwrap();
        while *held {
            // A failed test must end, although the journal it drops waits for this.
            let (after, timeout) = self.released.wait_timeout(held, super::PATIENCE).unwrap();
            held = after;
            if timeout.timed_out() {
                break;
            }
        }
        self.note_file("sync", file);
        refused(&self.refuse_sync)?;
        let meta = file.metadata()?;
        self.synced.lock().unwrap().insert(meta.ino(), meta.len());
        self.syncs.fetch_add(1, SeqCst);
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.note("sync-dir", path);
        refused(&self.refuse_dir_sync)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note("rename", from);
        HostDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.note("remove", path);
        refused(&self.refuse_remove)?;
        HostDisk.remove(path)
    }

    fn free_bytes(&self, _path: &Path) -> io::Result<u64> {
        Ok(u64::MAX - self.used.load(SeqCst))
    }
}
