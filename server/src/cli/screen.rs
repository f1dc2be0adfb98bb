//! The terminal that a table is for: how wide, and whether it wants colours.

use std::ffi::OsStr;

use comfy_table::Table;

use super::answer::Answer;

/// Width of a table that goes into a pipe or a file.
const DEFAULT_WIDTH: u16 = 120;

/// Below it a table stops being one; terminals that narrow wrap it themselves.
const MIN_WIDTH: u16 = 40;

/// How tables are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Columns.
    pub(crate) width: u16,
    /// Whether colours are wanted.
    pub(crate) colour: bool,
    /// Whether a person is looking at it.
    pub(crate) is_terminal: bool,
}

impl Screen {
    /// The screen that `answer` goes to; `width` is what was asked for.
    pub(crate) fn of(answer: &Answer, width: Option<u16>) -> Self {
        let is_terminal = answer.is_terminal();
        let measured = is_terminal.then(|| Table::new().width()).flatten();
        let refuses = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == OsStr::new("dumb"));
        Self {
            width: width.or(measured.filter(|width| *width > 0)).unwrap_or(DEFAULT_WIDTH).max(MIN_WIDTH),
            colour: is_terminal && !refuses("NO_COLOR") && !is_dumb,
            is_terminal,
        }
    }
}
