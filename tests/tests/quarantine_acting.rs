//! `taffrail quarantine apply` and `release` by the real program, against an API server of a script and, where there is one,
//! against a real cluster.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use taffrail_tests::cli::{self, Finished};
use taffrail_tests::{Asked, Binary, Cluster, yaml};
use tempfile::TempDir;

const POD: &str = "/api/v1/namespaces/default/pods/attacker";
const TIERS: &str = "/apis/projectcalico.org/v3/tiers";
const GLOBAL_POLICIES: &str = "/apis/projectcalico.org/v3/globalnetworkpolicies";
const CILIUM_POLICIES: &str = "/apis/cilium.io/v2/ciliumclusterwidenetworkpolicies";
const POLICIES: &str = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies";

const MARKS: [&str; 3] =
    ["taffrail.dev/quarantine-reason", "taffrail.dev/quarantine-since", "taffrail.dev/quarantine-by"];

/// Constructed, in the shape of a recorded pod.
fn pod(more: &Value) -> Value {
    let mut pod = json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {
            "name": "attacker", "namespace": "default", "labels": {"run": "attacker"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "attacker-5d4", "uid": "u", "controller": true}],
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": "attacker", "image": "registry.example.com/netshoot"}]},
        "status": {"phase": "Running", "podIP": "10.244.1.23", "podIPs": [{"ip": "10.244.1.23"}]},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        pod["metadata"][key] = value.clone();
    }
    pod
}

fn isolated() -> Value {
    let annotations = json!({MARKS[0]: "crypto miner", MARKS[1]: "2026-11-23T16:24:54Z", MARKS[2]: "bob"});
    pod(&json!({"labels": {"run": "attacker", "quarantine": "true"}, "annotations": annotations}))
}

fn namespace() -> Value {
    json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "default", "labels": {"kubernetes.io/metadata.name": "default"}}})
}

fn tier(name: &str, order: u32) -> Value {
    json!({"kind": "Tier", "apiVersion": "projectcalico.org/v3", "metadata": {"name": name}, "spec": {"order": order}})
}

fn global_policy(tier: &str, name: &str, order: u32, selector: &str, actions: &[&str]) -> Value {
    let rules: Vec<Value> =
        actions.iter().map(|action| json!({"action": action, "source": {}, "destination": {}})).collect();
    json!({
        "kind": "GlobalNetworkPolicy", "apiVersion": "projectcalico.org/v3", "metadata": {"name": format!("{tier}.{name}")},
        "spec": {"tier": tier, "order": order, "selector": selector, "types": ["Ingress", "Egress"], "ingress": rules, "egress": rules},
    })
}

/// A cluster in which the pod runs.
fn plain() -> Cluster {
    Cluster::start().holding(pod(&Value::Null)).holding(namespace())
}

fn calico() -> Cluster {
    plain().serving("projectcalico.org/v3").holding(tier("default", 1_000_000))
}

/// With a policy that denies whatever carries the label.
fn contained() -> Cluster {
    let policy = global_policy("security", "quarantine", 10, "quarantine == \"true\"", &["Log", "Deny"]);
    calico().holding(tier("security", 100)).holding(policy)
}

fn run(cluster: &Cluster, command: &[&str]) -> Finished {
    run_as(&cluster.kubeconfig(), command)
}

fn run_as(kubeconfig: &Path, command: &[&str]) -> Finished {
    let kubeconfig = kubeconfig.to_str().expect("temporary paths are UTF-8");
    let mut arguments = vec!["quarantine"];
    arguments.extend(command);
    arguments.extend(["--kubeconfig", kubeconfig]);
    cli::taffrail(&arguments)
}

const APPLY: &[&str] = &["apply", "attacker", "-n", "default", "--reason", "crypto miner", "--yes"];

fn apply(cluster: &Cluster, more: &[&str]) -> Finished {
    run(cluster, &[APPLY, more].concat())
}

/// What is answered as JSON.
fn applied(cluster: &Cluster, more: &[&str]) -> Value {
    let done = apply(cluster, &[more, &["-o", "json"]].concat()).ok();
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error} in {}", done.stdout))
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

