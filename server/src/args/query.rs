//! The words of a query on the command line: they join, and `-verb:get` is one of them.

use clap::Args;

/// A query as typed, in as many words as the shell made of it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct QueryWords {
    /// What to look for, e.g. verb:delete user:alice -ns:kube-system [default: everything]
    #[arg(value_name = "QUERY", allow_hyphen_values = true, value_parser = word)]
    words: Vec<String>,
}

impl QueryWords {
    /// The query text.
    pub(crate) fn text(&self) -> String {
        self.words.join(" ")
    }
}

/// A misspelt option must not become a word that nothing contains.
fn word(text: &str) -> Result<String, String> {
    if text.starts_with("--") {
        return Err(format!("there is no option {text}; quote it to search for the text"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::args::{Arguments, Command, Output};

    fn search(words: &[&str]) -> Result<(String, Output, u64), String> {
        let line = ["taffrail", "search"].iter().chain(words);
        match Arguments::try_parse_from(line).map_err(|error| error.to_string())?.command {
            Command::Search(args) => Ok((args.query.text(), args.output, args.limit)),
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
        check(&["a b", "--", "-o:x", "c"], "a b -o:x c");
    }

    #[test]
    fn options_are_found_on_either_side() {
        assert_eq!(search(&["-o", "json", "x", "--limit", "0"]).unwrap(), ("x".to_owned(), Output::Json, 0));
        assert_eq!(search(&["x", "-o", "ndjson"]).unwrap(), ("x".to_owned(), Output::Ndjson, 100));
    }

    #[test]
    fn a_misspelt_option_is_refused() {
        assert!(search(&["x", "--limt", "5"]).unwrap_err().contains("there is no option --limt"));
    }
}
