//! Summaries of recorded events, with the change sets that their histories give, and of constructed ones where nothing was
//! recorded.

mod attempts;
mod constructed;
mod hostile;
mod networks;
mod recorded;
mod rights;

use recorded::{example, recording, scenario};

/// The summary of the event of `scenario.jsonl.gz` whose audit id begins so.
#[track_caller]
fn check(id: &str, expected: &str) {
    let found = scenario().iter().find(|(known, _)| known == id).map(|(_, summary)| summary.as_str());
    assert_eq!(found, Some(expected), "{id}");
}

#[test]
fn workloads() {
    check(
        "42b1785f",
        "alice created deployment shop-a/web (3 replicas, image registry.example.com/shop/web:1.13.0)",
    );
    check("b30ef431", "alice scaled deployment shop-a/web from 3 to 5");
    check("b773160b", "alice scaled deployment shop-a/web from 4 to 3");
    check(
        "d398e934",
        "alice set image of container web in deployment shop-a/web to registry.example.com/shop/web:1.13.1",
    );
    check(
        "954c7a0d",
        "ci:deployer set image of container api in deployment shop-a/api to registry.example.com/shop/api:3.0.53",
    );
    check("9a3e16ff", "alice rolled back deployment shop-a/web (image registry.example.com/shop/web:1.13.1)");
    check("7c82066d", "alice restarted deployment shop-a/api");
    check("c03ec036", "alice set env FEATURE_X=on of container api in deployment shop-a/api");
    check(
        "ed16cb13",
        "alice changed memory limit of container api in deployment shop-a/api from 128Mi to 256Mi",
    );
    check(
        "9172063e",
        "alice changed imagePullPolicy of container web from IfNotPresent to Always in deployment shop-a/web",
    );
    check("79350448", "alice scaled deployment shop-a/api from 2 to 3 and 1 more change");
    check("9868d264", "alice created job shop-a/migrate (image registry.example.com/shop/migrate:1)");
    check(
        "4bb3536c",
        "alice created cronjob shop-a/nightly (schedule */1 * * * *, image registry.example.com/shop/batch:1)",
    );
    check("10c32463", "alice deleted deployment shop-a/api (terminating, held by foregroundDeletion)");
    check("02e77cb5", "kube-system:generic-garbage-collector finished deleting deployment shop-a/api (gone)");
}

#[test]
fn pods_and_the_ways_into_them() {
    check("33ea0b5f", "alice created privileged pod shop-a/priv (image alpine)");
    check("cbd8b92d", "alice created pod shop-a/oneoff-pwx9k (image busybox)");
    check("84c6604c", "alice added debug container debugger-dkhtv (busybox) to pod shop-a/attacker");
    let shell = "pod shop-a/attacker: sh -c curl -s http://169.254.169.254/latest/meta-data";
    check("b8557e71", &format!("alice opened a shell in {shell}"));
    check("b8557e71ResponseStarted", &format!("alice has a shell open in {shell}"));
    check("fcc0ad83", "alice ran test -d /tmp/h in pod shop-a/attacker");
    check("458068c1", "alice attached to pod shop-a/attacker");
    check("458068c1ResponseStarted", "alice is attached to pod shop-a/attacker");
    check("8d29a078", "bob read the log of pod shop-a/attacker");
    check("8d29a078ResponseStarted", "bob is reading the log of pod shop-a/attacker");
    check("431ddea3", "bob deleted pod shop-a/web-64757fd5cc-4k57r (terminating)");
    check("6d19b662", "alice evicted pod shop-a/api-7f448cc999-mh4qg (kubectl drain)");
    check("0bcaeb78", "system:kube-scheduler scheduled pod shop-a/web-54f4dd8b68-jjzf7 on node-1");
    assert_eq!(example("portforward.json"), "heidi forwarded a port to pod crm-w1-332d/web-6c9c558946-t4459");
}

#[test]
fn nodes() {
    check("92992fca", "alice cordoned node node-3");
    check("13b9f503", "alice uncordoned node node-3");
    check("e62d46a0", "alice tainted node node-2 with lab-a=1:PreferNoSchedule");
    check("215071e5", "alice removed taint lab-a=1:PreferNoSchedule from node node-2");
}

