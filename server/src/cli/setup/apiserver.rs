//! The flags of kube-apiserver, and the steps that all self-managed control planes share.

use super::AUDIT_POLICY;
use super::kubeconfig::{PLACEHOLDER, kubeconfig, secrecy};
use super::plan::{Plan, PlanFile, indented};
use super::wiring::{Credential, Wiring};

/// Names of the files in every plan of a self-managed control plane.
pub(super) const POLICY_FILE: &str = "audit-policy.yaml";
pub(super) const WEBHOOK_FILE: &str = "webhook.yaml";
pub(super) const SETTINGS_FILE: &str = "taffrail.yaml";

/// A flag without its dashes, and its value.
pub(super) type Flag = (&'static str, String);

/// Where an API server finds the files; `dir` as it sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    /// Directory of the policy and the webhook's kubeconfig.
    pub(super) dir: &'static str,
    /// The audit log that is written with `--tail`.
    pub(super) log: &'static str,
}

/// The flags for both ways, as far as they were asked for.
pub(super) fn flags(wiring: &Wiring, places: Places) -> Vec<Flag> {
    let mut flags = vec![policy_flag(places)];
    flags.extend(webhook_flags(wiring, places));
    flags.extend(log_flags(wiring, places));
    flags
}

pub(super) fn policy_flag(places: Places) -> Flag {
    ("audit-policy-file", format!("{}/{POLICY_FILE}", places.dir))
}

pub(super) fn webhook_flags(wiring: &Wiring, places: Places) -> Vec<Flag> {
    if wiring.receiver.is_none() {
        return Vec::new();
    }
    let flag = |name, value: &str| (name, value.to_owned());
    vec![
        ("audit-webhook-config-file", format!("{}/{WEBHOOK_FILE}", places.dir)),
        // The other modes make every request of the cluster wait for Taffrail.
        flag("audit-webhook-mode", "batch"),
        // The default of 30 s would be the age of the newest answer in a quiet cluster.
        flag("audit-webhook-batch-max-wait", "5s"),
        // A batch is retried, and in the end dropped, as a whole.
        flag("audit-webhook-batch-max-size", "200"),
        // Room for a minute of Taffrail's absence in a busy cluster; beyond it the newest events are dropped.
        flag("audit-webhook-batch-buffer-size", "20000"),
        // 50 batches of 200 a second. The default of 10 would be the ceiling of what a large cluster may do.
        flag("audit-webhook-batch-throttle-qps", "50"),
        flag("audit-webhook-batch-throttle-burst", "100"),
        // Bounds what one event may take. Its default of 100 KiB strips many custom resources of their bodies.
        flag("audit-webhook-truncate-enabled", "true"),
        flag("audit-webhook-truncate-max-event-size", "1048576"),
    ]
}

/// Sizes are given because defaults kept every file for ever before Kubernetes 1.36. A line longer than a file is refused,
/// so files are large.
pub(super) fn log_flags(wiring: &Wiring, places: Places) -> Vec<Flag> {
    if !wiring.tail {
        return Vec::new();
    }
    let flag = |name, value: &str| (name, value.to_owned());
    vec![
        flag("audit-log-path", places.log),
        flag("audit-log-format", "json"),
        flag("audit-log-maxsize", "200"),
        flag("audit-log-maxbackup", "10"),
        flag("audit-log-maxage", "30"),
    ]
}

/// The policy, and what each way needs besides.
pub(super) fn common_files(wiring: &Wiring, log: &str) -> Vec<PlanFile> {
    let mut files = vec![PlanFile::public(POLICY_FILE, AUDIT_POLICY.to_owned())];
    files.extend(webhook_file(wiring));
    files.extend(settings_file(wiring, log));
    files
}

pub(super) fn webhook_file(wiring: &Wiring) -> Option<PlanFile> {
    let receiver = wiring.receiver.as_ref()?;
    Some(PlanFile { name: WEBHOOK_FILE, content: kubeconfig(receiver), secrecy: secrecy(receiver) })
}

