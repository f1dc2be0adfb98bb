//! What the value of a JSON patch operation is, by the path it goes to.

use std::borrow::Cow;

use taffrail_event::json::{self, Members};

use super::Walk;
use super::member::{Member, Role};
use crate::redact::hash::Encoding;

/// Reads the operation that opens at `start` ahead, because `path` may follow `value`. Of several paths the most secret
/// one counts.
pub(super) fn op_value(walk: &Walk<'_>, start: usize) -> Member {
    let operation = &walk.buf[start..];
    let mut found = None;
    for member in Members::of(operation) {
        if member.key.eq_ignore_ascii_case("path")
            && let Some(path) = json::string(&operation[member.value])
        {
            let value = at_path(walk, path.as_bytes());
            if found.is_none() || matches!(value, Member::Whole(_) | Member::Credential) {
                found = Some(value);
            }
        }
    }
    match found {
        Some(member) => member,
        // Without a path nobody knows what it is; in a record about secrets it counts as one.
        None if walk.scope.is_bearing() => Member::Whole(Encoding::Plain),
        None => Member::Plain,
    }
}

fn at_path(walk: &Walk<'_>, path: &[u8]) -> Member {
    let path = path.strip_prefix(b"/").map_or(path, |rest| rest);
    let mut role = Role::Plain;
    let mut member = Member::Root;
    let mut in_environment = false;
    if path.is_empty() {
        return member;
    }
    for segment in path.split(|byte| *byte == b'/') {
        let segment = unescape(segment);
        member = match role {
            Role::Words => Member::Word,
            _ => walk.classify(role, &segment),
        };
        in_environment |= segment.eq_ignore_ascii_case(b"env");
        role = match member {
            // Whatever lies below a secret is one.
            Member::Whole(_) | Member::Credential => return Member::Whole(encoding(member)),
            Member::Words => Role::Words,
            member => member.role(true),
        };
    }
    match member {
        // The variable's name is not in the operation.
        Member::Value if in_environment => Member::Credential,
        Member::Value => Member::Plain,
        member => member,
    }
}

fn encoding(member: Member) -> Encoding {
    match member {
        Member::Whole(encoding) => encoding,
        _ => Encoding::Plain,
    }
}

/// Resolves `~1` and `~0` of a JSON pointer.
fn unescape(segment: &[u8]) -> Cow<'_, [u8]> {
    if !segment.contains(&b'~') {
        return Cow::Borrowed(segment);
    }
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.iter();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.as_slice().first()) {
            (b'~', Some(code @ (b'0' | b'1'))) => {
                out.push(if *code == b'1' { b'/' } else { b'~' });
                bytes.next();
            }
            _ => out.push(*byte),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_unescaped() {
        fn check(segment: &str, expected: &str) {
            assert_eq!(unescape(segment.as_bytes()), expected.as_bytes(), "{segment}");
        }
        check("data", "data");
        check("a~1b~0c", "a/b~c");
        check("~01~", "~1~");
    }
}