fn patches(cluster: &Cluster) -> Vec<Asked> {
    cluster.asked().into_iter().filter(|asked| asked.method == "PATCH").collect()
}

#[test]
fn one_patch_labels_the_pod_and_says_who_when_and_why() {
    let cluster = contained();
    let done = apply(&cluster, &[]).ok();
    assert_eq!(cluster.writes(), [format!("PATCH {POD}")]);
    let [patch] = patches(&cluster).try_into().expect("one patch");
    assert_eq!(
        (&*patch.query, &*patch.content_type),
        ("&fieldManager=taffrail", "application/merge-patch+json")
    );
    assert!(patch.user_agent.starts_with("taffrail/"), "{}", patch.user_agent);
    let pod = cluster.object(POD).expect("the pod is there");
    let since = pod["metadata"]["annotations"][MARKS[1]].as_str().expect("it says since when").to_owned();
    assert!(since.len() == 20 && since.starts_with("20") && since.ends_with('Z'), "{since}");
    let metadata = json!({
        "labels": {"quarantine": "true"},
        "annotations": {MARKS[0]: "crypto miner", MARKS[1]: since, MARKS[2]: "alice"},
        "uid": pod["metadata"]["uid"],
    });
    assert_eq!(patch.body, json!({"metadata": metadata}));
    assert_eq!(pod["metadata"]["labels"], json!({"run": "attacker", "quarantine": "true"}));
    let parts = [
        "pod default/attacker on node-1 (10.244.1.23), of replicaset attacker-5d4",
        "set label quarantine=true",
        "set annotation taffrail.dev/quarantine-reason: crypto miner",
        "It will be contained:",
        "security.quarantine",
        "connections that are open already can go on",
        "the next one has none",
        "DNS is denied as well",
        "taffrail quarantine show attacker -n default",
        "taffrail quarantine release attacker -n default --kubeconfig ",
    ];
    says(&done.stdout, &parts);
}

#[test]
fn to_patch_pods_is_all_that_it_takes() {
    let cluster = contained().refusing("GET", "/", 403).refusing("POST", "/", 403);
    let done = apply(&cluster, &["--context", "test"]).ok();
    assert_eq!(cluster.writes(), [format!("PATCH {POD}")]);
    let pod = cluster.object(POD).expect("the pod is there");
    assert_eq!(pod["metadata"]["labels"]["quarantine"], "true");
    assert_eq!(pod["metadata"]["annotations"].get(MARKS[2]), None, "nobody said who alice is");
    says(&done.stdout, &["its present state is not known", "Whether it will be contained is not known"]);
    says(
        &done.stdout,
        &["globalnetworkpolicies.projectcalico.org", "you may not read them", "--context test"],
    );
}

