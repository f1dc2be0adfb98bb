//! What a value means for its field.

use std::ops::{Bound, Range};

use jiff::SignedDuration;
use taffrail_event::{resource, words};

use super::scanner::{Operand, Scanner};
use super::{Refusal, quoted};
use crate::ast::{Predicate, Query, TextPredicate};
use crate::error::QueryErrorCode;
use crate::field::{Field, FieldKind, lower_case};
use crate::ip::IpRange;
use crate::pattern::Pattern;
use crate::time::{TimeContext, parse_moment};

/// `>`, `>=`, `<` or `<=`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    is_lower: bool,
    includes: bool,
}

impl Comparison {
    /// Reads the operator that comes next.
    pub(super) fn read(scanner: &mut Scanner<'_>) -> Self {
        let is_lower = scanner.eat_near('>');
        if !is_lower {
            scanner.eat_near('<');
        }
        Self { is_lower, includes: scanner.eat_near('=') }
    }

    pub(super) fn bounds(self, operand: &Operand) -> (Bound<&Operand>, Bound<&Operand>) {
        let bound = if self.includes { Bound::Included(operand) } else { Bound::Excluded(operand) };
        if self.is_lower { (bound, Bound::Unbounded) } else { (Bound::Unbounded, bound) }
    }
}

/// A bare text: phrases of its words, and patterns for the words with wildcards. `None` if it has no words.
pub(super) fn text(operand: &Operand) -> Option<Query> {
    if operand.is_any() {
        return Some(Query::All);
    }
    let mut found = Vec::new();
    // The words since the last pattern, and the word that is being read: its parts around wildcards.
    let mut plain = String::new();
    let mut word = vec![String::new()];
    let mut end_word = |word: &mut Vec<String>, plain: &mut String| {
        let parts = std::mem::replace(word, vec![String::new()]);
        match parts.as_slice() {
            [literal] => plain.push_str(literal),
            // A wildcard alone asks for nothing.
            _ if parts.iter().all(String::is_empty) => {}
            _ => {
                found.extend(phrase(plain).map(TextPredicate::Phrase));
                plain.clear();
                // As the words themselves are: a mark that a lower-cased letter leaves behind is no part of them.
                let is_kept = |character: &char| character.is_alphanumeric();
                let parts = parts.iter().map(|part| lower_case(part).chars().filter(is_kept).collect());
                found.push(TextPredicate::Pattern(Pattern::new(parts)));
            }
        }
        plain.push(' ');
    };
    for (index, part) in operand.parts.iter().enumerate() {
        if index > 0 {
            word.push(String::new());
        }
        for character in part.chars() {
            match word.last_mut() {
                Some(last) if character.is_alphanumeric() => last.push(character),
                _ => end_word(&mut word, &mut plain),
            }
        }
    }
    end_word(&mut word, &mut plain);
    found.extend(phrase(&plain).map(TextPredicate::Phrase));
    if found.is_empty() {
        return None;
    }
    Some(Query::all_of(found.into_iter().map(Query::Text).collect()))
}

/// A value that is no range.
pub(super) fn value(
    field: Field,
    operand: &Operand,
    span: Range<usize>,
    context: &TimeContext,
) -> Result<Query, Refusal> {
    let is = |predicate| Query::Field(field, predicate);
    if operand.is_any() {
        return Ok(is(Predicate::Exists));
    }
    match operand.literal() {
        Some("") => Ok(is(Predicate::Exists).negated()),
        literal => match field.kind() {
            FieldKind::Number | FieldKind::Time => {
                let Stretch { first, last } = stretch(field, operand, span, context)?;
                Ok(is(Predicate::Range { lower: Bound::Included(first), upper: Bound::Included(last) }))
            }
            FieldKind::Ip | FieldKind::Endpoint => address(field, literal, operand, span).map(is),
            FieldKind::Words | FieldKind::Keyword | FieldKind::KeywordIgnoreCase | FieldKind::Path => {
                match literal {
                    None => Ok(is(Predicate::Pattern(pattern(field, operand)))),
                    Some(text) => match field.closed_values() {
                        Some(values) if !values.contains(&text) => {
                            Err(no_such_value(field, text, &values, span))
                        }
                        _ => keyword(field, text).ok_or_else(|| no_words(field, span)),
                    },
                }
            }
        },
    }
}

