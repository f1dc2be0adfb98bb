//! The audit policy that `taffrail setup` hands out: the level of every request that an answer is made of, and none for
//! what no answer needs.

use serde_json::Value;
use taffrail_tests::audit_policy::{Policy, Request, Target};
use taffrail_tests::{cli, samples};
use tempfile::TempDir;

/// As users get it.
fn policy() -> Policy {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let url = "http://127.0.0.1:8586";
    cli::taffrail(&["setup", "kubeadm", "--cluster", "prod", "--url", url, "--out", &out]).ok();
    let file = folder.path().join("out/audit-policy.yaml");
    Policy::parse(&std::fs::read_to_string(file).expect("read the policy"))
}

/// Who asks, and in which groups the API server puts it.
fn user(name: &str) -> (Option<String>, Vec<String>) {
    let groups: &[&str] = match name {
        "" => return (None, Vec::new()),
        "system:anonymous" => &["system:unauthenticated"],
        "system:apiserver" => &["system:masters", "system:authenticated"],
        name if name.starts_with("system:node:") => &["system:nodes", "system:authenticated"],
        name if name.starts_with("system:serviceaccount:kube-system:") => {
            &["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"]
        }
        name if name.starts_with("system:serviceaccount:") => {
            &["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]
        }
        _ => &["system:authenticated"],
    };
    (Some(name.to_owned()), groups.iter().map(ToString::to_string).collect())
}

/// `group:resource`, with `core` for the core group, `namespace/` before it and `/name` behind `=`; or a path.
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

const FULL: &str = "RequestResponse";
const META: &str = "Metadata";
const REQUEST: &str = "Request";
const NONE: &str = "None";
const NODE: &str = "system:node:node-1";
const SHOP: &str = "system:serviceaccount:shop:web";
const REPLICAS: &str = "system:serviceaccount:kube-system:replicaset-controller";
const NAMESPACES: &str = "system:serviceaccount:kube-system:namespace-controller";
const GARBAGE: &str = "system:serviceaccount:kube-system:generic-garbage-collector";

/// Who, verb, target, the level, and the answer that is made of it.
const NEEDED: &[(&str, &str, &str, &str, &str)] = &[
    ("alice", "create", "apps:deployments in shop/web", FULL, "what changed: a new object, whole"),
    ("alice", "update", "apps:deployments in shop/web", FULL, "what changed, field by field"),
    (
        "alice",
        "patch",
        "apps:deployments in shop/web",
        FULL,
        "what changed: the patch is only what was asked for",
    ),
    ("alice", "patch", "core:pods in shop/attacker", FULL, "who set the label quarantine, and to what"),
    ("alice", "patch", "core:configmaps in shop/settings", FULL, "which setting changed"),
    ("alice", "patch", "core:namespaces in shop/shop", FULL, "labels that policies select by"),
    ("alice", "patch", "core:nodes in /node-1", FULL, "who cordoned, labelled or tainted a node"),
    ("alice", "patch", "core:services in shop/web", FULL, "where a service points"),
    (
        "alice",
        "create",
        "networking.k8s.io:networkpolicies in shop/deny",
        FULL,
        "which policy cut a connection",
    ),
    ("alice", "delete", "networking.k8s.io:networkpolicies in shop/deny", FULL, "who opened it again"),
    (
        "alice",
        "patch",
        "crd.projectcalico.org:globalnetworkpolicies",
        FULL,
        "custom resources, field by field",
    ),
    (
        "argo",
        "update",
        "argoproj.io:applications/status in argocd",
        FULL,
        "custom resources have no rules of their own",
    ),
    (
        "alice",
        "delete",
        "apps:deployments in shop/web",
        FULL,
        "who deleted it, and which one: the uid is in the answer",
    ),
    (GARBAGE, "delete", "apps:replicasets in shop/web-1", FULL, "what was deleted with it"),
    (
        REPLICAS,
        "create",
        "core:pods in shop/",
        FULL,
        "names that generateName made: only the answer has them",
    ),
    (REPLICAS, "delete", "core:pods in shop/web-1-abc", FULL, "whose decision a pod's end was"),
    (NODE, "delete", "core:pods in shop/web-1-abc", FULL, "when a pod was gone, and its address free"),
    ("alice", "deletecollection", "core:pods in shop/", FULL, "members of a deletion"),
    (NAMESPACES, "deletecollection", "core:pods in shop/", FULL, "what went with a namespace"),
    ("alice", "update", "core:namespaces/finalize in shop/shop", FULL, "who forced a namespace to go"),
    ("alice", "update", "apps:deployments/scale in shop/web", FULL, "who scaled it, from what to what"),
    ("alice", "patch", "apps:deployments/scale in shop/web", FULL, "who scaled it"),
    (
        "drain",
        "create",
        "core:pods/eviction in shop/web-1",
        FULL,
        "who evicted it: there is no other event of it",
    ),
    ("alice", "patch", "core:pods/ephemeralcontainers in shop/web-1", FULL, "who put a debugger into a pod"),
    ("system:kube-scheduler", "create", "core:pods/binding in shop/web-1", FULL, "on which node a pod ran"),
    ("alice", "patch", "core:pods/status in shop/web-1", FULL, "a status that no machine wrote"),
    ("alice", "create", "rbac.authorization.k8s.io:clusterrolebindings", FULL, "RBAC changes of the quarter"),
    ("alice", "delete", "rbac.authorization.k8s.io:roles in shop/dev", FULL, "RBAC changes of the quarter"),
    ("alice", "create", "apiextensions.k8s.io:customresourcedefinitions", FULL, "which kinds came and went"),
    (
        "alice",
        "patch",
        "admissionregistration.k8s.io:validatingwebhookconfigurations",
        FULL,
        "who may refuse, and since when",
    ),
    (
        "alice",
        "update",
        "certificates.k8s.io:certificatesigningrequests/approval",
        FULL,
        "who approved a certificate",
    ),
    ("alice", "create", "core:serviceaccounts in shop/robot", FULL, "service accounts"),
    ("alice", "patch", "coordination.k8s.io:leases in kube-system/x", FULL, "a lease that a person changed"),
    (SHOP, "create", "batch:jobs in shop/", FULL, "what a workload did"),
    // The addresses that flows are told apart by.
    (
        NODE,
        "patch",
        "core:pods/status in shop/web-1",
        REQUEST,
        "which pod had this address: podIP is in the patch",
    ),
    (
        NODE,
        "patch",
        "core:nodes/status in /node-1",
        REQUEST,
        "which node had this address, and when it was not ready",
    ),
    (
        "system:serviceaccount:kube-system:endpoint-controller",
        "update",
        "core:endpoints in shop/web",
        REQUEST,
        "which pods were behind a service",
    ),
    ("alice", "update", "core:endpoints in shop/web", FULL, "addresses that a person put behind a service"),
    (
        "system:serviceaccount:kube-system:endpointslice-controller",
        "create",
        "discovery.k8s.io:endpointslices in shop/",
        FULL,
        "which pods were behind a service: slices get their names by generateName",
    ),
    // How it went on.
    (
        "system:serviceaccount:kube-system:deployment-controller",
        "update",
        "apps:deployments/status in shop/web",
        REQUEST,
        "when a rollout stopped being available",
    ),
    (
        "system:serviceaccount:kube-system:job-controller",
        "patch",
        "batch:jobs/status in shop/x",
        REQUEST,
        "how a job ended",
    ),
    // Credentials: who and when, never what.
    ("alice", "get", "core:secrets in shop/db", META, "who read a secret"),
    ("alice", "list", "core:secrets in shop/", META, "who read all of them"),
    ("alice", "watch", "core:secrets in shop/", META, "who read all of them"),
    (REPLICAS, "list", "core:secrets", META, "who read all of them, the machines too"),
    (NODE, "get", "core:secrets in shop/db", META, "which node fetched a secret"),
    ("alice", "patch", "core:secrets in shop/db", META, "who changed a secret"),
    (NAMESPACES, "deletecollection", "core:secrets in shop/", META, "that secrets went"),
    (
        "alice",
        "create",
        "core:serviceaccounts/token in shop/robot",
        META,
        "who made a token of a service account",
    ),
    (NODE, "create", "core:serviceaccounts/token in shop/web", META, "for whom a node fetched tokens"),
    ("alice", "create", "authentication.k8s.io:tokenreviews", META, "who tried tokens"),
    ("alice", "create", "authorization.k8s.io:selfsubjectaccessreviews", META, "who asked what he may do"),
    (
        SHOP,
        "create",
        "authorization.k8s.io:selfsubjectrulesreviews in shop/",
        META,
        "what a workload asked it may do",
    ),
    ("alice", "patch", "oauth.openshift.io:oauthclients", META, "who changed a login"),
    (
        "alice",
        "patch",
        "route.openshift.io:routes in shop/web",
        META,
        "who changed a route; its key stays out",
    ),
    // Sessions.
    ("alice", "create", "core:pods/exec in shop/web-1", META, "who opened a shell"),
    ("alice", "get", "core:pods/exec in shop/web-1", META, "who opened a shell over a WebSocket"),
    (REPLICAS, "get", "core:pods/exec in shop/web-1", META, "that a stolen machine account opened a shell"),
    ("alice", "create", "core:pods/attach in shop/web-1", META, "who attached"),
    ("alice", "create", "core:pods/portforward in shop/web-1", META, "who tunnelled in"),
    ("alice", "get", "core:pods/log in shop/web-1", META, "who read logs"),
    ("alice", "get", "core:nodes/proxy in /node-1", META, "who spoke to a kubelet past RBAC on pods"),
    ("alice", "create", "core:services/proxy in shop/web", META, "who reached a service through the API"),
    // Reads.
    ("alice", "get", "core:pods in shop/web-1", META, "who looked, and was refused"),
    ("alice", "list", "apps:deployments", META, "who looked"),
    (SHOP, "list", "core:pods", META, "what a workload found out"),
    ("alice", "list", "argoproj.io:applications", META, "who looked at custom resources"),
    ("system:anonymous", "get", "core:pods", META, "who tried without a name"),
    // Failed logins, of which the only event has no user at all.
    ("", "list", "core:pods", META, "failed logins"),
    ("", "list", "core:events", META, "failed logins"),
    ("", "get", "/api", META, "failed logins: the first thing kubectl asks for"),
    ("", "create", "apps:deployments in shop/", FULL, "failed logins"),
    ("system:anonymous", "get", "/apis", META, "scans"),
    ("system:anonymous", "get", "/openapi/v2", META, "scans"),
    ("alice", "get", "/debug/pprof/profile", META, "who looked into the API server"),
    // Covering traces.
    ("alice", "delete", "core:events in shop/web.17", META, "who removed event objects"),
    ("alice", "deletecollection", "core:events in shop/", META, "who removed them all; they are not copied"),
    ("alice", "deletecollection", "events.k8s.io:events in shop/", META, "who removed them all"),
];

/// Who, verb, target: no answer needs it, and there is much of it.
const NOISE: &[(&str, &str, &str)] = &[
    ("system:anonymous", "get", "/livez"),
    ("system:anonymous", "get", "/readyz/etcd"),
    ("", "get", "/healthz"),
    ("alice", "get", "/api"),
    ("alice", "get", "/apis/apps/v1"),
    ("alice", "get", "/openapi/v3"),
    ("alice", "get", "/version"),
    (SHOP, "get", "/metrics"),
    (NODE, "update", "coordination.k8s.io:leases in kube-node-lease/node-1"),
    ("system:kube-scheduler", "update", "coordination.k8s.io:leases in kube-system/kube-scheduler"),
    (SHOP, "update", "coordination.k8s.io:leases in shop/leader"),
    (NODE, "create", "core:events in shop/"),
    (REPLICAS, "patch", "core:events in shop/x"),
    (REPLICAS, "create", "events.k8s.io:events in shop/"),
    ("alice", "list", "core:events in shop/"),
    (NODE, "get", "core:nodes in /node-1"),
    (NODE, "watch", "core:pods"),
    (NODE, "watch", "core:secrets in shop/db"),
    (NODE, "watch", "core:configmaps in shop/settings"),
    (NODE, "create", "authentication.k8s.io:tokenreviews"),
    (NODE, "create", "authorization.k8s.io:subjectaccessreviews"),
    (REPLICAS, "watch", "apps:replicasets"),
    (GARBAGE, "get", "argoproj.io:applications in shop/x"),
    ("system:kube-proxy", "watch", "discovery.k8s.io:endpointslices"),
    ("system:kube-controller-manager", "get", "core:serviceaccounts in kube-system/x"),
    ("system:apiserver", "list", "rbac.authorization.k8s.io:clusterroles"),
    ("system:serviceaccount:kube-system:horizontal-pod-autoscaler", "list", "metrics.k8s.io:pods in shop/"),
    (
        "system:serviceaccount:kube-system:cluster-autoscaler",
        "update",
        "core:configmaps in kube-system/cluster-autoscaler-status",
    ),
];

#[test]
fn every_answer_gets_the_level_it_needs() {
    let policy = policy();
    for (who, verb, target, level, answer) in NEEDED {
        assert_eq!(policy.level(&request(who, verb, target)), *level, "{who} {verb} {target}: {answer}");
    }
    assert!(policy.omits("RequestReceived"));
    assert!(!policy.omits("ResponseStarted"), "failed logins have no other stage");
}

#[test]
fn noise_is_dropped() {
    let policy = policy();
    for (who, verb, target) in NOISE {
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
