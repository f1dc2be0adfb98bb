//! Each form in which an API server records a write, told behind the state before it. Constructed after the recorded ones in
//! `samples/audit/examples`, cut to what matters.

use super::{answer, check, created, record, told};
use crate::audit::AuditRecord;
use crate::change::{ObjectState, Version};

/// The record as one about a pod.
fn pod(record: &str, subresource: &str) -> String {
    let reference = if subresource.is_empty() {
        r#""resource":"pods""#.to_owned()
    } else {
        format!(r#""resource":"pods","subresource":"{subresource}""#)
    };
    record
        .replace(
            r#""apiGroup":"apps","apiVersion":"v1","resource":"deployments""#,
            &format!(r#""apiVersion":"v1",{reference}"#),
        )
        .replace(r#""kind":"Deployment""#, r#""kind":"Pod""#)
}

#[test]
fn a_binding_sets_the_node() {
    let binding = record(
        "create",
        r#","requestObject":{"kind":"Binding","metadata":{"name":"web"},"target":{"kind":"Node","name":"node-1"}},"responseObject":{"kind":"Status","status":"Success"}"#,
    );
    let running = answer(2, r#"{"a":1,"nodeName":"node-1"}"#);
    check(
        &[pod(&created(1, r#"{"a":1}"#), ""), pod(&binding, "binding"), pod(&record("patch", &running), "")],
        &["alone", r#"update exact spec.nodeName:null->"node-1""#, "update patch"],
    );
}

#[test]
fn ephemeral_containers_are_a_change_of_the_pod() {
    let debugged = answer(2, r#"{"a":1,"ephemeralContainers":[{"name":"debugger","image":"busybox"}]}"#);
    check(
        &[pod(&created(1, r#"{"a":1}"#), ""), pod(&record("patch", &debugged), "ephemeralcontainers")],
        &[
            "alone",
            r#"update exact spec.ephemeralContainers[name=debugger].name:null->"debugger" spec.ephemeralContainers[name=debugger].image:null->"busybox""#,
        ],
    );
}

/// Clients that ask for metadata alone get no more; what else they patched is known from the patch.
#[test]
fn an_answer_of_metadata_alone_hides_nothing_of_the_patch() {
    let patched = record(
        "patch",
        r#","requestObject":{"metadata":{"labels":{"q":"1"}},"spec":{"a":7}},"responseObject":{"kind":"PartialObjectMetadata","metadata":{"uid":"u","resourceVersion":"2","generation":2,"labels":{"q":"1"}}}"#,
    );
    check(
        &[created(1, r#"{"a":3}"#), patched],
        &["alone", r#"update partial spec.a:3->7 metadata.labels.q:null->"1""#],
    );
}

/// `kubectl` asks for tables; an object is in none of them.
#[test]
fn an_answer_as_a_table_is_no_state() {
    let patched = record(
        "patch",
        r#","requestObject":{"spec":{"a":7}},"responseObject":{"kind":"Table","metadata":{"resourceVersion":"2"},"rows":[]}"#,
    );
    check(&[created(1, r#"{"a":3}"#), patched], &["alone", "update patch spec.a:3->7"]);
}

#[test]
fn an_answer_of_another_kind_is_no_state() {
    let other = record(
        "create",
        r#","requestObject":{"kind":"BuildRequest","metadata":{"name":"web"}},"responseObject":{"kind":"Build","metadata":{"name":"web-1","uid":"x","resourceVersion":"2"},"spec":{"b":1}}"#,
    )
    .replace(r#""resource":"deployments""#, r#""resource":"deployments","subresource":"instantiate""#);
    let mut state = ObjectState::default();
    assert_eq!(told(&mut state, &created(1, r#"{"a":3}"#)), "alone");
    let audit = AuditRecord::decode(other.as_bytes()).unwrap();
    state.pass(&Version::of(&audit).unwrap());
    let newest = state.state(None).map(|state| String::from_utf8_lossy(state).into_owned()).unwrap();
    assert!(newest.contains(r#""spec":{"a":3}"#), "{newest}");
}

/// Server-side apply of what is not there yet is a patch that is answered with 201.
#[test]
fn an_apply_can_create() {
    let applied = record("patch", &answer(5, r#"{"a":1}"#)).replace(r#""code":200"#, r#""code":201"#);
    check(
        &[created(1, r#"{"a":3}"#), applied, record("patch", &answer(6, r#"{"a":2}"#))],
        &["alone", "alone", "update exact spec.a:1->2"],
    );
}
