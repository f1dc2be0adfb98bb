//! One iterative byte tokenizer for everything that reads JSON here: the splitter, redaction, the audit decoder and the
//! word extractor.
//!
//! It never builds a tree, never recurses and never fails: recorded API-server output holds invalid UTF-8, lone
//! surrogates, depth 3000, duplicate keys and numbers like `1e999999` (reference/audit.md rule 15). Structure is the
//! caller's business; the lexer only says where tokens start and end.

mod strings;

use std::borrow::Cow;
use std::ops::Range;

pub use self::strings::{string_end, text, unescape};

/// One token, as byte offsets into the lexer's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// `{`
    ObjectOpen,
    /// `}`
    ObjectClose,
    /// `[`
    ArrayOpen,
    /// `]`
    ArrayClose,
    /// `:`
    Colon,
    /// `,`
    Comma,
    /// A string; `start..end` is its content without the quotes.
    String {
        /// First byte after the opening quote.
        start: usize,
        /// The closing quote.
        end: usize,
        /// Whether the content holds a backslash.
        escaped: bool,
    },
    /// A number, `true`, `false`, `null`, or whatever else stands where a value may.
    Scalar {
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
    },
}

/// What [`Lexer::step`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A whole token.
    Token(Token),
    /// The buffer ends inside a token that starts at the given offset; the lexer stands there again.
    Incomplete(usize),
    /// Only white space is left.
    End,
}

/// A cursor over a byte slice.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    buf: &'a [u8],
    pos: usize,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `buf`.
    pub fn new(buf: &'a [u8]) -> Self {
        Self { buf, pos: 0 }
    }

    /// Starts at `pos`, which must not lie inside a token.
    pub fn at(buf: &'a [u8], pos: usize) -> Self {
        Self { buf, pos: pos.min(buf.len()) }
    }

    /// The offset of the next unread byte.
    pub fn position(&self) -> usize {
        self.pos
    }

    /// The next token of a whole document: an unterminated string is `None`, like the end.
    pub fn next_token(&mut self) -> Option<Token> {
        match self.step(true) {
            Step::Token(token) => Some(token),
            Step::Incomplete(_) | Step::End => None,
        }
    }

    /// The next token of a buffer that may be continued (`last == false`: a scalar that touches the end is incomplete).
    pub fn step(&mut self, last: bool) -> Step {
        let buf = self.buf;
        let mut pos = self.pos;
        while let Some(&byte) = buf.get(pos) {
            let token = match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    pos += 1;
                    continue;
                }
                b'{' => Token::ObjectOpen,
                b'}' => Token::ObjectClose,
                b'[' => Token::ArrayOpen,
                b']' => Token::ArrayClose,
                b':' => Token::Colon,
                b',' => Token::Comma,
                b'"' => {
                    let Some((end, escaped)) = string_end(buf, pos + 1) else {
                        self.pos = pos;
                        return Step::Incomplete(pos);
                    };
                    self.pos = end + 1;
                    return Step::Token(Token::String { start: pos + 1, end, escaped });
                }
                _ => {
                    let end = scalar_end(buf, pos + 1);
                    if end == buf.len() && !last {
                        self.pos = pos;
                        return Step::Incomplete(pos);
                    }
                    self.pos = end;
                    return Step::Token(Token::Scalar { start: pos, end });
                }
            };
            self.pos = pos + 1;
            return Step::Token(token);
        }
        self.pos = pos;
        Step::End
    }

    /// Reads one whole value and returns its range; `None` where no value starts or the buffer ends inside it.
    pub fn value(&mut self) -> Option<Range<usize>> {
        self.skip_space();
        let start = self.pos;
        let first = *self.buf.get(start)?;
        self.pos += 1;
        match first {
            b'"' => match string_end(self.buf, self.pos) {
                Some((end, _)) => self.pos = end + 1,
                None => {
                    self.pos = start;
                    return None;
                }
            },
            b'{' | b'[' => self.close_container()?,
            b'}' | b']' | b':' | b',' => return None,
            _ => self.pos = scalar_end(self.buf, self.pos),
        }
        Some(start..self.pos)
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.buf.get(self.pos) {
            self.pos += 1;
        }
    }

    /// Moves past white space, and past `byte` if that is next.
    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_next = self.buf.get(self.pos) == Some(&byte);
        self.pos += usize::from(is_next);
        is_next
    }

    /// Moves past the bracket that closes the innermost open container; brackets are counted, not matched by kind.
    pub fn close_container(&mut self) -> Option<()> {
        let buf = self.buf;
        let mut depth = 1_usize;
        let mut pos = self.pos;
        while let Some(&byte) = buf.get(pos) {
            pos += 1;
            match byte {
                b'"' => pos = string_end(buf, pos)?.0 + 1,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.pos = pos;
                        return Some(());
                    }
                }
                _ => {}
            }
        }
        None
    }
}

