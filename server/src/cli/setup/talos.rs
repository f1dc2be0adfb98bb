//! Talos: one patch of the machine configuration holds everything, as nobody logs in to a machine.
//!
//! Talos writes the policy itself and always logs to `/var/log/audit/kube`. Files can only be made below `/var`; the API
//! server does not run as root, so it has to be able to read them (siderolabs/talos `control_plane_static_pod.go`).

use super::AUDIT_POLICY;
use super::apiserver::{
    Places, SETTINGS_FILE, WEBHOOK_FILE, running_control_plane, settings_file, webhook_flags,
};
use super::kubeconfig::{kubeconfig, secrecy};
use super::plan::{Plan, PlanFile, Secrecy, indented};
use super::wiring::Wiring;

const PLACES: Places = Places { dir: "/var/taffrail", log: "/var/log/audit/kube/kube-apiserver.log" };

/// A Talos control plane.
pub(super) fn plan(wiring: &Wiring) -> Plan {
    let mut plan = running_control_plane(wiring, "Talos");
    let secrecy = wiring.receiver.as_ref().map_or(Secrecy::Public, secrecy);
    if secrecy == Secrecy::OwnerOnly {
        plan.cautions.push(
            "The machine configuration holds the credential from then on, and on the nodes whoever can read files \
             below /var can read it. It opens nothing but sending events of this cluster."
                .to_owned(),
        );
    }
    plan.files = vec![PlanFile { name: "talos.yaml", content: patch(wiring), secrecy }];
    plan.files.extend(settings_file(wiring, PLACES.log));
    plan.steps.push(
        "Patch each control-plane node and restart it, one after the other, as Talos makes the files when it starts:\n       \
         talosctl -n NODE patch machineconfig --mode staged --patch @talos.yaml\n       talosctl -n NODE reboot"
            .to_owned(),
    );
    if wiring.is_beside() {
        plan.steps.push(format!(
            "Run Taffrail on each control-plane node, as a static pod (machine.pods) or a DaemonSet that mounts\n   \
             /var/log/audit/kube from the host, with the settings in {SETTINGS_FILE}. The directory belongs to the API server's\n   \
             user and is closed to others: run it as root with the capability DAC_READ_SEARCH. deploy/static-pod of\n   \
             Taffrail's sources is the pod to begin with: mount /var/log/audit/kube in the place of its audit-log, and\n   \
             add the capability."
        ));
    }
    plan.undo = "   Take cluster.apiServer.auditPolicy, the audit-webhook-* arguments, the volume and the file out again with\n       \
                 talosctl -n NODE edit machineconfig"
        .to_owned();
    plan
}

fn patch(wiring: &Wiring) -> String {
    let mut text = String::new();
    if let Some(receiver) = &wiring.receiver {
        text.push_str(&format!(
            "machine:\n  files:\n  - path: {}\n    permissions: 0o444\n    op: create\n    content: |\n{}",
            webhook_path(),
            indented(6, &kubeconfig(receiver))
        ));
    }
    text.push_str("cluster:\n  apiServer:\n");
    if wiring.receiver.is_some() {
        text.push_str("    extraArgs:\n");
        for (name, value) in webhook_flags(wiring, PLACES) {
            text.push_str(&format!("      {name}: \"{value}\"\n"));
        }
        // The file alone: the directory above it may be closed to the API server.
        text.push_str(&format!(
            "    extraVolumes:\n    - hostPath: {file}\n      mountPath: {file}\n      readonly: true\n",
            file = webhook_path()
        ));
    }
    text.push_str("    auditPolicy:\n");
    text.push_str(&indented(6, AUDIT_POLICY));
    text
}

fn webhook_path() -> String {
    format!("{}/{WEBHOOK_FILE}", PLACES.dir)
}
