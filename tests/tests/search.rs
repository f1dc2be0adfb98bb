//! The same questions to the program and to an oracle give the same answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use taffrail_tests::oracle::{self, Document};
use taffrail_tests::{Server, cli, samples};

/// Clusters, and what was recorded in each.
const RECORDINGS: [(&str, &str); 3] =
    [("lab", "scenario"), ("policy", "scenario-typical-policy"), ("meta", "scenario-metadata-level")];

struct World {
    server: Server,
    documents: Vec<(&'static str, Document)>,
}

impl World {
    fn new() -> Self {
        let mut server = Server::builder().stopped();
        let mut documents = Vec::new();
        for (cluster, name) in RECORDINGS {
            let file = format!("audit/{name}.jsonl.gz");
            cli::import(server.data(), cluster, &[&samples::path(&file)]).ok();
            documents
                .extend(oracle::fold(&samples::lines(&file)).into_iter().map(|document| (cluster, document)));
        }
        server.start();
        Self { server, documents }
    }

    /// Cluster and identity of every document that `holds`.
    fn answer(&self, holds: impl Fn(&str, &Document) -> bool) -> BTreeSet<String> {
        let found = self.documents.iter().filter(|(cluster, document)| holds(cluster, document));
        found.map(|(cluster, document)| format!("{cluster} | {}", document.identity())).collect()
    }

    fn check(&self, query: &str, holds: impl Fn(&Document) -> bool) {
        self.check_in(query, |_, document| holds(document));
    }

