//! What each write changed, whatever the order in which the writes come in: through commits, restarts, compactions, rebuilds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use taffrail_config::IndexSettings;
use taffrail_event::ActorRules;
use taffrail_index::Store;

use crate::story::{TOLD, events, history, line, post, settings, told, with_history};

#[path = "changes/arrival.rs"]
mod arrival;
#[path = "changes/corrections.rs"]
mod corrections;
#[path = "changes/story.rs"]
mod story;

#[test]
fn a_history_in_one_commit() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut sink) = with_history(dir.path());
    sink.commit().unwrap();
    assert_eq!(told(&store, "web"), TOLD);
}

#[test]
fn a_history_in_a_commit_each_with_and_without_a_cache() {
    for state_cache_bytes in [0, 1_000_000] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(
            dir.path(),
            &IndexSettings { state_cache_bytes, ..settings() },
            &ActorRules::default(),
        )
        .unwrap();
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
    let (store, mut sink) = with_history(dir.path());
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
