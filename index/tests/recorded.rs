//! The index over recorded events: what tantivy answers is what the in-memory matcher answers, before and after
//! compaction, reopening and duplication.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use taffrail_config::{IndexSettings, RetentionSettings};
use taffrail_event::change::has_keys;
use taffrail_event::{ActorRules, BatchBuilder, EventSink, Key, Origin, RecordFlags, Timestamp, Via};
use taffrail_index::Store;
use taffrail_query::{
    Cursor, FacetsRequest, Field, HistogramRequest, Hit, Order, PageRequest, Query, Search, TimeContext,
    TimeRange,
};

fn settings() -> IndexSettings {
    IndexSettings { retention: RetentionSettings::unlimited(), ..IndexSettings::default() }
}

fn lines(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/audit").join(name);
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

fn write(sink: &mut dyn EventSink, lines: &[Vec<u8>], via: Via, mut offset: Option<u64>) {
    let origin = Arc::new(Origin {
        cluster: "demo".into(),
        source: "test".into(),
        via,
        received: Timestamp::from_micros(1_800_000_000_000_000),
    });
    for lines in lines.chunks(500) {
        let mut batch = BatchBuilder::new(Arc::clone(&origin));
        lines.iter().for_each(|line| batch.push(line, RecordFlags::default()));
        sink.write(&batch.finish(), offset).unwrap();
        offset = offset.map(|offset| offset + lines.len() as u64);
    }
}

fn imported(dir: &Path, recording: &str) -> Store {
    let store = Store::open(dir, &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    write(sink.as_mut(), &lines(recording), Via::Import, None);
    sink.finish().unwrap();
    drop(sink);
    store
}

fn all(search: &dyn Search, query: &Query) -> Vec<Hit> {
    let mut ids = Vec::new();
    search
        .walk(query, TimeRange::default(), &mut |event| {
            ids.extend(event.map(|event| event.id));
            ControlFlow::Continue(())
        })
        .unwrap();
    let whole = |id: Key| match search.find(&id.to_string()).unwrap() {
        taffrail_query::Found::One(hit) => *hit,
        other => panic!("{id}: {other:?}"),
    };
    ids.into_iter().map(whole).collect()
}

fn parse(text: &str) -> Query {
    let context =
        TimeContext { now: Timestamp::from_micros(1_800_000_000_000_000), tz: jiff::tz::TimeZone::UTC };
    taffrail_query::parse(text, &context).unwrap()
}

fn page(
    search: &dyn Search,
    query: &Query,
    order: Order,
    limit: usize,
    after: Option<Cursor>,
) -> taffrail_query::Page {
    let request = PageRequest {
        query: query.clone(),
        range: TimeRange::default(),
        order,
        limit,
        after,
        deadline: Instant::now() + Duration::from_secs(60),
    };
    search.page(&request).unwrap()
}

const QUERIES: &[&str] = &[
    "",
    "user:alice",
    "user:ALICE verb:patch",
    "user:system:node:*",
    "by:human",
    "by:(human OR serviceaccount) -verb:get",
    "-user:alice",
    "NOT verb:*",
    "code:>=400",
    "code:[200 TO 299]",
    "result:denied",
    "resource:deploy",
    "resource:deployments.apps",
    "ns:shop-a",
    "ns:shop* resource:pods",
    "name:*-deny*",
    "quarantine",
    "\"quarantine true\"",
    "attacker",
    "default-deny",
    "web-1",
    "kubectl-label alice",
    "agent:kubectl",
    "agent:\"kubectl v1\"",
    "ip:127.0.0.1",
    "ip:127.0.0.0/8",
    "ip:10.0.0.0/8",
    "uri:/api/v1/namespaces/*",
    "uid:*",
    "as:*",
    "-as:* by:human change:update",
    "sub:exec OR sub:log",
    "pod:attacker",
    "changed:image",
    "changed:status.conditions.status",
    "changed:status.*.status",
    "changed:conditions[type=Ready].status",
    "changed:conditions[type=Ready]",
    "changed:*[type=Ready]*",
    "changed:conditions[type=NoSuch].status",
    "changed:ownerReferences[uid=no-such].name",
    "change:delete",
    "duration:>=100",
    "nginx*",
    "*quarantine*",
    "\"default deny\" user:carol",
    "-\"default deny\" by:human",
    "kind:audit cluster:demo via:import",
    "id:00*",
    "auditid:*",
    "auditid:a*",
];

fn check_all_queries(search: &dyn Search) {
    let everything = all(search, &Query::All);
    assert!(
        everything
            .windows(2)
            .all(|pair| (pair[0].event.time, pair[0].event.id) < (pair[1].event.time, pair[1].event.id))
    );
    for text in QUERIES {
        let query = parse(text);
        let expected: Vec<Key> = everything
            .iter()
            .filter(|hit| query.matches(&hit.event, &hit.record))
            .map(|hit| hit.event.id)
            .collect();
        let found: Vec<Key> = all(search, &query).iter().map(|hit| hit.event.id).collect();
        assert_eq!(found, expected, "{text}");
        let first = page(search, &query, Order::Desc, 10, None);
        let newest: Vec<Key> = expected.iter().rev().take(10).copied().collect();
        assert_eq!(first.events.iter().map(|event| event.id).collect::<Vec<_>>(), newest, "{text}");
        assert_eq!((first.total.value, first.total.exact), (expected.len() as u64, true), "{text}");
        assert_eq!(first.more, expected.len() > 10, "{text}");
    }
}

#[test]
fn tantivy_answers_like_the_matcher() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings();
    let store = Store::open(dir.path(), &settings, &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let lines = lines("scenario.jsonl.gz");
    write(sink.as_mut(), &lines, Via::Import, None);
    let counts = sink.finish().unwrap();
    assert_eq!(counts.held, 0);
    let search = store.search();
    check_all_queries(search.as_ref());
    let documents = search.progress().documents;

    // Importing again adds nothing, and reopening changes nothing.
    write(sink.as_mut(), &lines, Via::Import, None);
    sink.finish().unwrap();
    assert_eq!(search.progress().documents, documents);
    drop(sink);
    let reopened = Store::open_read_only(dir.path(), &settings, &ActorRules::default()).unwrap().search();
    assert_eq!(all(reopened.as_ref(), &Query::All), all(search.as_ref(), &Query::All));
}

/// Some stand in the index whole, some (by uid or address) without their keys.
#[test]
fn changed_paths_are_found_with_their_keys() {
    let dir = tempfile::tempdir().unwrap();
    let store = imported(dir.path(), "scenario.jsonl.gz");
    let search = store.search();
    let everything = all(search.as_ref(), &Query::All);
    let mut paths = BTreeSet::new();
    for hit in &everything {
        Field::Changed.texts(&hit.event, &mut |path| {
            if has_keys(path) {
                paths.insert(path.to_owned());
            }
        });
    }
    assert!(paths.iter().any(|path| path.contains("[name=")), "{paths:?}");
    assert!(paths.iter().any(|path| path.contains("[ip=") || path.contains("[uid=")), "{paths:?}");
    for path in paths {
        let query = parse(&format!("changed:{}", serde_json::Value::from(path.as_str())));
        let expected = everything.iter().filter(|hit| query.matches(&hit.event, &hit.record)).count();
        assert!(expected > 0, "{path}");
        let total = page(search.as_ref(), &query, Order::Desc, 1, None).total;
        assert_eq!((total.value, total.exact), (expected as u64, true), "{path}");
    }
}

#[test]
fn any_order_and_duplication_give_the_same_events() {
    let settings = settings();
    let lines: Vec<_> = lines("scenario.jsonl.gz").into_iter().take(2_000).collect();
    let answer = |lines: &[Vec<u8>], commits: usize| {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &settings, &ActorRules::default()).unwrap();
        let mut sink = store.sink();
        let mut offset = 0;
        for part in lines.chunks(lines.len() / commits + 1) {
            write(sink.as_mut(), part, Via::Webhook, Some(offset));
            offset += part.len() as u64;
            sink.commit().unwrap();
        }
        sink.finish().unwrap();
        all(store.search().as_ref(), &Query::All)
    };
    let expected = answer(&lines, 1);
    let reversed: Vec<_> = lines.iter().rev().cloned().collect();
    assert_eq!(answer(&reversed, 7), expected);
    let interleaved: Vec<_> =
        lines.iter().step_by(2).chain(&lines).chain(reversed.iter().step_by(3)).cloned().collect();
    assert_eq!(answer(&interleaved, 5), expected);
}

#[test]
fn paging_histogram_facets_and_find_agree() {
    let dir = tempfile::tempdir().unwrap();
    let store = imported(dir.path(), "scenario-typical-policy.jsonl.gz");
    let search = store.search();
    let query = parse("by:human");
    let expected: Vec<Key> = all(search.as_ref(), &query).iter().map(|hit| hit.event.id).collect();
    for order in [Order::Asc, Order::Desc] {
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let page = page(search.as_ref(), &query, order, 7, after);
            walked.extend(page.events.iter().map(|event| event.id));
            let Some(last) = page.events.last().filter(|_| page.more) else { break };
            after = Some(Cursor { time: last.time, id: last.id });
        }
        if order == Order::Desc {
            walked.reverse();
        }
        assert_eq!(walked, expected);
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    let range = TimeRange::default();
    let histogram = search
        .histogram(&HistogramRequest {
            query: query.clone(),
            range,
            buckets: 50,
            split: Some(Field::ActorType),
            now: Timestamp::default(),
            deadline,
        })
        .unwrap();
    assert_eq!(histogram.buckets.iter().map(|bucket| bucket.count).sum::<u64>(), expected.len() as u64);
    assert!(histogram.buckets.len() <= 50);
    for bucket in &histogram.buckets {
        assert_eq!(bucket.split.iter().map(|(_, count)| count).sum::<u64>(), bucket.count);
    }
    let facets =
        search.facets(&FacetsRequest { field: Field::ActorName, query, range, limit: 2, deadline }).unwrap();
    assert_eq!(
        facets.buckets.iter().map(|(_, count)| count).sum::<u64>() + facets.other,
        expected.len() as u64
    );
    assert_eq!(facets.events, expected.len() as u64);
    let id = expected[0];
    match search.find(id.to_string().get(..10).unwrap()).unwrap() {
        taffrail_query::Found::One(hit) => assert_eq!(hit.event.id, id),
        other => panic!("{other:?}"),
    }
    assert_eq!(search.clusters().unwrap()[0].events, search.progress().documents);
}
