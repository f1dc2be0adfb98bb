//! Settings from the file, the environment and the command line: the one place that reads all three.

use std::path::PathBuf;

use taffrail_config::{ClientSettings, Host, Settings};
use taffrail_query::quarantine::QuarantineLabel;

use crate::args::SettingsArgs;
use crate::exit::WrongUse;

/// The effective settings.
pub(crate) fn load(args: &SettingsArgs) -> anyhow::Result<Settings> {
    let mut flags = Vec::new();
    if let Some(data) = &args.data {
        let Some(data) = data.to_str() else {
            return Err(WrongUse(format!("--data {}: the path is not UTF-8", data.display())).into());
        };
        flags.push(("data", data.to_owned()));
    }
    // Variables that are not UTF-8 are somebody else's.
    let env = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut settings = taffrail_config::load(args.config.as_deref(), env, flags, &host())?;
    // Whoever reads it in a log or a status does not know where the command was started.
    if let Ok(data) = std::path::absolute(&settings.data) {
        settings.data = data;
    }
    Ok(settings)
}

/// How a command reaches a server that is named: nothing else of the settings matters then, not even whether there is a home
/// directory for the data.
pub(crate) fn of_client(args: &SettingsArgs) -> anyhow::Result<ClientSettings> {
    let args = SettingsArgs { data: Some(PathBuf::from(".")), ..args.clone() };
    Ok(load(&args)?.client)
}

/// The label by which a pod is told to be under quarantine.
pub(crate) fn quarantine_label(settings: &Settings) -> QuarantineLabel {
    let (key, value) = settings.quarantine.label();
    QuarantineLabel { key: key.to_owned(), value: value.to_owned() }
}

fn host() -> Host {
    Host {
        is_root: rustix::process::geteuid().is_root(),
        home: std::env::var_os("HOME").map(PathBuf::from),
        xdg_data_home: std::env::var_os("XDG_DATA_HOME").map(PathBuf::from),
    }
}