#[test]
fn labels_and_annotations() {
    check("153322cc", "alice set label quarantine=true on pod shop-a/attacker");
    check("ddae1613", "alice changed label quarantine from true to false on pod shop-a/attacker");
    check("85bd84a6", "alice removed label quarantine from pod shop-a/attacker");
    check("e38e8e59", "alice removed label quarantine from pod shop-a/attacker");
    check("6f95d709", "alice set label env=prod on namespace shop-a and 1 more change");
    check(
        "81327d56",
        "kubernetes-admin set label pod-security.kubernetes.io/audit=restricted on namespace pay-a and 2 more changes",
    );
    check(
        "ab183634",
        "alice set annotation kubernetes.io/change-cause=\"bad build\" on deployment shop-a/web",
    );
    check(
        "f35dc66f",
        "kube-system:service-cidrs-controller added finalizer networking.k8s.io/service-cidr-finalizer to servicecidr kubernetes",
    );
}

#[test]
fn rights() {
    check("3674854b", "kubernetes-admin granted cluster-admin to bob (clusterrolebinding breakglass-a)");
    check("2c4f5200", "alice granted pod-reader to bob (rolebinding shop-a/bob-reads)");
    check(
        "7555370b",
        "kubernetes-admin granted edit to serviceaccount ci/deployer (rolebinding shop-a/ci-deploy)",
    );
    check(
        "c2ef65fe",
        "kubernetes-admin granted platform-admin to group platform-team (clusterrolebinding platform-team)",
    );
    check("820455de", "kubernetes-admin deleted clusterrolebinding breakglass-a");
    check("1b470ac9", "alice created role shop-a/pod-reader (get, list, watch on pods, pods/log)");
    check(
        "3b43e822",
        "alice created role shop-a/ci-deploy (* on configmaps, secrets, services, pods and 1 more rule)",
    );
    check("cab1e416", "kubernetes-admin added delete on pods, secrets to clusterrole debug-a");
    check("202aa3aa", "alice issued a token for serviceaccount shop-a/api (valid 10 min)");
    check(
        "e9f8152d",
        "kubernetes-admin issued a token for serviceaccount kube-system/default (audience vault, valid 1 h)",
    );
    check(
        "c7e1d6af",
        "node-1 issued a token for serviceaccount shop-a/default (for pod web-54f4dd8b68-jjzf7, valid 3607 s)",
    );
    check("0d3c6b09", "kubernetes-admin created serviceaccount ci/deployer");
    check(
        "2437cbc1",
        "kubernetes-admin approved certificatesigningrequest evb-a (by alice, signer kubernetes.io/kube-apiserver-client)",
    );
    check(
        "e9421785",
        "kube-system:certificate-controller issued the certificate of certificatesigningrequest evb-a (by alice, signer kubernetes.io/kube-apiserver-client)",
    );
    check("bb525a02", "bob asked whether they may * * in default: no");
    check("df8bb343", "kubernetes-admin as mallory asked who they are");
    check("0cf96c8c", "ci:deployer asked what they may do");
}

#[test]
fn networks() {
    check(
        "4aa31d34",
        "carol@example.com created networkpolicy shop-a/api-from-web (pods app=api, ingress from pods app=web on port 9090)",
    );
    check(
        "5ec403de",
        "carol@example.com created networkpolicy shop-a/default-deny (all pods, no ingress, no egress)",
    );
    check("e60f66fc", "carol@example.com changed port 9090 to 9091 in networkpolicy shop-a/api-from-web");
    check(
        "8b5a7ce5",
        "carol@example.com set ingress from 10.0.0.0/8 except 10.9.0.0/16 in networkpolicy shop-a/api-from-web",
    );
    check(
        "f7bc7bc9",
        "carol@example.com changed policyTypes from Ingress, Egress to Ingress in networkpolicy shop-a/default-deny and 1 more change",
    );
    check("e448f789", "carol@example.com created tier tier-a (order 200)");
    check(
        "d457e7ac",
        "carol@example.com changed order from 10 to 58 in globalnetworkpolicy security.quarantine",
    );
    check(
        "966c4a90",
        "carol@example.com created globalnetworkpolicy security.quarantine (tier security, order 10, selector quarantine == \"true\", ingress Log and 1 more rule, egress Log and 1 more rule)",
    );
    check("f9c11f76", "carol@example.com deleted tier tier-a");
    check("a6715ef6", "alice created service shop-a/api (port 80)");
    check("c63ceabd", "alice created ingress shop-a/web (host shop-a.example.com)");
    check(
        "eb79b6f2",
        "kube-system:endpointslice-controller added endpoint 10.244.2.4 to service shop-a/api (pod api-7b9d875698-422ff) and 1 more change",
    );
    check(
        "53ebe756",
        "kube-system:endpoint-controller added endpoint 10.244.2.4 to service shop-a/api (pod api-7b9d875698-422ff)",
    );
    check(
        "260eb454",
        "kube-system:endpointslice-controller created endpointslice shop-a/api-xcjmm (0 endpoints of service shop-a/api)",
    );
}

