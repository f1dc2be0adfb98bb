//! A claim as blocks of text that a person reads and corrects, held against what the program makes of the samples.

use std::fs;
use std::path::{Path, PathBuf};

/// A path in this crate's folder.
fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of a folder, by name.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(here(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Compares the blocks that were found with the table in `tests`, behind its head. With `UPDATE` set it writes them there.
pub(crate) fn check(name: &str, found: &str) {
    let path = here("tests").join(name);
    let table = fs::read_to_string(&path).unwrap();
    let (head, _) = table.split_once("\n\n").unwrap();
    let found = format!("{head}\n{found}");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, found).unwrap();
        return;
    }
    let blocks = |table: &str| table.split("\n\n").map(str::to_owned).collect::<Vec<_>>();
    for (found, expected) in blocks(&found).into_iter().zip(blocks(&table)) {
        assert_eq!(found, expected, "\n\nfound:\n{found}\n\nexpected:\n{expected}\n");
    }
    assert_eq!(found, table);
}
