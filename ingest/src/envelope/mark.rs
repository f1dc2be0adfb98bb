//! Puts into an event what only its envelope knows.

use taffrail_event::json::Members;

use crate::redact::write_escaped;

/// The annotation that names the API server of an event, as its envelope did. Annotations are no part of an event's identity.
const API_SERVER: &str = "taffrail.io/apiserver";

/// As long as a host's name can be.
const MAX_NAME_BYTES: usize = 253;

/// `event`, a JSON object, with the name of its API server among its annotations.
pub(super) fn annotate(event: &[u8], api_server: &str) -> Vec<u8> {
    // It is copied into every event of the envelope, and whoever sends that chooses it.
    let api_server = api_server.get(..api_server.floor_char_boundary(MAX_NAME_BYTES)).unwrap_or_default();
    let mut member = format!(r#""{API_SERVER}":""#).into_bytes();
    write_escaped(api_server.as_bytes(), &mut member);
    member.push(b'"');
    // As everywhere, the last of two members counts.
    let annotations = Members::of(event).filter(|member| member.key == "annotations").last();
    let annotations = annotations.map(|member| member.value).filter(|value| event[value.start] == b'{');
    let (at, before, after): (_, &[u8], &[u8]) = match annotations {
        Some(value) => {
            let is_empty = event[value.start + 1..].trim_ascii_start().first() == Some(&b'}');
            (value.start + 1, b"", if is_empty { b"" } else { b"," })
        }
        None => {
            let end = event.iter().rposition(|byte| *byte == b'}').unwrap_or(event.len());
            let is_empty = event[..end].trim_ascii_end().last() == Some(&b'{');
            (end, if is_empty { b"\"annotations\":{" } else { b",\"annotations\":{" }, b"}")
        }
    };
    [&event[..at], before, &member, after, &event[at..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn among_the_annotations() {
        fn check(event: &str, expected: &str) {
            assert_eq!(String::from_utf8(annotate(event.as_bytes(), "a\"b")).unwrap(), expected);
        }
        let mark = r#""taffrail.io/apiserver":"a\"b""#;
        check(r#"{"auditID":"a"}"#, &format!(r#"{{"auditID":"a","annotations":{{{mark}}}}}"#));
        check(r#"{"auditID":"a"} "#, &format!(r#"{{"auditID":"a","annotations":{{{mark}}}}} "#));
        check(
            r#"{"annotations":{"x":"y"},"stage":"Panic"}"#,
            &format!(r#"{{"annotations":{{{mark},"x":"y"}},"stage":"Panic"}}"#),
        );
        check(r#"{"annotations":{ }}"#, &format!(r#"{{"annotations":{{{mark} }}}}"#));
        check(r#"{"annotations":null}"#, &format!(r#"{{"annotations":null,"annotations":{{{mark}}}}}"#));
    }
    #[test]
    fn a_long_name_does_not_go_into_every_event() {
        let long = annotate(b"{}", &"\u{e9}".repeat(1_000_000));
        assert!(long.len() < 400, "{}", long.len());
    }
}
