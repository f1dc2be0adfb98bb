//! OpenShift: its operator owns the API server's flags, so the profile is chosen instead of a policy, and its log collector
//! forwards instead of a webhook.
//!
//! Form of the forwarder: Red Hat OpenShift Logging 6, "Forward logs over HTTP". Profiles: openshift/library-go
//! `pkg/operator/apiserver/audit`.

use super::apiserver::{SETTINGS_FILE, title, token_step};
use super::kubeconfig::quoted;
use super::plan::{Plan, PlanFile, indented};
use super::wiring::{Credential, Receiver, Wiring};
use crate::exit::WrongUse;

const LOGS: [&str; 4] = [
    "/var/log/kube-apiserver/audit.log",
    "/var/log/openshift-apiserver/audit.log",
    "/var/log/oauth-apiserver/audit.log",
    "/var/log/oauth-server/audit.log",
];

/// An OpenShift cluster, through the collector, the log files, or both.
pub(super) fn plan(wiring: &Wiring) -> Result<Plan, WrongUse> {
    let mut plan = Plan {
        title: title(wiring, "OpenShift"),
        cautions: vec![
            "OpenShift takes no audit policy and no webhook of its users. The profile WriteRequestBodies is the nearest \
             to what Taffrail asks for: bodies of all writes, never of secrets. It keeps what Taffrail's policy drops \
             as noise, so expect several times as many events."
                .to_owned(),
            "The API servers restart one by one with the new profile, which takes a quarter of an hour.".to_owned(),
        ],
        files: Vec::new(),
        steps: vec![
            "Choose the profile, and wait until it is everywhere:\n       \
             oc patch apiserver cluster --type merge -p '{\"spec\":{\"audit\":{\"profile\":\"WriteRequestBodies\"}}}'\n       \
             oc get clusteroperator kube-apiserver -w"
                .to_owned(),
        ],
        verify: format!(
            "       taffrail status\n       taffrail search --cluster {} --since 15m --limit 5",
            wiring.cluster
        ),
        undo: "       oc patch apiserver cluster --type merge -p '{\"spec\":{\"audit\":{\"profile\":\"Default\"}}}'".to_owned(),
    };
    if let Some(receiver) = &wiring.receiver {
        receiver.refuse_loopback("the log collector")?;
        forwarded(&mut plan, wiring, receiver);
    }
    if wiring.tail {
        followed(&mut plan, wiring);
    }
    Ok(plan)
}

fn forwarded(plan: &mut Plan, wiring: &Wiring, receiver: &Receiver) {
    plan.cautions.extend(receiver.cautions());
    plan.files.push(PlanFile::public("forwarder.yaml", forwarder(receiver)));
    plan.steps.extend(token_step(wiring, "keep it in a file"));
    let files = &receiver.files;
    let mut secret = "oc -n openshift-logging create secret generic taffrail".to_owned();
    match &receiver.credential {
        Credential::None => {}
        // From the file itself the line's end would come along, which no header may hold.
        Credential::Placeholder | Credential::Token(_) => {
            secret.push_str(&format!(" --from-literal=token=\"$(cat {})\"", files.token));
        }
        Credential::Certificate { .. } => {
            secret.push_str(&format!(
                " --from-file=tls.crt={} --from-file=tls.key={}",
                files.certificate, files.key
            ));
        }
    }
    if receiver.ca.is_some() {
        secret.push_str(&format!(" --from-file=ca.crt={}", files.ca));
    }
    if secret.contains("--from-") {
        plan.steps.push(format!("Give the collector what it shows and trusts:\n       {secret}"));
    }
    plan.steps.push(
        "With the Red Hat OpenShift Logging operator installed, let the collector read audit logs, and start it:\n       \
         oc -n openshift-logging create serviceaccount taffrail-collector\n       \
         oc adm policy add-cluster-role-to-user collect-audit-logs -z taffrail-collector -n openshift-logging\n       \
         oc apply -f forwarder.yaml"
            .to_owned(),
    );
    plan.undo = format!("       oc delete -f forwarder.yaml\n{}", plan.undo);
}

fn followed(plan: &mut Plan, wiring: &Wiring) {
    let settings = format!(
        "# For a Taffrail on each control-plane node.\ningest:\n  tail:\n    - paths:\n{}      cluster: {}\n",
        LOGS.map(|log| format!("        - {log}\n")).concat(),
        wiring.cluster
    );
    plan.files.push(PlanFile::public(SETTINGS_FILE, settings));
    plan.steps.push(format!(
        "On each control-plane node run Taffrail with {SETTINGS_FILE}, as a privileged pod that mounts /var/log from the\n   \
         host. deploy/static-pod of Taffrail's sources is a pod to start from."
    ));
}

fn forwarder(receiver: &Receiver) -> String {
    let mut auth = String::new();
    if matches!(receiver.credential, Credential::Placeholder | Credential::Token(_)) {
        auth.push_str(
            "  authentication:\n    token:\n      from: secret\n      secret:\n        name: taffrail\n        key: token\n",
        );
    }
    let mut tls = String::new();
    if receiver.ca.is_some() {
        tls.push_str("  ca:\n    key: ca.crt\n    secretName: taffrail\n");
    }
    if matches!(receiver.credential, Credential::Certificate { .. }) {
        tls.push_str("  certificate:\n    key: tls.crt\n    secretName: taffrail\n");
        tls.push_str("  key:\n    key: tls.key\n    secretName: taffrail\n");
    }
    if !tls.is_empty() {
        auth.push_str(&format!("tls:\n{tls}"));
    }
    // `authentication` belongs below `http`, `tls` beside it.
    include_str!("openshift/forwarder.yaml")
        .replace("@URL@", &quoted(receiver.address.url()))
        .replace("@AUTH@\n", &indented(4, &auth))
}
