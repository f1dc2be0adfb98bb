//! Ways into a workload: exec, attach, port-forward, log, proxy. What was run stands in the URL only.

use super::line;
use super::phrase::{Phrase, Verb};
use super::told::Told;
use crate::query_text::all_parameters;

const OPENED: Verb = Verb::lasting("opened a shell in", "opening a shell in", "has a shell open in");
const RAN: Verb = Verb::new("ran", "running");
const ATTACHED: Verb = Verb::lasting("attached to", "attaching to", "is attached to");
const FORWARDED: Verb = Verb::new("forwarded", "forwarding");
const READ_LOG: Verb = Verb::new("read the log of", "reading the log of");
const SENT: Verb = Verb::new("sent a request through", "sending a request through");

/// Commands are cut here.
const MAX_COMMAND_BYTES: usize = 200;

/// Programs that take commands.
const SHELLS: &[&str] = &[
    "sh",
    "bash",
    "ash",
    "dash",
    "zsh",
    "ksh",
    "csh",
    "tcsh",
    "fish",
    "busybox",
    "pwsh",
    "powershell",
    "cmd",
];

pub(super) fn phrase(told: &Told<'_>) -> Option<Phrase> {
    let phrase = match told.object.subresource.as_str() {
        "exec" => exec(told),
        "attach" => Phrase::new(ATTACHED, place(told)),
        "portforward" => {
            let ports: Vec<_> = parameters(told, "ports").iter().map(|port| line::short(port)).collect();
            let ports = if ports.is_empty() {
                "a port".to_owned()
            } else {
                format!("port {}", line::first_of(&ports))
            };
            Phrase::new(FORWARDED, format!("{ports} to {}", told.what()))
        }
        "log" => Phrase::new(READ_LOG, place(told)),
        "proxy" => Phrase::new(SENT, format!("{}{}", told.what(), proxied(told))),
        _ => return None,
    };
    Some(phrase)
}

fn exec(told: &Told<'_>) -> Phrase {
    let words = parameters(told, "command");
    let command = line::cut(&words.join(" "), MAX_COMMAND_BYTES);
    let program = words.first().map(String::as_str).unwrap_or_default();
    let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
    if SHELLS.contains(&program.strip_suffix(".exe").unwrap_or(program)) {
        return Phrase::new(OPENED, format!("{}: {command}", place(told)));
    }
    let command = if command.is_empty() { "a command" } else { &command };
    Phrase::new(RAN, format!("{command} in {}", place(told)))
}

/// The pod, and its container where that is not the one that the pod is named after.
fn place(told: &Told<'_>) -> String {
    let container = parameters(told, "container").into_iter().next().unwrap_or_default();
    if container.is_empty() || told.object.name.starts_with(&container) {
        return told.what();
    }
    format!("container {} of {}", line::name(&container), told.what())
}

/// What was asked for behind the proxy.
fn proxied(told: &Told<'_>) -> String {
    let path = told.audit.uri.split('?').next().unwrap_or_default();
    match path.split_once("/proxy/") {
        Some((_, rest)) if !rest.is_empty() => format!(" (/{})", line::short(rest)),
        _ => String::new(),
    }
}

/// The values of a query parameter.
pub(super) fn parameters(told: &Told<'_>, name: &str) -> Vec<String> {
    all_parameters(&told.audit.uri, name).collect()
}
