//! What a commit leaves when it fails, when the disk is not as expected, and while somebody pages through it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use taffrail_config::{IndexSettings, RetentionSettings};
use taffrail_event::{
    ActorRules, BatchBuilder, Event, EventSink, Gap, Key, Origin, RecordFlags, Timestamp, Via,
};
use taffrail_index::{IndexError, Store};
use taffrail_query::{Cursor, Order, PageRequest, Query, TimeContext, TimeRange};

/// A constructed record of a request that came in so many seconds after four o'clock.
fn record(verb: &str, name: &str, second: u32, stage: &str) -> String {
    let (minute, second) = (second / 60 % 60, second % 60);
    format!(
        r#"{{"auditID":"{name}","stage":"{stage}","verb":"{verb}","requestURI":"/api/v1/namespaces/shop/pods/{name}","user":{{"username":"alice"}},"objectRef":{{"resource":"pods","namespace":"shop","name":"{name}"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"2026-11-23T16:{minute:02}:{second:02}.000000Z","stageTimestamp":"2026-11-23T16:{minute:02}:{second:02}.500000Z"}}"#
    )
}

fn write(sink: &mut dyn EventSink, records: &[String], via: Via, offset: u64, flags: RecordFlags) {
    let received = Timestamp::parse("2026-11-23T17:00:00Z").unwrap().plus_micros(offset.cast_signed());
    let origin = Arc::new(Origin { cluster: "demo".into(), source: "test".into(), via, received });
    let mut batch = BatchBuilder::new(origin);
    records.iter().for_each(|record| batch.push(record.as_bytes(), flags));
    sink.write(&batch.finish(), Some(offset)).unwrap();
}

/// Whole records that came by webhook.
fn post(sink: &mut dyn EventSink, records: &[String], offset: u64) {
    write(sink, records, Via::Webhook, offset, RecordFlags::default());
}

fn events(store: &Store, query: &str) -> Vec<Event> {
    let mut events = Vec::new();
    let context = TimeContext::utc(Timestamp::default());
    let query = taffrail_query::parse(query, &context).unwrap();
    let mut each = |event: Option<Event>| {
        events.extend(event);
        ControlFlow::Continue(())
    };
    store.search().walk(&query, TimeRange::default(), &mut each).unwrap();
    events
}

fn settings() -> IndexSettings {
    // Nothing is committed by time: the tests say when.
    IndexSettings {
        commit_interval: Duration::from_secs(3600),
        compact_after: Duration::ZERO,
        retention: RetentionSettings::unlimited(),
        ..Default::default()
    }
}

#[test]
fn what_a_failed_commit_wrote_is_not_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let change = record("patch", "a", 1, "ResponseStarted");
    post(sink.as_mut(), &[change, record("get", "b", 2, "ResponseComplete")], 0);
    // A file where the directory of the second split should be: the first one is written, the second one cannot be.
    let blocker = dir.path().join("splits/access-20261123000000000000-0");
    fs::write(&blocker, b"").unwrap();
    sink.commit().unwrap_err();
    post(sink.as_mut(), &[record("patch", "a", 1, "ResponseComplete")], 2);
    fs::remove_file(&blocker).unwrap();
    sink.commit().unwrap();
    let found: Vec<_> =
        events(&store, "").iter().map(|event| event.audit.as_ref().unwrap().id.clone()).collect();
    assert_eq!(found, ["a", "b"]);
    assert_eq!(sink.replay_from(), 3);
}

#[test]
fn files_that_a_killed_writer_left_are_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    post(sink.as_mut(), &[record("get", "a", 1, "ResponseStarted")], 0);
    sink.commit().unwrap();
    drop((sink, store));
    let split = dir.path().join("splits/access-20261123000000000000-0");
    leave_delete_files(&split);
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    post(sink.as_mut(), &[record("get", "a", 1, "ResponseComplete")], 1);
    sink.commit().unwrap();
    assert_eq!(events(&store, "stage:ResponseComplete").len(), 1);
    assert_eq!(events(&store, "").len(), 1);
}

