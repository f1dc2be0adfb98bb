//! Where answers go: standard output, through one writer that takes a closed pipe for a good reason to stop.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::visible::{visible, visible_json};
use crate::exit::FOUND;

/// Standard output, buffered.
pub(crate) struct Answer {
    out: BufWriter<Box<dyn Write>>,
    is_terminal: bool,
}

/// Runs a command that writes its answer and says with which code the process ends.
pub(crate) fn answer(write: impl FnOnce(&mut Answer) -> anyhow::Result<u8>) -> anyhow::Result<ExitCode> {
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    let answer = Answer { out: BufWriter::new(Box::new(stdout)), is_terminal };
    give(answer, write).map(ExitCode::from)
}

fn give(mut answer: Answer, write: impl FnOnce(&mut Answer) -> anyhow::Result<u8>) -> anyhow::Result<u8> {
    let written = write(&mut answer);
    // What was written before a failure is worth having too.
    let flushed = answer.flush();
    match written.and_then(|code| Ok(flushed.map(|()| code)?)) {
        // The reader (`head`, a pager) has seen enough.
        Err(error) if is_closed(&error) => Ok(FOUND),
        result => result,
    }
}

/// A line for the person, beside the answer.
pub(crate) fn note(text: &str) {
    // Nobody is left to tell when standard error is closed.
    writeln!(io::stderr(), "{}", visible(text)).ok();
}

impl Answer {
    /// Writes a value as one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        let text = serde_json::to_string(value)?;
        self.json_text(&text)
    }

    /// Writes JSON, and an end of line. A terminal obeys nothing that is in it.
    pub(crate) fn json_text(&mut self, text: &str) -> anyhow::Result<()> {
        let text = if self.is_terminal { visible_json(text) } else { text.into() };
        Ok(writeln!(self, "{text}")?)
    }

    /// Whether a person is looking at it.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }
}

impl Write for Answer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(|error| closed(&error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| closed(&error))
    }
}

/// Marks a broken pipe as that of the answer: a connection to a server may break as well, and that is a failure.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
struct OutputClosed;

fn closed(error: &io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => io::Error::new(io::ErrorKind::BrokenPipe, OutputClosed),
        _ => io::Error::new(error.kind(), format!("cannot write to standard output: {error}")),
    }
}

fn is_closed(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause.is::<OutputClosed>() || inner.is_some_and(|inner| inner.is::<OutputClosed>())
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;
    use crate::exit::NOTHING_FOUND;

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn answer_to(out: impl Write + 'static) -> Answer {
        Answer { out: BufWriter::new(Box::new(out)), is_terminal: false }
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let large = vec![b'x'; 100_000];
        let write = |answer: &mut Answer| {
            answer.write_all(&large).context("write the events")?;
            Ok(NOTHING_FOUND)
        };
        assert_eq!(give(answer_to(Broken(io::ErrorKind::BrokenPipe)), write).unwrap(), FOUND);
        assert!(give(answer_to(Broken(io::ErrorKind::StorageFull)), write).is_err());
        assert_eq!(give(answer_to(io::sink()), write).unwrap(), NOTHING_FOUND);
    }

    #[test]
    fn another_broken_pipe_is_a_failure() {
        let broken = |_: &mut Answer| Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        assert!(give(answer_to(io::sink()), broken).is_err());
    }
}
