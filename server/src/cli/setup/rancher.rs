//! K3s and RKE2: drop-in files of their configuration. `key+` appends to a list that another file has begun.
//!
//! <https://docs.k3s.io/installation/configuration>, <https://docs.rke2.io/install/configuration>

use super::apiserver::{
    Flag, POLICY_FILE, Places, WEBHOOK_FILE, beside_step, common_files, flags, policy_flag,
    running_control_plane, webhook_flags,
};
use super::plan::{Plan, PlanFile};
use super::wiring::Wiring;

const K3S: Places =
    Places { dir: "/var/lib/rancher/k3s/server/taffrail", log: "/var/lib/rancher/k3s/server/logs/audit.log" };
const RKE2: Places =
    Places { dir: "/etc/rancher/taffrail", log: "/var/lib/rancher/rke2/server/logs/audit.log" };

/// K3s: the API server is part of its process, so there is nothing to mount.
pub(super) fn k3s_plan(wiring: &Wiring) -> Plan {
    let mut plan = running_control_plane(wiring, "K3s");
    plan.files = common_files(wiring, K3S.log);
    plan.files.push(PlanFile::public("k3s.yaml", arguments(&flags(wiring, K3S))));
    plan.steps.push(place(wiring, K3S.dir));
    plan.steps.push(drop_in("k3s.yaml", "/etc/rancher/k3s/config.yaml.d", "k3s"));
    plan.steps.extend(beside_step(wiring));
    plan.undo = undo("/etc/rancher/k3s/config.yaml.d", "k3s", K3S.dir);
    plan
}

/// RKE2: the API server is a static pod, which RKE2 writes. It writes an audit log as soon as it has a policy, and its
/// own policy is "nothing" under the CIS profile.
pub(super) fn rke2_plan(wiring: &Wiring) -> Plan {
    let mut plan = running_control_plane(wiring, "RKE2");
    plan.files = common_files(wiring, RKE2.log);
    let (_, policy) = policy_flag(RKE2);
    let mut settings = format!("audit-policy-file: {policy}\n");
    if wiring.receiver.is_some() {
        settings.push_str(&arguments(&webhook_flags(wiring, RKE2)));
    }
    settings.push_str(&format!("kube-apiserver-extra-mount+:\n- \"{dir}:{dir}:ro\"\n", dir = RKE2.dir));
    plan.files.push(PlanFile::public("rke2.yaml", settings));
    plan.steps.push(place(wiring, RKE2.dir));
    plan.steps.push(drop_in("rke2.yaml", "/etc/rancher/rke2/config.yaml.d", "rke2-server"));
    plan.steps.extend(beside_step(wiring));
    plan.undo = undo("/etc/rancher/rke2/config.yaml.d", "rke2-server", RKE2.dir);
    plan
}

fn arguments(flags: &[Flag]) -> String {
    let lines: String = flags.iter().map(|(name, value)| format!("- \"{name}={value}\"\n")).collect();
    format!("kube-apiserver-arg+:\n{lines}")
}

fn place(wiring: &Wiring, dir: &str) -> String {
    let webhook = if wiring.receiver.is_some() { format!(" {WEBHOOK_FILE}") } else { String::new() };
    format!(
        "On every server node put the files where the API server will look for them:\n       \
         install -d -m 0700 {dir}\n       install -m 0600 {POLICY_FILE}{webhook} {dir}/"
    )
}

fn drop_in(file: &str, dir: &str, service: &str) -> String {
    format!(
        "There, too, add the settings and restart, one node after the other:\n       \
         install -D -m 0600 {file} {dir}/50-taffrail.yaml\n       systemctl restart {service}\n   \
         A file that is read after it, and gives the same list without the plus, replaces it."
    )
}

fn undo(dir: &str, service: &str, files: &str) -> String {
    format!("       rm {dir}/50-taffrail.yaml && systemctl restart {service} && rm -r {files}")
}