/// As a kill leaves them between the file of deletions and `meta.json`: known to the directory, named by nobody.
fn leave_delete_files(split: &Path) {
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(fs::read_to_string(split.join(name)).unwrap().trim()).unwrap()
    };
    let meta = read("meta.json");
    let segment = meta["segments"][0]["segment_id"].as_str().unwrap().replace('-', "");
    let opstamp = meta["opstamp"].as_u64().unwrap();
    let mut managed = read(".managed.json");
    for opstamp in opstamp..opstamp + 20 {
        let name = format!("{segment}.{opstamp}.del");
        fs::write(split.join(&name), b"").unwrap();
        managed.as_array_mut().unwrap().push(name.into());
    }
    fs::write(split.join(".managed.json"), managed.to_string()).unwrap();
}

#[test]
fn a_split_that_is_gone_is_an_error_and_is_not_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    post(sink.as_mut(), &[record("get", "a", 1, "ResponseComplete")], 0);
    sink.commit().unwrap();
    drop((sink, store));
    let split = dir.path().join("splits/access-20261123000000000000-0");
    fs::remove_dir_all(&split).unwrap();
    for opened in [
        Store::open(dir.path(), &settings(), &ActorRules::default()),
        Store::open_read_only(dir.path(), &settings(), &ActorRules::default()),
    ] {
        let error = opened.unwrap_err();
        assert!(error.to_string().contains("access-20261123000000000000-0"), "{error}");
    }
    assert!(!split.try_exists().unwrap());
}

#[test]
fn splits_of_an_older_schema_are_refused_until_they_are_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    post(sink.as_mut(), &[record("get", "a", 1, "ResponseComplete")], 0);
    sink.commit().unwrap();
    let before = events(&store, "");
    drop((sink, store));
    age_splits(dir.path());
    let error = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap_err();
    assert!(matches!(error, IndexError::OlderSchema { .. }), "{error}");
    assert!(error.to_string().contains("taffrail reindex"), "{error}");
    let store = Store::open_to_rebuild(dir.path(), &settings(), &ActorRules::default()).unwrap();
    assert_eq!(store.reindex(&|_| None, &mut |_, _| ()).unwrap(), 1);
    drop(store);
    assert_eq!(
        events(&Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap(), "audit.id:a"),
        before
    );
}

/// Makes the splits look as if schema 1 had built them.
fn age_splits(dir: &Path) {
    let manifest = dir.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    for split in json["splits"].as_array_mut().unwrap() {
        split["schema"] = 1.into();
    }
    fs::write(&manifest, json.to_string()).unwrap();
}

#[test]
fn a_record_without_a_time_is_one_event_however_late_its_copy_comes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let timeless = r#"{"auditID":"a","stage":"ResponseComplete","verb":"get","requestURI":"/x"}"#.to_owned();
    let two_days = 2 * 86_400_000_000;
    post(sink.as_mut(), &[timeless.clone(), timeless.clone()], 0);
    post(sink.as_mut(), std::slice::from_ref(&timeless), 60_000_000);
    sink.commit().unwrap();
    write(sink.as_mut(), &[timeless], Via::Import, two_days, RecordFlags::default());
    sink.commit().unwrap();
    let found = events(&store, "");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].time, Timestamp::parse("2026-11-23T17:00:00Z").unwrap());
    assert_eq!(found[0].via, [Via::Webhook, Via::Import]);
}

