//! `taffrail quarantine`: which pod, in which cluster, and how it is isolated.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use taffrail_config::is_label;
use taffrail_query::quarantine::QuarantineLabel;

use super::{Output, OutputArgs, TargetArgs};

/// A reason is read by people, in a line of a list.
const MAX_REASON_CHARS: usize = 1000;

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// List the quarantines that are recorded, newest first
    List(QuarantineListArgs),
    /// Tell the story of one pod: who isolated it, whom it talked to before, and every attempt since
    Show(QuarantineShowArgs),
    /// Isolate a pod: set the label by which policies deny its traffic, with your own kubeconfig
    Apply(QuarantineApplyArgs),
    /// Let a pod go: take away what `apply` set
    Release(QuarantineReleaseArgs),
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineListArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Only this cluster
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// Only pods of this namespace
    #[arg(short = 'n', long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Time zone of the times shown, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineShowArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The pod
    #[arg(value_name = "POD")]
    pub(crate) pod: String,
    /// Its namespace
    #[arg(short = 'n', long, value_name = "NAME", default_value = "default")]
    pub(crate) namespace: String,
    /// Its cluster [default: the one in which it was under quarantine]
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// Also quarantines before the last one, as far back as this
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) since: Option<String>,
    /// How long before the first quarantine the story begins
    #[arg(long, value_name = "SPAN", default_value = "1h")]
    pub(crate) before: String,
    /// How long after the last one it ends
    #[arg(long, value_name = "SPAN", default_value = "1h")]
    pub(crate) after: String,
    /// Time zone of times that name none, and of those shown, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The cluster that is acted upon, as kubectl finds it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ClusterArgs {
    /// Kubeconfig with the cluster and your identity [default: $KUBECONFIG, else ~/.kube/config, else the pod's own]
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
}

/// Whose policies contain a pod that carries the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyKind {
    /// A tier that is asked early, and in it a policy that logs and denies
    Calico,
    /// A clusterwide policy that denies, whatever others allow
    Cilium,
    /// A NetworkPolicy of the namespace that allows nothing; others that select the pod still allow what they allow
    Networkpolicy,
}

impl PolicyKind {
    /// As it is typed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Calico => "calico",
            Self::Cilium => "cilium",
            Self::Networkpolicy => "networkpolicy",
        }
    }
}

/// What `apply` and `release` have in common.
#[derive(Debug, Args)]
pub(crate) struct ActingArgs {
    /// The pod, as POD or pod/POD
    #[arg(value_name = "POD")]
    pub(crate) pod: String,
    /// Its namespace [default: that of the context, else default]
    #[arg(short = 'n', long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// The label that policies select by
    #[arg(long, value_name = "KEY=VALUE", value_parser = label, default_value = "quarantine=true")]
    pub(crate) label: QuarantineLabel,
    /// Do it without asking
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
    /// Say what would be done, and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    /// How it is written
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: Output,
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineApplyArgs {
    #[command(flatten)]
    pub(crate) acting: ActingArgs,
    /// Why, for whoever finds the pod; kept in an annotation
    #[arg(long, value_name = "TEXT", value_parser = reason, required_unless_present = "print")]
    pub(crate) reason: Option<String>,
    /// Make a policy of this kind first, unless one contains the pod already
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) with_policy: Option<PolicyKind>,
    /// Print that policy as YAML, and ask no cluster
    #[arg(long, requires = "with_policy", conflicts_with_all = ["yes", "dry_run"])]
    pub(crate) print: bool,
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineReleaseArgs {
    #[command(flatten)]
    pub(crate) acting: ActingArgs,
    /// Remove the policy of this kind too, if `apply` made it and no other pod needs it
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) with_policy: Option<PolicyKind>,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("say why, in a few words".to_owned()),
        1..=MAX_REASON_CHARS => Ok(text.to_owned()),
        count => {
            Err(format!("{count} characters; {MAX_REASON_CHARS} are enough, the rest belongs in a ticket"))
        }
    }
}

/// A label as Kubernetes permits it: what is typed becomes part of selectors.
fn label(text: &str) -> Result<QuarantineLabel, String> {
    match text.split_once('=').filter(|(_, value)| !value.is_empty() && is_label(text)) {
        Some((key, value)) => Ok(QuarantineLabel { key: key.to_owned(), value: value.to_owned() }),
        None => Err("write KEY=VALUE with a key and a value that Kubernetes permits in a label, as in quarantine=true".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_as_kubernetes_permits_them() {
        fn check(text: &str, expected: Option<(&str, &str)>) {
            let found = label(text).ok();
            assert_eq!(found.as_ref().map(|found| (&*found.key, &*found.value)), expected, "{text}");
        }
        check("quarantine=true", Some(("quarantine", "true")));
        check("example.com/isolate=Yes_1.2", Some(("example.com/isolate", "Yes_1.2")));
        for wrong in [
            "quarantine",
            "quarantine=",
            "=true",
            "a b=c",
            "a=\"",
            "a=b\" || all()",
            "-a=b",
            "a=b-",
            "Example.com/a=b",
            "/a=b",
            "a/b/c=d",
            "a=b=c",
            &format!("a={}", "b".repeat(64)),
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_reason_is_a_few_words() {
        assert_eq!(reason("  crypto miner seen \n").as_deref(), Ok("crypto miner seen"));
        assert!(reason(" ").is_err());
        assert!(reason(&"ü".repeat(1000)).is_ok());
        assert!(reason(&"ü".repeat(1001)).is_err());
    }
}
