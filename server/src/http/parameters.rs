//! The query string: every parameter known, none twice.

use percent_encoding::percent_decode_str;

use super::nearest::nearest;
use super::problem::{Code, Problem};

/// The parameters of one request.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    found: Vec<(String, String)>,
}

impl Parameters {
    /// Reads a query string (`+` is a space) that may have these parameters.
    pub(super) fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let mut found: Vec<(String, String)> = Vec::new();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if !known.contains(&name.as_str()) {
                return Err(unknown(&name, known));
            }
            if found.iter().any(|(other, _)| *other == name) {
                let detail = format!("{name} is there twice; give it once");
                return Err(Problem::new(Code::UnknownParameter, detail));
            }
            found.push((name, value));
        }
        Ok(Self { found })
    }

    /// The value; an empty one counts as not given, as forms send them.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.found.iter().find(|(other, _)| other == name)?;
        (!value.is_empty()).then_some(value)
    }

    /// Refuses a value that has more characters than this.
    pub(super) fn at_most(&self, name: &str, longest: usize) -> Result<(), Problem> {
        self.get(name).map_or(Ok(()), |value| at_most(name, value, longest))
    }

    /// The value as a number.
    pub(super) fn number(&self, name: &str, default: usize) -> Result<usize, Problem> {
        let Some(value) = self.get(name) else { return Ok(default) };
        value.parse().map_err(|_| {
            Problem::new(Code::BadParameter, format!("{name} is {value:?}; it has to be a whole number"))
        })
    }

    /// The value as one of a few words.
    pub(super) fn choice<T: Copy>(
        &self,
        name: &str,
        choices: &[(&str, T)],
        default: T,
    ) -> Result<T, Problem> {
        let Some(value) = self.get(name) else { return Ok(default) };
        choices.iter().find(|(word, _)| *word == value).map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let detail = format!("{name} is {value:?}; it has to be {}", words.join(" or "));
            Problem::new(Code::BadParameter, detail)
        })
    }
}

/// Characters of a cluster, group, resource or namespace at most.
pub(super) const LONGEST_PART: usize = 253;
/// Characters of an object's name at most.
pub(super) const LONGEST_NAME: usize = 1000;

/// Refuses a part of a request that has more characters than this: nothing that was recorded has such a long name.
pub(super) fn at_most(name: &str, value: &str, longest: usize) -> Result<(), Problem> {
    let length = value.chars().count();
    if length <= longest {
        return Ok(());
    }
    let detail = format!("{name} has {length} characters; it can have {longest}");
    Err(Problem::new(Code::BadParameter, detail))
}

fn decode(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| {
        Problem::new(Code::BadParameter, "the query string is not UTF-8; percent-encode it as UTF-8 bytes")
    })
}

fn unknown(name: &str, known: &[&str]) -> Problem {
    let detail = match known {
        [] => format!("there is no parameter {name:?}; this path takes none"),
        _ => format!("there is no parameter {name:?}; there are {}", known.join(", ")),
    };
    let problem = Problem::new(Code::UnknownParameter, detail);
    match nearest(name, known) {
        Some(near) => problem.hint(format!("did you mean {near}?")),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["q", "limit", "order"];

    #[test]
    fn values() {
        fn check(query: &str, name: &str, expected: Option<&str>) {
            let parameters = Parameters::read(Some(query), KNOWN).unwrap();
            assert_eq!(parameters.get(name), expected, "{query}");
        }
        check("q=verb:delete", "q", Some("verb:delete"));
        check("q=a+b%2Bc&limit=5", "q", Some("a b+c"));
        check("q=%C3%A4", "q", Some("ä"));
        check("q=a=b", "q", Some("a=b"));
        check("q=", "q", None);
        check("", "q", None);
        check("&&limit=7&", "limit", Some("7"));
    }

    #[test]
    fn refusals() {
        fn check(query: &str, code: Code, part: &str) {
            let read = Parameters::read(Some(query), KNOWN).and_then(|found| {
                found.number("limit", 1)?;
                found.at_most("q", 3)?;
                found.choice("order", &[("asc", 1), ("desc", 2)], 1)
            });
            let problem = read.unwrap_err();
            assert_eq!(problem.code(), code, "{query}");
            assert!(problem.detail().contains(part), "{query}: {}", problem.detail());
        }
        check("limt=5", Code::UnknownParameter, "there is no parameter \"limt\"; there are q, limit, order");
        check("q=a&q=b", Code::UnknownParameter, "twice");
        check("q=%ff", Code::BadParameter, "not UTF-8");
        check("limit=many", Code::BadParameter, "whole number");
        check("limit=-1", Code::BadParameter, "whole number");
        check("q=%C3%A4bcd", Code::BadParameter, "q has 4 characters; it can have 3");
        check("order=up", Code::BadParameter, "asc or desc");
    }
}