/// A range of a field that has an order.
pub(super) fn range(
    field: Field,
    (lower, upper): (Bound<&Operand>, Bound<&Operand>),
    span: Range<usize>,
    context: &TimeContext,
) -> Result<Query, Refusal> {
    if !matches!(field.kind(), FieldKind::Number | FieldKind::Time) {
        let message = format!("{} is no number and no time: it has no ranges", field.canonical());
        return Err(Refusal::new(QueryErrorCode::WrongKind, span, message).hint(match field.kind() {
            FieldKind::Ip | FieldKind::Endpoint => "write a network, such as ip:10.0.0.0/8",
            _ => "use a wildcard, such as name:web-*; quote a value that begins with a bracket or < or >",
        }));
    }
    let read = |bound: Bound<&Operand>, first_if_included: bool| {
        let (operand, is_included) = match bound {
            Bound::Included(operand) => (operand, true),
            Bound::Excluded(operand) => (operand, false),
            Bound::Unbounded => return Ok(Bound::Unbounded),
        };
        if operand.is_any() {
            return Ok(Bound::Unbounded);
        }
        let Stretch { first, last } = stretch(field, operand, span.clone(), context)?;
        let number = if is_included == first_if_included { first } else { last };
        Ok(if is_included { Bound::Included(number) } else { Bound::Excluded(number) })
    };
    let (lower, upper) = (read(lower, true)?, read(upper, false)?);
    if is_empty(lower, upper) {
        let message = "this range holds nothing: it ends before it starts";
        return Err(Refusal::new(QueryErrorCode::BadRange, span, message));
    }
    let predicate = match (lower, upper) {
        (Bound::Unbounded, Bound::Unbounded) => Predicate::Exists,
        _ => Predicate::Range { lower, upper },
    };
    Ok(Query::Field(field, predicate))
}

/// What a number or a time stands for: itself, or a day, or all codes that begin alike.
struct Stretch {
    first: i64,
    last: i64,
}

impl Stretch {
    fn point(number: i64) -> Self {
        Self { first: number, last: number }
    }
}

fn is_empty(lower: Bound<i64>, upper: Bound<i64>) -> bool {
    let first = match lower {
        Bound::Included(number) => i128::from(number),
        Bound::Excluded(number) => i128::from(number) + 1,
        Bound::Unbounded => return false,
    };
    let last = match upper {
        Bound::Included(number) => i128::from(number),
        Bound::Excluded(number) => i128::from(number) - 1,
        Bound::Unbounded => return false,
    };
    first > last
}

fn stretch(
    field: Field,
    operand: &Operand,
    span: Range<usize>,
    context: &TimeContext,
) -> Result<Stretch, Refusal> {
    let text = operand.parts.join("*");
    let refuse =
        |message: String, hint: &str| Refusal::new(QueryErrorCode::BadValue, span, message).hint(hint);
    match field {
        Field::Time => match parse_moment(&text, context) {
            Ok(moment) => Ok(Stretch {
                first: moment.start.micros(),
                last: moment.next_day.unwrap_or(moment.start).micros() - i64::from(moment.next_day.is_some()),
            }),
            Err(error) => Err(refuse(error.to_string(), error.hint())),
        },
        Field::Code => text.parse().ok().map(Stretch::point).or_else(|| codes(&text)).ok_or_else(|| {
            refuse(format!("{} is no status code", quoted(&text)), "write code:404, code:4xx or code:>=400")
        }),
        _ => text
            .parse()
            .ok()
            .or_else(|| i64::try_from(text.parse::<SignedDuration>().ok()?.as_millis()).ok())
            .map(Stretch::point)
            .ok_or_else(|| {
                refuse(
                    format!("{} is no number of milliseconds", quoted(&text)),
                    "write duration:>500 or duration:>1.5s",
                )
            }),
    }
}

