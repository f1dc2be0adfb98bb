//! The parser of the query language: recursive descent over a scanner, in one pass.
//!
//! ```text
//! any      = all { "OR" all }
//! all      = one { [ "AND" ] one }
//! one      = { "NOT" | "-" } ( "(" any ")" | [ field ":" ] value )
//! value    = "(" any-of-values ")" | quoted | bare | ( ">" | ">=" | "<" | "<=" ) operand | range
//! range    = ( "[" | "{" ) operand "TO" operand ( "]" | "}" )
//! ```
//!
//! Every bound is on the text as typed: its length, the nesting of its parentheses (the only recursion), its terms.

mod scanner;
#[cfg(test)]
mod tests;
mod value;

use std::ops::Range;

use crate::ast::{Predicate, Query, TextPredicate};
use crate::error::{QueryError, QueryErrorCode};
use crate::field::Field;
use crate::time::TimeContext;
use scanner::{Operand, Scanner};
use value::Comparison;

/// Longest query, in bytes: room for a list of hundreds of names.
const MAX_BYTES: usize = 64 * 1024;
/// Deepest nesting of parentheses: far beyond what a person writes, far below what the stack holds.
const MAX_DEPTH: usize = 200;
/// Most values and words: what Lucene allows, and what an index answers in bounded time.
const MAX_TERMS: usize = 1024;

/// Reads a query. An empty text asks for everything. Relative times are resolved by `context`.
pub fn parse(text: &str, context: &TimeContext) -> Result<Query, QueryError> {
    let mut parser = Parser { scanner: Scanner::new(text), context, depth: 0, terms: 0 };
    parser.query().map_err(|refusal| refusal.at(text))
}

/// An error whose span still counts bytes.
#[derive(Debug)]
struct Refusal {
    code: QueryErrorCode,
    message: String,
    span: Range<usize>,
    hint: Option<String>,
}

impl Refusal {
    fn new(code: QueryErrorCode, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), span, hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn at(self, text: &str) -> QueryError {
        let code_points = |end: usize| text.get(..end).map_or(0, |before| before.chars().count());
        QueryError {
            code: self.code,
            message: self.message,
            span: code_points(self.span.start)..code_points(self.span.end),
            hint: self.hint,
        }
    }
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    context: &'a TimeContext,
    depth: usize,
    terms: usize,
}

