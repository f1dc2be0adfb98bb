//! What retention removes, what it keeps, and that both can be seen.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use taffrail_config::{IndexSettings, RetentionSettings};
use taffrail_event::{ActorRules, BatchBuilder, EventSink, Origin, RecordFlags, Timestamp, Via, WriteCounts};
use taffrail_index::Store;
use taffrail_query::{Query, TimeRange};

const DAY_MICROS: i64 = 86_400_000_000;

fn days_ago(days: i64) -> Timestamp {
    Timestamp::now().plus_micros(-days * DAY_MICROS)
}

/// A constructed record.
fn record(verb: &str, name: &str, days: i64) -> String {
    let time = days_ago(days);
    format!(
        r#"{{"auditID":"{name}","stage":"ResponseComplete","verb":"{verb}","requestURI":"/api/v1/namespaces/shop/pods/{name}","user":{{"username":"alice"}},"objectRef":{{"resource":"pods","namespace":"shop","name":"{name}"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"{time}","stageTimestamp":"{time}"}}"#
    )
}

fn write(sink: &mut dyn EventSink, records: &[String], via: Via, offset: u64) -> WriteCounts {
    let origin = Origin { cluster: "demo".into(), source: "test".into(), via, received: Timestamp::now() };
    let mut batch = BatchBuilder::new(Arc::new(origin));
    records.iter().for_each(|record| batch.push(record.as_bytes(), RecordFlags::default()));
    let counts = sink.write(&batch.finish(), Some(offset)).unwrap();
    sink.commit().unwrap();
    counts
}

fn open(dir: &Path) -> Store {
    let days = |days: u64| Some(Duration::from_secs(days * 86_400));
    let retention =
        RetentionSettings { change: days(400), access: days(30), ..RetentionSettings::unlimited() };
    Store::open(
        dir,
        &IndexSettings { retention, compact_after: Duration::ZERO, ..Default::default() },
        &ActorRules::default(),
    )
    .unwrap()
}

/// Audit ids, sorted.
fn found(store: &Store) -> Vec<String> {
    let mut found = Vec::new();
    let mut each = |event: Option<taffrail_event::Event>| {
        found.extend(event.and_then(|event| event.audit).map(|audit| audit.id));
        ControlFlow::Continue(())
    };
    store.search().walk(&Query::All, TimeRange::default(), &mut each).unwrap();
    found.sort();
    found
}

fn directories(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("splits")).unwrap().count()
}

#[test]
fn what_comes_too_late_is_counted_and_shown_and_not_indexed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut sink = store.sink();
    let late = [record("get", "old", 50), record("patch", "change", 50), record("get", "new", 20)];
    let counts = write(sink.as_mut(), &late, Via::Webhook, 0);
    assert_eq!((counts.read, counts.kept, counts.expired), (3, 2, 1));
    assert_eq!(found(&store), ["change", "new"]);
    assert_eq!(sink.replay_from(), 3, "the journal is given back all the same");
    let removed = store.search().removed();
    assert_eq!(removed.len(), 1, "{removed:?}");
    assert_eq!(removed[0].class, "access");
    assert!(days_ago(50) < removed[0].before && removed[0].before <= days_ago(30), "{removed:?}");
    drop((sink, store));
    assert_eq!(open(dir.path()).search().removed(), removed, "it is in the manifest");
}

#[test]
fn an_import_is_kept_however_old_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut sink = store.sink();
    let counts = write(sink.as_mut(), &[record("get", "old", 700)], Via::Import, 0);
    assert_eq!((counts.kept, counts.expired), (1, 0));
    assert_eq!(store.enforce_retention(0, None).unwrap(), 0);
    // A compaction does not forget that it was imported.
    store.reindex(&|_| None, &mut |_, _| ()).unwrap();
    assert_eq!(store.enforce_retention(0, None).unwrap(), 0);
    assert_eq!(found(&store), ["old"]);
    assert!(store.search().removed().is_empty());
}