    fn check_in(&self, query: &str, holds: impl Fn(&str, &Document) -> bool) {
        let expected = self.answer(holds);
        let events = self.server.api().all(query);
        let found = identities(&events);
        let missing: Vec<_> = expected.difference(&found).take(3).collect();
        let surplus: Vec<_> = found.difference(&expected).take(3).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{query}: expected {}, found {}\nmissing {missing:#?}\nsurplus {surplus:#?}",
            expected.len(),
            found.len(),
        );
        assert_eq!(events.len(), expected.len(), "{query}: every event once");
        assert_eq!(self.server.api().total(query), expected.len() as u64, "{query}: total");
        assert!(is_newest_first(&events), "{query}: newest first");
    }
}

fn identities(events: &[Value]) -> BTreeSet<String> {
    let cluster = |event: &Value| event["cluster"].as_str().unwrap_or_default().to_owned();
    events.iter().map(|event| format!("{} | {}", cluster(event), oracle::identity_of(event))).collect()
}

fn is_newest_first(events: &[Value]) -> bool {
    let key =
        |event: &Value| (event["time"].as_str().map(str::to_owned), event["id"].as_str().map(str::to_owned));
    events.windows(2).all(|pair| key(&pair[0]) > key(&pair[1]))
}

#[test]
fn queries_find_what_the_oracle_finds() {
    let world = World::new();

    // Everything, and single fields.
    world.check("", |_| true);
    world.check_in("cluster:policy", |cluster, _| cluster == "policy");
    world.check("user:alice", |d| d.user() == "alice");
    world.check("user:ALICE", |d| d.user() == "alice");
    world.check("user.username:alice", |d| d.user() == "alice");
    world.check("actor.name:carol@example.com", |d| d.user() == "carol@example.com");
    world.check("user:system:node:*", |d| d.user().starts_with("system:node:"));
    world.check("user:\"system:kube-scheduler\"", |d| d.user() == "system:kube-scheduler");
    world.check("verb:delete", |d| d.verb() == "delete");
    world.check("verb:DELETE", |_| false);
    world.check("resource:pods", |d| d.resource() == "pods");
    world.check("resource:po", |d| d.resource() == "pods");
    world.check("resource:Deployment", |d| d.resource() == "deployments");
    world.check("resource:deployments.apps", |d| {
        d.resource() == "deployments" && d.text("/objectRef/apiGroup") == "apps"
    });
    world.check("sub:exec", |d| d.sub() == "exec");
    world.check("group:apps", |d| d.text("/objectRef/apiGroup") == "apps");
    world.check("ns:shop-a", |d| d.in_namespace("shop-a"));
    world.check("name:web", |d| d.name() == "web");
    world.check("name:web-*", |d| d.name().starts_with("web-"));
    world.check("name:*-a", |d| d.name().ends_with("-a"));
    world.check("name:*e*r*", |d| {
        let after_e = d.name().split_once('e').map(|(_, rest)| rest);
        after_e.is_some_and(|rest| rest.contains('r'))
    });
    for kind in ["human", "serviceaccount", "controller", "node", "system", "anonymous"] {
        world.check(&format!("by:{kind}"), |d| d.user_type() == kind);
    }
    world.check("as:bob", |d| d.text("/impersonatedUser/username") == "bob");
    world.check("as:*", |d| d.record().get("impersonatedUser").is_some());
    for result in ["success", "denied", "failed", "open", "pending"] {
        world.check(&format!("result:{result}"), |d| d.result() == result);
    }

    // Numbers, addresses, words in one field, existence.
    world.check("code:403", |d| d.code() == Some(403));
    world.check("code:>=400", |d| d.code() >= Some(400));
    world.check("code:[200 TO 299]", |d| d.code().is_some_and(|code| (200..=299).contains(&code)));
    world.check("code:{200 TO 404}", |d| d.code().is_some_and(|code| code > 200 && code < 404));
    world.check("code:*", |d| d.code().is_some());
    world.check("-code:*", |d| d.code().is_none());
    world.check("ip:203.0.113.7", |d| d.ips().contains(&"203.0.113.7"));
    world.check("ip:198.51.100.0/24", |d| d.ips().iter().any(|ip| ip.starts_with("198.51.100.")));
    world.check("agent:kubectl", |d| oracle::has_word(d.text("/userAgent"), "kubectl"));
    world.check("agent:\"KUBE controller\"", |d| {
        oracle::has_phrase(d.text("/userAgent"), &["kube", "controller"])
    });
    world.check("reason:Forbidden", |d| d.text("/responseStatus/reason") == "Forbidden");
    world.check("level:Metadata", |d| d.text("/level") == "Metadata");

    // Boolean logic.
    world.check("user:alice verb:delete", |d| d.user() == "alice" && d.verb() == "delete");
    world.check("user:(alice OR bob) AND code:403", |d| {
        ["alice", "bob"].contains(&d.user()) && d.code() == Some(403)
    });
    world.check("verb:get OR verb:list -user:alice", |d| {
        d.verb() == "get" || (d.verb() == "list" && d.user() != "alice")
    });
    world.check("NOT resource:pods", |d| d.resource() != "pods");
    world.check("-verb:get -verb:list -verb:watch", |d| !["get", "list", "watch"].contains(&d.verb()));
    world.check("ns:shop-a -(user:system:* OR result:failed)", |d| {
        d.in_namespace("shop-a") && !d.user().starts_with("system:") && d.result() != "failed"
    });

    // Times.
    let (from, to) = ("2026-11-23T16:11:10.000000Z", "2026-11-23T16:11:20.000000Z");
    world.check(&format!("time:[{from} TO {to}]"), |d| d.time() >= from && d.time() <= to);
    world.check(&format!("time:>={to} resource:leases"), |d| d.time() >= to && d.resource() == "leases");

    // Words and phrases. (A word of a value that was replaced finds the event too; that is in no record, so not in these.)
    for word in ["quarantine", "nginx", "backofflimit", "attacker", "mallory", "169"] {
        world.check(word, |d| d.has_word(word));
    }
    world.check("Quarantine user:alice", |d| d.has_word("quarantine") && d.user() == "alice");
    world.check("\"pod security\"", |d| d.has_phrase(&["pod", "security"]));
    world.check("\"default deny\"", |d| d.has_phrase(&["default", "deny"]));
}

#[test]
fn time_range_and_order_are_kept() {
    let world = World::new();
    let (from, to) = ("2026-11-23T16:11:10.500000Z", "2026-11-23T16:11:30.000000Z");
    let expected = world.answer(|_, d| d.time() >= from && d.time() < to && d.verb() == "get");
    assert!(expected.len() > 20);
    for order in ["desc", "asc"] {
        let mut events = world.server.api().walk(&[
            ("q", "verb:get"),
            ("from", from),
            ("to", to),
            ("order", order),
            ("limit", "7"),
        ]);
        assert_eq!(identities(&events), expected);
        assert_eq!(events.len(), expected.len());
        if order == "asc" {
            events.reverse();
        }
        assert!(is_newest_first(&events), "{order}");
    }
    // `from` is inclusive, `to` exclusive, to the microsecond.
    let event = world.server.api().events("user:alice verb:delete")["events"][0].clone();
    let time = event["time"].as_str().expect("a time");
    let query = format!("id:{}", event["id"].as_str().expect("an id"));
    let count = |from: &str, to: &str| {
        let parameters = [("q", query.as_str()), ("from", from), ("to", to)];
        let parameters: Vec<_> = parameters.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        world.server.api().read("/api/v1/events", &parameters)["total"]["value"].as_u64()
    };
    assert_eq!(count(time, ""), Some(1));
    assert_eq!(count("", time), Some(0));
}

#[test]
fn histograms_add_up() {
    let world = World::new();
    for (query, split) in
        [("verb:*", "verb"), ("user:alice", "outcome.result"), ("code:>=400", "cluster"), ("pods", "kind")]
    {
        let parameters = [("q", query), ("buckets", "50"), ("split", split)];
        let histogram = world.server.api().read("/api/v1/histogram", &parameters);
        let buckets = histogram["buckets"].as_array().expect("a list of buckets");
        assert!(buckets.len() <= 51, "{}", buckets.len());
        let number = |value: &Value| value.as_u64().expect("a count is a number");
        let sum: u64 = buckets.iter().map(|bucket| number(&bucket["count"])).sum();
        assert_eq!(sum, world.server.api().total(query), "{query}");
        for bucket in buckets {
            let split: u64 = bucket["split"].as_object().expect("a split").values().map(number).sum();
            assert_eq!(split, number(&bucket["count"]), "{query} by {split}");
        }
        let times: Vec<_> = buckets.iter().map(|bucket| bucket["time"].as_str().expect("a time")).collect();
        assert!(times.is_sorted(), "{times:?}");
    }
}

#[test]
fn histogram_buckets_hold_what_the_oracle_counts() {
    let world = World::new();
    let histogram = world.server.api().read(
        "/api/v1/histogram",
        &[
            ("q", "cluster:lab"),
            ("from", "2026-11-23T16:11:00Z"),
            ("to", "2026-11-23T16:12:00Z"),
            ("buckets", "60"),
        ],
    );
    let buckets = histogram["buckets"].as_array().expect("a list of buckets");
    for pair in buckets.windows(2) {
        let (from, to) =
            (pair[0]["time"].as_str().expect("a time"), pair[1]["time"].as_str().expect("a time"));
        let expected = world.answer(|cluster, d| cluster == "lab" && d.time() >= from && d.time() < to).len();
        assert_eq!(pair[0]["count"].as_u64(), Some(expected as u64), "{from} to {to}");
    }
}

#[test]
fn facets_count_what_the_oracle_counts() {
    let world = World::new();
    let check = |field: &str,
                 query: &str,
                 value: &dyn Fn(&Document) -> String,
                 holds: &dyn Fn(&Document) -> bool| {
        let mut expected = BTreeMap::<String, u64>::new();
        for (_, document) in world.documents.iter().filter(|(_, document)| holds(document)) {
            *expected.entry(value(document)).or_default() += 1;
        }
        expected.remove("");
        let parameters = [("field", field), ("q", query), ("limit", "1000")];
        let facets = world.server.api().read("/api/v1/facets", &parameters);
        let buckets = facets["buckets"].as_array().expect("a list of buckets");
        let found: BTreeMap<String, u64> = buckets
            .iter()
            .map(|bucket| {
                let count = bucket["count"].as_u64().expect("a count is a number");
                (bucket["value"].as_str().expect("a value is text").to_owned(), count)
            })
            .filter(|(value, _)| !value.is_empty())
            .collect();
        assert_eq!(found, expected, "{field} of {query}");
        let counts: Vec<_> = buckets.iter().map(|bucket| bucket["count"].as_u64()).rev().collect();
        assert!(counts.is_sorted(), "the most frequent first");
        // Cut after three: the rest is in `other`.
        let parameters = [("field", field), ("q", query), ("limit", "3")];
        let cut = world.server.api().read("/api/v1/facets", &parameters);
        let shown = cut["buckets"].as_array().expect("a list of buckets");
        assert!(shown.len() <= 3);
        let sum =
            |buckets: &[Value]| buckets.iter().filter_map(|bucket| bucket["count"].as_u64()).sum::<u64>();
        assert_eq!(sum(shown) + cut["other"].as_u64().expect("other is a number"), sum(buckets), "{field}");
    };
    check("verb", "", &|d| d.verb().to_owned(), &|_| true);
    check("outcome.result", "user:alice", &|d| d.result().to_owned(), &|d| d.user() == "alice");
    check("actor.type", "verb:delete", &|d| d.user_type().to_owned(), &|d| d.verb() == "delete");
    check("object.resource", "code:403", &|d| d.resource().to_owned(), &|d| d.code() == Some(403));
    check("outcome.code", "", &|d| d.code().map(|code| code.to_string()).unwrap_or_default(), &|_| true);
}

#[test]
fn errors_say_where_and_what_to_do() {
    let server = Server::spawn();
    let check = |parameters: &[(&str, &str)], status: u16, holds: &str| {
        let answer = server.api().get("/api/v1/events", parameters);
        assert_eq!(answer.status, status, "{parameters:?}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{parameters:?}");
        let problem = answer.json();
        for name in ["code", "detail", "request_id"] {
            assert!(problem[name].as_str().is_some_and(|text| !text.is_empty()), "{name} in {problem}");
        }
        assert!(answer.text().contains(holds), "{holds} in {problem}");
        problem
    };
    let problem = check(&[("q", "Ünïcode usr:alice")], 400, "user");
    assert_eq!((&problem["span"]["start"], &problem["span"]["end"]), (&8.into(), &11.into()), "code points");
    check(&[("q", "code:abc")], 400, "span");
    check(&[("q", "(a OR")], 400, "span");
    check(&[("q", "time:[now TO")], 400, "span");
    check(&[("limit", "0")], 400, "limit");
    check(&[("limit", "1001")], 400, "limit");
    check(&[("limit", "many")], 400, "limit");
    check(&[("from", "never")], 400, "from");
    check(&[("order", "sideways")], 400, "order");
    check(&[("cursor", "AAAA")], 400, "cursor");
    check(&[("qurey", "x")], 400, "qurey");
    assert_eq!(server.api().get("/api/v1/events/00000000000000000000000000000000", &[]).status, 404);
    assert_eq!(server.api().get("/api/v1/nothing", &[]).status, 404);
    assert_eq!(server.api().get("/api/v1/facets", &[("field", "uid")]).status, 400);
}
