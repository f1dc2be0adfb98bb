//! Lines of Docker's `json-file` driver: `{"log":"CONTENT\n","stream":"stdout","time":"..."}`.
//!
//! A line that a container wrote is cut into parts of 16 KiB; only the last one's content ends with a line end.

use std::borrow::Cow;

use taffrail_event::json::{Members, unescape};

/// How every such line begins, and hardly another.
const BEGINNING: &[u8] = br#"{"log":""#;

/// One line as Docker wrote it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DockerLine<'a> {
    pub(super) is_stderr: bool,
    /// Whether the container's line goes on in a later one.
    pub(super) is_part: bool,
    pub(super) content: Cow<'a, [u8]>,
}

/// `None` if the line has another form: log shippers write a `log` too, beside members of their own.
pub(super) fn parse(line: &[u8]) -> Option<DockerLine<'_>> {
    if !line.starts_with(BEGINNING) {
        return None;
    }
    let mut members = Members::of(line);
    let (mut log, mut stream, mut has_time) = (None, None, false);
    for member in members.by_ref() {
        match member.key.as_ref() {
            "log" => log = Some(member.value),
            "stream" => stream = Some(member.value),
            "time" => has_time = true,
            "attrs" => {}
            _ => return None,
        }
    }
    if !members.is_closed() || !has_time {
        return None;
    }
    let is_stderr = match line.get(stream?)? {
        b"\"stdout\"" => false,
        b"\"stderr\"" => true,
        _ => return None,
    };
    let mut content = unescape(line.get(log?)?.strip_prefix(b"\"")?.strip_suffix(b"\"")?);
    let is_part = content.last() != Some(&b'\n');
    match &mut content {
        _ if is_part => {}
        Cow::Borrowed(bytes) => *bytes = &bytes[..bytes.len() - 1],
        Cow::Owned(bytes) => bytes.truncate(bytes.len() - 1),
    }
    Some(DockerLine { is_stderr, is_part, content })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_docker() {
        fn check(line: &str, expected: Option<(bool, bool, &str)>) {
            let found = parse(line.as_bytes());
            let found = found.as_ref().map(|docker| {
                (docker.is_stderr, docker.is_part, std::str::from_utf8(&docker.content).unwrap())
            });
            assert_eq!(found, expected, "{line}");
        }
        check(r#"{"log":"{\"a\":1}\n","stream":"stdout","time":"t"}"#, Some((false, false, r#"{"a":1}"#)));
        check(r#"{"log":"{\"a\":","stream":"stdout","time":"t"}"#, Some((false, true, r#"{"a":"#)));
        check(r#"{"log":"x\n","stream":"stderr","attrs":{"a":"b"},"time":"t"}"#, Some((true, false, "x")));
        check(r#"{"log":"x\n","stream":"stdout","time":"t","kubernetes":{}}"#, None);
        check(r#"{"log":"x\n","stream":"stdout","time":"t""#, None);
        check(r#"{"log":"x\n"}"#, None);
        check(r#"{"log":{},"stream":"stdout","time":"t"}"#, None);
    }
}
