//! What the index remembers of where its records came from.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use taffrail_config::IndexSettings;
use taffrail_event::{ActorRules, BatchBuilder, EventSink, Origin, RecordFlags, SourceSums, Timestamp, Via};
use taffrail_index::Store;

const RECEIVED: &str = "2026-11-23T17:00:00Z";

fn open(dir: &Path) -> Store {
    // Nothing is committed by time: the tests say when.
    let settings = IndexSettings { commit_interval: Duration::from_secs(3600), ..Default::default() };
    Store::open(dir, &settings, &ActorRules::default()).unwrap()
}

/// Constructed records, a second apart from four o'clock on, of which those in `cut` lack their bodies.
fn write(
    sink: &mut dyn EventSink,
    source: &str,
    seconds: std::ops::Range<u32>,
    cut: &[u32],
    offset: Option<u64>,
) {
    let received = Timestamp::parse(RECEIVED).unwrap();
    let origin = Origin { cluster: "prod".into(), source: source.into(), via: Via::Webhook, received };
    let mut batch = BatchBuilder::new(Arc::new(origin));
    for second in seconds {
        let truncated =
            if cut.contains(&second) { r#","annotations":{"audit.k8s.io/truncated":"true"}"# } else { "" };
        let time = format!("2026-11-23T16:{:02}:{:02}.000000Z", second / 60, second % 60);
        let record = format!(
            r#"{{"auditID":"{second}","stage":"ResponseComplete","verb":"get","requestReceivedTimestamp":"{time}","stageTimestamp":"{time}"{truncated}}}"#
        );
        batch.push(record.as_bytes(), RecordFlags::default());
    }
    sink.write(&batch.finish(), offset).unwrap();
}

fn sums(store: &Store) -> Vec<(String, u64, u64, u64)> {
    let of = |sums: &SourceSums| (sums.source.clone(), sums.records, sums.duplicates, sums.truncated);
    store.search().sources().iter().map(of).collect()
}

#[test]
fn every_record_counts_once_for_its_source_however_often_the_journal_gives_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut sink = store.sink();
    write(sink.as_mut(), "a", 0..5, &[], Some(0));
    write(sink.as_mut(), "b", 3..7, &[], Some(5));
    sink.commit().unwrap();
    let expected = [("a".to_owned(), 5, 0, 0), ("b".to_owned(), 4, 2, 0)];
    assert_eq!(sums(&store), expected);
    drop((sink, store));
    let store = open(dir.path());
    let mut sink = store.sink();
    write(sink.as_mut(), "b", 3..7, &[], Some(5));
    write(sink.as_mut(), "b", 7..8, &[], Some(9));
    sink.commit().unwrap();
    assert_eq!(sums(&store), [("a".to_owned(), 5, 0, 0), ("b".to_owned(), 5, 2, 0)]);
    let last = store.search().sources()[1].last_event;
    assert_eq!(last, Timestamp::parse("2026-11-23T16:00:07Z").unwrap());
}

#[test]
fn sources_do_not_fill_the_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut sink = store.sink();
    for number in 0..300_u32 {
        write(sink.as_mut(), &format!("s{number}"), number..number + 1, &[], Some(number.into()));
    }
    sink.commit().unwrap();
    let sources = store.search().sources();
    assert_eq!(sources.len(), 257);
    assert_eq!((sources[0].source.as_str(), sources[0].records), ("(others)", 44));
}

#[test]
fn records_without_bodies_are_one_gap_as_long_as_they_follow_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut sink = store.sink();
    write(sink.as_mut(), "a", 0..10, &[2, 5], Some(0));
    write(sink.as_mut(), "a", 10..20, &[11], Some(10));
    sink.commit().unwrap();
    write(sink.as_mut(), "a", 20..30, &[21, 22], Some(20));
    write(sink.as_mut(), "b", 30..31, &[], Some(30));
    sink.commit().unwrap();
    let gaps = store.search().gaps();
    let [gap] = gaps.as_slice() else { panic!("{gaps:?}") };
    assert_eq!((gap.source.as_str(), gap.lost), ("a", Some(0)));
    let [from, to] = [gap.from, gap.to].map(|time| time.to_string());
    assert_eq!((from.as_str(), to.as_str()), ("2026-11-23T16:00:02.000000Z", "2026-11-23T16:00:22.000001Z"));
    assert_eq!(sums(&store)[0], ("a".to_owned(), 30, 0, 5));
}
