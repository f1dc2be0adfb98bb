//! `taffrail config check|print`.

use std::io::Write;
use std::process::ExitCode;

use taffrail_config::{ConfigError, Problem, Settings, print};
use taffrail_ingest::redact::Redactor;

use super::answer::{Answer, answer, note};
use crate::actors::actor_rules;
use crate::args::{ConfigCommand, SettingsArgs};
use crate::exit::FOUND;
use crate::http::{Access, Role};
use crate::notify::Notify;
use crate::unwanted::Unwanted;
use crate::{settings, telemetry, tls};

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
    let problems = at_start(&settings);
    if !problems.is_empty() {
        return Err(ConfigError::Invalid { problems }.into());
    }
    match &args.config {
        Some(file) => writeln!(out, "{} and the environment are right", file.display())?,
        None => writeln!(out, "no configuration file was named; the defaults and the environment are right")?,
    }
    warn(&settings);
    Ok(FOUND)
}

/// What the server would stumble over at its start, and loading does not look at.
fn at_start(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut report = |path: &str, message: String| {
        problems.push(Problem { path: path.to_owned(), message, origin: None });
    };
    if let Err(error) = telemetry::filter(&settings.log) {
        report("log.filter", format!("{error}; write a level such as info, or levels per target"));
    }
    if let Err(ConfigError::Invalid { problems }) = Unwanted::of(&settings.ingest, actor_rules(settings)) {
        problems.into_iter().for_each(|problem| report(&problem.path, problem.message));
    }
    let of_targets = Notify::problems(&settings.notify);
    of_targets.into_iter().for_each(|problem| report(&problem.path, problem.message));
    if let Some(key) = &settings.redaction.key {
        let key = key.read(|name| std::env::var(name).ok()).map_err(|error| error.to_string());
        let redactor = key.and_then(|key| {
            Redactor::new(&settings.redaction, key.expose()).map_err(|error| error.to_string())
        });
        if let Err(error) = redactor {
            report("redaction.key", error);
        }
    }
    for (name, role, tls, auth) in [
        ("api", Role::Reading, &settings.api.tls, &settings.api.auth),
        ("ingest", Role::Sending, &settings.ingest.tls, &settings.ingest.auth),
    ] {
        let errors = [tls::server(name, tls).err(), Access::open(name, role, auth).err()];
        for error in errors.into_iter().flatten() {
            // The message begins with the setting's name.
            let text = error.to_string();
            let (path, message) = text.split_once(": ").unwrap_or((name, &text));
            report(path, message.to_owned());
        }
    }
    problems
}

fn warn(settings: &Settings) {
    taffrail_config::warnings(settings).iter().for_each(|warning| note(&format!("warning: {warning}")));
}
