//! What changed, against `oracle/changes.py`, which works it out from the recordings in another language and in another way: two
//! states become two maps from paths to leaves. Whatever either of the two is certain of, the other has to say too.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
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

/// A write as the program tells of it, and what the oracle is certain of.
struct Told {
    event: Value,
    /// What it says for certain to have changed of an object that was there.
    exact: Option<Fields>,
    expected: Option<Fields>,
}

impl Told {
    fn is_right(&self) -> bool {
        match (&self.exact, &self.expected) {
            (Some(found), Some(expected)) => agree(found, expected),
            // What is gone is gone, and what is asked or read changes nothing, whatever was before.
            (Some(found), None) => found.is_empty() && self.event["change"]["type"] != "update",
            (None, _) => true,
        }
    }

    /// It may say itself that another write is in it: the one that was cut.
    fn is_right_or_says_so(&self) -> bool {
        self.event["change"]["unseen_before"] == true || self.is_right()
    }

    /// Of a whole recording.
    fn is_as_sure_as_the_oracle(&self) -> bool {
        self.exact.is_some() || self.expected.is_none()
    }
}

/// Imports a file and holds its writes against what the oracle says of a recording.
fn tell(file: &Path, recording: &str) -> Vec<Told> {
    let mut server = Server::builder().stopped();
    cli::import(server.data(), "lab", &[file]).ok();
    server.start();
    let mut expected = oracle(recording);
    let events = server.api().exported("verb:(create OR update OR patch OR delete) result:success");
    let told = events.into_iter().map(|event| {
        let expected = expected.remove(&(text(&event["audit"]["id"]), text(&event["time"])));
        let is_exact = event["change"]["confidence"] == "exact" && event["change"]["type"] != "create";
        let exact = is_exact.then(|| whole(&server, &event));
        Told { event, exact, expected }
    });
    let told = told.collect();
    assert!(expected.is_empty(), "no event tells of {:?}", expected.keys().next());
    told
}

/// All of the writes have to be told like this.
#[track_caller]
fn all_are(told: &[Told], what: &str, holds: impl Fn(&Told) -> bool) {
    let wrong: Vec<_> = told.iter().filter(|told| !holds(told)).collect();
    let show = |told: &&Told| {
        let Told { event, exact, expected } = told;
        format!("{} {}\nfound {exact:?}\nexpected {expected:?}", event["summary"], event["change"])
    };
    let shown: Vec<_> = wrong.iter().take(5).map(show).collect();
    assert!(wrong.is_empty(), "{} writes are not {what}, among them\n{}", wrong.len(), shown.join("\n"));
}

#[track_caller]
fn check(recording: &str, at_least: usize) {
    let told = tell(&samples::path(recording), recording);
    let known = told.iter().filter(|told| told.expected.is_some()).count();
    assert!(known >= at_least, "{known} writes are known");
    all_are(&told, "right", Told::is_right);
    all_are(&told, "sure", Told::is_as_sure_as_the_oracle);
}

/// The recording as it would have come if the bodies of some of its events had been left out. Constructed: an API server does
/// this by a policy at level Metadata, or marks an event that became too large.
fn without_bodies(recording: &str, leave_out: impl Fn(usize, &mut Value) -> bool) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::with_suffix(".jsonl").expect("make a file");
    for (number, line) in samples::lines(recording).iter().enumerate() {
        let mut event: Value = serde_json::from_slice(line).expect("a recorded event");
        if leave_out(number, &mut event) {
            let event = event.as_object_mut().expect("an object");
            event.remove("requestObject");
            event.remove("responseObject");
        }
        writeln!(file, "{event}").expect("write the event");
    }
    file
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

/// Who did what to which object is known, and nothing else is claimed.
#[test]
fn a_day_without_bodies() {
    let recording = "audit/scenario.jsonl.gz";
    let file = without_bodies(recording, |_, event| {
        event["level"] = "Metadata".into();
        true
    });
    let told = tell(file.path(), recording);
    assert!(told.len() > 1_000, "{} writes", told.len());
    all_are(&told, "without fields", |told| {
        told.event["change"]["fields"].as_array().is_none_or(|fields| fields.is_empty())
    });
    all_are(&told, "careful", |told| {
        told.expected
            .as_ref()
            .is_none_or(|expected| expected.is_empty() || told.event["change"]["confidence"] != "exact")
    });
}

/// The writes around the ones that were cut may be told with less, but not wrongly.
#[test]
fn a_day_of_which_every_third_event_was_cut() {
    let recording = "audit/scenario.jsonl.gz";
    let file = without_bodies(recording, |number, event| {
        let is_cut = number % 3 == 0;
        if is_cut {
            event["annotations"]["audit.k8s.io/truncated"] = "true".into();
        }
        is_cut
    });
    let told = tell(file.path(), recording);
    all_are(&told, "right", Told::is_right_or_says_so);
    let exact = told.iter().filter(|told| told.exact.is_some() && told.expected.is_some()).count();
    assert!(exact > 150, "{exact} writes are told exactly");
}
