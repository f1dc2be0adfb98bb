//! The history of a deployment; constructed records.

use taffrail_event::{Key, Origins, Via, ViaSet};

use super::*;

/// A successful write at second `at`; `answer` is the object after it, or the status of a deletion.
fn write(at: u8, user: &str, verb: &str, request: &str, answer: &str) -> Hit {
    let record = format!(
        r#"{{"kind":"Event","level":"RequestResponse","auditID":"a{at}","stage":"ResponseComplete","verb":"{verb}","requestURI":"/apis/apps/v1/namespaces/shop/deployments/web","user":{{"username":"{user}"}},"objectRef":{{"resource":"deployments","namespace":"shop","name":"web","apiGroup":"apps","apiVersion":"v1"}},"requestObject":{request},"responseObject":{answer},"responseStatus":{{"code":{}}},"requestReceivedTimestamp":"2026-11-23T16:11:{at:02}.000000Z","stageTimestamp":"2026-11-23T16:11:{at:02}.000000Z"}}"#,
        if verb == "create" { 201 } else { 200 }
    );
    let origins = Origins {
        id: Key(u128::from(at) << 120 | 1),
        cluster: "prod".to_owned(),
        received: Timestamp::default(),
        via: ViaSet::of(Via::Webhook),
        ..Origins::default()
    };
    Hit { event: Event::decode(record.as_bytes(), origins).unwrap(), record: record.into_bytes() }
}

fn deployment(uid: &str, version: u32, generation: u32, rest: &str) -> String {
    format!(
        r#"{{"kind":"Deployment","apiVersion":"apps/v1","metadata":{{"name":"web","namespace":"shop","uid":"{uid}","resourceVersion":"{version}","generation":{generation}}},"spec":{{{rest}}}}}"#
    )
}

const GONE: &str = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"web","group":"apps","kind":"deployments","uid":"u1"}}"#;

