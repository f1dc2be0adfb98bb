//! What each write changed, whatever the order in which the writes come in: through commits, restarts, compactions, rebuilds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use proptest::prelude::*;
use taffrail_config::{IndexSettings, RetentionSettings};
use taffrail_event::change::object_hash;
use taffrail_event::{BatchBuilder, Event, EventSink, Origin, RecordFlags, Timestamp, Via};
use taffrail_index::{Snapshot, Store};
use taffrail_query::{TimeContext, TimeRange};

/// A write of the deployment `shop/web`.
#[derive(Debug, Clone)]
struct Write {
    verb: &'static str,
    subresource: &'static str,
    version: &'static str,
    /// When it came in, in minutes from eleven o'clock at night: the second hour is another day, and another split.
    minute: u32,
    code: u16,
    /// Members of the record.
    bodies: String,
}

const PATCH: Write =
    Write { verb: "patch", subresource: "", version: "v1", minute: 0, code: 200, bodies: String::new() };

impl Write {
    fn json(&self, name: &str) -> String {
        let Self { verb, subresource, version, minute, code, bodies } = self;
        let time = Timestamp::parse("2026-11-23T23:00:00Z").unwrap().plus_micros(i64::from(*minute) * 60_000_000);
        format!(
            r#"{{"auditID":"{name}-{minute}","stage":"ResponseComplete","verb":"{verb}","requestURI":"/apis/apps/v1/namespaces/shop/deployments/{name}","user":{{"username":"alice"}},"objectRef":{{"apiGroup":"apps","apiVersion":"{version}","resource":"deployments","subresource":"{subresource}","namespace":"shop","name":"{name}"}},"responseStatus":{{"code":{code}}}{bodies},"requestReceivedTimestamp":"{time}","stageTimestamp":"{time}"}}"#
        )
    }
}

/// A write with its result: the resource version is the minute.
fn whole(minute: u32, spec: &str) -> Write {
    let bodies = format!(
        r#","responseObject":{{"kind":"Deployment","metadata":{{"uid":"u","resourceVersion":"{}"}},"spec":{spec}}}"#,
        minute + 1
    );
    Write { minute, bodies, ..PATCH }
}

fn created(minute: u32, spec: &str) -> Write {
    Write { verb: "create", code: 201, ..whole(minute, spec) }
}