#[test]
fn the_inside_of_a_long_value_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let uri = |end: &str| format!("/api/v1/namespaces/shop/pods/x/exec?command={}{end}", "x".repeat(600));
    let with = |name: &str, end: &str| {
        record("create", name, 1, "ResponseComplete")
            .replace(&format!("/api/v1/namespaces/shop/pods/{name}"), &uri(end))
            .replace("alice", &format!("{}{end}", "Alice".repeat(150)))
    };
    post(sink.as_mut(), &[with("a", "curl+evil"), with("b", "true")], 0);
    sink.commit().unwrap();
    let check = |query: &str, expected: &[&str]| {
        let mut found: Vec<_> =
            events(&store, query).into_iter().map(|event| event.audit.unwrap().id).collect();
        found.sort();
        assert_eq!(found, expected, "{query}");
    };
    check("uri:*curl*", &["a"]);
    check("-uri:*curl*", &["b"]);
    check("uri:/api/v1/*true", &["b"]);
    check(&format!("uri:\"{}\"", uri("true")), &["b"]);
    check(&format!("uri:{}*", uri("tr").replace('=', "*")), &["b"]);
    check("user:*evil", &["a"]);
    check(&format!("user:{}true", "aLICE".repeat(150)), &["b"]);
}

#[test]
fn cut_records_can_be_searched_for() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    write(sink.as_mut(), &[record("get", "a", 1, "ResponseComplete")], Via::Webhook, 0, RecordFlags::CUT);
    post(sink.as_mut(), &[record("get", "b", 1, "ResponseComplete")], 1);
    sink.commit().unwrap();
    let found = events(&store, "truncated:true");
    assert_eq!(
        found.iter().map(|event| event.audit.as_ref().unwrap().id.as_str()).collect::<Vec<_>>(),
        ["a"]
    );
    assert!(found[0].audit.as_ref().unwrap().truncated);
    assert_eq!(events(&store, "kind:audit -truncated:true").len(), 1);
    assert_eq!(events(&store, "kind:gap bodies").len(), 1);
}

#[test]
fn starts_that_wait_are_counted_and_what_resolved_waits_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let held = |store: &Store| store.search().progress().counts.held;
    let started: Vec<_> =
        ["a", "b", "c"].iter().map(|name| record("get", name, 1, "RequestReceived")).collect();
    post(sink.as_mut(), &started, 0);
    assert_eq!(held(&store), 3);
    post(sink.as_mut(), &[record("get", "a", 1, "ResponseComplete")], 3);
    sink.commit().unwrap();
    assert_eq!((held(&store), sink.replay_from()), (2, 0), "the records of one batch share its position");
    assert_eq!(store.search().progress().searchable, 4);
    drop((sink, store));
    // Another process sees what was looked at and what must be read again.
    let store = Store::open_read_only(dir.path(), &settings(), &ActorRules::default()).unwrap();
    assert_eq!((store.search().progress().searchable, store.replay_from()), (4, 0));
}

/// What happens to the index between two pages.
#[derive(Debug, Clone)]
enum Step {
    /// A request with this number at this second, as a start or as a completion.
    Write(u8, u32, bool),
    Commit,
    Compact,
    Page,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..40_u8, 0..120_u32, any::<bool>()).prop_map(|(name, second, is_end)| Step::Write(name, second, is_end)),
        2 => Just(Step::Commit),
        1 => Just(Step::Compact),
        4 => Just(Step::Page),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// A walk by cursor returns every event that was there at its start once, and no event twice, whatever is written,
    /// replaced and compacted meanwhile.
    #[test]
    fn a_walk_under_writes_misses_nothing_and_repeats_nothing(
        before in proptest::collection::vec((0..40_u8, 0..120_u32), 1..40),
        steps in steps(),
        order in prop::sample::select(vec![Order::Asc, Order::Desc]),
        limit in 1_usize..6,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
        let mut sink = store.sink();
        let mut offset = 0;
        let mut put = |sink: &mut dyn EventSink, name: u8, second: u32, is_end: bool| {
            let stage = if is_end { "ResponseComplete" } else { "ResponseStarted" };
            post(sink, &[record("patch", &format!("r{name}"), second, stage)], offset);
            offset += 1;
        };
        for (name, second) in &before {
            put(sink.as_mut(), *name, *second, false);
        }
        sink.commit().unwrap();
        let search = store.search();
        let expected: BTreeSet<Key> = events(&store, "").iter().map(|event| event.id).collect();
        let mut walk = Walk { order, limit, after: None, is_done: false, seen: BTreeMap::new() };
        for step in &steps {
            match step {
                Step::Write(name, second, is_end) => put(sink.as_mut(), *name, *second, *is_end),
                Step::Commit => sink.commit().unwrap(),
                Step::Compact => drop(store.compact_due(&AtomicBool::new(false)).unwrap()),
                Step::Page => walk.page(search.as_ref()),
            }
        }
        while !walk.is_done {
            walk.page(search.as_ref());
        }
        prop_assert!(walk.seen.values().all(|times| *times == 1), "{:?}", walk.seen);
        let missed: Vec<_> = expected.iter().filter(|id| !walk.seen.contains_key(id)).collect();
        prop_assert!(missed.is_empty(), "{missed:?}");
    }
}

