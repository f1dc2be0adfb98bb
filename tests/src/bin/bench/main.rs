//! Measures the budgets of the design, beside gzip and zstd in the same run, and prints the table of
//! `docs/benchmarks.md`.
//!
//! The load generator runs on the same processors as the server. `TAFFRAIL_BIN` is a release build: `make bench` sees to
//! that.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program does")]

mod arguments;
mod corpus;
mod flows;
mod history;
mod hostile;
mod idle;
mod import;
mod machine;
mod queries;
mod replay;
mod table;
mod tail;
mod tls;
mod webhook;

use std::process::ExitCode;

use arguments::Arguments;
use table::Table;

/// Measures one part into the table.
type Measure = fn(&Arguments, &mut Table);

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    let mut table = Table::default();
    let parts: [(&str, Measure); 11] = [
        ("import", import::measure),
        ("webhook", webhook::measure),
        ("post", webhook::measure_single_post),
        ("tls", tls::measure),
        ("tail", tail::measure),
        ("hostile", hostile::measure),
        ("queries", queries::measure),
        ("history", history::measure),
        ("flows", flows::measure),
        ("replay", replay::measure),
        ("idle", idle::measure),
    ];
    for (name, measure) in parts {
        if arguments.wants(name) {
            eprintln!("{name} ...");
            measure(&arguments, &mut table);
        }
    }
    let text = format!("{}\n{table}", machine::description());
    println!("{text}");
    if let Some(path) = &arguments.write {
        table::write_into(path, &text);
    }
    ExitCode::SUCCESS
}