fn scalar_end(buf: &[u8], from: usize) -> usize {
    let rest = buf.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| ENDS_SCALAR[usize::from(*byte)]).unwrap_or(rest.len())
}

/// The bytes behind a number or a word.
const ENDS_SCALAR: [bool; 256] = {
    let mut ends = [false; 256];
    let bytes = b",:}]{[\" \t\r\n";
    let mut at = 0;
    while at < bytes.len() {
        ends[bytes[at] as usize] = true;
        at += 1;
    }
    ends
};

/// The members of the object that `value` holds, in order.
///
/// Stops silently at the first byte that is not a member: a cut document yields what came before the cut.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    lexer: Lexer<'a>,
    ended: bool,
    closed: bool,
}

/// One member of an object.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    /// The key, unescaped where needed.
    pub key: Cow<'a, str>,
    /// Where the value stands in the object's slice.
    pub value: Range<usize>,
}

impl<'a> Members<'a> {
    /// Iterates over the object in `value`; anything but an object has no members.
    pub fn of(value: &'a [u8]) -> Self {
        let mut lexer = Lexer::new(value);
        let ended = lexer.next_token() != Some(Token::ObjectOpen);
        Self { lexer, ended, closed: false }
    }

    /// The next member with its key as it is written, between its quotes, and whether that holds a backslash: whoever knows the
    /// keys that it looks for need not have each checked for being text.
    pub fn next_written(&mut self) -> Option<(&'a [u8], bool, Range<usize>)> {
        if self.ended {
            return None;
        }
        let member = self.member();
        self.ended = member.is_none();
        member
    }

    fn member(&mut self) -> Option<(&'a [u8], bool, Range<usize>)> {
        let has_comma = self.lexer.take(b',');
        if !self.lexer.take(b'"') {
            self.closed = self.lexer.take(b'}') && !has_comma;
            return None;
        }
        let start = self.lexer.pos;
        let (end, escaped) = string_end(self.lexer.buf, start)?;
        self.lexer.pos = end + 1;
        if !self.lexer.take(b':') {
            return None;
        }
        let value = self.lexer.value()?;
        Some((self.lexer.buf.get(start..end)?, escaped, value))
    }

    /// Whether iteration ended at the object's closing brace, with nothing but white space behind it.
    pub fn is_closed(&self) -> bool {
        self.closed && self.lexer.clone().step(true) == Step::End
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        let (key, escaped, value) = self.next_written()?;
        Some(Member { key: text(key, escaped), value })
    }
}

/// The elements of the array that `value` holds, as ranges in `value`; anything but an array has none.
pub fn elements(value: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut lexer = Lexer::new(value);
    let is_list = lexer.take(b'[');
    let each = std::iter::from_fn(move || {
        while lexer.take(b',') {}
        lexer.value()
    });
    each.fuse().take_while(move |_| is_list)
}

/// The value under `key` in the object that `value` holds.
pub fn member<'a>(value: &'a [u8], key: &str) -> Option<&'a [u8]> {
    Members::of(value).find(|member| member.key == key).map(|member| &value[member.value])
}

/// The text of a JSON string value (with its quotes), or `None` for any other value.
pub fn string(value: &[u8]) -> Option<Cow<'_, str>> {
    match Lexer::new(value).next_token()? {
        Token::String { start, end, escaped } => Some(text(&value[start..end], escaped)),
        _ => None,
    }
}