#[test]
fn who_may_not_patch_learns_what_is_missing() {
    let cluster = contained().refusing("PATCH", POD, 403);
    let done = apply(&cluster, &[]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    let parts = [
        "User \"alice\" cannot patch resource \"pods\"",
        "kubectl create role taffrail-quarantine --verb=patch --resource=pods -n default",
        "--role=taffrail-quarantine --user=alice -n default",
        "was not labelled",
    ];
    says(&done.stderr, &parts);
}

#[test]
fn a_pod_that_is_not_there_is_nothing_found() {
    let cluster = plain();
    for command in [&["apply", "nobody", "--reason", "x", "--yes"][..], &["release", "pod/nobody", "--yes"]] {
        let done = run(&cluster, command);
        assert_eq!(done.code, 1, "{}", done.stderr);
        says(&done.stderr, &["there is no pod nobody in namespace default"]);
    }
    // Found out by the patch.
    let cluster = Cluster::start().refusing("GET", "/", 403);
    assert_eq!(apply(&cluster, &[]).code, 1);
}

#[test]
fn what_is_isolated_already_stays_as_it_is() {
    let cluster = contained().holding(isolated());
    let done = apply(&cluster, &[]).ok();
    assert_eq!(cluster.writes(), [""; 0]);
    says(&done.stdout, &["since 2026-11-23T16:24:54Z, by bob: crypto miner", "It is contained:"]);
    says(&done.stderr, &["nothing was done"]);
    let body = applied(&cluster, &[]);
    let expected = (&json!(false), &json!("2026-11-23T16:24:54Z"), &json!("bob"), &json!(true));
    assert_eq!((&body["changed"], &body["since"], &body["by"], &body["contained"]), expected);
}

#[test]
fn the_json_body_is_for_scripts() {
    let cluster = contained();
    let body = applied(&cluster, &[]);
    let pod = cluster.object(POD).expect("the pod is there");
    assert_eq!(
        body["pod"],
        json!({"namespace": "default", "name": "attacker", "uid": pod["metadata"]["uid"], "node": "node-1", "ips": ["10.244.1.23"]})
    );
    let told = json!({"action": "apply", "label": "quarantine=true", "changed": true, "dry_run": false, "reason": "crypto miner", "by": "alice"});
    for (key, value) in told.as_object().expect("an object") {
        assert_eq!(&body[key], value, "{key}");
    }
    assert_eq!((&body["created"], &body["removed"]), (&json!([]), &json!([])));
    assert_eq!(body["since"], pod["metadata"]["annotations"][MARKS[1]]);
}

#[test]
fn what_nothing_contains_is_said_to_be_open() {
    let cluster = plain();
    let done = apply(&cluster, &[]).ok();
    says(
        &done.stdout,
        &["It will not be contained:", "the label alone isolates nothing", "--with-policy calico"],
    );
    says(&done.stderr, &["no policy is known to contain it"]);
    assert_eq!(cluster.object(POD).expect("the pod is there")["metadata"]["labels"]["quarantine"], "true");
}

#[test]
fn an_earlier_allow_is_found() {
    let allow = global_policy("first", "allow-all", 1, "all()", &["Allow"]);
    let cluster = contained().holding(tier("first", 1)).holding(allow);
    let body = applied(&cluster, &[]);
    assert_eq!(body["contained"], json!(false), "{body}");
    says(&body["containment"].to_string(), &["first.allow-all"]);
}

#[test]
fn a_policy_is_made_before_the_label() {
    fn check(cluster: &Cluster, kind: &str, expected: &[&str]) {
        let body = applied(cluster, &["--with-policy", kind]);
        let expected: Vec<String> =
            expected.iter().map(|path| format!("POST {path}")).chain([format!("PATCH {POD}")]).collect();
        assert_eq!(cluster.writes(), expected);
        assert_eq!(body["contained"], json!(true), "{kind}: {body}");
        let printed = run(cluster, &["apply", "attacker", "--with-policy", kind, "--print"]).ok().stdout;
        let printed = yaml::documents("the policy", &printed);
        let made: Vec<Value> = cluster
            .asked()
            .into_iter()
            .filter(|asked| asked.method == "POST" && !asked.path.ends_with("reviews"))
            .map(|asked| {
                assert_eq!(asked.query, "&fieldManager=taffrail");
                asked.body
            })
            .collect();
        // A tier that is there is not made.
        assert!(printed.ends_with(&made), "{kind}: {made:#?}");
        assert_eq!(body["created"].as_array().map(Vec::len), Some(made.len()));
        // Once more there is nothing to make.
        assert_eq!(applied(cluster, &["--with-policy", kind])["changed"], json!(false));
    }
    check(&calico(), "calico", &[TIERS, GLOBAL_POLICIES]);
    check(&calico().holding(tier("security", 100)), "calico", &[GLOBAL_POLICIES]);
    check(&plain().serving("cilium.io/v2"), "cilium", &[CILIUM_POLICIES]);
    check(&plain(), "networkpolicy", &[POLICIES]);
}

#[test]
fn no_policy_is_made_where_one_contains_the_pod() {
    let cluster = contained();
    let body = applied(&cluster, &["--with-policy", "calico"]);
    assert_eq!((&body["contained"], &body["created"]), (&json!(true), &json!([])));
    assert_eq!(cluster.writes(), [format!("PATCH {POD}")]);
}

#[test]
fn what_is_there_and_says_something_else_is_not_touched() {
    let other = global_policy("security", "quarantine", 10, "quarantine == \"yes\"", &["Deny"]);
    let cluster = calico().holding(tier("security", 100)).holding(other);
    let done = apply(&cluster, &["--with-policy", "calico"]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    says(
        &done.stderr,
        &["globalnetworkpolicy security.quarantine", "says something else", "nothing was done"],
    );
    assert_eq!(cluster.writes(), [""; 0]);
    // One that cannot be seen is there all the same.
    let other = global_policy("security", "quarantine", 10, "quarantine == \"yes\"", &["Deny"]);
    let cluster = calico().holding(other).refusing("GET", GLOBAL_POLICIES, 403);
    let done = apply(&cluster, &["--with-policy", "calico"]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    says(&done.stderr, &["is there already", "tier security was made before", "the pod was not labelled"]);
    assert_eq!(patches(&cluster), []);
}

#[test]
fn a_policy_that_nobody_would_look_at_is_not_made() {
    for kind in ["calico", "cilium"] {
        let cluster = plain();
        let done = apply(&cluster, &["--with-policy", kind]);
        assert_eq!(done.code, 3, "{}", done.stderr);
        says(&done.stderr, &["this cluster has no ", "nothing was done"]);
        assert_eq!(cluster.writes(), [""; 0]);
    }
}

#[test]
fn policies_are_printed_without_any_cluster() {
    fn check(kind: &str, expected: &str) {
        let printed =
            cli::taffrail(&["quarantine", "apply", "attacker", "--with-policy", kind, "--print"]).ok();
        let mut printed = yaml::documents("what is printed", &printed.stdout);
        for document in &mut printed {
            let labels = document["metadata"].as_object_mut().and_then(|metadata| metadata.remove("labels"));
            assert_eq!(labels, Some(json!({"app.kubernetes.io/managed-by": "taffrail"})));
        }
        assert_eq!(printed, yaml::documents("what is expected", expected), "{kind}");
    }
    check(
        "calico",
        "apiVersion: projectcalico.org/v3\n\
         kind: Tier\n\
         metadata: {name: security}\n\
         spec: {order: 400}\n\
         ---\n\
         apiVersion: projectcalico.org/v3\n\
         kind: GlobalNetworkPolicy\n\
         metadata: {name: security.quarantine}\n\
         spec:\n  tier: security\n  order: 100\n  selector: quarantine == \"true\"\n  types: [Ingress, Egress]\n  \
         ingress: [{action: Log}, {action: Deny}]\n  egress: [{action: Log}, {action: Deny}]\n",
    );
    check(
        "cilium",
        "apiVersion: cilium.io/v2\n\
         kind: CiliumClusterwideNetworkPolicy\n\
         metadata: {name: quarantine}\n\
         spec:\n  description: Isolate pods labelled quarantine=true\n  \
         endpointSelector: {matchLabels: {quarantine: \"true\"}}\n  enableDefaultDeny: {ingress: true, egress: true}\n  \
         ingressDeny: [{fromEntities: [all]}]\n  egressDeny: [{toEntities: [all]}]\n  log: {value: quarantine}\n",
    );
    check(
        "networkpolicy",
        "apiVersion: networking.k8s.io/v1\n\
         kind: NetworkPolicy\n\
         metadata: {name: quarantine, namespace: default}\n\
         spec: {podSelector: {matchLabels: {quarantine: \"true\"}}, policyTypes: [Ingress, Egress]}\n",
    );
}

#[test]
fn nothing_happens_without_a_yes() {
    let cluster = contained();
    for command in [&["apply", "attacker", "--reason", "x"][..], &["release", "attacker"]] {
        let done = run(&cluster, command);
        assert_eq!(done.code, 2, "{}", done.stderr);
        says(&done.stderr, &["--yes", "--dry-run"]);
    }
    assert_eq!(cluster.asked(), []);
    let done = run(&cluster, &["apply", "attacker", "--reason", "x", "--dry-run"]).ok();
    says(&done.stdout, &["set label quarantine=true", "It will be contained:"]);
    says(&done.stderr, &["nothing was done"]);
    assert_eq!(cluster.writes(), [""; 0]);
}

/// On a terminal, which Python makes.
#[test]
fn on_a_terminal_it_asks() {
    fn answered(cluster: &Cluster, answer: &str) -> (i32, String) {
        let python = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
        let mut command = Command::new("python3");
        command.args(["-c", python]).arg(Binary::Plain.path()).args([
            "quarantine",
            "apply",
            "attacker",
            "--reason",
            "x",
        ]);
        command.arg("--kubeconfig").arg(cluster.kubeconfig()).env("TZ", "UTC");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("start python3");
        let mut stdin = child.stdin.take().expect("standard input is piped");
        stdin.write_all(answer.as_bytes()).expect("answer");
        let done = child.wait_with_output().expect("wait for python3");
        (done.status.code().unwrap_or(-1), String::from_utf8_lossy(&done.stdout).into_owned())
    }
    let cluster = contained();
    let (code, text) = answered(&cluster, "n\n");
    assert_eq!((code, cluster.writes()), (1, vec![]), "{text}");
    says(&text, &["set label quarantine=true", "Quarantine pod default/attacker? [y/N]", "nothing was done"]);
    let (code, text) = answered(&cluster, "y\n");
    assert_eq!((code, cluster.writes()), (0, vec![format!("PATCH {POD}")]), "{text}");
}

#[test]
fn another_pod_of_the_same_name_is_not_labelled() {
    let cluster = contained().refusing("PATCH", POD, 422);
    let done = apply(&cluster, &[]);
    assert_eq!(done.code, 3);
    says(&done.stderr, &["not the one that was looked at", "run the command again"]);
}

#[test]
fn wrong_use_asks_nobody() {
    let cluster = contained();
    for command in [
        &["apply", "attacker", "--yes"][..],
        &["apply", "deployment/web", "--reason", "x", "--yes"],
        &["apply", "../secrets/x", "--reason", "x", "--yes"],
        &["apply", "attacker", "--reason", "x", "--yes", "--label", "a=b\" || all()"],
        &["apply", "attacker", "--reason", "x", "--yes", "--context", "other"],
        &["apply", "attacker", "--print"],
    ] {
        let done = run(&cluster, command);
        assert_eq!(done.code, 2, "{command:?}: {}", done.stderr);
    }
    assert_eq!(cluster.asked(), []);
    let done = cli::taffrail(&["quarantine", "release", "attacker", "--yes"]);
    assert_eq!(done.code, 2, "{}", done.stderr);
    says(&done.stderr, &["no cluster to act on", "--kubeconfig"]);
}

#[test]
fn a_release_takes_away_what_was_set() {
    let cluster = contained().holding(isolated());
    let done = run(&cluster, &["release", "pod/attacker", "-n", "default", "--yes"]).ok();
    assert_eq!(cluster.writes(), [format!("PATCH {POD}")]);
    let pod = cluster.object(POD).expect("the pod is there");
    assert_eq!(
        (&pod["metadata"]["labels"], &pod["metadata"]["annotations"]),
        (&json!({"run": "attacker"}), &json!({}))
    );
    says(
        &done.stdout,
        &["since 2026-11-23T16:24:54Z, by bob: crypto miner", "Stays: policies", "show attacker -n default"],
    );
    let done = run(&cluster, &["release", "attacker", "--yes", "-o", "json"]).ok();
    says(&done.stderr, &["carries no label quarantine=true; nothing was done"]);
    assert_eq!(done.json_lines()[0]["changed"], json!(false));
    assert_eq!(cluster.writes().len(), 1);
    // Blind, too.
    let cluster = contained().holding(isolated()).refusing("GET", "/", 403);
    run(&cluster, &["release", "attacker", "--yes"]).ok();
    assert_eq!(
        cluster.object(POD).expect("the pod is there")["metadata"]["labels"],
        json!({"run": "attacker"})
    );
}

#[test]
fn a_release_removes_only_policies_of_its_own_that_nobody_needs() {
    fn check(cluster: &Cluster, is_removed: bool, expected: &str) {
        let dry = run(cluster, &["release", "attacker", "--with-policy", "networkpolicy", "--dry-run"]).ok();
        says(&dry.stdout, &[expected]);
        let done =
            run(cluster, &["release", "attacker", "--with-policy", "networkpolicy", "--yes", "-o", "json"])
                .ok();
        assert_eq!(done.json_lines()[0]["removed"].as_array().map(Vec::len), Some(usize::from(is_removed)));
        let is_there = cluster.object(&format!("{POLICIES}/quarantine")).is_some();
        assert_eq!(is_there, !is_removed, "{expected}");
        assert_eq!(
            cluster.object(POD).expect("the pod is there")["metadata"]["labels"],
            json!({"run": "attacker"})
        );
    }
    let made = || {
        let cluster = plain();
        apply(&cluster, &["--with-policy", "networkpolicy"]).ok();
        cluster
    };
    check(&made(), true, "delete networkpolicy default/quarantine");
    let mut other = isolated();
    other["metadata"]["name"] = json!("other");
    check(&made().holding(other), false, "another pod is isolated by the label quarantine=true");
    check(&made().refusing("GET", "/api/v1/namespaces/default/pods", 403), false, "you may not list them");
    let foreign = json!({
        "kind": "NetworkPolicy", "apiVersion": "networking.k8s.io/v1", "metadata": {"name": "quarantine", "namespace": "default"},
        "spec": {"podSelector": {"matchLabels": {"quarantine": "true"}}, "policyTypes": ["Ingress", "Egress"]},
    });
    check(&plain().holding(isolated()).holding(foreign), false, "did not make it");
}

#[test]
fn an_api_server_that_cannot_be_asked_is_named() {
    let cluster = contained();
    let done = run_as(&cluster.expired_kubeconfig(), APPLY);
    assert_eq!(done.code, 3, "{}", done.stderr);
    says(&done.stderr, &["does not accept the credentials", "log in again"]);
    assert_eq!(cluster.writes(), [""; 0]);
    let closed =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("find a port");
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let text = std::fs::read_to_string(cluster.kubeconfig()).expect("read the kubeconfig");
    let url =
        text.split('\'').find(|part| part.starts_with("http://")).expect("the kubeconfig names a server");
    let path = folder.path().join("kubeconfig");
    std::fs::write(&path, text.replace(url, &format!("http://{closed}"))).expect("write a kubeconfig");
    let done = run_as(&path, APPLY);
    assert_eq!(done.code, 3, "{}", done.stderr);
    says(&done.stderr, &[&format!("cannot reach http://{closed}"), "refused"]);
}

#[test]
fn tls_and_tokens_of_programs_work_as_with_kubectl() {
    let cluster = Cluster::start_with_tls().holding(pod(&Value::Null)).holding(namespace());
    run_as(&cluster.exec_kubeconfig(), APPLY).ok();
    assert_eq!(cluster.writes(), [format!("PATCH {POD}")]);
}

#[test]
fn lists_are_read_to_their_end() {
    let mut cluster = calico().holding(tier("security", 100));
    for index in 0..600 {
        cluster =
            cluster.holding(global_policy("default", &format!("a{index}"), 1, "run == 'other'", &["Allow"]));
    }
    let policy = global_policy("security", "quarantine", 10, "quarantine == \"true\"", &["Log", "Deny"]);
    let body = applied(&cluster.holding(policy), &[]);
    assert_eq!(body["contained"], json!(true), "{body}");
}

/// What the program sends becomes an audit event; that it is a quarantine, the program finds out.
#[test]
fn the_audit_event_of_it_is_a_quarantine() {
    let cluster = contained();
    apply(&cluster, &[]).ok();
    let [patch] = patches(&cluster).try_into().expect("one patch");
    // Constructed, in the shape of a recorded one.
    let event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
        "auditID": "c631d96f-eaa9-4099-9681-7e3710df9ada", "stage": "ResponseComplete",
        "requestURI": format!("{}?{}", patch.path, patch.query), "verb": "patch",
        "user": {"username": "alice", "groups": ["system:authenticated"]}, "sourceIPs": ["203.0.113.10"], "userAgent": patch.user_agent,
        "objectRef": {"resource": "pods", "namespace": "default", "name": "attacker", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestObject": patch.body, "responseObject": cluster.object(POD),
        "requestReceivedTimestamp": "2026-11-23T16:24:54.763000Z", "stageTimestamp": "2026-11-23T16:24:54.770000Z",
    });
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let (file, data) = (folder.path().join("audit.jsonl"), folder.path().join("data"));
    std::fs::write(&file, format!("{event}\n")).expect("write the event");
    cli::import(&data, "prod", &[&file]).ok();
    let found = cli::search(&data, "verb:patch").ok().json_lines();
    says(
        found[0]["summary"].as_str().unwrap_or_default(),
        &["alice set label quarantine=true on pod default/attacker"],
    );
    assert_eq!(found[0]["client"]["field_manager"], "taffrail");
    let data = data.to_str().expect("temporary paths are UTF-8");
    let listed = cli::taffrail(&["quarantine", "list", "--data", data, "-o", "json"]).ok();
    let listed: Value = serde_json::from_str(&listed.stdout).expect("JSON");
    assert_eq!(listed["quarantines"][0]["by"]["name"], "alice", "{listed}");
}

/// Needs kubectl beside it, to make a namespace with a pod and to remove it.
#[test]
fn a_real_cluster_takes_it() {
    let Some(kubeconfig) = std::env::var_os("TAFFRAIL_TEST_KUBECONFIG").map(PathBuf::from) else {
        eprintln!(
            "SKIPPED: no real cluster to act upon; name one for trials: TAFFRAIL_TEST_KUBECONFIG=FILE cargo nextest run --workspace -E 'binary(quarantine_acting)' (with kubectl)"
        );
        return;
    };
    let space = Namespace::new(&kubeconfig);
    space.kubectl(&["run", "attacker", "--image=registry.k8s.io/pause:3.10"]);
    let name = space.name.as_str();
    let apply =
        ["apply", "attacker", "-n", name, "--reason", "test", "--with-policy", "networkpolicy", "--yes"];
    run_as(&kubeconfig, &apply).ok();
    let pod = space.json(&["get", "pod", "attacker"]);
    assert_eq!(pod["metadata"]["labels"]["quarantine"], "true");
    assert_eq!(pod["metadata"]["annotations"][MARKS[0]], "test");
    space.json(&["get", "networkpolicy", "quarantine"]);
    run_as(&kubeconfig, &apply).ok();
    run_as(&kubeconfig, &["release", "attacker", "-n", name, "--with-policy", "networkpolicy", "--yes"]).ok();
    let pod = space.json(&["get", "pod", "attacker"]);
    assert_eq!(pod["metadata"]["labels"].get("quarantine"), None);
    assert_eq!(space.json(&["get", "networkpolicies"])["items"], json!([]));
}

/// A namespace of a real cluster, removed at the end.
struct Namespace<'a> {
    kubeconfig: &'a Path,
    name: String,
}

impl<'a> Namespace<'a> {
    fn new(kubeconfig: &'a Path) -> Self {
        let space = Self { kubeconfig, name: format!("taffrail-test-{}", std::process::id()) };
        space.kubectl(&["create", "namespace", &space.name]);
        space
    }

    fn json(&self, command: &[&str]) -> Value {
        serde_json::from_str(&self.kubectl(&[command, &["-o", "json"]].concat()))
            .expect("kubectl writes JSON")
    }

    fn kubectl(&self, command: &[&str]) -> String {
        let mut kubectl = Command::new("kubectl");
        kubectl.arg("--kubeconfig").arg(self.kubeconfig).args(["-n", &self.name]).args(command);
        let done = kubectl.output().expect("run kubectl");
        assert!(done.status.success(), "kubectl {command:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }
}

impl Drop for Namespace<'_> {
    fn drop(&mut self) {
        let mut kubectl = Command::new("kubectl");
        kubectl.arg("--kubeconfig").arg(self.kubeconfig).args([
            "delete",
            "namespace",
            &self.name,
            "--wait=false",
        ]);
        // The test has failed or passed already.
        kubectl.status().ok();
    }
}
