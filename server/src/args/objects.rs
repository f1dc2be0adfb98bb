//! Commands about one object, or about one event of it.

use clap::Args;

use super::{ChangesArgs, OutputArgs, TargetArgs};

/// Which object.
#[derive(Debug, Clone, Args)]
pub(crate) struct ObjectArgs {
    /// The object as kubectl takes it, e.g. deployment/web, po/web-1 or gnp.projectcalico.org/deny
    #[arg(value_name = "OBJECT")]
    pub(crate) object: String,
    /// Its namespace [default: the one that has such an object, if only one has]
    #[arg(short = 'n', long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Its cluster [default: the one that has such an object, if only one has]
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) object: ObjectArgs,
    #[command(flatten)]
    pub(crate) changes: ChangesArgs,
    /// And of what has to do with it: owners and what it owns, the ConfigMaps, Secrets and ServiceAccount of its pods, their
    /// node, and the autoscalers, Services and NetworkPolicies that are about them
    #[arg(long)]
    pub(crate) related: bool,
    /// Time zone of the times shown, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BlameArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) object: ObjectArgs,
    /// The status too
    #[arg(long)]
    pub(crate) all: bool,
    /// Time zone of the times shown, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// What kind of objects, as kubectl takes it, e.g. pods, deploy or gnp.projectcalico.org
    #[arg(value_name = "TYPE")]
    pub(crate) kind: String,
    /// Only the one with this name
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only in this namespace
    #[arg(short = 'n', long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Only of this cluster
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// As they were then: RFC 3339, a date, `yesterday 14:00`, `now-15m` or `-15m` [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<String>,
    /// Those that were deleted too
    #[arg(long)]
    pub(crate) all: bool,
    /// Objects at most; 0 = all
    #[arg(long, value_name = "N", default_value_t = 500, allow_negative_numbers = true)]
    pub(crate) limit: u64,
    /// Time zone of times that name none, and of those shown, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AtArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) object: ObjectArgs,
    /// When: RFC 3339, a date, `yesterday 14:00`, `now-15m` or `-15m` [default: now]
    #[arg(value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) time: Option<String>,
    /// Time zone of times that name none, and of those shown, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The event: its id, or the first 8 digits or more
    #[arg(value_name = "EVENT")]
    pub(crate) id: String,
    /// Time zone of the times shown, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
