//! OTLP logs as JSON: `resourceLogs`, `scopeLogs`, `logRecords`, with the event in `body` as a text or as OTLP's own values.

use std::borrow::Cow;

use taffrail_event::json;

use super::object::Object;
use super::{Around, Opener, Recipient};

/// Values in values: audit events come to about 30, what recorded ones do on purpose comes as a text.
const MAX_VALUES: usize = 128;

/// Where the name of the API server may be: its pod, or its machine.
const API_SERVERS: [&str; 3] = ["k8s.pod.name", "k8s.node.name", "host.name"];

impl<R: Recipient> Opener<'_, R> {
    pub(super) fn otlp(&mut self, object: &Object<'_>, around: &Around) -> Result<bool, R::Error> {
        let Some(resources) = object.array("resourceLogs") else { return Ok(false) };
        let around = around.within("an OTLP log record");
        for resource in json::elements(resources) {
            let resource = Object::of(&resources[resource]);
            let attributes = resource.object("resource").and_then(|resource| resource.array("attributes"));
            let around = Around {
                api_server: attributes.and_then(api_server).or_else(|| around.api_server.clone()),
                ..around.clone()
            };
            let scopes = resource.array("scopeLogs").unwrap_or_default();
            for scope in json::elements(scopes) {
                let records = Object::of(&scopes[scope]).array("logRecords").unwrap_or_default();
                for record in json::elements(records) {
                    self.log_record(&Object::of(&records[record]), &around)?;
                }
            }
        }
        Ok(true)
    }

    fn log_record(&mut self, record: &Object<'_>, around: &Around) -> Result<(), R::Error> {
        let time = record.time("timeUnixNano").or_else(|| record.time("observedTimeUnixNano"));
        let around = Around { time: time.or(around.time), ..around.clone() };
        let Some(body) = record.get("body") else {
            self.recipient.skipped();
            return Ok(());
        };
        let value = Object::of(body);
        if let Some(text) = value.get("stringValue") {
            return self.content(text, &around);
        }
        if let Some([b'"', data @ .., b'"']) = value.get("bytesValue") {
            return self.unpack(data, &around);
        }
        if !value.has("kvlistValue") {
            return self.content(body, &around);
        }
        let mut plain = Vec::new();
        if write_value(body, &mut plain, 0) {
            return self.holding(&plain, |opener| opener.payload(&plain, &around));
        }
        self.broken(body, &around, format_args!("more than {MAX_VALUES} values, one in the other"))
    }
}

fn api_server(attributes: &[u8]) -> Option<String> {
    let named = |name: &str| {
        json::elements(attributes)
            .map(|attribute| Object::of(&attributes[attribute]))
            .find(|attribute| attribute.text("key").is_some_and(|key| key == name))
            .and_then(|attribute| attribute.text_at("value.stringValue").map(Cow::into_owned))
    };
    API_SERVERS.iter().find_map(|name| named(name))
}

/// Appends what an `AnyValue` stands for as plain JSON. `false`: it goes too deep.
fn write_value(value: &[u8], out: &mut Vec<u8>, depth: usize) -> bool {
    if depth == MAX_VALUES {
        return false;
    }
    let value = Object::of(value);
    let plain =
        ["stringValue", "boolValue", "doubleValue", "bytesValue"].iter().find_map(|kind| value.get(kind));
    if let Some(plain) = plain {
        out.extend_from_slice(plain);
    } else if let Some(integer) = value.get("intValue") {
        // 64 bits do not fit into a number of JavaScript, so the format makes them a string.
        let digits = json::string(integer).and_then(|text| json::integer(text.trim().as_bytes()));
        match digits {
            Some(digits) => out.extend_from_slice(digits.to_string().as_bytes()),
            None => out.extend_from_slice(integer),
        }
    } else if let Some(list) = value.object("kvlistValue") {
        let members = list.array("values").unwrap_or_default();
        out.push(b'{');
        for (index, member) in json::elements(members).enumerate() {
            let member = Object::of(&members[member]);
            out.extend_from_slice(if index > 0 { b"," } else { b"" });
            out.extend_from_slice(
                member.get("key").filter(|key| key.first() == Some(&b'"')).unwrap_or(b"\"\""),
            );
            out.push(b':');
            if !write_value(member.get("value").unwrap_or_default(), out, depth + 1) {
                return false;
            }
        }
        out.push(b'}');
    } else if let Some(list) = value.object("arrayValue") {
        let elements = list.array("values").unwrap_or_default();
        out.push(b'[');
        for (index, element) in json::elements(elements).enumerate() {
            out.extend_from_slice(if index > 0 { b"," } else { b"" });
            if !write_value(&elements[element], out, depth + 1) {
                return false;
            }
        }
        out.push(b']');
    } else {
        out.extend_from_slice(b"null");
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_plain_json() {
        fn check(value: &str, expected: &str) {
            let mut out = Vec::new();
            assert!(write_value(value.as_bytes(), &mut out, 0));
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{value}");
        }
        check(r#"{"stringValue":"a\"b"}"#, r#""a\"b""#);
        check(r#"{"intValue":"200"}"#, "200");
        check(r#"{"intValue":200}"#, "200");
        check(r#"{"boolValue":false}"#, "false");
        check(r#"{"doubleValue":1.5}"#, "1.5");
        check("{}", "null");
        check("", "null");
        check(
            r#"{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{"intValue":"1"},{}]}}},{"key":"b"}]}}"#,
            r#"{"a":[1,null],"b":null}"#,
        );
        check(r#"{"kvlistValue":{}}"#, "{}");
        check(r#"{"arrayValue":{}}"#, "[]");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}{}", r#"{"arrayValue":{"values":["#.repeat(100_000), "]}}".repeat(100_000));
        assert!(!write_value(deep.as_bytes(), &mut Vec::new(), 0));
    }
}
