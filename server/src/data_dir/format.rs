//! `format.json`: which layout the directory has, and which release can read it.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::{read_file, replace_file};
use crate::exit::WrongUse;

/// The layout that this build reads and writes.
const FORMAT: u32 = 1;

/// The first release that reads it.
const NEEDS: &str = "0.1.0";

const FILE: &str = "format.json";

/// What a directory may hold before it has a format: what a first start leaves when it is killed, a key put there
/// beforehand, and what a fresh file system brings.
const HARMLESS: &[&str] = &["lock", "format.json.tmp", "redaction.key", "lost+found"];

#[derive(Debug, Serialize, Deserialize)]
struct Format {
    format: u32,
    /// For people: the release to use when `format` is too new.
    #[serde(default)]
    needs: String,
}

/// Refuses a directory that somebody else uses.
pub(super) fn refuse_foreign(dir: &Path) -> anyhow::Result<()> {
    if dir.join(FILE).try_exists().unwrap_or(false) {
        return Ok(());
    }
    let entries = std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    for entry in entries {
        let name = entry.with_context(|| format!("cannot read {}", dir.display()))?.file_name();
        if !HARMLESS.iter().any(|harmless| name == *harmless) {
            return Err(WrongUse(format!(
                "{} holds {} but no Taffrail data; name a new or empty directory with --data",
                dir.display(),
                name.to_string_lossy()
            ))
            .into());
        }
    }
    Ok(())
}

/// Checks the format, or writes it into a new directory. The caller holds the lock.
pub(super) fn check_or_create(dir: &Path) -> anyhow::Result<()> {
    if check(dir)? {
        return Ok(());
    }
    let format = Format { format: FORMAT, needs: NEEDS.to_owned() };
    replace_file(dir, FILE, &serde_json::to_vec(&format)?)
}

/// Whether the directory has a format; fails when it is one that this build cannot read.
pub(super) fn check(dir: &Path) -> anyhow::Result<bool> {
    let path = dir.join(FILE);
    let Some(content) = read_file(&path)? else { return Ok(false) };
    let format: Format = serde_json::from_slice(&content).map_err(|error| {
        std::io::Error::new(ErrorKind::InvalidData, format!("{} is damaged: {error}", path.display()))
    })?;
    if format.format > FORMAT {
        anyhow::bail!(
            "{} has format {}, which needs Taffrail {} or newer; this is {}, which reads format {FORMAT}",
            dir.display(),
            format.format,
            if format.needs.is_empty() { "of a later date" } else { &format.needs },
            env!("CARGO_PKG_VERSION"),
        );
    }
    Ok(true)
}
