//! The places at which the program can be killed, as its source names them: a point that is added is tested at once.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of all crash points, sorted.
pub fn crash_points() -> Vec<String> {
    let mut found = BTreeSet::new();
    for crate_folder in ["ingest", "index", "server"] {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(crate_folder).join("src");
        search(&sources, &mut found);
    }
    found.into_iter().collect()
}

fn search(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("list sources") {
        let path = entry.expect("list sources").path();
        if path.is_dir() {
            search(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("read a source");
            for call in source.split("crash_point(\"").skip(1) {
                found.extend(call.split('"').next().map(str::to_owned));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_has_its_points() {
        let points = crash_points();
        for point in ["journal.appended", "journal.synced", "journal.truncated"] {
            assert!(points.iter().any(|found| found == point), "{point} in {points:?}");
        }
    }
}
