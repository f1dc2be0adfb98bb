//! `taffrail import`: audit and flow log files into the index, each event once, however often a file is imported.
//!
//! On a directory that nobody writes to, straight into the index; beside a running server, through its ingest listener.

mod direct;
mod progress;
mod remote;
mod report;
pub(super) mod target;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use taffrail_config::{OWN_CLUSTER, is_cluster_name};
use taffrail_event::Timestamp;
use taffrail_event::flow::is_node_name;
use taffrail_ingest::FlowHints;

use self::target::Target;
use super::client::Reach;
use crate::args::ImportArgs;
use crate::exit::WrongUse;
use crate::{settings, telemetry};

/// What stands for standard input.
const STDIN: &str = "-";

/// Runs the command.
pub(crate) fn run(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let settings = settings::load(&args.settings)?;
    telemetry::start_quietly(&settings.log)?;
    let cluster = args.cluster.as_deref().unwrap_or(&settings.cluster);
    if !is_cluster_name(cluster) {
        return Err(WrongUse(format!(
            "--cluster {cluster:?}: up to 63 of a-z 0-9 - . _, with a letter or digit at both ends"
        ))
        .into());
    }
    if cluster == OWN_CLUSTER {
        return Err(
            WrongUse(format!("--cluster {cluster}: names Taffrail's own records; choose another")).into()
        );
    }
    let hints = hints(args)?;
    check_files(&args.files)?;
    let reach = Reach::new(&args.reach, &settings.client)?;
    match target::find(args.server.as_deref(), &settings, &reach)? {
        Target::Directory(dir, lock) => {
            let imported = direct::import(&settings, &dir, cluster, hints, &args.files);
            drop(lock);
            imported
        }
        Target::Server(server) => remote::import(&settings, &server, cluster, &hints, &args.files),
    }
}

/// What is known of flow records beside what they say.
fn hints(args: &ImportArgs) -> Result<FlowHints, WrongUse> {
    let node = args.node.as_deref().unwrap_or_default();
    if !node.is_empty() && !is_node_name(node) {
        return Err(WrongUse(format!("--node {node:?}: letters, digits, - . _, as nodes are named")));
    }
    let started = match args.node_started.as_deref() {
        None => None,
        Some(text) => Some(Timestamp::parse(text).ok_or_else(|| {
            WrongUse(format!(
                "--node-started {text:?}: a time like 2026-11-23T16:00:00Z (`uptime -s` on the node)"
            ))
        })?),
    };
    Ok(FlowHints { node: node.into(), started, ..FlowHints::default() })
}

/// All of them can be read, before anything of the first one is taken.
fn check_files(files: &[PathBuf]) -> anyhow::Result<()> {
    if files.iter().filter(|file| is_stdin(file)).count() > 1 {
        return Err(WrongUse("standard input (-) can be read only once".to_owned()).into());
    }
    for path in files.iter().filter(|file| !is_stdin(file)) {
        let metadata = File::open(path).and_then(|file| file.metadata());
        let metadata = metadata.with_context(|| format!("cannot read {}", path.display()))?;
        if metadata.is_dir() {
            return Err(WrongUse(format!("{} is a directory; name the files in it", path.display())).into());
        }
    }
    Ok(())
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}
