//! The question before something is done to a cluster.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::Context;

use crate::exit::WrongUse;

/// Refuses to go on where nobody could be asked, before anything is read.
pub(super) fn somebody_to_ask(yes: bool) -> Result<(), WrongUse> {
    if yes || io::stdin().is_terminal() {
        return Ok(());
    }
    Err(WrongUse(
        "this asks before it acts, and there is no terminal to ask on: --yes does it without asking, --dry-run only says what it would do"
            .to_owned(),
    ))
}

/// Asks on the terminal; everything but a yes is a no.
pub(super) fn agreed(question: &str) -> anyhow::Result<bool> {
    ask(question, &mut io::stdin().lock(), &mut io::stderr()).context("cannot ask")
}

fn ask(question: &str, answers: &mut impl BufRead, out: &mut impl Write) -> io::Result<bool> {
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        fn check(answer: &str, expected: bool) {
            let mut out = Vec::new();
            assert_eq!(ask("Do it?", &mut answer.as_bytes(), &mut out).unwrap(), expected, "{answer:?}");
            assert_eq!(String::from_utf8(out).unwrap(), "Do it? [y/N] ");
        }
        check("y\n", true);
        check(" YES \n", true);
        check("\n", false);
        check("", false);
        check("n\ny\n", false);
        check("yep\n", false);
    }
}
