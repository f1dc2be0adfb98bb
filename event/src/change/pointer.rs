//! Places that a JSON patch names, as the paths of change sets.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use super::merge_key::{candidates, default_of, lists_of};
use super::path::{push_keys, push_member};
use crate::audit::AuditRecord;
use crate::object::ObjectRef;

/// Objects larger than this are not looked into: paths then have numbers where they could have names.
const MAX_OBJECT_BYTES: usize = 512 * 1024;

/// Serde reads no deeper objects.
const MAX_DEPTH: usize = 128;

/// An object while it is admitted: as it came in, and as it was stored. In between, elements of its lists may move; which one is
/// at a position is certain where both agree.
#[derive(Debug)]
pub(crate) struct Admitted<'a> {
    group: &'a str,
    resource: &'a str,
    /// The whole object; a patch is none.
    request: Option<&'a [u8]>,
    response: Option<&'a [u8]>,
    ends: OnceCell<[Option<Value>; 2]>,
}

impl<'a> Admitted<'a> {
    pub(crate) fn of(audit: &AuditRecord<'a>, object: Option<&'a ObjectRef>) -> Self {
        let is_whole = matches!(audit.verb.as_ref(), "create" | "update");
        Self {
            group: object.map_or("", |object| &object.group),
            resource: object.map_or("", |object| &object.resource),
            request: audit.request_object.filter(|_| is_whole),
            response: audit.response_object,
            ends: OnceCell::new(),
        }
    }

    /// The path of the place that `pointer` (RFC 6901) names; `new` is what is put there, if anything. Elements of lists are told by
    /// their merge keys where it is certain which they are, else by their number; a list without merge keys is one place.
    pub(crate) fn path(&self, pointer: &str, new: Option<&Value>) -> String {
        let tokens: Vec<_> = pointer.split('/').skip(1).take(MAX_DEPTH).map(unescaped).collect();
        let lists = lists_of(self.group, self.resource);
        let mut ends = self.ends(&tokens);
        let mut path = String::new();
        let (mut parent, mut name) = ("", "");
        for (behind, token) in (0..tokens.len()).rev().zip(&tokens) {
            let is_element = is_position(token) && !ends.iter().flatten().any(|end| end.is_object());
            if !is_element {
                push_member(&mut path, token);
                ends = ends.map(|end| end?.get(token.as_ref()));
                (parent, name) = (name, token);
                continue;
            }
            ends = ends.map(|end| end?.get(token.parse::<usize>().ok()?));
            // What is taken away is at neither end.
            let element = if behind == 0 { new } else { agreed(ends) };
            if element.is_some_and(|element| !element.is_object()) {
                break;
            }
            let candidates = candidates(lists, parent, name);
            let keys = candidates.iter().find_map(|keys| keys_of(element?, keys));
            match keys {
                Some(keys) => {
                    push_keys(&mut path, keys.iter().map(|(key, value)| (*key, value.as_str())));
                }
                None if candidates.is_empty() || token == "-" => break,
                None => path.push_str(&format!("[{token}]")),
            }
        }
        path
    }

    /// The object at both ends, where there is a position to be looked up in it.
    fn ends(&self, tokens: &[Cow<'_, str>]) -> [Option<&Value>; 2] {
        if !tokens.iter().any(|token| is_position(token)) {
            return [None, None];
        }
        let ends = self.ends.get_or_init(|| [self.request, self.response].map(read));
        ends.each_ref().map(Option::as_ref)
    }
}

fn read(object: Option<&[u8]>) -> Option<Value> {
    serde_json::from_slice(object.filter(|object| object.len() <= MAX_OBJECT_BYTES)?).ok()
}

/// A place in a list, unless it is the name of a member.
fn is_position(token: &str) -> bool {
    token == "-" || !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit())
}

fn unescaped(token: &str) -> Cow<'_, str> {
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~").into() } else { token.into() }
}

/// The element, if both ends have it under the same keys.
fn agreed([before, after]: [Option<&Value>; 2]) -> Option<&Value> {
    const TELLING: [&str; 9] =
        ["name", "key", "uid", "type", "ip", "port", "containerPort", "mountPath", "devicePath"];
    let (before, after) = (before?, after?);
    TELLING.iter().all(|key| before.get(key) == after.get(key)).then_some(after)
}