/// A patch without its result.
fn asked(minute: u32, spec: &str) -> Write {
    Write { minute, bodies: format!(r#","requestObject":{{"spec":{spec}}}"#), ..PATCH }
}

fn scaled(minute: u32, replicas: u32) -> Write {
    let bodies = format!(
        r#","responseObject":{{"kind":"Scale","metadata":{{"uid":"u","resourceVersion":"{}"}},"spec":{{"replicas":{replicas}}}}}"#,
        minute + 1
    );
    Write { verb: "update", subresource: "scale", minute, bodies, ..PATCH }
}

fn deleted(minute: u32) -> Write {
    let bodies = r#","responseObject":{"kind":"Status","status":"Success","details":{"uid":"u"}}"#.to_owned();
    Write { verb: "delete", minute, bodies, ..PATCH }
}

/// Something of everything, over midnight.
fn history() -> Vec<Write> {
    vec![
        created(1, r#"{"replicas":1,"image":"x:1"}"#),
        whole(10, r#"{"replicas":1,"image":"x:2"}"#),
        asked(20, r#"{"paused":true}"#),
        asked(30, r#"{"paused":null,"replicas":3}"#),
        whole(50, r#"{"replicas":3,"image":"x:3"}"#),
        Write { minute: 55, ..PATCH },
        scaled(61, 5),
        whole(65, r#"{"replicas":5,"image":"x:3"}"#),
        Write { code: 403, minute: 66, ..PATCH },
        whole(70, r#"{"replicas":5,"image":"x:4"}"#),
        deleted(80),
        created(90, r#"{"replicas":1,"image":"x:5"}"#),
        whole(95, r#"{"replicas":2,"image":"x:5"}"#),
    ]
}

const TOLD: [&str; 13] = [
    "1 create exact",
    "10 update exact spec.image:\"x:1\"->\"x:2\"",
    "20 update patch spec.paused:null->true",
    "30 update patch spec.replicas:1->3 spec.paused:true->null",
    "50 update patch spec.image:\"x:2\"->\"x:3\"",
    "55 update unknown",
    "61 update exact unseen spec.replicas:3->5",
    "65 update patch unseen",
    "66 none exact",
    "70 update exact spec.image:\"x:3\"->\"x:4\"",
    "80 delete exact",
    "90 create exact",
    "95 update exact spec.replicas:1->2",
];

fn settings() -> IndexSettings {
    // Nothing is committed by time: the tests say when.
    IndexSettings {
        commit_interval: Duration::from_secs(3600),
        compact_after: Duration::ZERO,
        dedup_window: Duration::ZERO,
        retention: RetentionSettings::unlimited(),
        ..IndexSettings::default()
    }
}

fn post(sink: &mut dyn EventSink, records: &[String], offset: u64) {
    let received = Timestamp::parse("2026-11-25T00:00:00Z").unwrap();
    let origin = Arc::new(Origin { cluster: "demo".into(), source: "test".into(), via: Via::Webhook, received });
    let mut batch = BatchBuilder::new(origin);
    records.iter().for_each(|record| batch.push(record.as_bytes(), RecordFlags::default()));
    sink.write(&batch.finish(), Some(offset)).unwrap();
}

fn events(store: &Store, query: &str) -> Vec<Event> {
    let mut events = Vec::new();
    let query = taffrail_query::parse(query, &TimeContext::utc(Timestamp::default())).unwrap();
    let mut each = |event: Option<Event>| {
        events.extend(event);
        ControlFlow::Continue(())
    };
    store.search().walk(&query, TimeRange::default(), &mut each).unwrap();
    events
}

/// Every write of the object in a line: its minute, and what it changed.
fn told(store: &Store, name: &str) -> Vec<String> {
    events(store, &format!("name:{name}")).iter().map(line).collect()
}

fn line(event: &Event) -> String {
    let start = Timestamp::parse("2026-11-23T23:00:00Z").unwrap().micros();
    let minute = (event.time.micros() - start) / 60_000_000;
    let change = event.change.as_ref().unwrap();
    let unseen = if change.unseen_before { " unseen" } else { "" };
    let mut line = format!("{minute} {} {}{unseen}", change.change_type.name(), change.confidence.name());
    if change.change_type.name() != "create" {
        for field in &change.fields {
            let value = |value: Option<&taffrail_event::change::JsonText>| {
                value.map_or("?".to_owned(), |value| value.as_json().to_owned())
            };
            line += &format!(" {}:{}->{}", field.path, value(field.before.as_ref()), value(field.after.as_ref()));
        }
    }
    line
}

#[test]
fn a_history_in_one_commit() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings()).unwrap();
    let mut sink = store.sink();
    let records: Vec<_> = history().iter().map(|write| write.json("web")).collect();
    post(sink.as_mut(), &records, 0);
    sink.commit().unwrap();
    assert_eq!(told(&store, "web"), TOLD);
}

#[test]
fn a_history_in_a_commit_each_with_and_without_a_cache() {
    for state_cache_bytes in [0, 1_000_000] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &IndexSettings { state_cache_bytes, ..settings() }).unwrap();
        let mut sink = store.sink();
        for (offset, write) in (0..).zip(history()) {
            post(sink.as_mut(), &[write.json("web")], offset);
            sink.commit().unwrap();
        }
        assert_eq!(told(&store, "web"), TOLD, "cache {state_cache_bytes}");
    }
}

#[test]
fn changes_are_found_by_path_value_and_confidence() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings()).unwrap();
    let mut sink = store.sink();
    let records: Vec<_> = history().iter().map(|write| write.json("web")).collect();
    post(sink.as_mut(), &records, 0);
    sink.commit().unwrap();
    let check = |query: &str, expected: &[&str]| {
        let found: Vec<_> = events(&store, query)
            .iter()
            .map(|event| line(event).split(' ').next().unwrap().to_owned())
            .collect();
        assert_eq!(found, expected, "{query}");
    };
    check("changed:image", &["10", "50", "70"]);
    check("changed:spec.replicas", &["30", "61", "95"]);
    check("changed:spec.pause*", &["20", "30"]);
    check("before:x:1", &["10"]);
    check("after:x:3", &["50"]);
    check("confidence:patch", &["20", "30", "50", "65"]);
    check("change:create", &["1", "90"]);
    // A word of a value that is no longer there.
    check("\"x:1\" change:update", &["10"]);
}

/// A store that holds the history, but for the write of minute 50, and its sink.
fn without_fifty(dir: &Path) -> (Store, Box<dyn EventSink>) {
    let store = Store::open(dir, &settings()).unwrap();
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
    let store = Store::open(dir.path(), &settings()).unwrap();
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
    let store = Store::open(dir.path(), &settings()).unwrap();
    let mut sink = store.sink();
    let records: Vec<_> = history().iter().map(|write| write.json("web")).collect();
    post(sink.as_mut(), &records, 0);
    sink.finish().unwrap();
    drop((sink, store));
    let store = Store::open_to_rebuild(dir.path(), &settings()).unwrap();
    // As a new rule of redaction would: what it takes out of a record must not stay in the change set of its neighbour.
    let hide = |record: &[u8]| {
        let text = String::from_utf8_lossy(record);
        text.contains("x:2").then(|| text.replace("x:2", "hidden").into_bytes())
    };
    store.reindex(&hide, &mut |_, _| ()).unwrap();
    drop(store);
    let store = Store::open(dir.path(), &settings()).unwrap();
    assert_eq!(told(&store, "web"), TOLD.map(|line| line.replace("x:2", "hidden")));
    assert!(events(&store, "\"x:2\"").is_empty());
}

#[test]
fn what_retention_removed_stays_in_the_change_sets_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings()).unwrap();
    let mut sink = store.sink();
    let records: Vec<_> = history().iter().map(|write| write.json("web")).collect();
    post(sink.as_mut(), &records, 0);
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
    let store = Store::open(dir.path(), &settings()).unwrap();
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

/// How a history comes in.
#[derive(Debug, Clone)]
struct Arrival {
    /// The order of the writes.
    order: Vec<usize>,
    /// Behind how many of them there is a commit, a restart, a compaction.
    commits: Vec<usize>,
    restarts: Vec<usize>,
    compactions: Vec<usize>,
    state_cache_bytes: u64,
}

fn arrival(writes: usize) -> impl Strategy<Value = Arrival> {
    let some = || prop::collection::vec(0..writes, 0..6);
    (
        Just((0..writes).collect::<Vec<_>>()).prop_shuffle(),
        some(),
        prop::collection::vec(0..writes, 0..2),
        prop::collection::vec(0..writes, 0..2),
        prop::sample::select(vec![0, 5_000, 64_000_000]),
    )
        .prop_map(|(order, commits, restarts, compactions, state_cache_bytes)| Arrival {
            order,
            commits,
            restarts,
            compactions,
            state_cache_bytes,
        })
}

/// Lets the writes come in, each of two objects, and returns what they are told to have changed.
fn arrive(writes: &[Write], arrival: &Arrival) -> [Vec<String>; 2] {
    let settings = IndexSettings { state_cache_bytes: arrival.state_cache_bytes, ..settings() };
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &settings).unwrap();
    let mut sink = store.sink();
    for (done, index) in arrival.order.iter().enumerate() {
        let write = &writes[*index];
        post(sink.as_mut(), &[write.json("web"), write.json("api")], 2 * done as u64);
        if arrival.commits.contains(&done) {
            sink.commit().unwrap();
        }
        if arrival.compactions.contains(&done) {
            store.compact_due(&AtomicBool::new(false)).unwrap();
        }
        if arrival.restarts.contains(&done) {
            sink.commit().unwrap();
            drop((sink, store));
            store = Store::open(dir.path(), &settings).unwrap();
            sink = store.sink();
        }
    }
    sink.finish().unwrap();
    [told(&store, "web"), told(&store, "api")]
}

/// Writes of which nothing but the clock tells some of the order, in two API versions and two incarnations.
fn any_write() -> impl Strategy<Value = Write> {
    let code = prop_oneof![6 => Just(200_u16), 1 => Just(500)];
    let version = prop_oneof![3 => Just("v1"), 1 => Just("v1beta1")];
    (0_u32..7, 0_u32..4, code, version, prop_oneof![7 => Just("u"), 1 => Just("v")]).prop_map(
        |(kind, number, code, version, uid)| {
            let spec = format!(r#"{{"a":{number}}}"#);
            let mut write = match kind {
                0 | 1 => whole(0, &spec),
                2 => asked(0, &spec),
                3 => PATCH,
                4 => scaled(0, number),
                5 => created(0, &spec),
                _ => deleted(0),
            };
            write.code = if code == 200 { write.code } else { code };
            write.bodies = write.bodies.replace(r#""uid":"u""#, &format!(r#""uid":"{uid}""#));
            Write { version, ..write }
        },
    )
}

/// Each write gets its minute; the resource versions follow it, but for a clock that is a bit off.
fn any_history() -> impl Strategy<Value = Vec<Write>> {
    prop::collection::vec((any_write(), 0_u32..3), 2..9).prop_map(|writes| {
        (0..)
            .zip(writes)
            .map(|(index, (write, skew))| {
                let minute = 30 + 10 * index;
                let bodies = write
                    .bodies
                    .replace(r#""resourceVersion":"1""#, &format!(r#""resourceVersion":"{}""#, minute + 7 * skew));
                Write { minute, bodies, ..write }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_arrival_ends_in_the_same_change_sets(arrival in arrival(TOLD.len())) {
        let told = arrive(&history(), &arrival);
        prop_assert_eq!(&told[0], &TOLD);
        prop_assert_eq!(&told[1], &TOLD);
    }

    #[test]
    fn any_history_in_any_order_is_told_as_it_is_in_one_commit(
        (writes, arrival) in any_history().prop_flat_map(|writes| { let len = writes.len(); (Just(writes), arrival(len)) }),
    ) {
        let at_once = Arrival {
            order: (0..writes.len()).collect(), commits: vec![], restarts: vec![], compactions: vec![], state_cache_bytes: 0,
        };
        prop_assert_eq!(arrive(&writes, &arrival), arrive(&writes, &at_once));
    }
}
