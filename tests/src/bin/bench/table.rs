//! The table of budgets and measurements.

use std::fmt;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";

/// Rows in the order in which they were measured.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    budget: String,
    measured: String,
    kept: Option<bool>,
}

impl Table {
    /// Adds a measurement that has a budget, and prints it at once.
    pub(crate) fn add(&mut self, what: &str, budget: &str, measured: String, kept: bool) {
        self.push(Row { what: what.to_owned(), budget: budget.to_owned(), measured, kept: Some(kept) });
    }

    /// Adds a measurement to compare with, and prints it at once.
    pub(crate) fn note(&mut self, what: &str, measured: String) {
        self.push(Row { what: what.to_owned(), budget: String::new(), measured, kept: None });
    }

    fn push(&mut self, row: Row) {
        eprintln!("  {row}");
        self.rows.push(row);
    }
}

impl Row {
    fn verdict(&self) -> &'static str {
        match self.kept {
            Some(true) => "ok",
            Some(false) => "**misses**",
            None => "",
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} | {} | {} | {} |", self.what, self.budget, self.measured, self.verdict())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | budget | measured | |\n|---|---|---|---|")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

/// Replaces what stands between the two marks in the document.
pub(crate) fn write_into(path: &Path, text: &str) {
    let document =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
    let (before, rest) = document.split_once(BEGIN).expect("the document has a place for the table");
    let (_, after) = rest.split_once(END).expect("the place for the table has an end");
    fs::write(path, format!("{before}{BEGIN}\n{text}{END}{after}"))
        .unwrap_or_else(|error| panic!("write {}: {error}", path.display()));
}
