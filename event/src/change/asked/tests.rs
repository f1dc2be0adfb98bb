use crate::{Change, Event, FieldOp, Origins};

/// What a patch that succeeded changed, of which nothing else is known.
fn change(resource: &str, patch: &str) -> Change {
    let record = format!(
        r#"{{"auditID":"a","stage":"ResponseComplete","verb":"patch","requestURI":"/x","objectRef":{{{resource},"apiVersion":"v1","namespace":"shop","name":"web"}},"responseStatus":{{"code":200}},"requestObject":{patch}}}"#
    );
    Event::decode(record.as_bytes(), Origins::default()).unwrap().change.unwrap()
}

#[track_caller]
fn check_of(resource: &str, patch: &str, expected: &[&str]) {
    let change = change(resource, patch);
    let fields: Vec<_> = change
        .fields
        .iter()
        .map(|field| {
            let value = |value: &Option<crate::change::JsonText>| {
                value.as_ref().map_or("?", |value| value.as_json()).to_owned()
            };
            match field.op {
                FieldOp::Remove => format!("- {}: {}", field.path, value(&field.before)),
                _ => format!("{}: {} -> {}", field.path, value(&field.before), value(&field.after)),
            }
        })
        .collect();
    assert_eq!(fields, expected, "{patch}");
    let total = if expected.is_empty() { None } else { Some(expected.len() as u64) };
    assert_eq!(change.fields_total, total, "{patch}");
}

#[track_caller]
fn check(patch: &str, expected: &[&str]) {
    check_of(r#""apiGroup":"apps","resource":"deployments""#, patch, expected);
}

#[test]
fn what_a_patch_is_about_is_no_change() {
    check(
        r#"{"metadata":{"name":"web","namespace":"shop"},"spec":{"template":{"spec":{"containers":[{"name":"web","image":"x:2"}]}}}}"#,
        &[r#"spec.template.spec.containers[name=web].image: ? -> "x:2""#],
    );
    // But of what it names and says nothing of, it asks that it be there.
    check(
        r#"{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"regcred"}]}}}}"#,
        &[r#"spec.template.spec.imagePullSecrets[name=regcred].name: ? -> "regcred""#],
    );
}

#[test]
fn what_a_patch_takes_away_is_a_change() {
    check(
        r#"{"spec":{"paused":null,"template":{"spec":{"containers":[{"name":"web","livenessProbe":null},{"name":"api","$patch":"delete"}]}}}}"#,
        &[
            "- spec.paused: ?",
            "- spec.template.spec.containers[name=web].livenessProbe: ?",
            r#"- spec.template.spec.containers[name=api].name: "api""#,
        ],
    );
    check(
        r#"{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","$patch":"delete"},{"name":"B","value":"1"}]}]}}}}"#,
        &[
            r#"spec.template.spec.containers[name=web].env[name=B].value: ? -> "1""#,
            r#"- spec.template.spec.containers[name=web].env[name=A].name: "A""#,
        ],
    );
    // In a merge patch a list is a value, and so are the nulls in it.
    check_of(
        r#""apiGroup":"example.com","resource":"widgets""#,
        r#"{"spec":{"a":null,"parts":[{"name":"x","size":null}]}}"#,
        &[r#"spec.parts[name=x].name: ? -> "x""#, "- spec.a: ?"],
    );
}

#[test]
fn operations_that_remove_are_told_or_nothing_is() {
    let order = r#"{"op":"add","path":"/spec/paused","value":true}"#;
    check(
        &format!(
            r#"[{{"op":"test","path":"/metadata/labels/q","value":"1"}},{{"op":"remove","path":"/metadata/labels/q.r~1s"}},{order}]"#
        ),
        &["spec.paused: ? -> true", r#"- metadata.labels["q.r/s"]: ?"#],
    );
    check(
        r#"[{"op":"remove","path":"/metadata/labels/q"},{"op":"add","path":"/metadata/labels/q","value":"2"}]"#,
        &[r#"metadata.labels.q: ? -> "2""#],
    );
    for unknown in [
        r#"{"op":"remove","path":"/spec/list/0"}"#,
        r#"{"op":"remove","path":"/spec/paused"}"#,
        r#"{"op":"move","from":"/metadata/labels/a","path":"/metadata/labels/b"}"#,
        r#"{"op":"copy","from":"/metadata/labels/a","path":"/metadata/labels/b"}"#,
    ] {
        check(&format!("[{order},{unknown}]"), &[]);
    }
}