#[test]
fn data_of_config_maps_and_secrets() {
    check("3237329a", "alice created configmap shop-a/api-config (keys color, level)");
    check("57ecb50b", "alice changed key color from blue to green in configmap shop-a/api-config");
    check("a3f5a973", "alice created secret shop-a/db (key url)");
    check("bab1c0a6", "alice changed key url in secret shop-a/db");
    check("98a546f8", "alice changed key a from 1 to 9 in configmap shop-a/ssa");
}

#[test]
fn namespaces_and_collections() {
    check("090e1541", "alice created namespace shop-a");
    check("7997a9b4", "alice deleted namespace shop-a (terminating)");
    check("b57bfcec", "kube-system:namespace-controller finished deleting namespace shop-a (gone)");
    check("5a209c28", "alice deleted 4 configmaps in shop-a matching batch=x");
    check("59951ac3", "alice deleted 1 pod in shop-a matching batch=x");
    check("0827c9a3", "kube-system:namespace-controller found no networkpolicies in pay-a to delete");
}

#[test]
fn admission() {
    check("ced3c550", "kubernetes-admin created validatingadmissionpolicy no-latest-a (failurePolicy Fail)");
    check(
        "d4b37769",
        "kubernetes-admin created validatingadmissionpolicybinding no-latest-a (policy no-latest-a, Warn, Audit)",
    );
    check("0bfa28fa", "kubernetes-admin deleted validatingadmissionpolicy no-latest-a");
}

#[test]
fn components_report() {
    check(
        "f6d71b57",
        "kube-system:replicaset-controller reported SuccessfulCreate for replicaset shop-a/web-54f4dd8b68: Created pod: web-54f4dd8b68-jjzf7",
    );
    check("92d56424", "system:kube-scheduler renewed lease kube-system/kube-scheduler");
    check("9a3b1a91", "kube-system:deployment-controller updated the status of deployment shop-a/web");
    check("1c830779", "node-1 updated the status of pod shop-a/web-54f4dd8b68-jjzf7: phase Running");
}

#[test]
fn other_requests() {
    check("d88f76f7", "an anonymous caller was refused listing secrets in kube-system");
    check("460cf099", "alice failed requesting pods (405 MethodNotAllowed)");
    check("83e54f90", "bob was refused getting /metrics");
    let all = recording("all-verbs.jsonl.gz");
    let has = |summary: &str| assert!(all.iter().any(|(_, found)| found == summary), "{summary}");
    has("admin patched deployment t1/web, nothing changed");
    has("admin listed deployments in t1");
    has("admin is watching deployments in t1");
    has("admin checked a token of bob");
    let custom = recording("delete-finalizer-ssa-crd.jsonl.gz");
    let has = |summary: &str| assert!(custom.iter().any(|(_, found)| found == summary), "{summary}");
    has("admin created customresourcedefinition foos.x.io");
    has("admin created foo t2/a");
    has("admin changed n from 1.5 to 2 in foo t2/a and 1 more change");
    has("admin deleted foo t2/a");
    has("admin deleted configmap t2/f (terminating, held by x.io/f)");
    has("admin finished deleting configmap t2/f (gone)");
    has("admin deleted pod t2/p (gone)");
}
