//! Exit codes, and how a command says that it failed.

use std::io::Write;
use std::process::ExitCode;

use taffrail_config::ConfigError;

/// Done; for reading commands: something was found.
pub(crate) const FOUND: u8 = 0;
/// A reading command found nothing.
pub(crate) const NOTHING_FOUND: u8 = 1;
/// The command line, the configuration or the query is wrong: the caller has to write it differently.
pub(crate) const WRONG_USE: u8 = 2;
/// Everything was right and it failed all the same.
pub(crate) const FAILED: u8 = 3;

/// An error that the caller corrects by writing something else; ends the process with [`WRONG_USE`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUse(pub(crate) String);

/// What was asked for is not there; ends the process with [`NOTHING_FOUND`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotThere(pub(crate) String);

/// Prints the error with its causes and returns the exit code that fits.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    // Nobody is left to tell when standard error is closed.
    writeln!(std::io::stderr(), "error: {}", in_words(error)).ok();
    ExitCode::from(code(error))
}

/// The error with its causes, without those that an error above has named already.
fn in_words(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |words, cause| match words.as_str() {
        "" => cause,
        _ if words.contains(&cause) => words,
        _ => format!("{words}: {cause}"),
    })
}

fn code(error: &anyhow::Error) -> u8 {
    let is = |what: fn(&(dyn std::error::Error + 'static)) -> bool| error.chain().any(what);
    match () {
        () if is(|cause| cause.is::<WrongUse>() || cause.is::<ConfigError>()) => WRONG_USE,
        () if is(|cause| cause.is::<NotThere>()) => NOTHING_FOUND,
        () => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn a_cause_is_named_once() {
        let cause = anyhow!("no such file");
        let named = cause.context("open x: no such file").context("cannot import x");
        assert_eq!(in_words(&named), "cannot import x: open x: no such file");
    }

    #[test]
    fn codes() {
        assert_eq!(code(&anyhow!("disk on fire")), FAILED);
        assert_eq!(code(&WrongUse("no such file".to_owned()).into()), WRONG_USE);
        assert_eq!(code(&NotThere("no such event".to_owned()).into()), NOTHING_FOUND);
        let wrapped = Err::<(), _>(WrongUse("x".to_owned())).context("while reading the query").unwrap_err();
        assert_eq!(code(&wrapped), WRONG_USE);
    }
}
