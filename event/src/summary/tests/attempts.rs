//! What had no effect, or not yet; and what is known in part only.

use super::check;
use super::recorded::{alone, example};

/// A constructed record of alice's.
#[track_caller]
fn constructed(rest: &str, expected: &str) {
    let json = format!(r#"{{"auditID":"a","user":{{"username":"alice"}},{rest}}}"#);
    assert_eq!(alone(json.as_bytes()), expected, "{rest}");
}

#[test]
fn refused() {
    check("e42c0a10", "bob was refused deleting networkpolicy shop-a/default-deny");
    check("42dab363", "bob was refused creating a clusterrolebinding");
    check("4e57c62a", "bob was refused running id in pod shop-a/attacker");
    check("c9af0fc1", "bob was refused issuing a token for serviceaccount shop-a/api");
    check("47e8d023", "alice was refused granting cluster-admin to alice (rolebinding shop-a/esc)");
    check("ba4b05fc", "alice was refused creating privileged pod pay-a/priv (image alpine), by admission");
    check("f8f38978", "kubernetes-admin as bob was refused deleting pod shop-a/attacker");
    check("7b3ff4ffResponseStarted", "an unauthenticated caller was refused listing pods");
    // Refused by a webhook, after the body was read.
    let by_admission = r#""stage":"ResponseComplete","responseStatus":{"code":403},"annotations":{"authorization.k8s.io/decision":"allow"}"#;
    constructed(
        &format!(
            r#"{by_admission},"verb":"patch","objectRef":{{"resource":"deployments","apiGroup":"apps","subresource":"scale","namespace":"shop","name":"web"}},"requestObject":{{"spec":{{"replicas":5}}}}"#
        ),
        "alice was refused scaling deployment shop/web to 5, by admission",
    );
    constructed(
        &format!(
            r#"{by_admission},"verb":"patch","objectRef":{{"resource":"pods","namespace":"shop","name":"web"}},"requestObject":[{{"op":"remove","path":"/metadata/labels/quarantine"}}]"#
        ),
        "alice was refused removing label quarantine from pod shop/web, by admission",
    );
    constructed(
        &format!(
            r#"{by_admission},"verb":"update","objectRef":{{"resource":"deployments","apiGroup":"apps","namespace":"shop","name":"web"}},"requestObject":{{"kind":"Deployment","spec":{{"replicas":5}}}}"#
        ),
        "alice was refused updating deployment shop/web, by admission",
    );
    constructed(
        &format!(
            r#"{by_admission},"verb":"patch","objectRef":{{"resource":"deployments","apiGroup":"apps","namespace":"shop","name":"web"}},
            "requestObject":{{"spec":{{"template":{{"spec":{{"containers":[{{"name":"web","image":"nginx:evil"}}]}}}}}}}}"#
        ),
        "alice was refused setting image of container web in deployment shop/web to nginx:evil, by admission",
    );
}

#[test]
fn failed() {
    check("aca1a9cc", "alice failed creating configmap shop-a/api-config (409 AlreadyExists)");
    check("74801486", "alice failed creating a configmap in shop-a (400 BadRequest)");
    check("7c81edb2", "alice failed applying configmap shop-a/ssa (409 Conflict)");
    check("33089815", "alice failed updating configmap shop-a/api-config (409 Conflict)");
    check("0a6f5352", "alice failed evicting pod shop-a/web-64757fd5cc-7kkj7 (404 NotFound)");
    check("860d0a1a", "alice failed sending a request through node node-1 (/metrics) (400 BadRequest)");
    constructed(
        r#""stage":"Panic","verb":"delete","objectRef":{"resource":"pods","namespace":"shop","name":"web"},"responseStatus":{"code":500}"#,
        "alice failed deleting pod shop/web (the API server panicked)",
    );
}

#[test]
fn dry_runs() {
    check("578f4346", "alice tried scaling deployment shop-a/api to 3 and 1 more change (dry run)");
    check("53e3a4ed", "alice tried creating configmap shop-a/ghost (dry run)");
    check("7bf159ae", "ci:deployer tried applying configmap shop-a/ssa (dry run)");
    constructed(
        r#""stage":"ResponseComplete","responseStatus":{"code":200},"verb":"delete","requestURI":"/x?dryRun=All","objectRef":{"resource":"pods","namespace":"shop","name":"web"},
        "responseObject":{"kind":"Pod","metadata":{"name":"web","deletionTimestamp":"2026-11-23T16:11:12Z","deletionGracePeriodSeconds":0}}"#,
        "alice tried deleting pod shop/web (dry run)",
    );
}

#[test]
fn open_and_pending() {
    check("458068c1ResponseStarted", "alice is attached to pod shop-a/attacker");
    check("090e1541RequestReceived", "alice started creating a namespace, no completion seen");
    constructed(
        r#""stage":"RequestReceived","verb":"patch","objectRef":{"resource":"deployments","apiGroup":"apps","subresource":"scale","namespace":"shop","name":"web"}"#,
        "alice started scaling deployment shop/web, no completion seen",
    );
}

#[test]
fn without_the_state_before() {
    let patched = r#""stage":"ResponseComplete","responseStatus":{"code":200},"verb":"patch""#;
    constructed(
        &format!(
            r#"{patched},"objectRef":{{"resource":"deployments","apiGroup":"apps","subresource":"scale","namespace":"shop","name":"web"}},"requestObject":{{"spec":{{"replicas":5}}}}"#
        ),
        "alice scaled deployment shop/web to 5",
    );
    constructed(
        &format!(
            r#"{patched},"objectRef":{{"resource":"pods","namespace":"shop","name":"web"}},"requestObject":{{"metadata":{{"labels":{{"quarantine":null}}}}}}"#
        ),
        "alice removed label quarantine from pod shop/web",
    );
    constructed(
        &format!(
            r#"{patched},"objectRef":{{"resource":"networkpolicies","apiGroup":"networking.k8s.io","namespace":"shop","name":"x"}},"requestObject":[{{"op":"replace","path":"/spec/ingress/0/ports/0/port","value":9091}}]"#
        ),
        "alice set ingress.ports.port to 9091 in networkpolicy shop/x",
    );
    constructed(
        &format!(
            r#"{patched},"objectRef":{{"resource":"clusterroles","apiGroup":"rbac.authorization.k8s.io","name":"x"}},"requestObject":[{{"op":"add","path":"/rules/0/verbs/-","value":"delete"}}]"#
        ),
        "alice changed rules.verbs in clusterrole x",
    );
    assert_eq!(
        example("deployment-set-image.json"),
        "alice set image of container web in deployment shop-a/web to registry.example.com/shop/web:1.19.1"
    );
    assert_eq!(
        example("label-quarantine-removed.json"),
        "alice removed label quarantine from pod shop-a/attacker"
    );
    assert_eq!(example("secret-replace.json"), "alice updated secret shop-a/db");
}

#[test]
fn without_bodies() {
    let done = r#""stage":"ResponseComplete","level":"Metadata","responseStatus":{"code":200}"#;
    for (verb, subresource, expected) in [
        ("patch", "", "alice patched deployment shop/web"),
        ("update", "", "alice updated deployment shop/web"),
        ("patch", "scale", "alice scaled deployment shop/web"),
        ("update", "status", "alice updated the status of deployment shop/web"),
        ("delete", "", "alice deleted deployment shop/web"),
        ("create", "", "alice created deployment shop/web"),
        ("get", "scale", "alice read scale of deployment shop/web"),
        ("deletecollection", "", "alice deleted all deployments in shop"),
        ("fetch\n", "", "alice did fetch  on deployment shop/web"),
    ] {
        let verb = serde_json::to_string(verb).unwrap();
        constructed(
            &format!(
                r#"{done},"verb":{verb},"objectRef":{{"resource":"deployments","apiGroup":"apps","subresource":"{subresource}","namespace":"shop","name":"web"}}"#
            ),
            expected,
        );
    }
    constructed(
        &format!(
            r#"{done},"verb":"create","objectRef":{{"resource":"pods","namespace":"shop"}},"requestObject":{{"metadata":{{"generateName":"job-"}}}}"#
        ),
        "alice created pod shop/job-*",
    );
}