/// The values of the merge keys; `None` if it does not have them all.
fn keys_of(element: &Value, keys: &[&'static str]) -> Option<Vec<(&'static str, String)>> {
    keys.iter()
        .map(|key| {
            let value = match element.get(key) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                Some(_) => return None,
                None => default_of(key)?.to_owned(),
            };
            Some((*key, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Constructed: a pod into which a webhook puts a container.
    const POD: &str = r#"{"auditID":"a","verb":"create","objectRef":{"resource":"pods","name":"web"},
        "requestObject":{"spec":{"containers":[{"name":"web","ports":[{"containerPort":80}]},{"name":"api"}],
            "tolerations":[{}]},"metadata":{"annotations":{"1":"x"}}},
        "responseObject":{"spec":{"containers":[{"name":"web","ports":[{"containerPort":80,"protocol":"TCP"}]},{"name":"proxy"},
            {"name":"api"}],"tolerations":[{}]},"metadata":{"annotations":{"1":"x"}}}}"#;

    #[track_caller]
    fn check(record: &str, pointer: &str, new: &str, expected: &str) {
        let audit = AuditRecord::decode(record.as_bytes()).unwrap();
        let object = ObjectRef::of(&audit, &crate::object::BodyMetadata::default());
        let new = serde_json::from_str(new).ok();
        assert_eq!(Admitted::of(&audit, object.as_ref()).path(pointer, new.as_ref()), expected, "{pointer}");
    }

    #[test]
    fn pointers_are_paths() {
        check(POD, "/spec/replicas", "5", "spec.replicas");
        check(
            POD,
            "/metadata/labels/app.kubernetes.io~1name",
            "",
            r#"metadata.labels["app.kubernetes.io/name"]"#,
        );
        check(POD, "/metadata/annotations/1", "", "metadata.annotations.1");
        check(POD, "/metadata/labels/a~01", "", r#"metadata.labels["a~1"]"#);
        check(POD, "", "{}", "");
    }

    #[test]
    fn elements_have_names_where_that_is_certain() {
        // At both ends the first container is this one.
        check(POD, "/spec/containers/0/image", r#""x""#, "spec.containers[name=web].image");
        check(
            POD,
            "/spec/containers/0/ports/0/hostPort",
            "1",
            "spec.containers[name=web].ports[containerPort=80,protocol=TCP].hostPort",
        );
        // The second one moved.
        check(POD, "/spec/containers/1/image", r#""x""#, "spec.containers[1].image");
        check(POD, "/spec/containers/1", "", "spec.containers[1]");
        check(POD, "/spec/containers/0", "", "spec.containers[0]");
        // What is put there says who it is.
        check(POD, "/spec/containers/1", r#"{"name":"proxy"}"#, "spec.containers[name=proxy]");
        check(POD, "/spec/volumes/-", r#"{"name":"certs"}"#, "spec.volumes[name=certs]");
        check(
            POD,
            "/spec/containers/0/env/-",
            r#"{"name":"A","value":"b"}"#,
            "spec.containers[name=web].env[name=A]",
        );
        // Lists without keys are one place.
        check(POD, "/spec/tolerations/-", r#"{"key":"a"}"#, "spec.tolerations");
        check(POD, "/spec/containers/0/args/2", r#""-v""#, "spec.containers[name=web].args");
        check(POD, "/spec/containers/-", "", "spec.containers");
    }

    #[test]
    fn without_bodies_there_are_numbers() {
        let patch = r#"{"auditID":"a","verb":"patch","objectRef":{"resource":"pods","name":"web"},
            "requestObject":{"spec":{"containers":[{"name":"web"}]}},"responseObject":{"spec":{"containers":[{"name":"web"}]}}}"#;
        let metadata = r#"{"auditID":"a","verb":"create","objectRef":{"resource":"pods","name":"web"}}"#;
        for record in [patch, metadata] {
            check(record, "/spec/containers/0/image", r#""x""#, "spec.containers[0].image");
        }
        check(
            r#"{"auditID":"a","verb":"create"}"#,
            "/spec/items/99999999999999999999/a",
            "",
            "spec.items[99999999999999999999].a",
        );
        check(POD, &"/0".repeat(1000), "", "0");
    }
}
