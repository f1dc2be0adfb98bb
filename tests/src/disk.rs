//! How much room a directory takes.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What a directory takes on disk, in bytes. What disappears meanwhile counts nothing.
pub fn disk_usage(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => disk_usage(&entry.path()),
        Ok(metadata) => metadata.blocks() * 512,
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}
