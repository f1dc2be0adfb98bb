//! What may be typed: every command with its options, and nothing of what they do.

#[cfg(test)]
mod documented;
mod objects;
mod quarantine;
mod query;
mod setup;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use taffrail_query::Field;

pub(crate) use self::objects::{AtArgs, BlameArgs, DiffArgs, GetArgs, HistoryArgs, ObjectArgs};
pub(crate) use self::quarantine::{
    ActingArgs, ClusterArgs, PolicyKind, QuarantineApplyArgs, QuarantineCommand, QuarantineListArgs,
    QuarantineReleaseArgs, QuarantineShowArgs,
};
pub(crate) use self::query::QueryWords;
pub(crate) use self::setup::{Platform, SetupArgs};

/// Keeps Kubernetes audit events and answers what changed, who did it, and when.
#[derive(Debug, Parser)]
#[command(name = "taffrail", version, about, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// From the process's own; ends the process with a message if they are not right.
    pub(crate) fn of_process() -> Self {
        Self::try_of(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn try_of(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(query::mark_words(arguments))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Receive events, index them and answer queries, until stopped
    Serve(ServeArgs),
    /// Read audit log files into the index
    Import(ImportArgs),
    /// Find events, newest first
    Search(SearchArgs),
    /// List the objects that there are, or were at a time, and who changed them last
    Get(GetArgs),
    /// Show what became of one object, write by write, oldest first
    History(HistoryArgs),
    /// Show an object as it was at a time
    At(AtArgs),
    /// Show who set each field of an object to what it is
    Blame(BlameArgs),
    /// Show what one event changed
    Diff(DiffArgs),
    /// Show what changed, oldest first
    Timeline(TimelineArgs),
    /// Show events as they come
    Tail(TailArgs),
    /// Write everything that matches, oldest first
    Export(ExportArgs),
    /// Count the most frequent users, resources or verbs
    Top(TopArgs),
    /// Isolate a pod by a label, release it, and show which pods are or were isolated and what they tried
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Show what a server or a data directory holds and how far it has come
    Status(StatusArgs),
    /// Say what is wrong, why, and what to do about it
    Doctor(StatusArgs),
    /// List what could not be decoded, and why
    Deadletters(DeadlettersArgs),
    /// Copy the data directory, also while a server writes to it
    Backup(BackupArgs),
    /// Rebuild the index from its stored records, with today's fields and redaction rules
    Reindex(ReindexArgs),
    /// Print what connects a cluster: audit policy, webhook configuration, flags, and the steps
    Setup(SetupArgs),
    /// Make tokens for senders and readers
    #[command(subcommand)]
    Token(TokenCommand),
    /// Check or print the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// Where settings come from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SettingsArgs {
    /// Configuration file (YAML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Data directory
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// What a reading command reads: a server, or a data directory.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TargetArgs {
    /// Ask this server, e.g. http://127.0.0.1:8585
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub(crate) server: Option<String>,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// How a server is reached.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReachArgs {
    /// File with the token that the server asks for [default: the setting `client.token_file`]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// File with the authorities (PEM) of the server's certificate [default: the setting `client.ca`, else the system's]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// Send to the ingest address of this server, e.g. http://127.0.0.1:8586
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub(crate) server: Option<String>,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
    /// Cluster that the events belong to [default: the setting `cluster`]
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// Node that flow records come from, where they do not say
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<String>,
    /// When that node was started (RFC 3339): dumps of /dev/kmsg and trace pipes count from there
    #[arg(long, value_name = "TIME")]
    pub(crate) node_started: Option<String>,
    /// JSON lines, EventList files or flow logs, plain, .gz or .zst; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// The stretch of time that a question is about.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RangeArgs {
    /// Earliest time: RFC 3339, a date, `yesterday 14:00`, `now-15m` or `-15m`
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// Time before which events lie, written as --from
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) to: Option<String>,
    /// The last stretch of time, e.g. 2h
    #[arg(long, value_name = "SPAN", allow_hyphen_values = true, conflicts_with_all = ["from", "to", "around"])]
    pub(crate) since: Option<String>,
    /// A point in time; with --within for how far to either side
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with_all = ["from", "to"])]
    pub(crate) around: Option<String>,
    /// How far to either side of --around
    #[arg(long, value_name = "SPAN", default_value = "10m", requires = "around")]
    pub(crate) within: String,
    /// Time zone of times that name none, and of the table, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct OutputArgs {
    /// How it is written
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: Output,
    /// Columns that a table may take [default: the terminal's, else 120]
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=2000))]
    pub(crate) width: Option<u16>,
}