struct Walk {
    order: Order,
    limit: usize,
    after: Option<Cursor>,
    is_done: bool,
    seen: BTreeMap<Key, usize>,
}

impl Walk {
    fn page(&mut self, search: &dyn taffrail_query::Search) {
        if self.is_done {
            return;
        }
        let request = PageRequest {
            query: Query::All,
            range: TimeRange::default(),
            order: self.order,
            limit: self.limit,
            after: self.after,
            deadline: Instant::now() + Duration::from_secs(60),
        };
        let page = search.page(&request).unwrap();
        page.events.iter().for_each(|event| *self.seen.entry(event.id).or_default() += 1);
        self.after = page.events.last().map(|event| Cursor { time: event.time, id: event.id }).or(self.after);
        self.is_done = !page.more;
    }
}

/// The gap of a source that said nothing from four o'clock on.
fn gap(minutes: i64) -> Gap {
    let from = Timestamp::parse("2026-11-23T16:00:00Z").unwrap();
    Gap {
        cluster: "demo".to_owned(),
        source: "webhook".to_owned(),
        from,
        to: from.plus_micros(minutes * 60_000_000),
        lost: None,
        reason: "it was silent".to_owned(),
    }
}

#[test]
fn a_gap_is_found_like_an_event_and_grows_under_its_id() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    for (offset, minutes) in [(0, 5), (1, 9), (2, 5)] {
        let record = String::from_utf8(gap(minutes).encode()).unwrap();
        write(sink.as_mut(), &[record], Via::Taffrail, offset, RecordFlags::GAP);
        sink.commit().unwrap();
    }
    let found = events(&store, "kind:gap silent");
    assert_eq!(found.iter().map(|event| event.gap.clone().unwrap()).collect::<Vec<_>>(), [gap(9)]);
    assert_eq!(store.search().gaps(), [gap(9)]);
    drop((sink, store));
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    assert_eq!(store.search().gaps(), [gap(9)]);
    assert!(events(&store, "user:* OR result:* OR change:*").is_empty());
}

#[test]
fn what_the_journal_lost_is_an_event_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    sink.report_gap(gap(5));
    sink.report_gap(gap(5));
    sink.commit().unwrap();
    assert_eq!(events(&store, "kind:gap").len(), 1);
    assert_eq!(store.search().gaps(), [gap(5)]);
}

#[test]
fn an_event_that_looks_like_a_gap_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let forged = String::from_utf8(gap(5).encode()).unwrap();
    let forged = forged.replacen('{', r#"{"auditID":"a","verb":"get","#, 1);
    post(sink.as_mut(), &[forged], 0);
    sink.commit().unwrap();
    assert!(store.search().gaps().is_empty());
    assert_eq!(events(&store, "kind:audit").len(), 1);
    assert!(events(&store, "kind:gap").is_empty());
}