impl Parser<'_> {
    fn query(&mut self) -> Result<Query, Refusal> {
        let length = self.scanner.text().len();
        if length > MAX_BYTES {
            let message = format!("the query has {length} bytes; the longest one has {MAX_BYTES}");
            return Err(Refusal::new(QueryErrorCode::TooLong, 0..length, message)
                .hint("ask several shorter questions, or use wildcards instead of a list"));
        }
        self.scanner.skip_spaces();
        if self.scanner.is_at_end() {
            return Ok(Query::All);
        }
        let query = self.any(None)?;
        match self.scanner.peek() {
            None => Ok(query),
            // Nothing else ends a query early.
            Some(_) => {
                let span = self.scanner.here();
                Err(Refusal::new(QueryErrorCode::Unbalanced, span, "this `)` closes nothing")
                    .hint("remove it, or put text that holds it in quotation marks"))
            }
        }
    }

    /// Parts joined by OR. Within `field:( )` they are values of the field.
    fn any(&mut self, field: Option<Field>) -> Result<Query, Refusal> {
        let mut parts = vec![self.all(field)?];
        while self.scanner.eat_keyword("OR") {
            parts.push(self.all(field)?);
        }
        Ok(Query::any_of(parts))
    }

    fn all(&mut self, field: Option<Field>) -> Result<Query, Refusal> {
        let mut parts = vec![self.one(field)?];
        loop {
            let is_joined = self.scanner.eat_keyword("AND");
            let is_over = matches!(self.scanner.peek(), None | Some(')')) || self.scanner.is_at_keyword("OR");
            if is_over && !is_joined {
                return Ok(Query::all_of(parts));
            }
            parts.push(self.one(field)?);
        }
    }

    fn one(&mut self, field: Option<Field>) -> Result<Query, Refusal> {
        let mut is_negated = false;
        while self.scanner.eat_keyword("NOT") || self.scanner.eat_minus() {
            is_negated = !is_negated;
        }
        let query = self.term(field)?;
        Ok(if is_negated { query.negated() } else { query })
    }

    fn term(&mut self, field: Option<Field>) -> Result<Query, Refusal> {
        let is_operator = self.scanner.is_at_keyword("AND") || self.scanner.is_at_keyword("OR");
        match self.scanner.peek() {
            Some('(') => self.parenthesised(field),
            Some(next) if !is_operator && next != ')' => match field {
                Some(field) => self.value(field),
                None => self.field_or_text(),
            },
            _ => {
                Err(Refusal::new(QueryErrorCode::MissingTerm, self.scanner.here(), "a term is missing here")
                    .hint("AND, OR and NOT stand between terms; quote them to search for the words"))
            }
        }
    }

    fn parenthesised(&mut self, field: Option<Field>) -> Result<Query, Refusal> {
        let open = self.scanner.here();
        self.scanner.eat('(');
        self.depth += 1;
        self.check_depth(&open)?;
        let query = self.any(field)?;
        if !self.scanner.eat(')') {
            return Err(Refusal::new(QueryErrorCode::Unbalanced, open, "this `(` is not closed")
                .hint("add `)`, or put text that holds it in quotation marks"));
        }
        self.depth -= 1;
        Ok(query)
    }

    fn check_depth(&self, span: &Range<usize>) -> Result<(), Refusal> {
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("parentheses are nested more than {MAX_DEPTH} deep");
        Err(Refusal::new(QueryErrorCode::TooDeep, span.clone(), message))
    }

    fn field_or_text(&mut self) -> Result<Query, Refusal> {
        let Some(name) = self.scanner.eat_field_name() else {
            let start = self.scanner.position();
            let operand = self.scanner.operand()?;
            let span = start..self.scanner.position();
            let query = value::text(&operand).ok_or_else(|| no_words(&operand, span.clone()))?;
            return self.counted(query, span);
        };
        let text = self.scanner.slice(name.clone());
        if text.is_empty() {
            let span = name.start..name.end + 1;
            return Err(Refusal::new(
                QueryErrorCode::UnexpectedCharacter,
                span,
                "no field stands before this `:`",
            )
            .hint("write field:value, or put text that holds a colon in quotation marks"));
        }
        let field = Field::parse(text).map_err(|unknown| {
            let hint =
                format!("the nearest is {}; put text that holds a colon in quotation marks", unknown.nearest);
            Refusal::new(QueryErrorCode::UnknownField, name, format!("there is no field {}", quoted(text)))
                .hint(hint)
        })?;
        self.value(field)
    }

    fn value(&mut self, field: Field) -> Result<Query, Refusal> {
        let after_field = self.scanner.position();
        let has_space = self.scanner.skip_spaces();
        let is_keyword = ["AND", "OR", "NOT"].iter().any(|keyword| self.scanner.is_at_keyword(keyword));
        let start = self.scanner.position();
        let query = match self.scanner.peek() {
            None | Some(')') => return Err(missing_value(field, after_field)),
            Some(_) if has_space && is_keyword => return Err(missing_value(field, after_field)),
            Some('(') => return self.parenthesised(Some(field)),
            Some('[' | '{') => self.range(field)?,
            Some('<' | '>') => {
                let comparison = Comparison::read(&mut self.scanner);
                self.scanner.skip_spaces();
                if matches!(self.scanner.peek(), None | Some('(' | ')')) {
                    return Err(missing_value(field, self.scanner.position()));
                }
                let operand = self.scanner.operand()?;
                let bounds = comparison.bounds(&operand);
                value::range(field, bounds, start..self.scanner.position(), self.context)?
            }
            Some(_) => {
                let operand = self.scanner.operand()?;
                value::value(field, &operand, start..self.scanner.position(), self.context)?
            }
        };
        if let Some('(' | '"') = self.scanner.peek_near() {
            let message = "this cannot stand inside a value";
            return Err(Refusal::new(QueryErrorCode::UnexpectedCharacter, self.scanner.here(), message)
                .hint("put the whole value in quotation marks, or a backslash before it"));
        }
        self.counted(query, start..self.scanner.position())
    }

    fn range(&mut self, field: Field) -> Result<Query, Refusal> {
        let start = self.scanner.position();
        let brackets = self.scanner.brackets()?;
        value::range(field, brackets.bounds(), start..self.scanner.position(), self.context)
    }

    /// Takes note of the terms of one value, which may be several (`deployments.apps`) and then nest like parentheses.
    fn counted(&mut self, query: Query, span: Range<usize>) -> Result<Query, Refusal> {
        if matches!(query, Query::And(_)) {
            self.depth += 1;
            self.check_depth(&span)?;
            self.depth -= 1;
        }
        self.terms += terms(&query);
        if self.terms > MAX_TERMS {
            let message = format!("the query has more than {MAX_TERMS} terms");
            return Err(Refusal::new(QueryErrorCode::TooManyTerms, span, message)
                .hint("ask several shorter questions, or use wildcards instead of a list"));
        }
        Ok(query)
    }
}

/// Every word of a phrase counts: each is looked for.
fn terms(query: &Query) -> usize {
    match query {
        Query::And(parts) => parts.iter().map(terms).sum(),
        Query::Text(TextPredicate::Phrase(words)) | Query::Field(_, Predicate::Phrase(words)) => words.len(),
        _ => 1,
    }
}

/// For messages: what was typed, or its beginning.
fn quoted(text: &str) -> String {
    const MAX_CHARACTERS: usize = 80;
    match text.char_indices().nth(MAX_CHARACTERS) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
    }
}

fn missing_value(field: Field, at: usize) -> Refusal {
    let name = field.canonical();
    Refusal::new(QueryErrorCode::MissingValue, at..at, format!("a value for {name} is missing here"))
        .hint(format!("write {name}:value, or {name}:* for any value"))
}

fn no_words(operand: &Operand, span: Range<usize>) -> Refusal {
    let hint = match operand.literal() {
        Some("&&") => "write AND",
        Some("||") => "write OR",
        Some("!") => "write NOT",
        _ => "bare text is found by its words; use field:value for exact values",
    };
    Refusal::new(QueryErrorCode::NoWords, span, "no letters or digits to search for").hint(hint)
}
