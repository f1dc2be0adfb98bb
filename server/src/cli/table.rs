//! Tables that fit the terminal: plain columns, wrapped where they must be, coloured only for a person.

use std::io::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Row, Table, Width,
};

use super::screen::Screen;
use super::visible::visible;

/// Between two columns.
const GAP: u16 = 2;

/// Names can be of any length; nobody reads on for ever.
const MAX_CELL_CHARS: usize = 1000;

/// Lines of one row.
const MAX_ROW_LINES: usize = 6;

/// Any unique prefix of an id will do elsewhere; this many digits are unique but for rare luck.
pub(crate) const ID_DIGITS: usize = 8;

/// What a cell says beside its text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing.
    #[default]
    Plain,
    /// It went wrong.
    Bad,
    /// It deserves a look.
    Notable,
    /// It matters less.
    Quiet,
}

/// One cell: text that is safe to show.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    text: String,
    tone: Tone,
    right: bool,
}

impl Text {
    /// Plain text.
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let text = match text.char_indices().nth(MAX_CELL_CHARS) {
            Some((end, _)) => format!("{}…", visible(text.get(..end).unwrap_or_default())),
            None => visible(text).into_owned(),
        };
        Self { text, tone: Tone::Plain, right: false }
    }

    /// A number: aligned to the right, in groups of three.
    pub(crate) fn number(number: u64) -> Self {
        Self { text: grouped(number), tone: Tone::Plain, right: true }
    }

    /// As much of an id as leads back to it.
    pub(crate) fn id(id: &str) -> Self {
        Self::new(id.get(..ID_DIGITS).unwrap_or(id)).tone(Tone::Quiet)
    }

    /// The same, aligned to the right.
    pub(crate) fn right(self) -> Self {
        Self { right: true, ..self }
    }

    /// The same in another tone.
    pub(crate) fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    fn cell(self) -> Cell {
        let cell = Cell::new(self.text);
        let cell = if self.right { cell.set_alignment(CellAlignment::Right) } else { cell };
        match self.tone {
            Tone::Plain => cell,
            Tone::Bad => cell.fg(Color::Red),
            Tone::Notable => cell.fg(Color::Yellow),
            Tone::Quiet => cell.add_attribute(Attribute::Dim),
        }
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 record`, `1,204 records`: a noun that takes an s.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number))
}

/// Writes rows under titles; columns are as wide as the screen lets them be.
pub(crate) fn write(
    out: &mut dyn Write,
    screen: Screen,
    titles: &[&str],
    rows: impl IntoIterator<Item = Vec<Text>>,
) -> std::io::Result<()> {
    let mut table = empty(screen);
    table.set_header(row(self::titles(titles)));
    write_fitting(out, screen, table, rows)
}

/// Writes rows without titles.
pub(crate) fn write_list(
    out: &mut dyn Write,
    screen: Screen,
    rows: impl IntoIterator<Item = Vec<Text>>,
) -> std::io::Result<()> {
    write_fitting(out, screen, empty(screen), rows)
}

/// Writes rows into columns of the given widths, so that tables below each other line up.
pub(crate) fn write_columns(
    out: &mut dyn Write,
    screen: Screen,
    widths: &[u16],
    rows: impl IntoIterator<Item = Vec<Text>>,
) -> std::io::Result<()> {
    let mut table = empty(screen);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::MAX);
    table.add_rows(rows.into_iter().map(row));
    pad(&mut table);
    for (column, width) in table.column_iter_mut().zip(widths) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + GAP)));
    }
    write_lines(out, &table)
}

/// The titles of [`write_columns`]' columns.
pub(crate) fn titles(titles: &[impl AsRef<str>]) -> Vec<Text> {
    titles.iter().map(|title| Text::new(title).tone(Tone::Quiet)).collect()
}

fn empty(screen: Screen) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    // Or the gap after the last column would be styled, and count for the terminal's width.
    table.style_text_only();
    if screen.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

fn write_fitting(
    out: &mut dyn Write,
    screen: Screen,
    mut table: Table,
    rows: impl IntoIterator<Item = Vec<Text>>,
) -> std::io::Result<()> {
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.add_rows(rows.into_iter().map(row));
    // The gap after the last column is not seen.
    table.set_width(screen.width + GAP);
    pad(&mut table);
    write_lines(out, &table)
}

fn row(texts: Vec<Text>) -> Row {
    let mut row = Row::from(texts.into_iter().map(Text::cell).collect::<Vec<_>>());
    row.max_height(MAX_ROW_LINES);
    row
}

fn pad(table: &mut Table) {
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, GAP));
    });
}

fn write_lines(out: &mut dyn Write, table: &Table) -> std::io::Result<()> {
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(width: u16, colour: bool) -> Screen {
        Screen { width, colour, is_terminal: colour }
    }

    fn lines(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_fit_the_width() {
        let rows = || {
            [
                vec![Text::new("alice"), Text::number(1_234_567)],
                vec![Text::new("system:serviceaccount:kube-system:replicaset-controller"), Text::number(9)],
            ]
        };
        let wide = lines(|out| super::write(out, screen(80, false), &["USER", "EVENTS"], rows()));
        assert_eq!(
            wide,
            "\
USER                                                     EVENTS
alice                                                    1,234,567
system:serviceaccount:kube-system:replicaset-controller          9
"
        );
        let narrow = lines(|out| super::write(out, screen(40, false), &["USER", "EVENTS"], rows()));
        assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
        assert_eq!(narrow.lines().count(), 4, "{narrow}");
    }

    #[test]
    fn columns_of_given_widths_line_up_and_wrap() {
        let row = vec![Text::new("a"), Text::new("one two three four"), Text::new("z")];
        let text = lines(|out| write_columns(out, screen(80, false), &[3, 9, 2], [row]));
        assert_eq!(
            text,
            "\
a    one two    z
     three
     four
"
        );
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let rows = [vec![Text::new("名前"), Text::new("x")], vec![Text::new("abcd"), Text::new("y")]];
        assert_eq!(
            lines(|out| write_columns(out, screen(80, false), &[6, 2], rows)),
            "名前    x\nabcd    y\n"
        );
    }

    #[test]
    fn hostile_text_is_shown_and_not_obeyed() {
        let rows = [vec![Text::new("\x1b[31mred\u{202e}"), Text::new("a\nb")]];
        let text = lines(|out| super::write(out, screen(80, false), &["A", "B"], rows));
        assert!(!text.contains('\x1b'), "{text:?}");
        assert!(text.contains("\\u{1b}[31mred\\u{202e}  a\\nb"), "{text:?}");
    }

    #[test]
    fn colours_only_when_wanted() {
        let rows = || [vec![Text::new("denied").tone(Tone::Bad)]];
        assert!(!lines(|out| super::write(out, screen(80, false), &["R"], rows())).contains('\x1b'));
        let coloured = lines(|out| super::write(out, screen(80, true), &["R"], rows()));
        assert!(
            coloured.contains("denied\x1b[") && coloured.lines().all(|line| line.ends_with('m')),
            "{coloured:?}"
        );
    }

    #[test]
    fn numbers_are_grouped() {
        fn check(number: u64, expected: &str) {
            assert_eq!(grouped(number), expected);
        }
        check(0, "0");
        check(999, "999");
        check(1000, "1,000");
        check(12_345_678, "12,345,678");
    }

    #[test]
    fn one_of_a_kind_takes_no_s() {
        fn check(number: u64, expected: &str) {
            assert_eq!(counted(number, "record"), expected);
        }
        check(0, "0 records");
        check(1, "1 record");
        check(1204, "1,204 records");
    }
}
