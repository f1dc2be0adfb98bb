//! The words of a query on the command line: they join, and `-verb:get` is one of them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use clap::{Args, ValueEnum};

use super::Output;

/// Put before a word that begins with a minus, so that clap takes it for a word. No argument can contain it.
const WORD: u8 = 0;

/// The commands that take a query.
const WITH_QUERY: &[&str] = &["search", "timeline", "tail", "export", "top"];

/// A query as typed, in as many words as the shell made of it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct QueryWords {
    /// What to look for, e.g. verb:delete user:alice -ns:kube-system [default: everything]
    #[arg(value_name = "QUERY", value_parser = word)]
    words: Vec<String>,
}

impl QueryWords {
    /// The query text.
    pub(crate) fn text(&self) -> String {
        self.words.join(" ")
    }
}

/// The arguments, with those that are negated query words marked: clap would read options only before the first of
/// them if it were told to accept a minus.
pub(super) fn mark_words(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if !arguments.get(1).is_some_and(|command| WITH_QUERY.iter().any(|known| command == known)) {
        return arguments;
    }
    for index in 2..arguments.len() {
        if is_word(&arguments[index]) && !takes_value(&arguments[index - 1]) {
            let mut marked = vec![WORD];
            marked.extend_from_slice(arguments[index].as_bytes());
            arguments[index] = OsString::from_vec(marked);
        }
    }
    arguments
}

/// Whether it begins with one minus and is none of the short options.
fn is_word(argument: &OsStr) -> bool {
    match argument.as_bytes() {
        [] | [b'-'] | [b'-', b'-', ..] | b"-h" | b"-V" | b"-o" | b"-O" => false,
        [b'-', b'o', format @ ..] => {
            let format = format.strip_prefix(b"=").unwrap_or(format);
            std::str::from_utf8(format).is_ok_and(|format| Output::from_str(format, false).is_err())
        }
        [b'-', ..] => true,
        _ => false,
    }
}

/// Whether the next argument is the value of this one.
fn takes_value(argument: &OsStr) -> bool {
    let long = argument.as_bytes().strip_prefix(b"--");
    long.is_some_and(|name| !name.is_empty() && !name.contains(&b'='))
}

fn word(text: &str) -> Result<String, String> {
    Ok(text.strip_prefix(char::from(WORD)).unwrap_or(text).to_owned())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use crate::args::{Arguments, Command, Output};

    fn search(words: &[&str]) -> Result<(String, Output, u64), String> {
        let line = ["taffrail", "search"].iter().chain(words);
        match Arguments::try_of(line.map(OsString::from)).map_err(|error| error.to_string())?.command {
            Command::Search(args) => Ok((args.query.text(), args.output.format, args.limit)),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn words_join_and_a_minus_is_no_flag() {
        fn check(words: &[&str], expected: &str) {
            assert_eq!(search(words).unwrap().0, expected, "{words:?}");
        }
        check(&[], "");
        check(&["verb:delete", "ns:shop"], "verb:delete ns:shop");
        check(&["-verb:get"], "-verb:get");
        check(&["user:alice", "-verb:get", "-ns:x"], "user:alice -verb:get -ns:x");
        check(&["-ns:x", "--limit", "5", "-o", "json", "-verb:get"], "-ns:x -verb:get");
        check(&["-oom", "-404", "-\"a b\"", "-(a OR b)", "-o:x"], "-oom -404 -\"a b\" -(a OR b) -o:x");
        check(&["--from", "-15m", "-x", "--to=-5m", "-y"], "-x -y");
        check(&["a b", "--", "-o", "--c"], "a b -o --c");
    }

    #[test]
    fn options_are_found_on_either_side() {
        assert_eq!(search(&["-o", "json", "x", "--limit", "0"]).unwrap(), ("x".to_owned(), Output::Json, 0));
        assert_eq!(search(&["x", "-o", "ndjson"]).unwrap(), ("x".to_owned(), Output::Ndjson, 100));
    }

    #[test]
    fn a_misspelt_option_is_refused() {
        assert!(search(&["x", "--limt", "5"]).unwrap_err().contains("--limit"));
    }
}
