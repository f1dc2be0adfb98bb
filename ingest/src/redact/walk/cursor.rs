//! The walk's place in its buffer.
//!
//! What a token is, the shared tokenizer decides. The cursor only goes straight ahead where the next byte is the expected
//! one, which in the compact JSON of API servers is nearly always: that halves the time of a walk.

use std::ops::Range;

use taffrail_event::json::{Lexer, Token, string_end};

/// A place between two tokens.
pub(in crate::redact) struct Cursor<'b> {
    buf: &'b [u8],
    pos: usize,
}

/// A string's content and whether it holds a backslash.
pub(in crate::redact) struct Content {
    pub(in crate::redact) start: usize,
    pub(in crate::redact) end: usize,
    pub(in crate::redact) escaped: bool,
}

impl<'b> Cursor<'b> {
    pub(in crate::redact) fn new(buf: &'b [u8], pos: usize) -> Self {
        Self { buf, pos }
    }

    pub(in crate::redact) fn position(&self) -> usize {
        self.pos
    }

    /// Steps over `byte`, which is a token of its own, if it comes next.
    #[inline]
    pub(in crate::redact) fn eat(&mut self, byte: u8) -> bool {
        if self.buf.get(self.pos) != Some(&byte) {
            self.skip_blanks();
            if self.buf.get(self.pos) != Some(&byte) {
                return false;
            }
        }
        self.pos += 1;
        true
    }

    /// Steps over a string if one comes next.
    #[inline]
    pub(in crate::redact) fn string(&mut self) -> Option<Content> {
        let at = self.pos;
        if !self.eat(b'"') {
            return None;
        }
        let start = self.pos;
        let Some((end, escaped)) = string_end(self.buf, start) else {
            self.pos = at;
            return None;
        };
        self.pos = end + 1;
        Some(Content { start, end, escaped })
    }

    /// Steps over a number, `true`, `false`, `null` or what else stands there.
    pub(in crate::redact) fn scalar(&mut self) -> Option<Range<usize>> {
        let mut lexer = Lexer::at(self.buf, self.pos);
        let Some(Token::Scalar { start, end }) = lexer.next_token() else { return None };
        self.pos = lexer.position();
        Some(start..end)
    }

    /// Steps over a whole value.
    pub(in crate::redact) fn value(&mut self) -> Option<Range<usize>> {
        if let Some(content) = self.string() {
            return Some(content.start - 1..content.end + 1);
        }
        let mut lexer = Lexer::at(self.buf, self.pos);
        let place = lexer.value()?;
        self.pos = lexer.position();
        Some(place)
    }

    /// Where the object that comes next ends, if it is nothing but objects, as `fieldsV1` is: names without values.
    pub(in crate::redact) fn names_only(&self, max_depth: usize) -> Option<usize> {
        let byte = |pos: usize| self.buf.get(pos).copied();
        if byte(self.pos) != Some(b'{') {
            return None;
        }
        let (mut pos, mut depth) = (self.pos + 1, 1_usize);
        loop {
            match byte(pos)? {
                b'"' => {
                    let (end, _) = string_end(self.buf, pos + 1)?;
                    if byte(end + 1) != Some(b':') || byte(end + 2) != Some(b'{') || depth == max_depth {
                        return None;
                    }
                    // Most names have nothing below them.
                    pos = end + 3;
                    depth += 1;
                }
                b'}' => {
                    depth -= 1;
                    pos += 1;
                    if depth == 0 {
                        return Some(pos);
                    }
                    if byte(pos) == Some(b',') {
                        pos += 1;
                        if byte(pos) != Some(b'"') {
                            return None;
                        }
                    } else if byte(pos) != Some(b'}') {
                        return None;
                    }
                }
                _ => return None,
            }
        }
    }

    /// Whether nothing but the blanks of JSON is left: a form feed is none of them.
    pub(in crate::redact) fn is_at_end(&mut self) -> bool {
        self.skip_blanks();
        self.pos == self.buf.len()
    }

    pub(in crate::redact) fn skip_to(&mut self, pos: usize) {
        self.pos = pos;
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.buf.get(self.pos) {
            self.pos += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn objects_of_names() {
        fn check(text: &str, expected: bool) {
            let end = Cursor::new(text.as_bytes(), 0).names_only(4);
            assert_eq!(end, expected.then(|| text.find(['#']).unwrap()), "{text}");
        }
        check(r#"{}#"#, true);
        check(r#"{"f:a":{},"k:{\"b\":1}":{".":{}}}#"#, true);
        check(r#"{"a":{"b":{"c":{}}}}#"#, true);
        check(r#"{"a":{"b":{"c":{"d":{}}}}}#"#, false);
        check(r#"{"a":1}#"#, false);
        check(r#"{"a":{},}#"#, false);
        check(r#"{"a":{}"b":{}}#"#, false);
        check(r#"{"a":[]}#"#, false);
        check(r#"{"a":{}"#, false);
        check(r#"[]#"#, false);
    }

    proptest! {
        #[test]
        fn strings_end_where_the_tokenizer_says(
            content in prop::collection::vec(prop::sample::select(b"a\\\"\xa2\xdc\x22\x5c\xff".to_vec()), 0..60),
        ) {
            let mut buf = vec![b'"'];
            buf.extend(content);
            let mut cursor = Cursor::new(&buf, 0);
            let mut lexer = Lexer::new(&buf);
            let found = cursor.string().map(|content| (content.start, content.end, content.escaped));
            let expected = match lexer.next_token() {
                Some(Token::String { start, end, escaped }) => Some((start, end, escaped)),
                _ => None,
            };
            prop_assert_eq!(found, expected);
            prop_assert_eq!(cursor.position(), lexer.position());
        }
    }
}
