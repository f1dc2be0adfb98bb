//! The audit policy that `taffrail setup` hands out: the level of every request that an answer is made of, and none for
//! what no answer needs.

use serde_json::Value;
use taffrail_tests::audit_policy::{Policy, Request, Target};
use taffrail_tests::{cli, samples};
use tempfile::TempDir;

/// Who, verb, target, level, and the answer that needs it.
const NEEDED: &str = include_str!("audit_policy/needed.txt");
/// Who, verb, target.
const NOISE: &str = include_str!("audit_policy/noise.txt");

const FULL: &str = "RequestResponse";
const META: &str = "Metadata";
const REQUEST: &str = "Request";
const NONE: &str = "None";

/// As users get it.
fn policy() -> Policy {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let url = "http://127.0.0.1:8586";
    cli::taffrail(&["setup", "kubeadm", "--cluster", "prod", "--url", url, "--out", &out]).ok();
    let file = folder.path().join("out/audit-policy.yaml");
    Policy::parse(&std::fs::read_to_string(file).expect("read the policy"))
}

/// Who asks, and in which groups the API server puts it. `sa:` is short for a service account.
fn user(name: &str) -> (Option<String>, Vec<String>) {
    if name == "(nobody)" {
        return (None, Vec::new());
    }
    let mut groups = vec!["system:authenticated".to_owned()];
    if name == "system:anonymous" {
        groups = vec!["system:unauthenticated".to_owned()];
    } else if name == "system:apiserver" {
        groups.push("system:masters".to_owned());
    } else if name.starts_with("system:node:") {
        groups.push("system:nodes".to_owned());
    } else if let Some((namespace, _)) = name.strip_prefix("sa:").and_then(|name| name.split_once(':')) {
        groups.extend(["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]);
    }
    (Some(name.replacen("sa:", "system:serviceaccount:", 1)), groups)
}

/// `target` is `group:resource in namespace/name`, with `core` for the core group, or a path.
fn request(who: &str, verb: &str, target: &str) -> Request {
    let (user, groups) = user(who);
    let target = match target.split_once(':') {
        None => Target::Path(target.to_owned()),
        Some((group, rest)) => {
            let (resource, rest) = rest.split_once(" in ").unwrap_or((rest, ""));
            let (namespace, name) = rest.split_once('/').unwrap_or((rest, ""));
            Target::Resource {
                group: if group == "core" { String::new() } else { group.to_owned() },
                resource: resource.to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            }
        }
    };
    Request { user, groups, verb: verb.to_owned(), target }
}

/// The rows of a table, each in its `N` columns.
fn rows<const N: usize>(table: &'static str) -> Vec<[&'static str; N]> {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    let columns = |row: &'static str| -> [&'static str; N] {
        let columns: Vec<&str> = row.split(" | ").map(str::trim).collect();
        columns.try_into().unwrap_or_else(|_| panic!("not {N} columns: {row}"))
    };
    rows.map(columns).collect()
}

#[test]
fn every_answer_gets_the_level_it_needs() {
    let policy = policy();
    let table = rows(NEEDED);
    assert!(table.len() > 60);
    for [who, verb, target, level, answer] in table {
        assert_eq!(policy.level(&request(who, verb, target)), level, "{who} {verb} {target}: {answer}");
    }
    assert!(policy.omits("RequestReceived"));
    assert!(!policy.omits("ResponseStarted"), "failed logins have no other stage");
}

#[test]
fn noise_is_dropped() {
    let policy = policy();
    let table = rows(NOISE);
    assert!(table.len() > 20);
    for [who, verb, target] in table {
        assert_eq!(policy.level(&request(who, verb, target)), NONE, "{who} {verb} {target}");
    }
}

/// The recorded day: nothing that a person did is lost but looking around in the API, and no body that holds a secret is kept.
#[test]
fn the_recorded_day_keeps_its_story() {
    let policy = policy();
    let (mut kept, mut all) = (0, 0);
    for line in samples::lines("audit/scenario.jsonl.gz") {
        let Ok(event) = serde_json::from_slice::<Value>(&line) else { continue };
        if event["stage"] != "ResponseComplete" {
            continue;
        }
        let request = Request::of_event(&event);
        let level = policy.level(&request);
        all += 1;
        kept += usize::from(level != NONE);
        check_recorded(&event, &request, level);
    }
    assert!(all > 2_000, "{all} requests");
    // The scenario is a day in minutes: of a real day, most is noise.
    assert!(kept * 10 > all * 4 && kept * 10 < all * 9, "{kept} of {all} kept");
}

fn check_recorded(event: &Value, request: &Request, level: &str) {
    let name = request.user.as_deref().unwrap_or_default();
    let is_person = !name.starts_with("system:");
    let code = event["responseStatus"]["code"].as_i64().unwrap_or_default();
    let Target::Resource { resource, group, .. } = &request.target else { return };
    let (main, _) = resource.split_once('/').unwrap_or((resource, ""));
    let writes = ["create", "update", "patch", "delete", "deletecollection"].contains(&request.verb.as_str());
    let keeps_secrets = (main == "secrets" || resource == "serviceaccounts/token") && group.is_empty()
        || group == "authentication.k8s.io"
        || group == "authorization.k8s.io";
    let is_session = ["exec", "attach", "portforward", "log", "proxy"]
        .iter()
        .any(|sub| resource.ends_with(&format!("/{sub}")));
    if keeps_secrets || is_session {
        assert!([META, NONE].contains(&level), "{event}");
    }
    if is_person && main != "events" {
        assert_ne!(level, NONE, "{event}");
        if writes && !keeps_secrets && !is_session {
            assert_eq!(level, FULL, "{event}");
        }
        if [401, 403].contains(&code) {
            assert_ne!(level, NONE, "{event}");
        }
    }
}

/// The pod that was put into quarantine: its label, its policy, its address and the shells into it.
#[test]
fn the_recorded_quarantine_keeps_its_story() {
    let policy = policy();
    let mut found = std::collections::BTreeMap::new();
    for line in samples::lines("story/audit.jsonl.gz") {
        let event: Value = serde_json::from_slice(&line).expect("the story is valid JSON");
        let request = Request::of_event(&event);
        let Target::Resource { resource, .. } = &request.target else { continue };
        let person = if request.user.as_deref().is_some_and(|user| user.starts_with("system:")) {
            "machine"
        } else {
            "person"
        };
        let key = format!("{person} {} {resource}", request.verb);
        found.entry(key).or_insert_with(|| policy.level(&request).to_owned());
    }
    let check = |key: &str, level: &str| {
        assert_eq!(found.get(key).map(String::as_str), Some(level), "{key} in {found:?}")
    };
    check("person patch pods", FULL);
    check("machine patch pods/status", REQUEST);
    check("machine create pods/binding", FULL);
}
