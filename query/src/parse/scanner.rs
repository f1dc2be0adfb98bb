//! Where the parser stands in the text, and how a value ends.

use std::ops::{Bound, Range};

use super::Refusal;
use crate::error::QueryErrorCode;

/// A value as typed: literal parts, freed of quotation marks and backslashes, with a wildcard between each two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operand {
    pub(super) parts: Vec<String>,
}

impl Operand {
    /// The text, if it has no wildcards.
    pub(super) fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Whether it is nothing but wildcards.
    pub(super) fn is_any(&self) -> bool {
        self.parts.len() > 1 && self.parts.iter().all(String::is_empty)
    }
}

/// What stood in range brackets.
#[derive(Debug)]
pub(super) struct Brackets {
    lower: Operand,
    upper: Operand,
    includes_lower: bool,
    includes_upper: bool,
}

impl Brackets {
    pub(super) fn bounds(&self) -> (Bound<&Operand>, Bound<&Operand>) {
        let bound = |operand, is_included| {
            if is_included { Bound::Included(operand) } else { Bound::Excluded(operand) }
        };
        (bound(&self.lower, self.includes_lower), bound(&self.upper, self.includes_upper))
    }
}

#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    pub(super) fn slice(&self, span: Range<usize>) -> &'a str {
        self.text.get(span).unwrap_or_default()
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The span of the next character; empty at the end.
    pub(super) fn here(&self) -> Range<usize> {
        self.position..self.position + self.peek_near().map_or(0, char::len_utf8)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.position >= self.text.len()
    }

    /// The next character, whatever it is.
    pub(super) fn peek_near(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The next character that is no space, and goes there.
    pub(super) fn peek(&mut self) -> Option<char> {
        self.skip_spaces();
        self.peek_near()
    }

    /// Whether there were any.
    pub(super) fn skip_spaces(&mut self) -> bool {
        let start = self.position;
        while self.peek_near().is_some_and(char::is_whitespace) {
            self.next();
        }
        self.position > start
    }

    pub(super) fn eat(&mut self, expected: char) -> bool {
        self.skip_spaces();
        self.eat_near(expected)
    }

    pub(super) fn eat_near(&mut self, expected: char) -> bool {
        let is_next = self.peek_near() == Some(expected);
        if is_next {
            self.next();
        }
        is_next
    }

    /// A minus that negates: right before what it negates.
    pub(super) fn eat_minus(&mut self) -> bool {
        self.skip_spaces();
        let mut ahead = self.rest().chars();
        let negates = ahead.next() == Some('-') && ahead.next().is_some_and(|next| !next.is_whitespace());
        if negates {
            self.next();
        }
        negates
    }

    /// Whether the next word is the keyword and nothing longer.
    pub(super) fn is_at_keyword(&mut self, keyword: &str) -> bool {
        self.skip_spaces();
        self.rest().strip_prefix(keyword).is_some_and(|after| after.chars().next().is_none_or(ends_bare))
    }

    pub(super) fn eat_keyword(&mut self, keyword: &str) -> bool {
        let is_next = self.is_at_keyword(keyword);
        if is_next {
            self.position += keyword.len();
        }
        is_next
    }

    /// The span of what stands before the first colon of the next bare word, if it has one; goes behind the colon.
    pub(super) fn eat_field_name(&mut self) -> Option<Range<usize>> {
        let start = self.position;
        let mut is_escaped = false;
        for (offset, character) in self.rest().char_indices() {
            match character {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                ':' => {
                    self.position = start + offset + 1;
                    return Some(start..start + offset);
                }
                other if ends_bare(other) => return None,
                _ => {}
            }
        }
        None
    }

    /// A quoted or a bare value.
    pub(super) fn operand(&mut self) -> Result<Operand, Refusal> {
        if self.peek_near() == Some('"') { self.quoted() } else { self.bare(&[]) }
    }

    fn quoted(&mut self) -> Result<Operand, Refusal> {
        let mut literal = String::new();
        self.quotation(&mut literal)?;
        Ok(Operand { parts: vec![literal] })
    }

    /// Appends what stands in quotation marks, which come next, and goes behind them.
    fn quotation(&mut self, literal: &mut String) -> Result<(), Refusal> {
        let open = self.here();
        self.next();
        loop {
            match self.next() {
                None => {
                    let message = "this quotation mark is not closed";
                    return Err(Refusal::new(QueryErrorCode::UnclosedQuote, open, message)
                        .hint("add `\"`, or a backslash before it if it belongs to the value"));
                }
                Some('"') => return Ok(()),
                Some('\\') => literal.push(self.unescape()),
                Some(other) => literal.push(other),
            }
        }
    }

    /// Up to a space, a parenthesis, a quotation mark or one of `ends`. Quotation marks inside brackets belong to the
    /// value and protect what is between them: `labels["app.kubernetes.io/name"]`.
    fn bare(&mut self, ends: &[char]) -> Result<Operand, Refusal> {
        let mut parts = vec![String::new()];
        let mut is_in_brackets = false;
        while let Some(next) = self.peek_near() {
            let is_quotation = next == '"' && is_in_brackets;
            if (ends_bare(next) && !is_quotation) || ends.contains(&next) {
                break;
            }
            let part = parts.last_mut().expect("it begins with one part and only grows");
            if is_quotation {
                part.push('"');
                self.quotation(part)?;
                part.push('"');
                continue;
            }
            self.next();
            match next {
                '\\' => part.push(self.unescape()),
                '*' => parts.push(String::new()),
                other => {
                    is_in_brackets = other == '[' || (is_in_brackets && other != ']');
                    part.push(other);
                }
            }
        }
        Ok(Operand { parts })
    }

    /// What a backslash, already behind us, stands for. Before a letter or a digit it stands for itself, so that
    /// `DOMAIN\user` needs no care.
    fn unescape(&mut self) -> char {
        match self.peek_near() {
            Some(next) if !next.is_alphanumeric() => {
                self.next();
                next
            }
            _ => '\\',
        }
    }

    /// `[a TO b]`, the values of several words each, if need be.
    pub(super) fn brackets(&mut self) -> Result<Brackets, Refusal> {
        let start = self.position;
        let includes_lower = self.next() == Some('[');
        let lower = self.bracket_operand(start)?;
        if !self.eat_keyword("TO") {
            return Err(bad_brackets(start..self.position));
        }
        let upper = self.bracket_operand(start)?;
        let includes_upper = match self.next() {
            Some(']') => true,
            Some('}') => false,
            _ => return Err(bad_brackets(start..self.position)),
        };
        Ok(Brackets { lower, upper, includes_lower, includes_upper })
    }

    /// Words up to TO or the closing bracket.
    fn bracket_operand(&mut self, start: usize) -> Result<Operand, Refusal> {
        let mut words: Option<Operand> = None;
        while !self.is_at_keyword("TO") && !matches!(self.peek(), None | Some(']' | '}')) {
            let word = match self.peek_near() {
                Some('"') => self.quoted()?,
                Some('(' | ')') => return Err(bad_brackets(start..self.position)),
                _ => self.bare(&[']', '}'])?,
            };
            words = Some(match words {
                None => word,
                Some(before) => joined(before, word),
            });
        }
        words.ok_or_else(|| bad_brackets(start..self.position))
    }

    fn rest(&self) -> &'a str {
        self.slice(self.position..self.text.len())
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek_near()?;
        self.position += next.len_utf8();
        Some(next)
    }
}

fn ends_bare(character: char) -> bool {
    character.is_whitespace() || matches!(character, '(' | ')' | '"')
}

fn joined(mut before: Operand, after: Operand) -> Operand {
    let mut after = after.parts.into_iter();
    if let (Some(last), Some(first)) = (before.parts.last_mut(), after.next()) {
        last.push(' ');
        last.push_str(&first);
    }
    before.parts.extend(after);
    before
}

fn bad_brackets(span: Range<usize>) -> Refusal {
    Refusal::new(QueryErrorCode::BadRange, span, "this range cannot be read")
        .hint("write [a TO b], {a TO b} to leave the ends out, * for an open end; quote a value that begins with a bracket")
}
