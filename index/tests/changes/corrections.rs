//! What is stored is corrected: by late writes, after failures and crashes, by a rebuild.

use std::fs;
use std::path::Path;

use taffrail_event::ActorRules;
use taffrail_event::EventSink;
use taffrail_event::change::object_hash;
use taffrail_index::{Snapshot, Store};

use crate::story::{TOLD, Write, asked, events, history, post, settings, told, with_history};

/// A store that holds the history, but for the write of minute 50, and its sink.
fn without_fifty(dir: &Path) -> (Store, Box<dyn EventSink>) {
    let store = Store::open(dir, &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let records: Vec<_> =
        history().iter().filter(|write| write.minute != 50).map(|write| write.json("web")).collect();
    post(sink.as_mut(), &records, 0);
    sink.commit().unwrap();
    assert_eq!(told(&store, "web")[5], "61 update patch unseen spec.replicas:3->5");
    assert_eq!(told(&store, "web")[6], "65 update patch unseen spec.image:\"x:2\"->\"x:3\"");
    (store, sink)
}

fn fifty() -> String {
    history().iter().find(|write| write.minute == 50).unwrap().json("web")
}

const DAY_ONE: &str = "splits/change-20261123000000000000-0";
const DAY_TWO: &str = "splits/change-20261124000000000000-0";

#[test]
fn a_late_write_corrects_what_another_split_holds() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut sink) = without_fifty(dir.path());
    post(sink.as_mut(), &[fifty()], 100);
    sink.commit().unwrap();
    assert_eq!(told(&store, "web"), TOLD);
    assert_eq!(events(&store, "changed:image").len(), 3, "the columns are corrected, too");
}

#[test]
fn a_commit_that_failed_before_its_corrections_is_made_good_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut sink) = without_fifty(dir.path());
    let read = fifty().replace(r#""verb":"patch""#, r#""verb":"get""#);
    post(sink.as_mut(), &[fifty(), read], 100);
    // A file where the directory of the second split should be. The correction comes third.
    let blocker = dir.path().join("splits/access-20261123000000000000-0");
    fs::write(&blocker, b"").unwrap();
    sink.commit().unwrap_err();
    fs::remove_file(&blocker).unwrap();
    sink.commit().unwrap();
    let mut expected = TOLD.map(str::to_owned).to_vec();
    expected.insert(5, "50 none exact".to_owned());
    let mut found = told(&store, "web");
    found[4..6].sort_by_key(|line| line.contains("none"));
    assert_eq!(found, expected);
}

#[test]
fn a_crash_between_a_write_and_its_corrections_is_made_good_by_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut sink) = without_fifty(dir.path());
    // Files of a split never change, and what names them is small.
    let kept = tempfile::tempdir().unwrap();
    copy_files(&dir.path().join(DAY_TWO), kept.path());
    post(sink.as_mut(), &[fifty()], 100);
    sink.commit().unwrap();
    drop((sink, store));
    fs::remove_dir_all(dir.path().join(DAY_TWO)).unwrap();
    fs::create_dir(dir.path().join(DAY_TWO)).unwrap();
    copy_files(kept.path(), &dir.path().join(DAY_TWO));
    let manifest = dir.path().join("manifest.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    assert_eq!(json.get("correcting"), None);
    json["correcting"] = [object_hash("demo", "apps", "deployments", "shop", "web")].to_vec().into();
    fs::write(&manifest, json.to_string()).unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    assert_ne!(told(&store, "web"), TOLD);
    let mut sink = store.sink();
    // The record comes from the journal once more.
    post(sink.as_mut(), &[fifty()], 100);
    sink.commit().unwrap();
    assert_eq!(told(&store, "web"), TOLD);
    let json: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    assert_eq!(json.get("correcting"), None);
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_backup_in_the_middle_of_corrections_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (store, sink) = without_fifty(dir.path());
    let mut snapshot = Snapshot::begin(dir.path()).unwrap();
    let manifest = dir.path().join("manifest.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    json["correcting"] = vec![7].into();
    fs::write(&manifest, json.to_string()).unwrap();
    snapshot.add_splits().unwrap();
    let copied: serde_json::Value = serde_json::from_slice(&snapshot.contents[0].1).unwrap();
    assert_eq!(copied["correcting"], serde_json::json!([7]));
    assert_eq!(copied["splits"], json["splits"]);
    drop((sink, store));
}

#[test]
fn reindex_works_everything_out_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut sink) = with_history(dir.path());
    sink.finish().unwrap();
    drop((sink, store));
    let store = Store::open_to_rebuild(dir.path(), &settings(), &ActorRules::default()).unwrap();
    // As a new rule of redaction would: what it takes out of a record must not stay in the change set of its neighbour.
    let hide = |record: &[u8]| {
        let text = String::from_utf8_lossy(record);
        text.contains("x:2").then(|| text.replace("x:2", "hidden").into_bytes())
    };
    store.reindex(&hide, &mut |_, _| ()).unwrap();
    drop(store);
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    assert_eq!(told(&store, "web"), TOLD.map(|line| line.replace("x:2", "hidden")));
    assert!(events(&store, "\"x:2\"").is_empty());
}

#[test]
fn what_retention_removed_stays_in_the_change_sets_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut sink) = with_history(dir.path());
    sink.commit().unwrap();
    let bytes = [DAY_ONE, DAY_TWO].map(|split| {
        let files = fs::read_dir(dir.path().join(split)).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>()
    });
    store.enforce_retention(0, Some(bytes[0] + bytes[1] - 1)).unwrap();
    drop(sink);
    // The cache of a new sink is empty.
    let mut sink = store.sink();
    post(sink.as_mut(), &[asked(62, r#"{"paused":true}"#).json("web")], 100);
    sink.commit().unwrap();
    let mut expected = TOLD[6..].to_vec();
    expected.insert(1, "62 update patch spec.paused:?->true");
    assert_eq!(told(&store, "web"), expected);
    // A rebuild knows only what is there.
    store.reindex(&|_| None, &mut |_, _| ()).unwrap();
    expected[0] = "61 update patch unseen spec.replicas:?->5";
    expected[2] = "65 update unknown";
    assert_eq!(told(&store, "web"), expected);
}

#[test]
fn a_better_copy_takes_the_place_of_a_blind_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let records: Vec<_> = history()
        .into_iter()
        .map(|write| if write.minute == 50 { Write { bodies: String::new(), ..write } } else { write })
        .map(|write| write.json("web"))
        .collect();
    post(sink.as_mut(), &records, 0);
    sink.commit().unwrap();
    assert_eq!(told(&store, "web")[4], "50 update unknown");
    post(sink.as_mut(), &[fifty()], 100);
    sink.commit().unwrap();
    assert_eq!(told(&store, "web"), TOLD);
}
