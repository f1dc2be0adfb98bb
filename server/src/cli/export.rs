//! `taffrail export`: everything that matches, oldest first, in constant memory.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use super::answer::{Answer, answer, note};
use super::coverage::warnings;
use super::question::Question;
use super::source::Source;
use super::visible::{visible, visible_json};
use crate::args::{ExportArgs, ExportFormat};
use crate::exit::{FOUND, NOTHING_FOUND};

/// Runs the command.
pub(crate) fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let question = Question::new(&args.query.text(), args.cluster.as_deref(), &args.range)?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let write = |out: &mut dyn Write| source.export(&question, args.format, out);
        let lines = match args.out.as_deref().filter(|file| *file != Path::new("-")) {
            Some(file) => to_file(file, write)?,
            None => to_answer(out, args.format, write)?,
        };
        let coverage = source.events(&question, 1, None)?.coverage;
        warnings(&coverage, &question.zone).iter().for_each(|warning| note(warning));
        if lines > header_lines(args.format) {
            return Ok(FOUND);
        }
        note(&format!("nothing found {} in {}", question.in_words(), source.name()));
        Ok(NOTHING_FOUND)
    })
}

fn header_lines(format: ExportFormat) -> u64 {
    match format {
        ExportFormat::Ndjson => 0,
        ExportFormat::Csv => 1,
    }
}

/// Writes beside the file and puts it in place when it is complete: whoever finds it can rely on it.
fn to_file(file: &Path, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<u64> {
    let part = part_of(file);
    let created = File::create(&part).with_context(|| format!("cannot write {}", part.display()))?;
    let mut out = Lines { out: BufWriter::new(created), count: 0 };
    let written = write(&mut out).and_then(|()| {
        out.flush()?;
        out.out.get_ref().sync_all()?;
        Ok(std::fs::rename(&part, file)?)
    });
    if let Err(error) = written {
        // What is left of it is of no use, and its absence no further failure.
        std::fs::remove_file(&part).ok();
        return Err(error.context(format!("{} was not written", file.display())));
    }
    Ok(out.count)
}

fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    name.into()
}

fn to_answer(
    out: &mut Answer,
    format: ExportFormat,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    if out.is_terminal() {
        let mut lines = Lines { out: Terminal { out, format, line: Vec::new() }, count: 0 };
        write(&mut lines)?;
        lines.flush()?;
        return Ok(lines.count);
    }
    let mut lines = Lines { out, count: 0 };
    write(&mut lines)?;
    Ok(lines.count)
}

/// Counts the lines that pass through.
struct Lines<W> {
    out: W,
    count: u64,
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        let written = bytes.get(..count).unwrap_or_default();
        self.count += written.iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Shows lines on a terminal, which must not obey them.
struct Terminal<W> {
    out: W,
    format: ExportFormat,
    line: Vec<u8>,
}

impl<W: Write> Terminal<W> {
    fn show(&mut self) -> io::Result<()> {
        let line = String::from_utf8_lossy(&self.line);
        let line = match self.format {
            ExportFormat::Ndjson => visible_json(&line),
            ExportFormat::Csv => visible(&line),
        };
        self.out.write_all(line.as_bytes())?;
        self.line.clear();
        Ok(())
    }
}

impl<W: Write> Write for Terminal<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (line, ends) = match part.strip_suffix(b"\n") {
                Some(line) => (line, true),
                None => (part, false),
            };
            self.line.extend_from_slice(line);
            if ends {
                if self.line.last() == Some(&b'\r') {
                    self.line.pop();
                }
                self.show()?;
                self.out.write_all(b"\n")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.show()?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_complete() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("events.ndjson");
        let failed = to_file(&file, |out| {
            out.write_all(b"{}\n")?;
            anyhow::bail!("the stream broke off")
        });
        assert!(failed.unwrap_err().to_string().contains("was not written"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert_eq!(to_file(&file, |out| Ok(out.write_all(b"{}\n{}\n")?)).unwrap(), 2);
        assert_eq!(std::fs::read(&file).unwrap(), b"{}\n{}\n");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_terminal_does_not_obey() {
        let shown = |format, parts: &[&[u8]]| {
            let mut out = Vec::new();
            let mut terminal = Terminal { out: &mut out, format, line: Vec::new() };
            parts.iter().for_each(|part| terminal.write_all(part).unwrap());
            terminal.flush().unwrap();
            String::from_utf8(out).unwrap()
        };
        let hostile = "a\u{9b}2J,\"b\x1b[m\r\n".as_bytes();
        // Cut in the middle of a character.
        assert_eq!(shown(ExportFormat::Csv, &[&hostile[..2], &hostile[2..]]), "a\\u{9b}2J,\"b\\u{1b}[m\n");
        let json = "{\"a\":\"\u{9b}\"}\n{\"b\":1}\n".as_bytes();
        assert_eq!(shown(ExportFormat::Ndjson, &[json]), "{\"a\":\"\\u009b\"}\n{\"b\":1}\n");
    }
}