/// The integer that `value` spells, or `None`.
pub fn integer(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// Whether `value` is one well-formed JSON value and nothing else. Any depth and any bytes inside strings are fine.
pub fn is_well_formed(value: &[u8]) -> bool {
    #[derive(PartialEq)]
    enum Expect {
        Value,
        ValueOrEnd,
        KeyOrEnd,
        Key,
        Colon,
        CommaOrEnd,
    }
    let mut lexer = Lexer::new(value);
    let mut open: Vec<u8> = Vec::new();
    let mut expect = Expect::Value;
    let mut done = false;
    loop {
        let token = match lexer.step(true) {
            Step::End => return done,
            Step::Incomplete(_) => return false,
            Step::Token(token) => token,
        };
        if done {
            return false;
        }
        let value_allowed = matches!(expect, Expect::Value | Expect::ValueOrEnd);
        match token {
            Token::ObjectOpen if value_allowed => {
                open.push(b'{');
                expect = Expect::KeyOrEnd;
            }
            Token::ArrayOpen if value_allowed => {
                open.push(b'[');
                expect = Expect::ValueOrEnd;
            }
            Token::String { .. } if matches!(expect, Expect::Key | Expect::KeyOrEnd) => {
                expect = Expect::Colon
            }
            Token::String { .. } if value_allowed => expect = Expect::CommaOrEnd,
            Token::Scalar { start, end } if value_allowed && is_scalar(&value[start..end]) => {
                expect = Expect::CommaOrEnd;
            }
            Token::Colon if expect == Expect::Colon => expect = Expect::Value,
            Token::Comma if expect == Expect::CommaOrEnd => match open.last() {
                Some(b'{') => expect = Expect::Key,
                Some(_) => expect = Expect::Value,
                None => return false,
            },
            Token::ObjectClose if matches!(expect, Expect::KeyOrEnd | Expect::CommaOrEnd) => {
                if open.pop() != Some(b'{') {
                    return false;
                }
                expect = Expect::CommaOrEnd;
            }
            Token::ArrayClose if matches!(expect, Expect::ValueOrEnd | Expect::CommaOrEnd) => {
                if open.pop() != Some(b'[') {
                    return false;
                }
                expect = Expect::CommaOrEnd;
            }
            _ => return false,
        }
        done = open.is_empty() && expect == Expect::CommaOrEnd;
    }
}

fn is_scalar(bytes: &[u8]) -> bool {
    matches!(bytes, b"true" | b"false" | b"null")
        || bytes.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
            && bytes.iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_of_a_cut_object_end_at_the_cut() {
        fn check(json: &str, expected: &[&str]) {
            let keys: Vec<_> = Members::of(json.as_bytes()).map(|member| member.key.into_owned()).collect();
            assert_eq!(keys, expected, "{json}");
        }
        check(r#"{"a":1,"b":{"c":[{}]},"d":"x"}"#, &["a", "b", "d"]);
        check(r#"{"a":1,"b":{"c":"#, &["a"]);
        check(r#"[1]"#, &[]);
        check("", &[]);
    }

    #[test]
    fn elements_are_whole_values() {
        fn check(json: &str, expected: &[&str]) {
            let found: Vec<_> = elements(json.as_bytes()).map(|range| json.get(range).unwrap()).collect();
            assert_eq!(found, expected, "{json}");
        }
        check(r#"[1,"a,b",{"c":[1,2]},[]]"#, &["1", "\"a,b\"", "{\"c\":[1,2]}", "[]"]);
        check("[]", &[]);
        check("[1, 2", &["1", "2"]);
        check("{}", &[]);
    }

    #[test]
    fn well_formed_is_decided_without_recursion() {
        fn check(json: &str, expected: bool) {
            assert_eq!(is_well_formed(json.as_bytes()), expected, "{json}");
        }
        check(r#"{"a":[1,-2.5e3,true,null,"x"]}"#, true);
        check(r#"{"a":1e999999}"#, true);
        check("{", false);
        check(r#"{"a"}"#, false);
        check(r#"{"a":1,}"#, false);
        check("[1 2]", false);
        check("{} {}", false);
        check("[}", false);
        check("nope", false);
        check("", false);
        assert!(is_well_formed(format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes()));
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_what_it_accepts(json in "[\\[\\]{}:,\"a1\\\\ tn]{0,24}") {
            if serde_json::from_str::<serde_json::Value>(&json).is_ok() {
                prop_assert!(is_well_formed(json.as_bytes()));
            }
        }

        #[test]
        fn never_panics_and_always_advances(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut lexer = Lexer::new(&bytes);
            let mut last = 0;
            while lexer.next_token().is_some() {
                prop_assert!(lexer.position() > last);
                last = lexer.position();
            }
            Members::of(&bytes).for_each(drop);
            elements(&bytes).for_each(drop);
            is_well_formed(&bytes);
            text(&bytes, true);
        }

        #[test]
        fn text_is_what_serde_json_reads(value in ".*") {
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(string(json.as_bytes()).unwrap(), value);
        }
    }
}
