//! The parser: recursive descent over the text, in one pass.
//!
//! It takes what `tokenizer.go` and `parser.go` take. Words are known by how they begin, so `a notin{"b"}` and
//! `a contains"b"` are selectors; a quotation mark of the other kind is the only way to have one within a value.

use std::collections::BTreeSet;

use super::{MAX_BYTES, MAX_DEPTH, Node, SelectorError, Test};

const OPERAND: &str = "a label key, has(key), all(), global(), `!` or `(`";
const OPERATOR: &str =
    "`==`, `!=`, `in`, `not in`, `contains`, `starts with` or `ends with` after the label key";
const VALUE: &str = "a value in single or double quotation marks";
const SET: &str = "a set of values like {'a', 'b'}";
const LINE: &str = "a space instead of a line break, as a selector is one line,";

pub(super) fn parse(text: &str) -> Result<Node, SelectorError> {
    if text.len() > MAX_BYTES {
        return Err(SelectorError::TooLong { length: text.len() });
    }
    let mut parser = Parser { text, rest: text, depth: 0 };
    parser.skip_spaces();
    if parser.rest.is_empty() {
        return Ok(Node::All);
    }
    let node = parser.any()?;
    if parser.rest.is_empty() {
        Ok(node)
    } else {
        Err(parser.expected("`&&`, `||` or the end of the selector"))
    }
}

/// Whether a label key may hold the character.
pub(super) fn is_in_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '/' | '-')
}

struct Parser<'a> {
    text: &'a str,
    /// What is still to be read. It begins with no space.
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Node, SelectorError> {
        let mut parts = vec![self.all()?];
        while self.eat("||") {
            parts.push(self.all()?);
        }
        Ok(Node::any_of(parts))
    }

    fn all(&mut self) -> Result<Node, SelectorError> {
        let mut parts = vec![self.one()?];
        while self.eat("&&") {
            parts.push(self.one()?);
        }
        Ok(Node::all_of(parts))
    }

    fn one(&mut self) -> Result<Node, SelectorError> {
        let mut is_negated = false;
        while self.eat("!") {
            is_negated = !is_negated;
        }
        let node = self.operand()?;
        Ok(if is_negated { node.negated() } else { node })
    }

    fn operand(&mut self) -> Result<Node, SelectorError> {
        if self.rest.starts_with('(') {
            return self.parenthesised();
        }
        if self.eat("has(") {
            let key = self.key().ok_or_else(|| self.expected("a label key within has()"))?;
            return self.closed(Node::Label(key, Test::Exists), "`)` after the label key");
        }
        if self.eat("all(") {
            return self.closed(Node::All, "`)` to end all()");
        }
        if self.eat("global(") {
            return self.closed(Node::Global, "`)` to end global()");
        }
        let key = self.key().ok_or_else(|| self.expected(OPERAND))?;
        Ok(Node::Label(key, self.test()?))
    }

    fn parenthesised(&mut self) -> Result<Node, SelectorError> {
        if self.depth == MAX_DEPTH {
            return Err(SelectorError::TooDeep { offset: self.offset() });
        }
        self.eat("(");
        self.depth += 1;
        let node = self.any()?;
        self.depth -= 1;
        self.closed(node, "`&&`, `||` or `)`")
    }

    fn closed(&mut self, node: Node, expected: &'static str) -> Result<Node, SelectorError> {
        if self.eat(")") { Ok(node) } else { Err(self.expected(expected)) }
    }

    fn key(&mut self) -> Option<String> {
        let behind = self.rest.trim_start_matches(is_in_key);
        let key = self.rest.strip_suffix(behind).filter(|key| !key.is_empty())?;
        self.rest = behind;
        self.skip_spaces();
        Some(key.to_owned())
    }

    fn test(&mut self) -> Result<Test, SelectorError> {
        if self.eat("==") {
            self.value().map(Test::Is)
        } else if self.eat("!=") {
            self.value().map(Test::IsNot)
        } else if self.eat("contains") {
            self.value().map(Test::Contains)
        } else if self.eat_both("starts", "with") {
            self.value().map(Test::StartsWith)
        } else if self.eat_both("ends", "with") {
            self.value().map(Test::EndsWith)
        } else if self.eat_both("not", "in") {
            self.values().map(Test::NotIn)
        } else if self.eat("in") {
            self.values().map(Test::In)
        } else {
            Err(self.expected(OPERATOR))
        }
    }

    fn value(&mut self) -> Result<String, SelectorError> {
        let quote = self.quote().ok_or_else(|| self.expected(VALUE))?;
        let Some((value, behind)) = self.rest.strip_prefix(quote).and_then(|inner| inner.split_once(quote))
        else {
            return Err(self.expected("a second quotation mark like the one"));
        };
        self.rest = behind;
        self.skip_spaces();
        Ok(value.to_owned())
    }

    /// A set may be empty, and may end with a comma.
    fn values(&mut self) -> Result<BTreeSet<String>, SelectorError> {
        if !self.eat("{") {
            return Err(self.expected(SET));
        }
        let mut values = BTreeSet::new();
        let mut expected = "a value in quotation marks or `}`";
        while self.quote().is_some() {
            values.insert(self.value()?);
            if !self.eat(",") {
                expected = "`,` or `}`";
                break;
            }
        }
        if self.eat("}") { Ok(values) } else { Err(self.expected(expected)) }
    }

    fn quote(&self) -> Option<char> {
        self.rest.chars().next().filter(|character| matches!(character, '"' | '\''))
    }

    fn eat(&mut self, token: &str) -> bool {
        let Some(behind) = self.rest.strip_prefix(token) else { return false };
        self.rest = behind;
        self.skip_spaces();
        true
    }

    fn eat_both(&mut self, first: &str, second: &str) -> bool {
        let before = self.rest;
        let is_there = self.eat(first) && self.eat(second);
        if !is_there {
            self.rest = before;
        }
        is_there
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn offset(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    fn expected(&self, expected: &'static str) -> SelectorError {
        let expected = if self.rest.starts_with(['\n', '\r']) { LINE } else { expected };
        SelectorError::Syntax { offset: self.offset(), expected }
    }
}