/// Settings of the Taffrail that runs beside the API server, and follows `log` if that was asked for.
pub(super) fn settings_file(wiring: &Wiring, log: &str) -> Option<PlanFile> {
    let settings = || {
        let cluster = &wiring.cluster;
        let mut text = format!("# For the Taffrail that runs beside the API server.\ncluster: {cluster}\n");
        if wiring.tail {
            text.push_str(&format!("ingest:\n  tail:\n    - paths: [{log}]\n      cluster: {cluster}\n"));
        }
        PlanFile::public(SETTINGS_FILE, text)
    };
    wiring.is_beside().then(settings)
}

/// The beginnings of a plan for API servers that run already.
pub(super) fn running_control_plane(wiring: &Wiring, platform: &str) -> Plan {
    let mut plan = control_plane(wiring, platform);
    let restart = "Each API server restarts with the new flags. Do one after the other; with only one, the API is away \
                   for about a minute.";
    plan.cautions.insert(0, restart.to_owned());
    plan
}

/// The beginnings of a plan: what every self-managed control plane has to say.
pub(super) fn control_plane(wiring: &Wiring, platform: &str) -> Plan {
    let mut cautions = Vec::new();
    if let Some(receiver) = &wiring.receiver {
        cautions.extend(receiver.cautions());
        if !wiring.tail {
            cautions.push(
                "A webhook gives up on a batch after five tries, in about a minute and a half, and loses it. With \
                 --tail besides --url a log file is the second way, which loses nothing; what comes twice counts once."
                    .to_owned(),
            );
        }
    }
    let placeholder = format!("put it in the place of {PLACEHOLDER}");
    Plan {
        title: title(wiring, platform),
        cautions,
        files: Vec::new(),
        steps: token_step(wiring, &placeholder).into_iter().collect(),
        verify: verify(wiring),
        undo: String::new(),
    }
}

pub(super) fn title(wiring: &Wiring, platform: &str) -> String {
    let cluster = &wiring.cluster;
    let to = wiring.receiver.as_ref().map(|receiver| receiver.address.url());
    match (to, wiring.tail) {
        (Some(url), false) => format!("Audit events of cluster {cluster} ({platform}) to {url}"),
        (Some(url), true) => {
            format!("Audit events of cluster {cluster} ({platform}) to {url}, and to a log file")
        }
        (None, _) => {
            format!("Audit events of cluster {cluster} ({platform}) to a log file that Taffrail follows")
        }
    }
}

/// How the token is made, if none was given, and what to do with it.
pub(super) fn token_step(wiring: &Wiring, use_it: &str) -> Option<String> {
    let placeholder = matches!(wiring.receiver.as_ref()?.credential, Credential::Placeholder);
    let cluster = &wiring.cluster;
    placeholder.then(|| {
        format!(
            "Make a token for this cluster where Taffrail runs, and {use_it}:\n       \
             (umask 077; taffrail token new --name {cluster}-audit --cluster {cluster} --to CREDENTIALS > token)\n   \
             CREDENTIALS is the file that ingest.auth.file names; the token itself is shown once."
        )
    })
}

/// How the Taffrail beside the API server is started.
pub(super) fn beside_step(wiring: &Wiring) -> Option<String> {
    let why = if wiring.tail { ", as root: the log is closed to others" } else { "" };
    wiring.is_beside().then(|| {
        format!(
            "Run Taffrail on each of these machines{why}:\n       \
             taffrail serve --config {SETTINGS_FILE}\n   \
             deploy/static-pod of Taffrail's sources is a static pod for it."
        )
    })
}

/// `flags` as arguments, for whoever edits a manifest by hand.
pub(super) fn as_arguments(flags: &[Flag]) -> String {
    let lines: Vec<String> = flags.iter().map(|(name, value)| format!("- --{name}={value}")).collect();
    indented(7, &lines.join("\n"))
}

fn verify(wiring: &Wiring) -> String {
    let cluster = &wiring.cluster;
    let mut text = format!(
        "   The cluster appears within seconds, with the time of its last event:\n       \
         taffrail status\n       \
         taffrail search --cluster {cluster} --since 5m --limit 5\n"
    );
    if wiring.receiver.is_some() {
        text.push_str(
            "   What the API server could not deliver, which has to stay 0 for plugin=\"webhook\" and \"buffered\":\n       \
             kubectl get --raw /metrics | grep apiserver_audit_error_total\n   \
             If nothing arrives, the log of the API server says why, in lines with the word audit.\n",
        );
    }
    text
}
