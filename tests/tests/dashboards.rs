//! The dashboard and the alert rules of `deploy/` speak of metrics that a running server has.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use taffrail_tests::{Authority, Client, Connection, Dial, Server, wait_for, yaml};

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(name: &str) -> String {
    fs::read_to_string(sources().join(name)).unwrap_or_else(|error| panic!("read {name}: {error}"))
}

/// The names that docs/metrics.md lists; a test of the server holds that list to what it offers.
fn metrics() -> BTreeSet<String> {
    let page = text("docs/metrics.md");
    let mut names = BTreeSet::new();
    for row in page.lines().filter_map(|line| line.strip_prefix("| `")) {
        let name = row.split(['`', '{']).next().expect("a name");
        if row.contains("| histogram |") {
            names.extend(["_bucket", "_sum", "_count"].map(|end| format!("{name}{end}")));
        } else {
            names.insert(name.to_owned());
        }
    }
    assert!(names.len() > 15, "{names:?}");
    names
}

/// Fails unless `expression` speaks of known metrics only and its parentheses and quotes are in pairs.
fn check_expression(known: &BTreeSet<String>, expression: &str) -> usize {
    let mut closing = Vec::new();
    let mut in_text = false;
    for character in expression.chars() {
        match character {
            '"' => in_text = !in_text,
            _ if in_text => {}
            '(' => closing.push(')'),
            '{' => closing.push('}'),
            '[' => closing.push(']'),
            ')' | '}' | ']' => assert_eq!(closing.pop(), Some(character), "{expression}"),
            _ => {}
        }
    }
    assert!(closing.is_empty() && !in_text, "{expression}");
    let words = expression.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    let names: Vec<&str> = words.filter(|word| word.starts_with("taffrail_")).collect();
    assert!(!names.is_empty(), "no metric in {expression}");
    for name in &names {
        assert!(known.contains(*name), "there is no metric {name}: {expression}");
    }
    names.len()
}

#[test]
fn alerts_and_panels_speak_of_metrics_that_exist() {
    let known = metrics();
    let rules = yaml::file(&sources().join("deploy/prometheus/rules.yaml"));
    let mut alerts = BTreeSet::new();
    for rule in rules["groups"][0]["rules"].as_array().expect("rules") {
        check_expression(&known, rule["expr"].as_str().expect("an expression"));
        assert!(alerts.insert(rule["alert"].as_str().expect("a name").to_owned()), "twice: {rule}");
        assert!(
            ["info", "warning", "critical"]
                .contains(&rule["labels"]["severity"].as_str().expect("a severity"))
        );
        assert!(
            rule["annotations"]["summary"].is_string() && rule["annotations"]["description"].is_string(),
            "{rule}"
        );
    }
    assert!(alerts.len() >= 8, "{alerts:?}");
    let dashboard: Value = serde_json::from_str(&text("deploy/grafana/taffrail.json")).expect("JSON");
    let mut ids = BTreeSet::new();
    let mut expressions = 0;
    for panel in dashboard["panels"].as_array().expect("panels") {
        assert!(ids.insert(panel["id"].as_u64().expect("an id")), "twice: {panel}");
        for target in panel["targets"].as_array().into_iter().flatten() {
            expressions += check_expression(&known, target["expr"].as_str().expect("an expression"));
        }
    }
    assert!(expressions > 20, "{expressions}");
}

/// Names as Prometheus will see them: the page's list against a running server, for all that is there from the start.
#[test]
fn the_running_server_offers_what_the_page_lists() {
    // Some are counted by what only a setting or a misfit brings: queries that drop, logs that are followed, targets of notifications, TLS, refusals.
    let authority = Authority::new();
    let own = authority.issue_for_loopback();
    let [cert, key] = [("tls.crt", &own.cert), ("tls.key", &own.key)].map(|(name, text)| {
        authority.write(name, text).to_str().expect("temporary paths are UTF-8").to_owned()
    });
    let log = authority.write("audit.log", "");
    let server = Server::builder()
        .set("ingest.drop", "['user:nobody']")
        .set("ingest.tail", &format!("[{{paths: ['{}']}}]", log.display()))
        .set("notify", "[{name: nobody, query: 'user:nobody', url: 'http://127.0.0.1:9'}]")
        .set("ingest.tls.cert", &cert)
        .set("ingest.tls.key", &key)
        .expect_log("")
        .start();
    let mut sender = Dial::new(&authority).open(server.ingest_addr()).expect("a handshake");
    assert_eq!(sender.post("lab", &[], b"{}").expect("an answer").status, 200);
    assert_eq!(sender.post("taffrail", &[], b"{}").expect("an answer").status, 403);
    let mut garbage = Connection::open(server.ingest_addr()).expect("connect");
    garbage.send(b"this is no handshake").expect("send");
    let offered = wait_for("a failed handshake is counted", || {
        let text = String::from_utf8(Client::new(server.api_addr()).get("/metrics").expect("metrics").body);
        text.ok().filter(|text| text.contains("handshakes_failed_total{") && text.contains("tail_lag_bytes{"))
    });
    let offered: BTreeSet<&str> = offered
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let known = metrics();
    assert!(offered.iter().all(|name| known.contains(*name)), "{offered:?}");
    // Others appear with the first question.
    let missing: Vec<&String> =
        known.iter().filter(|name| !offered.contains(name.as_str()) && !name.contains("_query_")).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
