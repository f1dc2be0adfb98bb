//! Questions to millions of events, warm and cold.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use taffrail_tests::{Api, Random, Samples, Server, disk_usage, is_root, samples};

use crate::arguments::Arguments;
use crate::corpus::{directory, large, mebibytes};
use crate::table::Table;

const WARM_QUERIES: usize = 400;
const COLD_QUERIES: usize = 8;

/// First pages of five kinds of question; histogram and facets over everything.
pub(crate) fn measure(arguments: &Arguments, table: &mut Table) {
    let data = directory(arguments.events);
    let mut server = Server::builder().set("index.commit_interval", "1s").data(&data).expect_log("").start();
    let documents = server.api().read("/api/v1/status", &[])["index"]["documents"].clone();
    table.note(
        &format!("data of the queries: {} events", arguments.events),
        format!("{documents} documents, {} on disk", mebibytes(disk_usage(&data))),
    );
    let kinds = Questions::of_recording();
    let mut random = Random::of_run("queries");
    for (kind, questions) in &kinds.kinds {
        let warm = warm(&server.api(), questions, &mut random);
        table.add(
            &format!("first page for {kind}, warm"),
            "p99 < 50 ms; goal 10 ms",
            warm.to_string(),
            warm.percentile(99) < Duration::from_millis(50),
        );
    }
    aggregations(&server.api(), table);
    if !is_root() {
        table.note("first page, cold", "not measured: emptying the page cache takes root".to_owned());
        return;
    }
    for (kind, questions) in &kinds.kinds {
        let mut cold = Samples::default();
        for _ in 0..COLD_QUERIES {
            // A running process keeps the pages that it has mapped, so it is started anew.
            server.stop();
            drop_page_cache();
            server.start();
            cold.add(ask(&server.api(), random.pick::<String>(questions)));
        }
        table.add(
            &format!("first page for {kind}, cold"),
            "p99 < 500 ms",
            cold.to_string(),
            cold.percentile(99) < Duration::from_millis(500),
        );
    }
}

fn warm(api: &Api, questions: &[String], random: &mut Random) -> Samples {
    for _ in 0..WARM_QUERIES / 10 {
        ask(api, random.pick::<String>(questions));
    }
    let mut samples = Samples::default();
    for _ in 0..WARM_QUERIES {
        samples.add(ask(api, random.pick::<String>(questions)));
    }
    samples
}

fn ask(api: &Api, query: &str) -> Duration {
    let started = Instant::now();
    let page = api.read("/api/v1/events", &[("q", query)]);
    let elapsed = started.elapsed();
    assert_eq!(page["coverage"]["partial"], false, "{query} ran out of time");
    elapsed
}

fn aggregations(api: &Api, table: &mut Table) {
    for (name, path, parameters) in [
        (
            "timeline by object, of people",
            "timeline",
            vec![("q", "by:human change:(create OR update OR delete)")],
        ),
        ("timeline by actor, of one namespace", "timeline", vec![("q", "ns:shop-a"), ("by", "actor")]),
        ("objects of one kind", "objects", vec![("resource", "deployments")]),
        ("histogram over everything", "histogram", vec![("q", ""), ("split", "kind")]),
        (
            "histogram by verb, of one user",
            "histogram",
            vec![("q", "user:system:apiserver"), ("split", "verb")],
        ),
        ("facet: users over everything", "facets", vec![("field", "actor.name"), ("q", "")]),
        ("facet: names over everything", "facets", vec![("field", "object.name"), ("q", "")]),
        ("facet: verbs of failures", "facets", vec![("field", "verb"), ("q", "code:>=400")]),
    ] {
        let mut samples = Samples::default();
        for _ in 0..10 {
            let started = Instant::now();
            let answer = api.read(&format!("/api/v1/{path}"), &parameters);
            samples.add(started.elapsed());
            assert_ne!(answer["coverage"]["partial"], true, "{name} ran out of time");
        }
        table.add(
            name,
            "< 500 ms; goal 100 ms",
            samples.to_string(),
            samples.max() < Duration::from_millis(500),
        );
    }
}

fn drop_page_cache() {
    assert!(Command::new("sync").status().is_ok_and(|status| status.success()), "sync");
    fs::write("/proc/sys/vm/drop_caches", "3").expect("empty the page cache");
}

/// Fields that people ask for, by their whole paths, their beginnings and their ends.
const CHANGED: &[&str] = &[
    "spec.replicas",
    "image",
    "metadata.labels",
    "labels",
    "data",
    "spec.template.spec.containers.image",
    "spec.rules",
    "status.phase",
    "spec.nodeName",
    "ownerReferences",
    "spec.holderIdentity",
    "endpoints",
    "spec.template",
    "containers[name=web].image",
    "metadata.finalizers",
    "subjects",
];

/// Many different questions of each kind, taken from what the recording holds.
struct Questions {
    kinds: Vec<(&'static str, Vec<String>)>,
}

impl Questions {
    fn of_recording() -> Self {
        let (mut objects, mut users, mut words) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut codes = BTreeSet::new();
        let content = fs::read(large()).expect("read a file");
        for line in samples::split_lines(&content).iter().step_by(7) {
            let event: Value = serde_json::from_slice(line).expect("the recording is valid JSON");
            let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            if !text("/user/username").is_empty() {
                users.insert(format!("user:{}", text("/user/username")));
            }
            if let Some(code) = event.pointer("/responseStatus/code").and_then(Value::as_u64) {
                codes.insert(code);
            }
            let (resource, namespace, name) =
                (text("/objectRef/resource"), text("/objectRef/namespace"), text("/objectRef/name"));
            if !name.is_empty() && !namespace.is_empty() {
                objects.insert(format!("resource:{resource} ns:{namespace} name:{name}"));
            }
            for pointer in [
                "/objectRef/name",
                "/requestObject/metadata/labels/app",
                "/userAgent",
                "/responseStatus/reason",
            ] {
                let split = text(pointer).split(|character: char| !character.is_alphanumeric());
                words.extend(split.filter(|word| word.len() > 2).map(str::to_lowercase));
            }
        }
        let ranges = codes.iter().flat_map(|code| {
            [
                format!("code:>={code}"),
                format!("code:[{code} TO {}]", code + 20),
                format!("code:{code} -verb:get"),
            ]
        });
        Self {
            kinds: vec![
                ("one object", objects.into_iter().collect()),
                ("one user", users.into_iter().collect()),
                ("a code range", ranges.collect()),
                ("a word", words.into_iter().collect()),
                ("`changed:`", CHANGED.iter().map(|path| format!("changed:{path}")).collect()),
            ],
        }
    }
}
