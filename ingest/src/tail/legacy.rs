//! The API server's legacy audit format (`--audit-log-format=legacy`), one line of text for each event.
//!
//! `2026-11-23T15:50:35.232Z AUDIT: id="…" stage="…" ip="…" method="…" user="…" groups="\"a\",\"b\"" as="<self>"
//! asgroups="<lookup>" user-agent="…" namespace="…" uri="…" response="200"`. It has no object name, no level and no bodies; what
//! it has is written as an event, so that who did what is not lost. Values are quoted as Go's `%q` does; where there is
//! none, a word in angle brackets stands.

use serde_json::{Map, Value, json};
use taffrail_event::Timestamp;

/// The event that `line` tells of, as JSON; `None` if it has another form.
pub(super) fn event(line: &[u8]) -> Option<Vec<u8>> {
    let line = std::str::from_utf8(line).ok()?;
    let (time, fields) = line.split_once(" AUDIT: ")?;
    let time = Timestamp::parse(time)?;
    let mut event = Map::new();
    event.insert("kind".to_owned(), json!("Event"));
    event.insert("apiVersion".to_owned(), json!("audit.k8s.io/v1"));
    let mut rest = fields.trim_start();
    while let Some((key, after)) = rest.split_once("=\"") {
        let (value, after) = unquote(after)?;
        rest = after.trim_start();
        let is_placeholder = value.starts_with('<') && value.ends_with('>');
        if !is_placeholder {
            set(&mut event, key, &value)?;
        }
    }
    if !rest.is_empty() || !event.contains_key("auditID") {
        return None;
    }
    event.insert("requestReceivedTimestamp".to_owned(), json!(time.to_string()));
    serde_json::to_vec(&event).ok()
}

fn set(event: &mut Map<String, Value>, key: &str, value: &str) -> Option<()> {
    let (outer, inner) = match key {
        "id" => ("auditID", None),
        "stage" => ("stage", None),
        "method" => ("verb", None),
        "uri" => ("requestURI", None),
        "user-agent" => ("userAgent", None),
        "user" => ("user", Some("username")),
        "groups" => ("user", Some("groups")),
        "as" => ("impersonatedUser", Some("username")),
        "asgroups" => ("impersonatedUser", Some("groups")),
        "namespace" => ("objectRef", Some("namespace")),
        "response" => ("responseStatus", Some("code")),
        "ip" => ("sourceIPs", None),
        // A field of another release: the rest is worth having.
        _ => return Some(()),
    };
    let value = match key {
        "groups" | "asgroups" => json!(quoted_list(value)?),
        "response" => json!(value.parse::<u16>().ok()?),
        "ip" => json!([value]),
        _ => json!(value),
    };
    match inner {
        None => event.insert(outer.to_owned(), value),
        Some(inner) => {
            event.entry(outer).or_insert_with(|| json!({})).as_object_mut()?.insert(inner.to_owned(), value)
        }
    };
    Some(())
}

/// `"a","b"`.
fn quoted_list(text: &str) -> Option<Vec<String>> {
    let mut items = Vec::new();
    let mut rest = text;
    while let Some(after) = rest.strip_prefix('"') {
        let (item, after) = unquote(after)?;
        items.push(item);
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    rest.is_empty().then_some(items)
}

/// The text up to the closing quote of a string of Go's `%q`, and what is behind it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = Vec::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                // Bytes that were not UTF-8 come as \x escapes.
                return Some((String::from_utf8_lossy(&out).into_owned(), text.get(at + 1..)?));
            }
            '\\' => escape(&mut chars, &mut out)?,
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    None
}

fn escape(chars: &mut std::str::CharIndices<'_>, out: &mut Vec<u8>) -> Option<()> {
    let (_, kind) = chars.next()?;
    let mut number = |digits: usize| {
        let text: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
        u32::from_str_radix(&text, 16).ok()
    };
    let c = match kind {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'x' => {
            out.push(u8::try_from(number(2)?).ok()?);
            return Some(());
        }
        'u' => char::from_u32(number(4)?)?,
        'U' => char::from_u32(number(8)?)?,
        '\\' | '"' | '\'' => kind,
        _ => return None,
    };
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &Value) {
        let found =
            event(line.as_bytes()).map_or(Value::Null, |event| serde_json::from_slice(&event).unwrap());
        assert_eq!(found, *expected, "{line}");
    }

    #[test]
    fn t50_lines_of_the_legacy_format() {
        check(
            r#"2026-11-23T15:50:35.232123456Z AUDIT: id="c631d96f" stage="ResponseComplete" ip="203.0.113.10" method="get" user="alice" groups="\"a\",\"system:authenticated\"" as="<self>" asgroups="<lookup>" user-agent="kubectl/v1.32 \"x\" \u00e9\x41" namespace="shop" uri="/api/v1/namespaces/shop/pods" response="200""#,
            &json!({
                "kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "c631d96f",
                "stage": "ResponseComplete", "sourceIPs": ["203.0.113.10"], "verb": "get",
                "user": {"username": "alice", "groups": ["a", "system:authenticated"]},
                "userAgent": "kubectl/v1.32 \"x\" éA", "objectRef": {"namespace": "shop"},
                "requestURI": "/api/v1/namespaces/shop/pods", "responseStatus": {"code": 200},
                "requestReceivedTimestamp": "2026-11-23T15:50:35.232123Z",
            }),
        );
        check(
            r#"2026-11-23T15:50:35Z AUDIT: id="1" stage="RequestReceived" user="<none>" namespace="<none>" response="<deferred>" new="x""#,
            &json!({
                "kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "1", "stage": "RequestReceived",
                "requestReceivedTimestamp": "2026-11-23T15:50:35.000000Z",
            }),
        );
    }

    #[test]
    fn other_lines() {
        check("", &Value::Null);
        check("2026-11-23T15:50:35Z AUDIT: ", &Value::Null);
        check("yesterday AUDIT: id=\"1\"", &Value::Null);
        check("2026-11-23T15:50:35Z AUDIT: id=\"1", &Value::Null);
        check("2026-11-23T15:50:35Z AUDIT: id=\"\\q\"", &Value::Null);
        check("2026-11-23T15:50:35Z AUDIT: id=\"1\" rest", &Value::Null);
        check("2026-11-23T15:50:35Z AUDIT: id=\"1\" response=\"x\"", &Value::Null);
    }
}
