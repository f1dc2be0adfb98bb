//! Paths of fields as Kubernetes writes them, with merge keys: `spec.ports[port=80,protocol=TCP].targetPort`,
//! `metadata.labels["app.kubernetes.io/name"]`.

use std::borrow::Cow;
use std::fmt::Write;

/// Appends a member's name: behind a dot, or in brackets and quotes if it is no plain word.
pub(crate) fn push_member(path: &mut String, key: &str) {
    if is_plain(key) {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    } else {
        push_quoted(path, "[", key, "]");
    }
}

/// Appends the merge keys of a list's element.
pub(super) fn push_keys<'a>(path: &mut String, keys: impl Iterator<Item = (&'a str, &'a str)>) {
    path.push('[');
    for (index, (key, value)) in keys.enumerate() {
        if index > 0 {
            path.push(',');
        }
        path.push_str(key);
        path.push('=');
        if value.is_empty() || value.contains(['"', ']', '[', ',', '=']) || value.contains(char::is_control) {
            push_quoted(path, "", value, "");
        } else {
            path.push_str(value);
        }
    }
    path.push(']');
}

fn push_quoted(path: &mut String, before: &str, text: &str, after: &str) {
    // Writing to a string does not fail.
    write!(path, "{before}{}{after}", serde_json::Value::from(text)).ok();
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'$'))
}

/// A part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// `name`, `["name"]`: as written, without dot and brackets.
    Member(&'a str),
    /// `[key=value]`, with its brackets.
    Keys(&'a str),
}

/// The parts of a path; what is no path comes in some parts, too.
pub fn parts(path: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = path;
    std::iter::from_fn(move || {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if rest.is_empty() {
            return None;
        }
        if !rest.starts_with('[') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            rest = after;
            return Some(Part::Member(name));
        }
        let end = bracket_end(rest);
        let (brackets, after) = rest.split_at(end);
        rest = after;
        let inner = brackets.strip_prefix('[').unwrap_or(brackets);
        let inner = inner.strip_suffix(']').unwrap_or(inner);
        Some(if inner.starts_with('"') { Part::Member(inner) } else { Part::Keys(brackets) })
    })
}

/// One past the bracket that closes the one at the beginning; brackets in quotes do not count.
fn bracket_end(text: &str) -> usize {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b']' if !is_quoted => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether the path has merge keys.
pub fn has_keys(path: &str) -> bool {
    parts(path).any(|part| matches!(part, Part::Keys(_)))
}

/// The path without its merge keys: `spec.ports[port=80].targetPort` as `spec.ports.targetPort`.
pub fn without_keys(path: &str) -> Cow<'_, str> {
    if !has_keys(path) {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len());
    for part in parts(path) {
        if let Part::Member(name) = part {
            push_part(&mut out, name);
        }
    }
    Cow::Owned(out)
}

fn push_part(out: &mut String, name: &str) {
    if name.starts_with('"') {
        out.push('[');
        out.push_str(name);
        out.push(']');
    } else {
        if !out.is_empty() {
            out.push('.');
        }
        out.push_str(name);
    }
}

/// Whether `asked` names `path`: the whole of it, its beginning, or its last parts. Merge keys count where `asked` has them.
pub fn leads_to(asked: &str, path: &str) -> bool {
    let asked: Vec<_> = parts(asked).collect();
    let path: Vec<_> = parts(path).collect();
    let is_member = |part: &Part<'_>| matches!(part, Part::Member(_));
    if !asked.iter().any(is_member) {
        return false;
    }
    (0..path.len()).filter(|start| path.get(*start).is_some_and(is_member)).any(|start| {
        let Some(rest) = path.get(start..).and_then(|path| behind(&asked, path)) else { return false };
        start == 0 || !rest.iter().any(is_member)
    })
}

/// What follows in `path` behind `asked`, if it begins with that.
fn behind<'p, 'a>(asked: &[Part<'_>], path: &'p [Part<'a>]) -> Option<&'p [Part<'a>]> {
    let mut rest = path;
    for asked in asked {
        if let (Part::Member(_), [Part::Keys(_), after @ ..]) = (asked, rest) {
            rest = after;
        }
        let (first, after) = rest.split_first()?;
        if first != asked {
            return None;
        }
        rest = after;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(parts: &[&str], keys: &[(&str, &str)]) -> String {
        let mut path = String::new();
        for part in parts {
            push_member(&mut path, part);
        }
        if !keys.is_empty() {
            push_keys(&mut path, keys.iter().copied());
        }
        path
    }

    #[test]
    fn paths_are_written_as_kubernetes_does() {
        fn check(parts: &[&str], keys: &[(&str, &str)], expected: &str, without: &str) {
            let path = path(parts, keys);
            assert_eq!(path, expected);
            assert_eq!(without_keys(&path), without);
            assert_eq!(has_keys(&path), !keys.is_empty());
        }
        check(&["spec", "replicas"], &[], "spec.replicas", "spec.replicas");
        check(
            &["spec", "ports"],
            &[("port", "80"), ("protocol", "TCP")],
            "spec.ports[port=80,protocol=TCP]",
            "spec.ports",
        );
        check(
            &["metadata", "labels", "app.kubernetes.io/name"],
            &[],
            r#"metadata.labels["app.kubernetes.io/name"]"#,
            r#"metadata.labels["app.kubernetes.io/name"]"#,
        );
        check(&["data", "a]\"b"], &[], r#"data["a]\"b"]"#, r#"data["a]\"b"]"#);
        check(&["x"], &[("name", "a]b")], r#"x[name="a]b"]"#, "x");
        check(&[""], &[], r#"[""]"#, r#"[""]"#);
    }

    #[test]
    fn a_path_is_found_by_its_whole_its_beginning_and_its_end() {
        fn check(asked: &str, path: &str, expected: bool) {
            assert_eq!(leads_to(asked, path), expected, "{asked} {path}");
        }
        let image = "spec.template.spec.containers[name=web].image";
        check(image, image, true);
        check("image", image, true);
        check("containers.image", image, true);
        check("containers[name=web].image", image, true);
        check("containers[name=api].image", image, false);
        check("spec.template", image, true);
        check("spec.template.spec.containers[name=web]", image, true);
        check("spec.template.spec.containers[name=api]", image, false);
        check("spec.template.spec.containers.image", image, true);
        check("template", image, false);
        check("mage", image, false);
        check("spec.containers", image, false);
        check("labels[\"app.kubernetes.io/name\"]", "metadata.labels[\"app.kubernetes.io/name\"]", true);
        check("", image, false);
        check("replicas", "spec.replicas", true);
        check("spec", "spec.replicas", true);
        check("status", "spec.status.x", false);
    }
}
