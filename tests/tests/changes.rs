//! What changed, against `oracle/changes.py`, which works it out from the recordings in another language and in another way: two
//! states become two maps from paths to leaves. Whatever either of the two is certain of, the other has to say too.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use taffrail_tests::{Server, cli, samples};

/// An audit id and the time of its request.
type Write = (String, String);

/// By path: operation, value before, value after, whether it is of the status.
type Fields = BTreeMap<String, (Value, Value, Value, bool)>;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn fields(list: &Value) -> Fields {
    let of = |field: &Value| {
        let values = (field["op"].clone(), field["before"].clone(), field["after"].clone());
        (text(&field["path"]), (values.0, values.1, values.2, field["status"] == true))
    };
    list.as_array().expect("a list of fields").iter().map(of).collect()
}

/// What the oracle is certain of.
fn oracle(recording: &str) -> HashMap<Write, Fields> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracle/changes.py");
    let output = Command::new("python3").arg("-B").args([&script, &samples::path(recording)]).output();
    let output = output.expect("start python3, which scripts/setup.sh looks for");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let write = |line: &Vec<u8>| {
        let write: Value = serde_json::from_slice(line).expect("a line is one write");
        ((text(&write["audit_id"]), text(&write["time"])), fields(&write["fields"]))
    };
    samples::split_lines(&output.stdout).iter().map(write).collect()
}

/// All of an event's fields, of which lists show the first, and the beginnings of their values.
fn whole(server: &Server, event: &Value) -> Fields {
    let change = &event["change"];
    let list = change["fields"].as_array().expect("a list of fields");
    let is_whole = change["fields_total"] == list.len() && list.iter().all(|field| field["cut"] != true);
    if is_whole {
        return fields(&change["fields"]);
    }
    let diff = server.api().read(&format!("/api/v1/events/{}/diff", text(&event["id"])), &[]);
    fields(&diff["change"]["fields"])
}

/// Whether the program says what the oracle does. Of what was redacted it is known only that it changed.
fn agree(found: &Fields, expected: &Fields) -> bool {
    let is_same = |found: &Value, expected: &Value| {
        found == expected || !expected.is_null() && found.to_string().contains("redacted:")
    };
    found.keys().eq(expected.keys())
        && found.values().zip(expected.values()).all(|(found, expected)| {
            (&found.0, found.3) == (&expected.0, expected.3)
                && is_same(&found.1, &expected.1)
                && is_same(&found.2, &expected.2)
        })
}

#[track_caller]
fn check(recording: &str, at_least: usize) {
    let mut server = Server::builder().stopped();
    cli::import(server.data(), "lab", &[&samples::path(recording)]).ok();
    server.start();
    let mut expected = oracle(recording);
    assert!(expected.len() >= at_least, "{} writes are known", expected.len());
    let mut wrong = Vec::new();
    for event in server.api().exported("verb:(create OR update OR patch OR delete) result:success") {
        let change = &event["change"];
        let expected = expected.remove(&(text(&event["audit"]["id"]), text(&event["time"])));
        let is_exact = change["confidence"] == "exact" && change["type"] != "create";
        let found = is_exact.then(|| whole(&server, &event));
        let does_agree = match (&found, &expected) {
            (Some(found), Some(expected)) => agree(found, expected),
            // What is gone is gone, and what is asked or read changes nothing, whatever was before.
            (Some(found), None) => found.is_empty() && change["type"] != "update",
            (None, expected) => expected.is_none(),
        };
        if !does_agree {
            wrong.push(format!("{} {change}\nfound {found:?}\nexpected {expected:?}", event["summary"]));
        }
    }
    let shown: Vec<_> = wrong.iter().take(5).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} writes, among them\n{}", wrong.len(), shown.join("\n"));
    assert!(expected.is_empty(), "no event tells of {:?}", expected.keys().next());
}

#[test]
fn a_day_at_full_level() {
    check("audit/scenario.jsonl.gz", 700);
}

#[test]
fn a_day_under_a_typical_policy() {
    check("audit/scenario-typical-policy.jsonl.gz", 700);
}

#[test]
fn many_users_in_many_namespaces() {
    check("audit/large.jsonl.gz", 10_000);
}
