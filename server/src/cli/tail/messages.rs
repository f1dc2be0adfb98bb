//! Server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>), as far as a server of ours sends
//! them.

use std::io::{self, BufRead, Read};

/// An event with all its annotations is far smaller.
const MAX_LINE_BYTES: u64 = 64 << 20;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Message {
    pub(super) id: Option<String>,
    pub(super) event: String,
    pub(super) data: String,
}

/// The messages of a stream, up to its end or its first error.
pub(super) struct Messages<'s> {
    stream: &'s mut dyn BufRead,
}

impl<'s> Messages<'s> {
    pub(super) fn of(stream: &'s mut dyn BufRead) -> Self {
        Self { stream }
    }

    /// `None` at the end; a message that is not complete by then is none.
    fn read(&mut self) -> io::Result<Option<Message>> {
        let mut message = Message::default();
        loop {
            let mut line = Vec::new();
            (&mut *self.stream).take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
            let Some(line) = line.strip_suffix(b"\n") else {
                return if line.len() as u64 == MAX_LINE_BYTES {
                    Err(io::Error::new(io::ErrorKind::InvalidData, "a line of the stream has no end"))
                } else {
                    Ok(None)
                };
            };
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
            if line.is_empty() {
                if message != Message::default() {
                    return Ok(Some(message));
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => message.id = Some(value.to_owned()),
                "event" => value.clone_into(&mut message.event),
                "data" => {
                    if !message.data.is_empty() {
                        message.data.push('\n');
                    }
                    message.data.push_str(value);
                }
                // Comments, `retry`, and what a later release sends.
                _ => {}
            }
        }
    }
}

impl Iterator for Messages<'_> {
    type Item = io::Result<Message>;

    fn next(&mut self) -> Option<io::Result<Message>> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_end_at_an_empty_line() {
        fn check(text: &str, expected: &[(Option<&str>, &str, &str)]) {
            let mut stream = text.as_bytes();
            let found: Vec<_> = Messages::of(&mut stream).map(Result::unwrap).collect();
            let found: Vec<_> = found
                .iter()
                .map(|message| (message.id.as_deref(), message.event.as_str(), message.data.as_str()))
                .collect();
            assert_eq!(found, expected, "{text:?}");
        }
        check("", &[]);
        check("\n\n:comment\n\n", &[]);
        check(
            "id: 1-2\nevent: event\ndata: {\"a\":\"b: c\"}\n\n",
            &[(Some("1-2"), "event", "{\"a\":\"b: c\"}")],
        );
        check("event: ping\r\ndata:x\r\n\r\nevent: lag\ndata: y", &[(None, "ping", "x")]);
        check("data: a\ndata: b\nretry: 5\n\nid\n\n", &[(None, "", "a\nb"), (Some(""), "", "")]);
    }
}
