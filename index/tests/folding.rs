//! Identity, folding and duplicates through the whole index: in memory, across commits, restarts and compactions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use proptest::prelude::*;
use taffrail_config::{IndexSettings, RetentionSettings};
use taffrail_event::{
    ActorRules, BatchBuilder, Event, EventSink, Origin, OutcomeResult, RecordFlags, Timestamp, Via,
};
use taffrail_index::Store;
use taffrail_query::{Query, TimeRange};

/// A constructed record; the times are minutes and seconds of one day.
#[derive(Debug, Clone)]
struct Record {
    audit_id: &'static str,
    stage: &'static str,
    code: u16,
    /// Milliseconds after the request came in.
    after: u32,
    minute: u32,
    body: &'static str,
}

const COMPLETE: Record =
    Record { audit_id: "a", stage: "ResponseComplete", code: 200, after: 5, minute: 0, body: "" };

impl Record {
    fn json(&self) -> String {
        let Self { audit_id, stage, code, after, minute, body } = self;
        let status = if *stage == "RequestReceived" {
            String::new()
        } else {
            format!(r#""responseStatus":{{"code":{code}}},"#)
        };
        let body = if body.is_empty() { String::new() } else { format!(r#""responseObject":{body},"#) };
        format!(
            r#"{{"auditID":"{audit_id}","stage":"{stage}","verb":"patch","requestURI":"/api/v1/namespaces/shop/pods/x","user":{{"username":"alice"}},"objectRef":{{"resource":"pods","namespace":"shop","name":"x"}},{status}{body}"requestReceivedTimestamp":"2026-11-23T16:{minute:02}:00.000000Z","stageTimestamp":"2026-11-23T16:{minute:02}:00.{after:03}000Z"}}"#
        )
    }
}

fn settings() -> IndexSettings {
    IndexSettings { retention: RetentionSettings::unlimited(), ..IndexSettings::default() }
}

fn write(sink: &mut dyn EventSink, records: &[&Record], via: Via, received_minute: i64, offset: Option<u64>) {
    let received =
        Timestamp::parse("2026-11-23T16:00:00Z").unwrap().plus_micros(received_minute * 60_000_000);
    let origin = Arc::new(Origin { cluster: "demo".into(), source: "test".into(), via, received });
    let mut batch = BatchBuilder::new(origin);
    records.iter().for_each(|record| batch.push(record.json().as_bytes(), RecordFlags::default()));
    sink.write(&batch.finish(), offset).unwrap();
}

fn events(store: &Store) -> Vec<Event> {
    let mut events = Vec::new();
    let mut each = |event: Option<Event>| {
        events.extend(event);
        ControlFlow::Continue(())
    };
    store.search().walk(&Query::All, TimeRange::default(), &mut each).unwrap();
    events
}

fn import(records: &[&Record]) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    write(sink.as_mut(), records, Via::Import, 0, None);
    sink.finish().unwrap();
    (dir, store)
}

#[test]
fn t21_two_requests_with_one_audit_id_stay_two() {
    let (_dir, store) = import(&[&COMPLETE, &Record { minute: 1, ..COMPLETE }]);
    assert_eq!(events(&store).len(), 2);
}

#[test]
fn t21_two_different_answers_to_one_request_are_both_kept_in_any_order() {
    let other = Record { code: 409, ..COMPLETE };
    let (_dir, one) = import(&[&COMPLETE, &other]);
    let (_dir, two) = import(&[&other, &COMPLETE, &other]);
    let ids = |store: &Store| {
        events(store).iter().map(|event| (event.id, event.outcome.as_ref().unwrap().code)).collect::<Vec<_>>()
    };
    assert_eq!(ids(&one), ids(&two));
    assert_eq!(ids(&one).len(), 2);
    assert_eq!(one.search().progress().counts.conflicts, 1);
}

#[test]
fn t21_a_conflict_with_a_committed_document_keeps_both() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut expected = None;
    for codes in [[200, 409], [409, 200]] {
        let (_dir, store) = import(&[]);
        let mut sink = store.sink();
        for code in codes {
            write(sink.as_mut(), &[&Record { code, ..COMPLETE }], Via::Import, 0, None);
            sink.finish().unwrap();
            sink = {
                drop(sink);
                store.sink()
            };
        }
        let found: Vec<_> =
            events(&store).iter().map(|event| (event.id, event.outcome.as_ref().unwrap().code)).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(expected.get_or_insert_with(|| found.clone()), &found);
    }
    drop(store);
}

#[test]
fn t22_copies_by_two_routes_are_one_document_with_the_better_bodies() {
    let full = Record { body: r#"{"kind":"Pod","metadata":{"uid":"u1"}}"#, ..COMPLETE };
    for (first, second) in [(&COMPLETE, &full), (&full, &COMPLETE)] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
        let mut sink = store.sink();
        write(sink.as_mut(), &[first], Via::Webhook, 0, Some(0));
        sink.commit().unwrap();
        write(sink.as_mut(), &[second], Via::Import, 0, None);
        sink.finish().unwrap();
        let found = events(&store);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].object.as_ref().unwrap().uid, "u1");
        assert_eq!(found[0].via, [Via::Webhook, Via::Import]);
    }
}

