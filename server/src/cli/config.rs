//! `taffrail config check|print`.

use std::io::Write;
use std::process::ExitCode;

use taffrail_config::{Settings, print, warnings};

use super::answer::{Answer, answer, note};
use crate::args::{ConfigCommand, SettingsArgs};
use crate::exit::FOUND;
use crate::settings;

/// Reports every problem, or prints the effective settings.
pub(crate) fn run(command: ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Check(args) => answer(|out| check(out, &args)),
        ConfigCommand::Print(args) => answer(|out| {
            let settings = settings::load(&args)?;
            out.write_all(print(&settings).as_bytes())?;
            warn(&settings);
            Ok(FOUND)
        }),
    }
}

fn check(out: &mut Answer, args: &SettingsArgs) -> anyhow::Result<u8> {
    let settings = settings::load(args)?;
    // What the server would stumble over at its start.
    if let Some(key) = &settings.redaction.key {
        key.read(|name| std::env::var(name).ok())?;
    }
    match &args.config {
        Some(file) => writeln!(out, "{} and the environment are right", file.display())?,
        None => writeln!(out, "no configuration file was named; the defaults and the environment are right")?,
    }
    warn(&settings);
    Ok(FOUND)
}

fn warn(settings: &Settings) {
    warnings(settings).iter().for_each(|warning| note(&format!("warning: {warning}")));
}
