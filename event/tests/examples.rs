//! Every event in `samples/audit/examples`, each by itself, as a person can read and correct it: `examples.txt`.
//!
//! With `UPDATE=1` the table is written anew. Then read what became of it: it is the claim, not the program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod table;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use taffrail_event::change::JsonText;
use taffrail_event::{Change, Event, FieldChange, FieldOp, Origins};

/// Longer values are told by their length: the table is for reading.
const MAX_VALUE_BYTES: usize = 240;

#[test]
fn examples_are_told_as_the_table_says() {
    table::check("examples.txt", &blocks());
}

/// A block for each example, in the order of their names.
fn blocks() -> String {
    let files = table::files("../samples/audit/examples");
    files.iter().map(|file| block(file)).collect()
}

fn block(file: &Path) -> String {
    let event = Event::decode(&fs::read(file).unwrap(), Origins::default()).unwrap();
    let (actor, outcome) = (event.actor.unwrap(), event.outcome.unwrap());
    let name = file.file_stem().unwrap().to_str().unwrap();
    let mut out = format!("\n{name}\n  summary  {}\n", event.summary);
    write!(out, "  actor    {} {:?}", actor.actor_type.name(), actor.name).unwrap();
    if let Some(impersonated) = actor.impersonated {
        write!(out, " as {:?}", impersonated.name).unwrap();
    }
    let code = outcome.code.map_or("without a code".to_owned(), |code| code.to_string());
    write!(out, "\n  outcome  {} {code}", outcome.result.name()).unwrap();
    if let Some(denied_by) = outcome.denied_by {
        write!(out, " by {}", denied_by.name()).unwrap();
    }
    out + "\n" + &change(&event.change.unwrap())
}

fn change(change: &Change) -> String {
    let mut out = format!("  change   {} {}", change.change_type.name(), change.confidence.name());
    match change.fields_total {
        None => out.push_str(", fields not known\n"),
        Some(total) => {
            assert_eq!(total, change.fields.len() as u64);
            out.push('\n');
        }
    }
    for FieldChange { path, op, before, after, status, .. } in &change.fields {
        let (before, after, status) = (value(before), value(after), if *status { "  (status)" } else { "" });
        let line = match op {
            FieldOp::Add => format!("+ {path}: {after}"),
            FieldOp::Remove => format!("- {path}: {before}"),
            FieldOp::Replace => format!("{path}: {before} -> {after}"),
        };
        writeln!(out, "    {line}{status}").unwrap();
    }
    for member in &change.members {
        let object = &member.object;
        writeln!(out, "    member {} {}/{} {}", object.resource, object.namespace, object.name, member.uid)
            .unwrap();
    }
    out
}

fn value(value: &Option<JsonText>) -> String {
    match value {
        // Before a patch, when nothing is known of the object.
        None => "?".to_owned(),
        Some(value) if value.len() > MAX_VALUE_BYTES => format!("({} bytes)", value.len()),
        Some(value) => value.as_json().to_owned(),
    }
}
