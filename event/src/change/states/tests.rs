#[path = "tests/forms.rs"]
mod forms;
#[path = "tests/patched.rs"]
mod patched;

use proptest::prelude::*;

use super::*;
use crate::audit::AuditRecord;
use crate::change::{Link, LinkKind};

/// A record about the deployment `web` in `apps/v1`, with these further members.
fn record(verb: &str, members: &str) -> String {
    format!(
        r#"{{"auditID":"a","stage":"ResponseComplete","verb":"{verb}","requestURI":"/x","objectRef":{{"apiGroup":"apps","apiVersion":"v1","resource":"deployments","namespace":"shop","name":"web"}},"responseStatus":{{"code":200}}{members}}}"#
    )
}

/// The answer with the whole object: resource version and generation are one number, so that nothing seems unseen.
fn answer(version: u32, spec: &str) -> String {
    answer_of("u", version, spec)
}

fn answer_of(uid: &str, version: u32, spec: &str) -> String {
    format!(
        r#","responseObject":{{"kind":"Deployment","metadata":{{"uid":"{uid}","resourceVersion":"{version}","generation":{version}}},"spec":{spec}}}"#
    )
}

fn created(version: u32, spec: &str) -> String {
    record("create", &answer(version, spec)).replace(r#""code":200"#, r#""code":201"#)
}

fn patched(version: u32, spec: &str) -> String {
    record("patch", &answer(version, spec))
}

fn in_version(version: &str, record: &str) -> String {
    record.replace(r#""apiVersion":"v1""#, &format!(r#""apiVersion":"{version}""#))
}

/// What the record changed, in one line.
fn told(state: &mut ObjectState, record: &str) -> String {
    let audit = AuditRecord::decode(record.as_bytes()).unwrap();
    let version = Version::of(&audit).unwrap();
    let Some(change) = state.next(&version) else { return "alone".to_owned() };
    let fields = change.fields.iter().map(|field| {
        let value = |value: &Option<JsonText>| value.as_ref().map_or("?", JsonText::as_json).to_owned();
        format!(" {}:{}->{}", field.path, value(&field.before), value(&field.after))
    });
    let unseen = if change.unseen_before { " unseen" } else { "" };
    format!(
        "{} {}{unseen}{}",
        change.change_type.name(),
        change.confidence.name(),
        fields.collect::<String>()
    )
}

#[track_caller]
fn check(records: &[String], expected: &[&str]) {
    let mut state = ObjectState::default();
    let told: Vec<_> = records.iter().map(|record| told(&mut state, record)).collect();
    assert_eq!(told, expected);
}

#[test]
fn whole_states_tell_exactly() {
    check(
        &[
            created(1, r#"{"replicas":1}"#),
            patched(2, r#"{"replicas":2}"#),
            patched(3, r#"{"replicas":2,"paused":true}"#),
        ],
        &["alone", "update exact spec.replicas:1->2", "update exact spec.paused:null->true"],
    );
}

#[test]
fn the_first_that_is_seen_has_something_unseen_before() {
    let patch = r#","requestObject":{"spec":{"replicas":2}}"#;
    check(
        &[
            record("patch", &format!("{patch}{}", answer(2, r#"{"replicas":2}"#))),
            patched(3, r#"{"replicas":3}"#),
        ],
        &["update patch unseen spec.replicas:?->2", "update exact spec.replicas:2->3"],
    );
}

#[test]
fn what_was_not_seen_shows_in_the_generation_and_in_the_base() {
    let based = |base: u32, version: u32| {
        record("update", &answer(version, "{}"))
            .replace(r#""name":"web""#, &format!(r#""name":"web","resourceVersion":"{base}""#))
    };
    check(
        &[
            created(1, r#"{"replicas":1}"#),
            patched(3, r#"{"replicas":2}"#),
            based(3, 4),
            based(4, 5),
            based(9, 6),
        ],
        &[
            "alone",
            "update exact unseen spec.replicas:1->2",
            "update exact spec.replicas:2->null spec:null->{}",
            "update exact",
            "update exact unseen",
        ],
    );
}

#[test]
fn patches_alone_are_worked_out() {
    let asked = |spec: &str| record("patch", &format!(r#","requestObject":{{"spec":{spec}}}"#));
    check(
        &[
            created(1, r#"{"replicas":1}"#),
            asked(r#"{"replicas":2}"#),
            asked(r#"{"replicas":null}"#),
            patched(4, "{}"),
        ],
        &[
            "alone",
            "update patch spec.replicas:1->2",
            "update patch spec.replicas:2->null spec:null->{}",
            "update patch",
        ],
    );
    // One that does not fit leaves nothing to be sure of.
    let unfit = record("patch", r#","requestObject":[{"op":"remove","path":"/spec/nothing"}]"#);
    check(
        &[created(1, r#"{"replicas":1}"#), unfit, patched(3, r#"{"replicas":2}"#)],
        &["alone", "alone", "update exact unseen spec.replicas:1->2"],
    );
}

#[test]
fn without_bodies_nobody_knows() {
    check(
        &[
            created(1, r#"{"replicas":1}"#),
            record("patch", ""),
            patched(3, r#"{"replicas":2}"#),
            patched(4, "{}"),
        ],
        &[
            "alone",
            "alone",
            "update exact unseen spec.replicas:1->2",
            "update exact spec.replicas:2->null spec:null->{}",
        ],
    );
}

#[test]
fn another_uid_is_another_object() {
    let deleted =
        record("delete", r#","responseObject":{"kind":"Status","status":"Success","details":{"uid":"u"}}"#);
    check(
        &[
            created(1, r#"{"replicas":1}"#),
            record("patch", &answer_of("v", 9, r#"{"replicas":2}"#)),
            deleted,
            record("patch", &answer_of("v", 10, r#"{"replicas":3}"#)),
        ],
        &["alone", "alone", "alone", "update exact spec.replicas:2->3"],
    );
}

#[test]
fn the_same_resource_version_is_no_change() {
    check(&[created(1, "{}"), patched(1, "{}"), patched(2, "{}")], &["alone", "none exact", "update exact"]);
}

#[test]
fn api_versions_are_not_compared_with_each_other() {
    let old = |version: u32, spec: &str| in_version("v1beta1", &patched(version, spec));
    check(
        &[
            created(1, r#"{"a":1}"#),
            old(2, r#"{"b":1}"#),
            // What this one is blamed for may be the doing of the one before.
            patched(3, r#"{"a":2}"#),
            patched(4, r#"{"a":3}"#),
            old(5, r#"{"b":2}"#),
        ],
        &[
            "alone",
            "alone",
            "update exact unseen spec.a:1->2",
            "update exact spec.a:2->3",
            "update exact unseen spec.b:1->2",
        ],
    );
}

#[test]
fn scale_and_binding_are_changes_of_the_object() {
    let scaled = record("update", r#","responseObject":{"kind":"Scale","metadata":{"uid":"u","resourceVersion":"2"},"spec":{"replicas":5}}"#)
        .replace(r#""resource":"deployments""#, r#""resource":"deployments","subresource":"scale""#);
    check(
        &[created(1, r#"{"replicas":1}"#), scaled.clone(), scaled, patched(3, r#"{"replicas":5}"#)],
        &["alone", "update exact spec.replicas:1->5", "none exact", "update patch"],
    );
}

/// A cluster's first sight of an object whose patch was changed on the way.
#[test]
fn the_answer_counts_more_than_what_was_asked() {
    let patch = r#","requestObject":{"spec":{"replicas":9,"paused":null}}"#;
    check(
        &[record("patch", &format!("{patch}{}", answer(2, r#"{"replicas":3}"#)))],
        &["update patch unseen spec.replicas:?->3 spec.paused:?->null"],
    );
}

#[test]
fn a_custom_resource_keeps_its_replicas_where_it_likes() {
    let scaled = record("update", r#","responseObject":{"kind":"Scale","metadata":{"uid":"u","resourceVersion":"2"},"spec":{"replicas":5}}"#)
        .replace(r#""resource":"deployments""#, r#""resource":"rollouts","subresource":"scale""#)
        .replace(r#""apiGroup":"apps""#, r#""apiGroup":"argoproj.io""#);
    check(
        &[created(1, r#"{"size":1}"#), scaled, patched(3, r#"{"size":5}"#)],
        &["alone", "alone", "update exact unseen spec.size:1->5"],
    );
}

/// The kubelet writes the status of a pod that somebody else evicted.
#[test]
fn an_eviction_is_not_blamed_on_who_writes_next() {
    let pod = |record: String| {
        record
            .replace(
                r#""apiGroup":"apps","apiVersion":"v1","resource":"deployments""#,
                r#""apiVersion":"v1","resource":"pods""#,
            )
            .replace("Deployment", "Pod")
    };
    let evicted = pod(record("create", r#","requestObject":{"kind":"Eviction","metadata":{"name":"web"}}"#))
        .replace(r#""resource":"pods""#, r#""resource":"pods","subresource":"eviction""#);
    let ending = answer(2, r#"{"a":2}"#).replace(
        r#""generation":2"#,
        r#""generation":2,"deletionTimestamp":"2026-11-23T16:11:23Z","deletionGracePeriodSeconds":30"#,
    );
    let mut state = ObjectState::default();
    let records = [pod(created(1, r#"{"a":1}"#)), evicted, pod(record("patch", &ending))];
    let told: Vec<_> = records.iter().map(|record| told(&mut state, record)).collect();
    assert_eq!(told, ["alone", "alone", "update exact spec.a:1->2"]);
    assert!(!state.is_gone());
}

/// Of each deletion: whether the object is gone after it, and how sure that is.
#[test]
fn what_a_deletion_leaves() {
    fn check(resource: &str, user: &str, answer: &str, expected: Option<Confidence>) {
        let answer = if answer.is_empty() { String::new() } else { format!(r#","responseObject":{answer}"#) };
        let record = record("delete", &format!(r#","user":{{"username":"{user}"}}{answer}"#)).replace(
            r#""apiGroup":"apps","apiVersion":"v1","resource":"deployments""#,
            &format!(r#""apiVersion":"v1","resource":"{resource}""#),
        );
        let audit = AuditRecord::decode(record.as_bytes()).unwrap();
        let mut state = ObjectState::default();
        state.pass(&Version::of(&audit).unwrap());
        assert_eq!(state.is_gone().then(|| state.confidence()), expected, "{record}");
    }
    let object = |kind: &str, metadata: &str, rest: &str| {
        format!(r#"{{"kind":"{kind}","metadata":{{"name":"web","uid":"u"{metadata}}}{rest}}}"#)
    };
    let status = r#"{"kind":"Status","status":"Success","details":{"uid":"u"}}"#;
    let marked = r#","deletionTimestamp":"2026-11-23T16:11:23Z""#;
    check("configmaps", "alice", status, Some(Confidence::Exact));
    // Services are answered with as they were.
    check("services", "alice", &object("Service", "", ""), Some(Confidence::Exact));
    check("configmaps", "alice", &object("ConfigMap", &format!(r#"{marked},"finalizers":["x"]"#), ""), None);
    check(
        "namespaces",
        "alice",
        &object("Namespace", marked, r#","spec":{"finalizers":["kubernetes"]}"#),
        None,
    );
    check("allowlists", "alice", &object("AllowList", &format!(r#"{marked},"finalizers":["x"]"#), ""), None);
    check("pods", "alice", &object("Pod", &format!(r#"{marked},"deletionGracePeriodSeconds":30"#), ""), None);
    check(
        "pods",
        "alice",
        &object("Pod", &format!(r#"{marked},"deletionGracePeriodSeconds":0"#), ""),
        Some(Confidence::Exact),
    );
    // Nothing of the answer was recorded: pods get grace from everybody but their kubelet.
    check("pods", "alice", "", None);
    check("pods", "system:node:n1", "", Some(Confidence::Partial));
    check("configmaps", "alice", "", Some(Confidence::Partial));
}

#[test]
fn a_member_of_a_collection_is_gone_if_nothing_holds_it() {
    fn check(metadata: &str, is_gone: bool) {
        let collection = record(
            "deletecollection",
            &format!(r#","responseObject":{{"kind":"DeploymentList","metadata":{{}},"items":[{{"metadata":{{"name":"x","namespace":"shop"}}}},{{"metadata":{{"name":"web","namespace":"shop","uid":"u"{metadata}}}}}]}}"#),
        )
        .replace(r#","name":"web"}"#, "}");
        let mut state = ObjectState::default();
        assert_eq!(told(&mut state, &created(1, r#"{"replicas":1}"#)), "alone");
        let audit = AuditRecord::decode(collection.as_bytes()).unwrap();
        assert!(Version::of_member(&audit, "shop", "other").is_none());
        state.pass(&Version::of_member(&audit, "shop", "web").unwrap());
        assert_eq!(state.is_gone(), is_gone, "{metadata}");
    }
    check("", true);
    check(r#","deletionTimestamp":"2026-11-23T16:11:23Z""#, true);
    check(r#","deletionTimestamp":"2026-11-23T16:11:23Z","finalizers":["foregroundDeletion"]"#, false);
}

/// Until it is finalized, its controller writes what is left in it.
#[test]
fn a_namespace_that_terminates_is_still_there() {
    let namespace = |verb: &str, subresource: &str, rest: &str| {
        let of = format!(
            r#","responseObject":{{"kind":"Namespace","metadata":{{"uid":"u","deletionTimestamp":"t"}},{rest}}}"#
        );
        let reference = format!(r#""resource":"namespaces","subresource":"{subresource}""#);
        record(verb, &of)
            .replace(r#""apiGroup":"apps","#, "")
            .replace(r#""resource":"deployments""#, &reference)
    };
    let held = r#""spec":{"finalizers":["kubernetes"]},"status""#;
    check(
        &[
            namespace("delete", "", &format!(r#"{held}:{{"phase":"Terminating"}}"#)),
            namespace("update", "status", &format!(r#"{held}:{{"conditions":[]}}"#)),
            namespace("update", "finalize", r#""status":{"conditions":[]}"#),
            namespace("patch", "", &format!(r#"{held}:{{}}"#)),
        ],
        &[
            "alone",
            r#"update exact status.conditions:null->[] status.phase:"Terminating"->null"#,
            r#"delete exact spec.finalizers:["kubernetes"]->null"#,
            "alone",
        ],
    );
}

/// Records of one object in any form.
fn any_record() -> impl Strategy<Value = String> {
    let version = prop_oneof![3 => Just("v1"), 1 => Just("v1beta1")];
    let kind = prop_oneof![
        4 => Just("whole"), 1 => Just("again"), 1 => Just("asked"), 1 => Just("blind"), 1 => Just("create"), 1 => Just("delete"),
    ];
    (version, kind, 1_u32..4, prop_oneof![5 => Just("u"), 1 => Just("v")]).prop_map(
        |(version, kind, number, uid)| {
            let spec = format!(r#"{{"a":{number}}}"#);
            let record = match kind {
                "whole" => record("patch", &answer_of(uid, 10 * number, &spec)),
                "again" => record("patch", &answer_of(uid, 10, &spec)),
                "asked" => record("patch", &format!(r#","requestObject":{{"spec":{{"b":{number}}}}}"#)),
                "blind" => record("patch", ""),
                "create" => created(number, &spec),
                _ => record("delete", ""),
            };
            in_version(version, &record)
        },
    )
}

/// Where reading has to begin for the state behind these: at the last whole state of every API version, or the creation.
fn basis(records: &[String]) -> usize {
    let links: Vec<_> = records.iter().map(|record| link(record)).collect();
    let begin = links.iter().rposition(|link| link.kind == LinkKind::Begin).unwrap_or(0);
    let versions = links.iter().skip(begin).map(|link| {
        let is_whole = |whole: &Link| whole.kind == LinkKind::Whole && whole.api_version == link.api_version;
        links.iter().rposition(is_whole).unwrap_or(begin)
    });
    versions.min().unwrap_or(0).max(begin)
}

fn link(record: &str) -> Link {
    Link::of(&AuditRecord::decode(record.as_bytes()).unwrap(), "demo").unwrap()
}

fn behind(records: &[String]) -> ObjectState {
    let mut state = ObjectState::default();
    for record in records {
        let audit = AuditRecord::decode(record.as_bytes()).unwrap();
        state.pass(&Version::of(&audit).unwrap());
    }
    state
}

proptest! {
    /// The index begins to read there.
    #[test]
    fn what_is_before_a_whole_state_has_no_influence(records in prop::collection::vec(any_record(), 1..14)) {
        prop_assert_eq!(behind(&records[basis(&records)..]), behind(&records));
    }

    #[test]
    fn passing_leads_to_the_same_state_as_asking(records in prop::collection::vec(any_record(), 0..10)) {
        let (mut asked, mut passed) = (ObjectState::default(), ObjectState::default());
        for record in &records {
            let audit = AuditRecord::decode(record.as_bytes()).unwrap();
            let version = Version::of(&audit).unwrap();
            asked.next(&version);
            passed.pass(&version);
            prop_assert_eq!(&asked, &passed);
        }
    }
}
