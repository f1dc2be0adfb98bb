//! Queries as text that parses back to an equal tree, with canonical field names and absolute times.

use std::fmt::{self, Display, Formatter, Write};
use std::ops::Bound;

use taffrail_event::Timestamp;

use crate::ast::{Predicate, Query, TextPredicate};
use crate::field::{Field, FieldKind};
use crate::pattern::Pattern;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_char('*'),
            Self::And(parts) => joined(f, parts, " AND ", |part| matches!(part, Self::And(_) | Self::Or(_))),
            // Nothing answers to one of no parts.
            Self::Or(parts) if parts.is_empty() => f.write_str("NOT *"),
            Self::Or(parts) => joined(f, parts, " OR ", |part| matches!(part, Self::Or(_))),
            Self::Not(part) => {
                f.write_str("NOT ")?;
                nested(f, part, matches!(part.as_ref(), Self::And(_) | Self::Or(_)))
            }
            Self::Text(TextPredicate::Phrase(words)) => phrase(f, words),
            Self::Text(TextPredicate::Pattern(pattern)) => bare_pattern(f, pattern),
            Self::Field(field, predicate) => {
                write!(f, "{}:", field.canonical())?;
                value(f, *field, predicate)
            }
        }
    }
}

fn joined(
    f: &mut Formatter<'_>,
    parts: &[Query],
    operator: &str,
    needs_parentheses: fn(&Query) -> bool,
) -> fmt::Result {
    if parts.is_empty() {
        return f.write_char('*');
    }
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        nested(f, part, needs_parentheses(part))?;
    }
    Ok(())
}

fn nested(f: &mut Formatter<'_>, part: &Query, in_parentheses: bool) -> fmt::Result {
    if in_parentheses { write!(f, "({part})") } else { part.fmt(f) }
}

/// A single word is written as it is, more in quotation marks.
fn phrase(f: &mut Formatter<'_>, words: &[String]) -> fmt::Result {
    match words {
        [word] => f.write_str(word),
        _ => write!(f, "\"{}\"", words.join(" ")),
    }
}

fn bare_pattern(f: &mut Formatter<'_>, pattern: &Pattern) -> fmt::Result {
    f.write_str(&pattern.parts().join("*"))
}

fn value(f: &mut Formatter<'_>, field: Field, predicate: &Predicate) -> fmt::Result {
    match predicate {
        Predicate::Exists => f.write_char('*'),
        Predicate::Is(text) => literal(f, text),
        Predicate::Phrase(words) => phrase(f, words),
        Predicate::Pattern(pattern) => {
            for (index, part) in pattern.parts().iter().enumerate() {
                if index > 0 {
                    f.write_char('*')?;
                }
                escaped(f, part)?;
            }
            Ok(())
        }
        Predicate::Cidr(range) => range.fmt(f),
        Predicate::Range { lower, upper } => range(f, field, *lower, *upper),
    }
}

fn range(f: &mut Formatter<'_>, field: Field, lower: Bound<i64>, upper: Bound<i64>) -> fmt::Result {
    let number = |number: i64| match field.kind() {
        FieldKind::Time => Timestamp::from_micros(number).to_string(),
        _ => number.to_string(),
    };
    match (lower, upper) {
        (Bound::Unbounded, Bound::Unbounded) => f.write_char('*'),
        (Bound::Included(only), Bound::Included(end)) if only == end => f.write_str(&number(only)),
        (Bound::Included(from), Bound::Unbounded) => write!(f, ">={}", number(from)),
        (Bound::Excluded(from), Bound::Unbounded) => write!(f, ">{}", number(from)),
        (Bound::Unbounded, Bound::Included(to)) => write!(f, "<={}", number(to)),
        (Bound::Unbounded, Bound::Excluded(to)) => write!(f, "<{}", number(to)),
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
            f.write_char(if matches!(lower, Bound::Included(_)) { '[' } else { '{' })?;
            write!(f, "{} TO {}", number(from), number(to))?;
            f.write_char(if matches!(upper, Bound::Included(_)) { ']' } else { '}' })
        }
    }
}

/// Plain where nothing in the text means anything to the parser, else in quotation marks.
fn literal(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let is_plain = |character: char| character.is_alphanumeric() || "._-/:@%+=,".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) && !matches!(text, "AND" | "OR" | "NOT") {
        return f.write_str(text);
    }
    f.write_char('"')?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    f.write_char('"')
}

/// With a backslash before whatever means something to the parser. Before letters and digits it would stand for itself.
fn escaped(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    for character in text.chars() {
        if !character.is_alphanumeric() && !"._-/:@%+=,".contains(character) {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    Ok(())
}