#[test]
fn t23_stages_fold_and_a_lone_request_is_pending_until_its_completion_comes() {
    let received = Record { stage: "RequestReceived", after: 0, ..COMPLETE };
    let started = Record { stage: "ResponseStarted", after: 1, ..COMPLETE };
    let (_dir, store) = import(&[&received]);
    assert_eq!(events(&store)[0].outcome.as_ref().unwrap().result, OutcomeResult::Pending);
    let mut sink = store.sink();
    write(sink.as_mut(), &[&started], Via::Import, 0, None);
    sink.finish().unwrap();
    assert_eq!(events(&store)[0].outcome.as_ref().unwrap().result, OutcomeResult::Open);
    write(sink.as_mut(), &[&received, &COMPLETE, &started], Via::Import, 0, None);
    sink.finish().unwrap();
    let found = events(&store);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].outcome.as_ref().unwrap().result, OutcomeResult::Success);
    let panic = Record { stage: "Panic", code: 500, ..COMPLETE };
    write(sink.as_mut(), &[&panic], Via::Import, 0, None);
    sink.finish().unwrap();
    assert_eq!(events(&store)[0].outcome.as_ref().unwrap().result, OutcomeResult::Failed);
}

#[test]
fn a_held_request_keeps_the_journal_until_it_is_resolved() {
    let dir = tempfile::tempdir().unwrap();
    let received = Record { stage: "RequestReceived", after: 0, ..COMPLETE };
    let other = Record { audit_id: "b", ..COMPLETE };
    {
        let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
        let mut sink = store.sink();
        write(sink.as_mut(), &[&other], Via::Webhook, 0, Some(0));
        write(sink.as_mut(), &[&received], Via::Webhook, 0, Some(1));
        write(sink.as_mut(), &[&Record { audit_id: "c", ..COMPLETE }], Via::Webhook, 0, Some(2));
        sink.commit().unwrap();
        assert_eq!(sink.replay_from(), 1);
        assert_eq!(events(&store).len(), 2);
    }
    // A crash loses what was held; the journal gives it again.
    let store = Store::open(dir.path(), &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    write(sink.as_mut(), &[&received], Via::Webhook, 0, Some(1));
    write(sink.as_mut(), &[&Record { audit_id: "c", ..COMPLETE }], Via::Webhook, 0, Some(2));
    write(sink.as_mut(), &[&Record { audit_id: "d", minute: 3, ..COMPLETE }], Via::Webhook, 3, Some(3));
    sink.commit().unwrap();
    assert_eq!(sink.replay_from(), 4);
    let found = events(&store);
    assert_eq!(found.len(), 4);
    assert_eq!(
        found.iter().filter(|event| event.outcome.as_ref().unwrap().result == OutcomeResult::Pending).count(),
        1
    );
}

#[test]
fn a_late_event_reopens_a_compacted_split() {
    let dir = tempfile::tempdir().unwrap();
    let settings = IndexSettings { compact_after: Duration::ZERO, ..settings() };
    let store = Store::open(dir.path(), &settings, &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let stop = AtomicBool::new(false);
    for (index, minute) in [10, 5, 20, 1].into_iter().enumerate() {
        write(sink.as_mut(), &[&Record { minute, ..COMPLETE }], Via::Webhook, 30, Some(index as u64));
        sink.commit().unwrap();
    }
    let before = events(&store);
    assert_eq!(before.len(), 4);
    assert_eq!(store.compact_due(&stop).unwrap(), 1);
    assert_eq!(store.compact_due(&stop).unwrap(), 0);
    assert_eq!(events(&store), before);
    write(sink.as_mut(), &[&Record { minute: 7, ..COMPLETE }], Via::Webhook, 30, Some(4));
    sink.commit().unwrap();
    assert_eq!(events(&store).len(), 5);
    assert_eq!(store.compact_due(&stop).unwrap(), 1);
    let after = events(&store);
    drop((sink, store));
    let reopened = Store::open(dir.path(), &settings, &ActorRules::default()).unwrap();
    assert_eq!(events(&reopened), after);
    assert_eq!(splits_on_disk(dir.path()), 1);
}

#[test]
fn a_full_window_continues_in_a_next_part_and_corrections_find_the_right_one() {
    let dir = tempfile::tempdir().unwrap();
    let settings = IndexSettings { split_docs: 10, ..settings() };
    let store = Store::open(dir.path(), &settings, &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    for minute in 0..40 {
        let received = Record { stage: "ResponseStarted", minute, after: 0, ..COMPLETE };
        write(sink.as_mut(), &[&received], Via::Webhook, 60, Some(minute.into()));
        sink.commit().unwrap();
    }
    assert_eq!(splits_on_disk(dir.path()), 4);
    for minute in (0..40).rev() {
        write(
            sink.as_mut(),
            &[&Record { minute, ..COMPLETE }],
            Via::Webhook,
            60,
            Some(100 - u64::from(minute)),
        );
    }
    sink.finish().unwrap();
    let found = events(&store);
    assert_eq!(found.len(), 40);
    assert!(found.iter().all(|event| event.outcome.as_ref().unwrap().result == OutcomeResult::Success));
}

fn splits_on_disk(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("splits")).unwrap().count()
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let audit_id = prop::sample::select(vec!["a", "b"]);
    let stage = prop::sample::select(vec!["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"]);
    let body = prop::sample::select(vec!["", r#"{"kind":"Pod","metadata":{"uid":"u1"}}"#]);
    let record = (audit_id, stage, prop::sample::select(vec![200, 409]), 0_u32..2, 0_u32..2, body).prop_map(
        |(audit_id, stage, code, after, minute, body)| Record {
            audit_id,
            stage,
            code,
            after,
            minute: minute * 20,
            body,
        },
    );
    proptest::collection::vec(record, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever the order, the duplication, the commits, the restarts and the size of the memory for duplicates.
    #[test]
    fn any_way_of_arrival_gives_the_same_documents(records in records(), order in any::<prop::sample::Index>(), commit_every in 1_usize..5, forgets: bool) {
        let all: Vec<&Record> = records.iter().collect();
        let (_dir, one) = import(&all);
        let dir = tempfile::tempdir().unwrap();
        let settings = if forgets {
            IndexSettings { dedup_window: Duration::ZERO, dedup_keys: 1, ..settings() }
        } else {
            settings()
        };
        let mut store = Store::open(dir.path(), &settings, &ActorRules::default()).unwrap();
        let mut sink = store.sink();
        let mut shuffled: Vec<&Record> = all.iter().rev().chain(&all).copied().collect();
        let start = order.index(shuffled.len());
        shuffled.rotate_left(start);
        for (index, record) in shuffled.iter().enumerate() {
            write(sink.as_mut(), &[record], Via::Import, 60, None);
            if index % commit_every == 0 {
                sink.finish().unwrap();
            }
            if index % 7 == 6 {
                sink.finish().unwrap();
                drop(sink);
                store = Store::open(dir.path(), &settings, &ActorRules::default()).unwrap();
                sink = store.sink();
            }
        }
        sink.finish().unwrap();
        let strip = |store: &Store| {
            let mut events = events(store);
            events.iter_mut().for_each(|event| event.received = Timestamp::default());
            events
        };
        prop_assert_eq!(strip(&one), strip(&store));
    }
}
