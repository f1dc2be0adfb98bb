//! Rules of actors: they hold for what is stored and for what is read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use taffrail_config::{IndexSettings, RetentionSettings};
use taffrail_event::{
    ActorRule, ActorRules, ActorType, BatchBuilder, DisplayName, Event, Glob, Origin, RecordFlags, Timestamp,
    Via,
};
use taffrail_index::Store;
use taffrail_query::{FacetsRequest, Field, Query, TimeContext, TimeRange};

/// Constructed: the same person by way of two roles, a robot, and somebody whom no rule knows.
const USERS: [&str; 4] = [
    "arn:aws:sts::1111:assumed-role/Admin/Alice",
    "arn:aws:sts::2222:assumed-role/Admin/Alice",
    "ci-robot",
    "bob",
];

fn settings() -> IndexSettings {
    IndexSettings { retention: RetentionSettings::unlimited(), ..IndexSettings::default() }
}

fn rules(name: &str) -> ActorRules {
    let rule = |user: &str, actor_type: ActorType, name: &str| ActorRule {
        user: Some(Glob::ignoring_case(user)),
        actor_type: Some(actor_type),
        name: (!name.is_empty()).then(|| DisplayName::of(name)),
        ..ActorRule::default()
    };
    ActorRules::new(vec![
        rule("arn:*:assumed-role/Admin/*", ActorType::Human, name),
        rule("ci-*", ActorType::Controller, ""),
    ])
}

fn with_events(dir: &Path, actors: &ActorRules) -> Store {
    let store = Store::open(dir, &settings(), actors).unwrap();
    let received = Timestamp::parse("2026-11-23T17:00:00Z").unwrap();
    let origin = Origin { cluster: "prod".into(), source: "test".into(), via: Via::Webhook, received };
    let mut batch = BatchBuilder::new(Arc::new(origin));
    for (second, user) in USERS.iter().enumerate() {
        let record = format!(
            r#"{{"auditID":"{second}","stage":"ResponseComplete","verb":"get","requestURI":"/x","user":{{"username":"{user}"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"2026-11-23T16:00:0{second}.000000Z"}}"#
        );
        batch.push(record.as_bytes(), RecordFlags::default());
    }
    let mut sink = store.sink();
    sink.write(&batch.finish(), Some(0)).unwrap();
    sink.finish().unwrap();
    store
}

fn query(text: &str) -> Query {
    taffrail_query::parse(text, &TimeContext::utc(Timestamp::default())).unwrap()
}

/// The summaries of what is found.
#[track_caller]
fn check(store: &Store, text: &str, expected: &[&str]) {
    let mut found = Vec::new();
    let mut each = |event: Option<Event>| {
        found.extend(event.map(|event| event.summary));
        ControlFlow::Continue(())
    };
    store.search().walk(&query(text), TimeRange::default(), &mut each).unwrap();
    assert_eq!(found, expected, "{text}");
}

fn counts(store: &Store, field: Field) -> Vec<(String, u64)> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let request =
        FacetsRequest { query: Query::All, range: TimeRange::default(), field, limit: 10, deadline };
    let facets = store.search().facets(&request).unwrap();
    assert_eq!((facets.other, facets.events), (0, 4));
    facets.buckets
}

#[test]
fn found_by_both_names_and_by_the_type() {
    let dir = tempfile::tempdir().unwrap();
    let store = with_events(dir.path(), &rules("{2}"));
    let alice = ["Alice read /x", "Alice read /x"];
    check(&store, "user:alice", &alice);
    check(&store, "user:arn:aws:sts::1111:*", &alice[..1]);
    check(&store, "user:al*", &alice);
    check(&store, "\"alice read\"", &alice);
    check(&store, "-user:alice", &["ci-robot read /x", "bob read /x"]);
    check(&store, "by:controller", &["ci-robot read /x"]);
    check(&store, "by:human", &[alice[0], alice[1], "bob read /x"]);
    // Each event counts once, for the user that it says.
    assert_eq!(counts(&store, Field::ActorName), {
        let mut users = USERS.map(|user| (user.to_owned(), 1));
        users.sort();
        users
    });
    assert_eq!(counts(&store, Field::ActorType), [("human".to_owned(), 3), ("controller".to_owned(), 1)]);
}

#[test]
fn other_rules_are_shown_at_once_and_found_by_after_a_reindex() {
    let dir = tempfile::tempdir().unwrap();
    drop(with_events(dir.path(), &rules("{2}")));
    let newer = rules("admin {2}");
    let shown = ["admin Alice read /x", "admin Alice read /x"];
    let store = Store::open_read_only(dir.path(), &settings(), &newer).unwrap();
    check(&store, "user:alice", &shown);
    check(&store, "user:\"admin alice\"", &[]);
    drop(store);
    let store = Store::open_to_rebuild(dir.path(), &settings(), &newer).unwrap();
    store.reindex(&|_| None, &mut |_, _| ()).unwrap();
    check(&store, "user:alice", &[]);
    check(&store, "user:\"admin alice\"", &shown);
}
