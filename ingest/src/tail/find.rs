//! From patterns to logs: a log is a directory and the name that it is written under.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::TailSource;
use super::names::LogName;

/// Logs that are followed at most: each costs a checkpoint, and a pattern may match more than its author thinks.
const MAX_LOGS: usize = 1000;

/// One log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LogPath {
    /// Without symbolic links: rotated files lie where the file is, not where a link to it is.
    pub(super) dir: PathBuf,
    /// The name of the current file.
    pub(super) base: String,
}

impl LogPath {
    /// The path of the current file.
    pub(super) fn current(&self) -> PathBuf {
        self.dir.join(&self.base)
    }
}

/// The logs of all sources, each with the source that named it first.
pub(super) fn find(sources: &[Arc<TailSource>]) -> BTreeMap<LogPath, Arc<TailSource>> {
    let mut logs = BTreeMap::new();
    for source in sources {
        let paths = source.patterns.iter().filter_map(|pattern| glob::glob(pattern).ok()).flatten();
        // What cannot be read is no log yet; it is looked for again soon.
        for log in paths.flatten().filter_map(|path| log_of(&path)) {
            if logs.len() < MAX_LOGS || logs.contains_key(&log) {
                logs.entry(log).or_insert_with(|| Arc::clone(source));
            }
        }
    }
    logs
}

fn log_of(path: &Path) -> Option<LogPath> {
    let path = path.canonicalize().ok().filter(|path| path.is_file())?;
    let name = LogName::of(path.file_name()?.to_str()?);
    Some(LogPath { dir: path.parent()?.to_path_buf(), base: name.base })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(dir: &Path, patterns: &[&str]) -> Vec<String> {
        let patterns = patterns.iter().map(|pattern| format!("{}/{pattern}", dir.display())).collect();
        let source = TailSource {
            patterns,
            cluster: "c".into(),
            node: String::new(),
            has_flows: false,
            from_end: false,
        };
        find(&[Arc::new(source)])
            .into_keys()
            .map(|log| log.current().strip_prefix(dir).unwrap().to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn rotated_files_and_links_lead_to_their_log() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(dir.join("pods/x")).unwrap();
        std::fs::create_dir_all(dir.join("links")).unwrap();
        for name in ["audit.log", "audit-2026-11-23T15-50-35.232.log.gz", "other.log.1", "pods/x/0.log"] {
            std::fs::write(dir.join(name), "").unwrap();
        }
        std::os::unix::fs::symlink(dir.join("pods/x/0.log"), dir.join("links/api.log")).unwrap();
        assert_eq!(found(&dir, &["audit*", "*.log"]), ["audit.log"]);
        assert_eq!(found(&dir, &["*.1", "links/*"]), ["other.log", "pods/x/0.log"]);
        assert_eq!(found(&dir, &["none", "pods"]), [""; 0]);
    }
}
