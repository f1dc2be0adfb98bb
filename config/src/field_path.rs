//! Paths to fields of an object, as redaction rules name them.

use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::ConfigError;

/// Kubernetes objects nest far less; a longer path is a mistake.
const MAX_SEGMENTS: usize = 64;

/// A path such as `spec.password`, `data.*`, `spec.users[*].token` or `metadata.annotations["example.com/key"]`.
///
/// Segments are separated by dots. `*` (or `[*]`) stands for every key of a map and every element of a list, and a
/// quoted key in brackets may hold anything, with `\"` and `\\` as its only escapes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldPath(Vec<Segment>);

/// One step of a [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// The value under this key of a map.
    Key(String),
    /// Every key of a map, every element of a list.
    Any,
}

impl FieldPath {
    /// The steps from the object's root; never empty.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }
}

impl FromStr for FieldPath {
    type Err = ConfigError;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        parse(path).map(Self).map_err(|reason| ConfigError::FieldPath { path: path.to_owned(), reason })
    }
}

fn parse(path: &str) -> Result<Vec<Segment>, &'static str> {
    let mut segments = Vec::new();
    let mut rest = path;
    loop {
        let (segment, after) = match rest.strip_prefix('[') {
            Some(inside) => bracketed(inside)?,
            None => bare(rest)?,
        };
        segments.push(segment);
        if segments.len() > MAX_SEGMENTS {
            return Err("it has more than 64 segments");
        }
        rest = match after.strip_prefix('.') {
            Some(next) => next,
            None if after.is_empty() => return Ok(segments),
            None if after.starts_with('[') => after,
            None => return Err("after ] comes a dot, another [ or the end"),
        };
    }
}

fn bare(text: &str) -> Result<(Segment, &str), &'static str> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (key, after) = text.split_at(end);
    match key {
        "" => Err("a segment is empty; write a key or * between the dots"),
        "*" => Ok((Segment::Any, after)),
        _ if key.contains(|c: char| {
            c.is_control() || c.is_whitespace() || matches!(c, '*' | ']' | '"' | '\\')
        }) =>
        {
            Err("a key with blanks or any of * ] \" \\ is written as [\"key\"]")
        }
        _ => Ok((Segment::Key(key.to_owned()), after)),
    }
}

/// Reads what follows an opening bracket.
fn bracketed(inside: &str) -> Result<(Segment, &str), &'static str> {
    const EXPECTED: &str = "brackets hold * or a key in double quotes";
    if let Some(after) = inside.strip_prefix("*]") {
        return Ok((Segment::Any, after));
    }
    let mut chars = inside.strip_prefix('"').ok_or(EXPECTED)?.chars();
    let mut key = String::new();
    loop {
        match chars.next().ok_or("the closing \"] is missing")? {
            '"' => break,
            '\\' => key.push(
                chars.next().filter(|c| matches!(c, '"' | '\\')).ok_or("only \\\" and \\\\ are escapes")?,
            ),
            c => key.push(c),
        }
    }
    let after = chars.as_str().strip_prefix(']').ok_or("the closing ] is missing")?;
    Ok((Segment::Key(key), after))
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            match segment {
                Segment::Any => write!(f, "{dot}*")?,
                Segment::Key(key) if bare(key) == Ok((segment.clone(), "")) => write!(f, "{dot}{key}")?,
                Segment::Key(key) => write!(f, "[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\""))?,
            }
        }
        Ok(())
    }
}

impl Serialize for FieldPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FieldPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FieldPath, Segment};

    fn check(path: &str, expected: Option<&[&str]>) {
        let segments = path.parse::<FieldPath>().ok().map(|path| {
            let shown = |segment: &Segment| match segment {
                Segment::Any => "*".to_owned(),
                Segment::Key(key) => format!("={key}"),
            };
            path.segments().iter().map(shown).collect::<Vec<_>>()
        });
        assert_eq!(segments, expected.map(|all| all.iter().map(|s| (*s).to_owned()).collect()), "{path:?}");
    }

    #[test]
    fn paths() {
        check("data", Some(&["=data"]));
        check("spec.password", Some(&["=spec", "=password"]));
        check("data.*", Some(&["=data", "*"]));
        check("spec.users[*].token", Some(&["=spec", "=users", "*", "=token"]));
        check(r#"metadata.annotations["a.b/c"]"#, Some(&["=metadata", "=annotations", "=a.b/c"]));
        check(r#"["a\"\\"].b"#, Some(&["=a\"\\", "=b"]));
        check("data[\"*\"]", Some(&["=data", "=*"]));
        for bad in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a b",
            "a[",
            "a[0]",
            "a[b]",
            "a[\"b",
            "a[\"b\"",
            "a[*]b",
            "a*",
            "a]",
            "a[\"\\n\"]",
        ] {
            check(bad, None);
        }
        check(&vec!["a"; 64].join("."), Some(&["=a"; 64]));
        check(&vec!["a"; 65].join("."), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a.*\\[\\]\"\\\\ ]{0,12}") {
            if let Ok(path) = text.parse::<FieldPath>() {
                prop_assert_eq!(path.to_string().parse::<FieldPath>().unwrap(), path);
            }
        }
    }
}
