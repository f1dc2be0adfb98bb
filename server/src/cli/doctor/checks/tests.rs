use serde_json::{Value, json};

use super::*;

fn status(change: impl FnOnce(&mut Value)) -> Status {
    let mut body = json!({
        "version": "0.1.0", "uptime_s": 7260, "data": "/data", "warnings": [],
        "ingest": {"url": "http://127.0.0.1:8586", "trouble": null},
        "journal": {"first": 0, "end": 10, "searchable": 10, "bytes": 100, "trouble": null},
        "index": {"documents": 10, "splits": 1, "bytes": 100, "trouble": null},
        "dead_letters": {"stored": 0, "bytes": 0}, "disk": {"free_bytes": 1_u64 << 40},
        "clusters": [{"name": "prod", "first": "2026-11-20T00:00:00.000000Z", "last": "2026-11-23T15:59:57.000000Z", "events": 10}],
        "sources": [{
            "cluster": "prod", "source": "webhook:10.0.0.1", "via": "webhook", "records": 3000, "lag_ms": 4000,
            "last_received": "2026-11-23T15:59:57.000000Z",
        }],
        "levels": [{"cluster": "prod", "resource": "pods", "levels": {"RequestResponse": 1}}],
        "coverage": {"complete_to": "2026-11-23T15:59:59.000000Z", "lag_ms": 1000, "partial": false, "gaps": []},
    });
    change(&mut body);
    serde_json::from_value(body).unwrap()
}

/// The checks that find something at four o'clock.
fn check(change: impl FnOnce(&mut Value), expected: &[&str]) -> Vec<Finding> {
    let now = Timestamp::parse("2026-11-23T16:00:00Z").unwrap();
    let found = findings(&status(change), now, &TimeZone::UTC);
    assert_eq!(found.iter().map(|finding| finding.check).collect::<Vec<_>>(), expected, "{found:?}");
    found
}

#[test]
fn a_healthy_server_gets_no_advice() {
    check(|_| {}, &[]);
}

#[test]
fn every_problem_is_found_by_its_check() {
    check(|body| body["ingest"]["trouble"] = "the disk is full".into(), &["accepting"]);
    check(|body| body["index"]["trouble"] = "EIO".into(), &["indexing"]);
    check(|body| body["journal"]["trouble"] = "EIO".into(), &["journal"]);
    check(|body| (body["clusters"], body["sources"]) = (json!([]), json!([])), &["no-events"]);
    check(|body| body["sources"][0]["silent_since"] = "2026-11-23T15:50:00Z".into(), &["silence"]);
    check(|body| body["sources"][0]["last_received"] = "2026-11-23T14:50:00Z".into(), &["quiet"]);
    check(|body| body["sources"][0]["lag_ms"] = (-3000).into(), &["clock"]);
    check(|body| body["sources"][0]["lag_ms"] = 31_000.into(), &["late"]);
    check(|body| body["sources"][0]["duplicates"] = 1500.into(), &["twice"]);
    check(|body| body["sources"][0]["truncated"] = 1.into(), &["truncated"]);
    check(|body| body["ingest"]["last_refused"] = "2026-11-23T15:50:00Z".into(), &["refused"]);
    check(|body| body["ingest"]["last_refused"] = "2026-11-21T15:50:00Z".into(), &[]);
    let turned_away = |last: &str| json!([{"sender": "10.0.0.9", "reason": "login_failed", "detail": "no", "path": "/v1/audit/prod", "requests": 3, "last": last}]);
    check(|body| body["ingest"]["turned_away"] = turned_away("2026-11-23T15:50:00Z"), &["turned-away"]);
    check(|body| body["ingest"]["turned_away"] = turned_away("2026-11-21T15:50:00Z"), &[]);
    let target = |trouble: Value| json!([{"name": "team", "url": "http://h", "query": "*", "sent": 1, "failed": 2, "refused": 0, "missed": 0, "waiting": 3, "behind": 0, "catching_up": false, "last_sent": null, "last_failure": null, "trouble": trouble}]);
    check(|body| body["notify"] = target("answered 500".into()), &["notify"]);
    check(|body| body["notify"] = target(Value::Null), &[]);
    let certificate = |not_after: &str| json!([{"listener": "api", "not_after": not_after}]);
    check(|body| body["certificates"] = certificate("2027-11-23T15:50:00Z"), &[]);
    assert!(
        !check(|body| body["certificates"] = certificate("2026-12-01T00:00:00Z"), &["certificate"])[0]
            .is_urgent
    );
    assert!(
        check(|body| body["certificates"] = certificate("2026-11-24T00:00:00Z"), &["certificate"])[0]
            .is_urgent
    );
    check(|body| body["coverage"]["lag_ms"] = 60_000.into(), &["lag"]);
    check(|body| body["disk"]["free_bytes"] = 1000.into(), &["disk"]);
    check(|body| body["retention"] = json!({"used_bytes": 9, "max_bytes": 10, "days_left": 30}), &[]);
    check(|body| body["retention"] = json!({"used_bytes": 9, "max_bytes": 10, "days_left": 6}), &["room"]);
    check(|body| body["retention"] = json!({"removed_by_bytes": {"events": 5}}), &["room"]);
    check(|body| body["dead_letters"]["stored"] = 2.into(), &["dead-letters"]);
    check(|body| body["levels"][0]["levels"] = json!({"Metadata": 7}), &["bodies"]);
    check(|body| body["warnings"] = json!(["redaction.off: secrets"]), &["settings"]);
}