/// alice creates it, bob scales it and adds a field, carol deletes it, dan creates another one.
fn history() -> Vec<Hit> {
    vec![
        write(1, "alice", "create", "{}", &deployment("u1", 10, 1, r#""replicas":2,"paused":false"#)),
        write(
            2,
            "bob",
            "patch",
            r#"{"spec":{"replicas":3}}"#,
            &deployment("u1", 11, 2, r#""replicas":3,"paused":false"#),
        ),
        write(3, "bob", "update", "{}", &deployment("u1", 12, 3, r#""replicas":3,"minReadySeconds":5"#)),
        write(4, "carol", "delete", "{}", GONE),
        write(5, "dan", "create", "{}", &deployment("u2", 20, 1, r#""replicas":1"#)),
    ]
}

fn name() -> ObjectName {
    ObjectName::of(&history()[0].event).unwrap()
}

#[test]
fn the_state_at_a_time() {
    fn check(at: u8, expected: Option<(&str, Confidence, Option<&str>)>) {
        let time = Timestamp::parse(&format!("2026-11-23T16:11:{at:02}.500000Z")).unwrap();
        let mut found = AtTime::new(name(), time);
        history().into_iter().for_each(|hit| found.take(hit));
        let found = found.finish();
        let shown = found.as_ref().map(|found| {
            let state = found.state.as_deref().map(|state| std::str::from_utf8(state).unwrap());
            let spec =
                state.map(|state| state.split_once(r#""spec":"#).unwrap().1.strip_suffix('}').unwrap());
            (found.as_of.actor.as_ref().unwrap().name.as_str(), found.confidence, spec)
        });
        assert_eq!(shown, expected, "{at}");
    }
    check(0, None);
    check(1, Some(("alice", Confidence::Exact, Some(r#"{"replicas":2,"paused":false}"#))));
    check(3, Some(("bob", Confidence::Exact, Some(r#"{"replicas":3,"minReadySeconds":5}"#))));
    check(4, Some(("carol", Confidence::Exact, None)));
    check(9, Some(("dan", Confidence::Exact, Some(r#"{"replicas":1}"#))));
}

#[test]
fn who_set_each_field() {
    fn check(writes: std::ops::Range<usize>, expected: &[(&str, &str, Option<&str>)]) {
        let mut blame = Blame::new(name());
        history()[writes.clone()].iter().for_each(|hit| blame.take(hit));
        let found = blame.finish();
        let found: Vec<_> = found
            .iter()
            .filter(|field| field.path.starts_with("spec"))
            .map(|field| {
                let actor = field.actor.as_ref().map(|actor| actor.name.as_str());
                (field.path.as_str(), field.value.as_ref().unwrap().as_json(), actor)
            })
            .collect();
        assert_eq!(found, expected, "{writes:?}");
    }
    check(0..1, &[("spec.paused", "false", Some("alice")), ("spec.replicas", "2", Some("alice"))]);
    check(0..2, &[("spec.paused", "false", Some("alice")), ("spec.replicas", "3", Some("bob"))]);
    check(0..3, &[("spec.minReadySeconds", "5", Some("bob")), ("spec.replicas", "3", Some("bob"))]);
    check(0..4, &[]);
    check(0..5, &[("spec.replicas", "1", Some("dan"))]);
    // Nobody saw who set what was there at the first write that was recorded.
    check(2..3, &[("spec.minReadySeconds", "5", None), ("spec.replicas", "3", None)]);
    // A patch says what it set, if not what was there before.
    check(1..2, &[("spec.paused", "false", None), ("spec.replicas", "3", Some("bob"))]);
}

/// Another object of the same name, of whose creation nothing was recorded.
#[test]
fn fields_of_another_object_are_not_blamed_on_who_wrote_the_first() {
    let writes = [
        write(1, "alice", "create", "{}", &deployment("u1", 10, 1, r#""replicas":3"#)),
        write(2, "bob", "update", "{}", &deployment("u2", 30, 2, r#""replicas":5"#)),
    ];
    let mut blame = Blame::new(name());
    writes.iter().for_each(|hit| blame.take(hit));
    let found = blame.finish();
    let replicas = found.iter().find(|field| field.path == "spec.replicas").unwrap();
    assert_eq!(replicas.value.as_ref().unwrap().as_json(), "5");
    assert_eq!((replicas.actor.as_ref(), replicas.confidence), (None, Confidence::Unknown));
}

/// The clock of the API server that deleted the first object was ahead.
#[test]
fn the_deletion_of_an_earlier_object_does_not_end_the_one_that_is_there() {
    let writes = [
        write(1, "alice", "create", "{}", &deployment("u1", 10, 1, r#""replicas":3"#)),
        write(4, "bob", "create", "{}", &deployment("u2", 20, 1, r#""replicas":2"#)),
        write(5, "carol", "delete", "{}", GONE),
    ];
    let mut found = AtTime::new(name(), Timestamp::parse("2026-11-23T16:12:00Z").unwrap());
    let mut blame = Blame::new(name());
    for hit in writes {
        blame.take(&hit);
        found.take(hit);
    }
    let found = found.finish().unwrap();
    assert_eq!((found.is_gone, found.confidence), (false, Confidence::Exact));
    assert!(blame.finish().iter().any(|field| field.path == "spec.replicas"));
}

#[test]
fn what_one_write_changed() {
    fn check(write: usize, expected: (bool, bool, &[(&str, &str)])) {
        let writes = history();
        let mut found = ChangeOf::new(name(), writes[write].event.id);
        assert!(writes.iter().any(|hit| found.take(hit)));
        let found = found.finish().unwrap();
        let fields: Vec<_> =
            found.change.fields.iter().filter(|field| field.path.starts_with("spec")).collect();
        let fields: Vec<_> = fields.iter().map(|field| (field.path.as_str(), field.op.name())).collect();
        assert_eq!((found.before.is_some(), found.after.is_some(), fields.as_slice()), expected, "{write}");
    }
    check(0, (false, true, &[("spec.replicas", "add"), ("spec.paused", "add")]));
    check(1, (true, true, &[("spec.replicas", "replace")]));
    check(2, (true, true, &[("spec.minReadySeconds", "add"), ("spec.paused", "remove")]));
    check(3, (true, false, &[]));
    check(4, (false, true, &[("spec.replicas", "add")]));
}
