//! Data of every release that there was is read by this one. `scripts/make-format-fixture.sh` makes a release's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use taffrail_tests::cli::{self, taffrail};
use taffrail_tests::{Server, wait_until};
use tempfile::TempDir;

/// What is counted: a server also notes that none ran since the fixture was made.
const EVENTS: &str = "kind:audit";

/// A data directory as a release left it.
struct Left {
    name: String,
    folder: TempDir,
    events: u64,
    indexed: u64,
    dead_letters: usize,
}

impl Left {
    fn unpack(fixture: &Path) -> Self {
        let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
        let status = Command::new("tar").arg("-xzf").arg(fixture).arg("-C").arg(folder.path()).status();
        assert!(status.expect("run tar").success(), "{}", fixture.display());
        let text =
            fs::read_to_string(folder.path().join("expected.json")).expect("a fixture says what is in it");
        let expected: Value = serde_json::from_str(&text).expect("a fixture is valid JSON");
        let count = |name: &str| expected[name].as_u64().unwrap_or_else(|| panic!("{name} in {expected}"));
        Self {
            name: fixture.display().to_string(),
            folder,
            events: count("events"),
            indexed: count("indexed"),
            dead_letters: usize::try_from(count("dead_letters")).expect("few of them"),
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// An index of an older schema has to be built anew before it answers; the error says so.
    fn reindex_if_asked_to(&self) {
        let searched = cli::search(&self.data(), "");
        if searched.code != 0 {
            assert!(searched.stderr.contains("taffrail reindex"), "{}: {}", self.name, searched.stderr);
            self.reindex();
        }
    }

    fn reindex(&self) {
        taffrail(&["reindex".as_ref(), "--data".as_ref(), self.data().as_os_str()]).ok();
    }

    fn found(&self) -> u64 {
        cli::search(&self.data(), EVENTS).ok().stdout.lines().count() as u64
    }
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let entries = fs::read_dir(folder).expect("list fixtures");
    let mut found: Vec<_> = entries.map(|entry| entry.expect("list fixtures").path()).collect();
    found.retain(|path| path.to_string_lossy().ends_with(".tar.gz"));
    found.sort();
    found
}

#[test]
fn this_release_has_left_its_data() {
    let name = format!("data-{}.tar.gz", env!("CARGO_PKG_VERSION"));
    let found = fixtures();
    assert!(found.iter().any(|path| path.ends_with(&name)), "{name} in {found:?}");
}

#[test]
fn the_data_of_every_release_is_searched_and_rebuilt() {
    for left in fixtures().iter().map(|fixture| Left::unpack(fixture)) {
        left.reindex_if_asked_to();
        assert_eq!(left.found(), left.indexed, "{}", left.name);
        let data = left.data().to_string_lossy().into_owned();
        let status = taffrail(&["status", "--data", &data]).ok();
        assert!(status.stdout.contains("are not yet searchable"), "{}: {}", left.name, status.stdout);
        let letters = taffrail(&["deadletters", "--data", &data, "-o", "ndjson"]).ok();
        assert_eq!(letters.stdout.lines().count(), left.dead_letters, "{}", left.name);
        left.reindex();
        assert_eq!(left.found(), left.indexed, "{}", left.name);
    }
}

#[test]
fn the_data_of_every_release_is_served_with_what_its_journal_holds() {
    for left in fixtures().iter().map(|fixture| Left::unpack(fixture)) {
        left.reindex_if_asked_to();
        let server = Server::builder().data(left.data()).set("index.hold", "0s").start();
        server.api().wait_until_searchable();
        wait_until("everything is found", || server.api().total(EVENTS) == left.events);
        assert_eq!(server.api().dead_letters().len(), left.dead_letters, "{}", left.name);
        server.post_ok("new", br#"{"auditID":"new","stage":"ResponseComplete","verb":"get"}"#);
        server.api().wait_for_total("cluster:new", 1);
        let to = left.folder.path().join("backup");
        let (data, to) = (left.data(), to.as_os_str());
        taffrail(&["backup".as_ref(), "--data".as_ref(), data.as_os_str(), to]).ok();
    }
}