/// `4xx`, `4*`, `40x`, `40*`: status codes have three digits.
fn codes(text: &str) -> Option<Stretch> {
    let digits = text.trim_end_matches(['x', 'X', '*']);
    let rest = text.strip_prefix(digits)?;
    let width: i64 = match (digits.len(), rest) {
        (1, "*" | "xx" | "XX") => 100,
        (2, "*" | "x" | "X") => 10,
        _ => return None,
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let first = digits.parse::<i64>().ok().filter(|_| is_number)? * width;
    Some(Stretch { first, last: first + width - 1 })
}

fn address(
    field: Field,
    literal: Option<&str>,
    operand: &Operand,
    span: Range<usize>,
) -> Result<Predicate, Refusal> {
    let Some(text) = literal else { return Ok(Predicate::Pattern(pattern(field, operand))) };
    if let Some(range) = IpRange::parse(text) {
        return Ok(Predicate::Cidr(range));
    }
    if field.kind() == FieldKind::Endpoint || text.parse::<std::net::IpAddr>().is_ok() {
        return Ok(Predicate::Is(field.normal(text).into_owned()));
    }
    let message = format!("{} is no address", quoted(text));
    Err(Refusal::new(QueryErrorCode::BadValue, span, message)
        .hint("write ip:10.0.0.1, ip:10.0.0.0/8, ip:10.0.* or ip:2001:db8::/32"))
}

fn pattern(field: Field, operand: &Operand) -> Pattern {
    Pattern::new(operand.parts.iter().map(|part| match field.kind() {
        FieldKind::Keyword | FieldKind::Path => part.clone(),
        _ => lower_case(part).into_owned(),
    }))
}

/// A value without wildcards; `None` if the field holds words and the value has none.
fn keyword(field: Field, text: &str) -> Option<Query> {
    let is = |field: Field, text: &str| match text {
        "" => Query::Field(field, Predicate::Exists).negated(),
        _ => Query::Field(field, Predicate::Is(field.normal(text).into_owned())),
    };
    Some(match field {
        Field::Resource => {
            // RBAC writes pods/log for a subresource.
            let (name, subresource) = match text.split_once('/') {
                Some((name, subresource)) => (name, Some(subresource)),
                None => (text, None),
            };
            let (plural, group) = resource::resolve(name);
            let group = group.map(|group| is(Field::Group, &group));
            let subresource = subresource.map(|subresource| is(Field::Subresource, subresource));
            Query::all_of([Some(is(field, &plural)), group, subresource].into_iter().flatten().collect())
        }
        // The core group has no name, and neither has the group of what is no object.
        Field::Group if text == "core" => {
            Query::all_of(vec![is(Field::Group, ""), Query::Field(Field::Resource, Predicate::Exists)])
        }
        _ if field.kind() == FieldKind::Words => Query::Field(field, Predicate::Phrase(phrase(text)?)),
        _ => is(field, text),
    })
}

/// Found nothing and asked for nothing that can be look alike in an empty answer.
fn no_such_value(field: Field, text: &str, values: &[&str], span: Range<usize>) -> Refusal {
    let message = format!("{} is never {}", field.canonical(), quoted(text));
    let hint = match values.iter().find(|value| value.eq_ignore_ascii_case(text)) {
        Some(value) => format!("write {value}"),
        None => format!("it is one of {}", values.join(", ")),
    };
    Refusal::new(QueryErrorCode::BadValue, span, message).hint(hint)
}

fn no_words(field: Field, span: Range<usize>) -> Refusal {
    let message = format!("no letters or digits to search for in {}", field.canonical());
    Refusal::new(QueryErrorCode::NoWords, span, message)
}

fn phrase(text: &str) -> Option<Vec<String>> {
    let words: Vec<String> = words::words(text).map(|word| word.into_owned()).collect();
    (!words.is_empty()).then_some(words)
}
