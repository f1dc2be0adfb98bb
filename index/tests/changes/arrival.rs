//! Writes come in in any order, and it makes no difference.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use taffrail_config::IndexSettings;
use taffrail_event::ActorRules;
use taffrail_index::Store;

use crate::story::{
    PATCH, TOLD, Write, asked, created, deleted, history, post, scaled, settings, told, whole,
};

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
    let mut store = Store::open(dir.path(), &settings, &ActorRules::default()).unwrap();
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
            store = Store::open(dir.path(), &settings, &ActorRules::default()).unwrap();
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
                let bodies = write.bodies.replace(
                    r#""resourceVersion":"1""#,
                    &format!(r#""resourceVersion":"{}""#, minute + 7 * skew),
                );
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