#[test]
fn splits_that_have_outlived_their_class_are_removed_whole() {
    let dir = tempfile::tempdir().unwrap();
    let unlimited = IndexSettings { retention: RetentionSettings::unlimited(), ..Default::default() };
    let store = Store::open(dir.path(), &unlimited, &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let records = [record("get", "a", 50), record("patch", "b", 50), record("get", "c", 3)];
    write(sink.as_mut(), &records, Via::Webhook, 0);
    drop((sink, store));
    let store = open(dir.path());
    let mut seen = 0;
    let mut each = |event: Option<taffrail_event::Event>| {
        if event.is_some() && seen == 0 {
            store.enforce_retention(0, None).unwrap();
        }
        seen += usize::from(event.is_some());
        ControlFlow::Continue(())
    };
    store.search().walk(&Query::All, TimeRange::default(), &mut each).unwrap();
    assert_eq!(seen, 3, "a search that has begun goes on with what it saw");
    assert_eq!((found(&store), directories(dir.path())), (vec!["b".to_owned(), "c".to_owned()], 2));
    let totals = store.search().progress().removed_by_age;
    assert_eq!((totals.splits, totals.documents, totals.bytes > 0), (1, 1, true));
    drop(store);
    let store = open(dir.path());
    assert_eq!(found(&store), ["b", "c"]);
    assert_eq!(store.search().removed()[0].class, "access");
}

#[test]
fn the_byte_limit_spares_what_is_written_now_and_the_sink_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut sink = store.sink();
    let records = [record("get", "a", 9), record("get", "b", 8), record("get", "c", 0)];
    write(sink.as_mut(), &records, Via::Webhook, 0);
    let used = store.search().progress().bytes;
    assert_eq!(store.enforce_retention(1000, Some(used + 1000)).unwrap(), 0);
    assert_eq!(found(&store), ["a", "b", "c"]);
    assert_eq!(store.enforce_retention(1001, Some(used + 1000)).unwrap(), 0);
    assert_eq!(found(&store), ["b", "c"]);
    assert!(store.enforce_retention(0, Some(1)).unwrap() > 0, "it says that it is still too much");
    assert_eq!(found(&store), ["c"]);
    // What comes for a removed window founds it anew, and what is known of removed documents does no harm.
    write(sink.as_mut(), &[record("get", "d", 9)], Via::Webhook, 3);
    write(sink.as_mut(), &records[..1], Via::Import, 4);
    drop((sink, store));
    let store = open(dir.path());
    assert_eq!(found(&store), ["a", "c", "d"]);
}

#[test]
fn growth_is_that_of_whole_days() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut sink = store.sink();
    write(sink.as_mut(), &[record("get", "now", 0)], Via::Webhook, 0);
    assert_eq!(store.search().progress().bytes_per_day, None);
    let today = store.search().progress().bytes;
    write(sink.as_mut(), &[record("get", "a", 1), record("get", "b", 2)], Via::Webhook, 1);
    let all = store.search().progress().bytes;
    assert_eq!(store.search().progress().bytes_per_day, Some((all - today) / 2));
}

#[test]
fn a_replay_does_not_bring_back_what_was_removed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut sink = store.sink();
    let records = [record("get", "a", 9), record("get", "b", 8), record("get", "c", 0)];
    write(sink.as_mut(), &records, Via::Webhook, 0);
    store.enforce_retention(0, Some(1)).unwrap();
    drop((sink, store));
    let store = open(dir.path());
    let mut sink = store.sink();
    let counts = write(sink.as_mut(), &records, Via::Webhook, 0);
    assert_eq!((counts.expired, counts.duplicate), (2, 1));
    assert_eq!(found(&store), ["c"]);
    // What comes for the first time is taken.
    let counts = write(sink.as_mut(), &[record("get", "late", 9)], Via::Webhook, 3);
    assert_eq!((counts.expired, counts.kept), (0, 1));
    assert_eq!(found(&store), ["c", "late"]);
}