#[test]
fn what_people_start_by_hand_is_not_missed() {
    let import = |body: &mut Value| {
        body["sources"][0]["via"] = "import".into();
        body["sources"][0]["last_received"] = "2026-11-20T14:50:00Z".into();
    };
    check(import, &[]);
    check(
        |body| {
            body["levels"][0] = json!({"cluster": "prod", "resource": "secrets", "levels": {"Metadata": 7}})
        },
        &[],
    );
}

#[test]
fn a_source_that_is_gone_is_not_missed_for_ever() {
    let last = |time: &str| {
        let time = time.to_owned();
        move |body: &mut Value| body["sources"][0]["last_received"] = time.into()
    };
    check(last("2026-11-20T16:00:01Z"), &["quiet"]);
    check(last("2026-11-20T16:00:00Z"), &[]);
}

#[test]
fn gaps_of_one_kind_are_one_line() {
    let gap = |from: &str, to: &str, reason: &str| json!({"cluster": "prod", "source": "webhook", "from": from, "to": to, "lost": null, "reason": reason});
    let gaps = json!([
        gap("2026-11-23T10:00:00Z", "2026-11-23T10:05:00Z", "Taffrail was not running"),
        gap("2026-11-23T12:00:00Z", "2026-11-23T12:05:00Z", "Taffrail was not running"),
        gap("2026-11-23T12:00:00Z", "2026-11-23T12:05:00Z", "it was silent"),
        gap("2026-11-01T10:00:00Z", "2026-11-01T10:05:00Z", "an old story"),
    ]);
    let found = check(|body| body["coverage"]["gaps"] = gaps, &["gap", "gap"]);
    assert_eq!(
        found[0].problem,
        "records of prod, webhook are missing between 2026-11-23 12:00:00 and 2026-11-23 12:05:00, the newest of 2 such gaps of the last day"
    );
}

#[test]
fn what_loses_events_comes_first() {
    let change = |body: &mut Value| {
        body["dead_letters"]["stored"] = 2.into();
        body["index"]["trouble"] = "EIO".into();
        body["warnings"] = json!(["redaction.off: secrets"]);
        body["disk"]["free_bytes"] = 1000.into();
    };
    check(change, &["indexing", "disk", "dead-letters", "settings"]);
}
