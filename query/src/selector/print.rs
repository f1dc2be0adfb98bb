//! Selectors as text, with the quotation marks and the order within sets of `String` in `ast.go`. Parentheses stand only
//! where they are needed, so that what is printed never nests deeper than what was read.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use super::{Node, Selector, Test};

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all()"),
            Self::Global => f.write_str("global()"),
            Self::Label(key, test) => label(f, key, test),
            Self::Not(part) => {
                f.write_str("!")?;
                nested(f, part, matches!(part.as_ref(), Self::And(_) | Self::Or(_)))
            }
            Self::And(parts) => joined(f, parts, " && ", |part| matches!(part, Self::And(_) | Self::Or(_))),
            Self::Or(parts) => joined(f, parts, " || ", |part| matches!(part, Self::Or(_))),
        }
    }
}

fn joined(
    f: &mut Formatter<'_>,
    parts: &[Node],
    operator: &str,
    needs_parentheses: fn(&Node) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        nested(f, part, needs_parentheses(part))?;
    }
    Ok(())
}

fn nested(f: &mut Formatter<'_>, part: &Node, in_parentheses: bool) -> fmt::Result {
    if in_parentheses { write!(f, "({part})") } else { part.fmt(f) }
}

fn label(f: &mut Formatter<'_>, key: &str, test: &Test) -> fmt::Result {
    match test {
        Test::Exists => write!(f, "has({key})"),
        Test::Is(value) => write!(f, "{key} == {}", Quoted(value)),
        Test::IsNot(value) => write!(f, "{key} != {}", Quoted(value)),
        Test::Contains(value) => write!(f, "{key} contains {}", Quoted(value)),
        Test::StartsWith(value) => write!(f, "{key} starts with {}", Quoted(value)),
        Test::EndsWith(value) => write!(f, "{key} ends with {}", Quoted(value)),
        Test::In(values) => write!(f, "{key} in {}", Set(values)),
        Test::NotIn(values) => write!(f, "{key} not in {}", Set(values)),
    }
}

/// A value never holds both kinds of quotation marks.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let quote = if self.0.contains('"') { '\'' } else { '"' };
        write!(f, "{quote}{}{quote}", self.0)
    }
}

struct Set<'a>(&'a BTreeSet<String>);

impl Display for Set<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, value) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{}", Quoted(value))?;
        }
        f.write_str("}")
    }
}
