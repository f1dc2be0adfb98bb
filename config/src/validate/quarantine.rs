//! The label that means quarantine: one that Kubernetes would take.

use crate::settings::quarantine::QuarantineSettings;

const MAX_NAME_BYTES: usize = 63;
const MAX_PREFIX_BYTES: usize = 253;

pub(super) fn check(settings: &QuarantineSettings, report: &mut impl FnMut(&str, String)) {
    if !is_label(&settings.label) {
        let message =
            "not a label; write key=value, such as quarantine=true or security.example.com/state=isolated";
        report("quarantine.label", message.to_owned());
    }
}

/// Whether `text` is a label as `key=value`, with a value or without one.
///
/// After `IsQualifiedName` and `IsValidLabelValue` in `k8s.io/apimachinery/pkg/util/validation`.
#[must_use]
pub fn is_label(text: &str) -> bool {
    let Some((key, value)) = text.split_once('=') else { return false };
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    is_name(name) && prefix.is_none_or(is_domain) && (value.is_empty() || is_name(value))
}

fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME_BYTES
        && has_ends(text, |byte| byte.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn is_domain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= MAX_PREFIX_BYTES
        && text
            .split('.')
            .all(|part| has_ends(part, is_plain) && part.bytes().all(|byte| is_plain(byte) || byte == b'-'))
}

fn has_ends(text: &str, is_end: impl Fn(u8) -> bool) -> bool {
    text.bytes().next().is_some_and(&is_end) && text.bytes().next_back().is_some_and(&is_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        fn check(text: &str, expected: bool) {
            assert_eq!(is_label(text), expected, "{text}");
        }
        check("quarantine=true", true);
        check("security.example.com/state=Isolated_1.a", true);
        check("quarantine=", true);
        for bad in [
            "",
            "quarantine",
            "=true",
            "a b=c",
            "a=b=c",
            "-a=b",
            "A.b/c=d",
            "a/b/c=d",
            "/a=b",
            "a=-b",
            "a=b,c=d",
        ] {
            check(bad, false);
        }
        check(&format!("{}=true", "a".repeat(63)), true);
        check(&format!("{}=true", "a".repeat(64)), false);
    }
}