/// What a list is written as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// A table that fits the terminal
    #[default]
    Table,
    /// The body that the API answers with
    Json,
    /// One JSON object a line
    Ndjson,
}

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) range: RangeArgs,
    /// Only this cluster
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// Events at most; 0 = all
    #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true)]
    pub(crate) limit: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) query: QueryWords,
}

/// Which changes are shown; the same words in `timeline` and in `history`.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct ChangesArgs {
    /// Only what people did (as `by:human` in a query)
    #[arg(long)]
    pub(crate) humans: bool,
    /// Changes of the status too
    #[arg(long)]
    pub(crate) status: bool,
    /// Writes that changed nothing too
    #[arg(long)]
    pub(crate) no_ops: bool,
    /// Everything: the status, writes that changed nothing, and in a timeline reads
    #[arg(long)]
    pub(crate) all: bool,
}

impl ChangesArgs {
    pub(crate) fn with_status(self) -> bool {
        self.status || self.all
    }

    pub(crate) fn with_no_ops(self) -> bool {
        self.no_ops || self.all
    }

    /// What it means in a query, as far as that goes.
    pub(crate) fn query(self) -> &'static str {
        if self.humans { "by:human" } else { "" }
    }
}

#[derive(Debug, Args)]
pub(crate) struct TimelineArgs {
    #[command(flatten)]
    pub(crate) changes: ChangesArgs,
    /// One line per object: what is different at the end of the time from what was at its beginning
    #[arg(long, conflicts_with = "all")]
    pub(crate) net: bool,
    #[command(flatten)]
    pub(crate) list: SearchArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Only this cluster
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// End after so many events; 0 = go on until stopped
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) limit: u64,
    /// Time zone of the times shown, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) query: QueryWords,
}

/// What an export is written as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One API event a line
    #[default]
    Ndjson,
    /// A table for spreadsheets, with fixed columns
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) range: RangeArgs,
    /// Only this cluster
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// What the export is written as
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: ExportFormat,
    /// Write to this file instead of standard output (-); it appears only when complete
    #[arg(short = 'O', long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) query: QueryWords,
}

#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) range: RangeArgs,
    /// Only this cluster
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// What to count: user, resource, verb, namespace, or another field that many events share
    #[arg(long, value_name = "FIELD", value_parser = countable, default_value = "user")]
    pub(crate) by: Field,
    /// Rows at most; 0 = as many as there may be (1,000)
    #[arg(long, value_name = "N", default_value_t = 20, allow_negative_numbers = true)]
    pub(crate) limit: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) query: QueryWords,
}

/// A field whose values many events share.
fn countable(name: &str) -> Result<Field, String> {
    let field = Field::parse(name).map_err(|error| error.to_string())?;
    if field.is_facet() {
        return Ok(field);
    }
    Err(format!(
        "nearly every event has its own {}; count by a field such as user, resource or verb",
        field.canonical()
    ))
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Time zone of the times shown, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DeadlettersArgs {
    #[command(subcommand)]
    pub(crate) command: Option<DeadlettersCommand>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Show this one whole: its id, or the first 8 digits or more
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Time zone of the times shown, e.g. Europe/Berlin [default: the machine's]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    /// Dead letters at most; 0 = all
    #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true)]
    pub(crate) limit: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadlettersCommand {
    /// Read them again, after a fix: what is an event now becomes one, and its dead letter goes
    Replay(ReplayArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// Ask the server at this ingest address, e.g. http://127.0.0.1:8586
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub(crate) server: Option<String>,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
    /// All of them
    #[arg(long, conflicts_with = "ids", required_unless_present = "ids")]
    pub(crate) all: bool,
    /// These: their ids, or the first 8 digits or more
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// The new directory
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ReindexArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Print a new token, and the line that lets it in
    New(NewTokenArgs),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("grant").required(true).args(["clusters", "read"])))]
pub(crate) struct NewTokenArgs {
    /// Names whoever gets it, in logs and in the record of reads
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// Lets it send events of this cluster; may be given several times
    #[arg(long = "cluster", value_name = "NAME")]
    pub(crate) clusters: Vec<String>,
    /// Lets it read
    #[arg(long)]
    pub(crate) read: bool,
    /// Append the line to this file of credentials
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Report every problem of the configuration at once
    Check(SettingsArgs),
    /// Print the effective settings as a file that can be used again
    Print(SettingsArgs),
}
