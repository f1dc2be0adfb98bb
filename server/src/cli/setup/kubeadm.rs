//! Control planes of static pods that kubeadm writes, and kind, which is kubeadm in containers.
//!
//! Form: kubeadm.k8s.io/v1beta4, in which extra arguments are a list; v1beta3 has a map
//! (<https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/>). kind applies a patch only to a
//! configuration of the patch's version, so that a patch for each can stand in one file. It merges as RFC 7386 does, so the
//! list replaces kind's own, which holds feature gates and nothing else.

use std::fmt::Write;

use super::apiserver::{
    Flag, POLICY_FILE, Places, SETTINGS_FILE, WEBHOOK_FILE, as_arguments, beside_step, common_files,
    control_plane, flags, running_control_plane,
};
use super::plan::{Plan, PlanFile, indented};
use super::wiring::Wiring;

const PLACES: Places = Places { dir: "/etc/kubernetes/taffrail", log: "/var/log/kubernetes/audit/audit.log" };
const LOG_DIR: &str = "/var/log/kubernetes/audit";

/// A control plane of kubeadm.
pub(super) fn plan(wiring: &Wiring) -> Plan {
    let flags = flags(wiring, PLACES);
    let mut plan = running_control_plane(wiring, "kubeadm");
    plan.files = common_files(wiring, PLACES.log);
    let version = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n";
    let configuration = format!("{version}{}", api_server(&args_as_list(&flags), wiring));
    plan.files.push(PlanFile::public("kubeadm.yaml", configuration));
    plan.steps.push(format!(
        "On every control-plane node put the files where the API server looks for them:\n       \
         install -d -m 0700 {dir}\n       install -m 0600 {files} {dir}/",
        dir = PLACES.dir,
        files = node_files(wiring),
    ));
    plan.steps.push(
        "A new cluster: merge kubeadm.yaml into what you give to kubeadm init --config. A running one: merge its apiServer\n   \
         section into the stored configuration, and have kubeadm write the manifest on each control-plane node:\n       \
         kubectl -n kube-system get configmap kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' > cluster.yaml\n       \
         $EDITOR cluster.yaml\n       \
         kubeadm init phase upload-config kubeadm --config cluster.yaml\n       \
         kubeadm init phase control-plane apiserver --config cluster.yaml     # on each node, one after the other\n   \
         If cluster.yaml says v1beta3 (kubeadm before 1.31), extraArgs is a map there, and kubeadm refuses a list with \"cannot\n   \
         unmarshal array\". Write each as NAME: \"VALUE\", as in audit-webhook-mode: \"batch\"."
            .to_owned(),
    );
    plan.steps.push(format!(
        "Or by hand, in /etc/kubernetes/manifests/kube-apiserver.yaml (kubeadm upgrade would undo it). Arguments:\n{}   \
         Mounts, each with a hostPath volume of its name: {}",
        as_arguments(&flags),
        mounts_in_words(wiring),
    ));
    plan.steps.extend(beside_step(wiring));
    plan.undo = "   Take the audit-* arguments and the mounts out of the stored configuration again, and run the two kubeadm\n   \
                 commands again. Then remove /etc/kubernetes/taffrail."
        .to_owned();
    plan
}

/// kind: the whole cluster from one file.
pub(super) fn kind_plan(wiring: &Wiring) -> Plan {
    let mut plan = control_plane(wiring, "kind");
    if wiring.receiver.as_ref().is_some_and(|receiver| receiver.address.is_loopback()) {
        plan.cautions.push(
            "127.0.0.1 is the node's container here. It is right when Taffrail runs as a static pod in it, as \
             deploy/kind does; a Taffrail on your machine is at the gateway of docker network inspect kind."
                .to_owned(),
        );
    }
    plan.files = common_files(wiring, PLACES.log);
    plan.files.push(PlanFile::public("kind.yaml", kind_cluster(wiring)));
    plan.steps.push(
        "In the directory of these files, as kind takes them from there:\n       \
         kind create cluster --config kind.yaml"
            .to_owned(),
    );
    plan.steps.extend(beside_step(wiring));
    plan.undo = "       kind delete cluster".to_owned();
    plan
}

fn kind_cluster(wiring: &Wiring) -> String {
    let flags = flags(wiring, PLACES);
    let patch = |version: &str, args: &str| {
        let head = format!("apiVersion: kubeadm.k8s.io/{version}\nkind: ClusterConfiguration\n");
        format!("  - |\n{}", indented(4, &format!("{head}{}", api_server(args, wiring))))
    };
    let mounts: String = node_files(wiring)
        .split(' ')
        .map(|file| {
            format!("  - hostPath: {file}\n    containerPath: {}/{file}\n    readOnly: true\n", PLACES.dir)
        })
        .collect();
    format!(
        "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n  extraMounts:\n{mounts}  \
         # One of the two applies, by the version that this kind writes.\n  kubeadmConfigPatches:\n{}{}",
        patch("v1beta3", &args_as_map(&flags)),
        patch("v1beta4", &args_as_list(&flags)),
    )
}

fn api_server(args: &str, wiring: &Wiring) -> String {
    let mut text = format!("apiServer:\n  extraArgs:\n{args}  extraVolumes:\n");
    let mut mount = |name: &str, dir: &str, read_only: bool, kind: &str| {
        // Writing to a string cannot fail.
        write!(
            text,
            "  - name: {name}\n    hostPath: {dir}\n    mountPath: {dir}\n    readOnly: {read_only}\n    pathType: {kind}\n"
        )
        .ok();
    };
    mount("taffrail", PLACES.dir, true, "Directory");
    if wiring.tail {
        mount("audit-log", LOG_DIR, false, "DirectoryOrCreate");
    }
    text
}

fn args_as_list(flags: &[Flag]) -> String {
    flags.iter().map(|(name, value)| format!("  - name: {name}\n    value: \"{value}\"\n")).collect()
}

fn args_as_map(flags: &[Flag]) -> String {
    flags.iter().map(|(name, value)| format!("    {name}: \"{value}\"\n")).collect()
}

fn node_files(wiring: &Wiring) -> String {
    let mut files = vec![POLICY_FILE];
    files.extend(wiring.receiver.as_ref().map(|_| WEBHOOK_FILE));
    files.extend(wiring.is_beside().then_some(SETTINGS_FILE));
    files.join(" ")
}

fn mounts_in_words(wiring: &Wiring) -> String {
    let files = format!("{} (read only)", PLACES.dir);
    if wiring.tail { format!("{files}, {LOG_DIR}") } else { files }
}
