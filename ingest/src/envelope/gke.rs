//! Log entries of Cloud Logging, in which GKE keeps its audit log. They are no `audit.k8s.io` events: [`event`] makes one of
//! what an entry says.
//!
//! An entry has no stages, no groups of the user, and a gRPC status for an HTTP one, so 201 cannot be told from 200.

mod resource;

use std::net::IpAddr;

use taffrail_event::json::{self, Members};

use super::object::Object;
use super::{Around, Opener, Recipient};
use crate::redact::write_escaped;
use resource::Resource;

impl<R: Recipient> Opener<'_, R> {
    /// An entry of Kubernetes' audit log, of another service's, or of any other log.
    pub(super) fn log_entry(&mut self, entry: &Object<'_>, around: &Around) -> Result<bool, R::Error> {
        let around =
            Around { time: entry.time("timestamp").or(around.time), ..around.within("a log entry of GKE") };
        if let Some(payload) = entry.object("protoPayload") {
            if payload.text("serviceName").is_none_or(|service| service != "k8s.io") {
                self.recipient.skipped();
                return Ok(true);
            }
            match event(entry, &payload) {
                Some(event) => self.holding(&event, |opener| opener.recipient.event(&event, false))?,
                None => {
                    let payload = entry.get("protoPayload").unwrap_or_default();
                    self.broken(
                        payload,
                        &around,
                        "neither an insertId nor an operation, so it cannot be told apart",
                    )?;
                }
            }
            return Ok(true);
        }
        if !entry.has("logName") || !entry.has("insertId") {
            return Ok(false);
        }
        // What an agent read from a file of the machine.
        match entry.get("jsonPayload").or_else(|| entry.get("textPayload")) {
            Some(payload) => self.content(payload, &around)?,
            None => self.recipient.skipped(),
        }
        Ok(true)
    }
}

/// The event that an entry stands for; `None` if nothing identifies it.
fn event(entry: &Object<'_>, payload: &Object<'_>) -> Option<Vec<u8>> {
    let operation = entry.object("operation");
    let operation_id = || operation.as_ref().and_then(|operation| operation.text("id"));
    let id = entry.text("insertId").or_else(operation_id)?;
    let resource_name = payload.text("resourceName").unwrap_or_default();
    let method = payload.text("methodName").unwrap_or_default();
    let resource = Resource::of(&resource_name, &method);
    let (request, response) = (body(payload, "request"), body(payload, "response"));
    let labels = entry.get("labels").filter(|labels| labels.first() == Some(&b'{'));
    let is_dry_run = labels.and_then(|labels| json::member(labels, "command.gke.io/dryRun")).is_some();

    let mut event = Writer::new();
    event.raw("kind", b"\"Event\"");
    event.raw("apiVersion", b"\"audit.k8s.io/v1\"");
    event.raw(
        "level",
        match (&request, &response) {
            (_, Some(_)) => b"\"RequestResponse\"",
            (Some(_), None) => b"\"Request\"",
            (None, None) => b"\"Metadata\"",
        },
    );
    event.text("auditID", &id);
    event.text("stage", if is_open(operation.as_ref()) { "ResponseStarted" } else { "ResponseComplete" });
    event.text("requestURI", &resource.uri(is_dry_run));
    event.text("verb", resource.verb());
    event.raw("user", &user(payload));
    if let Some(ip) = payload.text_at("requestMetadata.callerIp").filter(|ip| ip.parse::<IpAddr>().is_ok()) {
        event.raw("sourceIPs", format!("[\"{ip}\"]").as_bytes());
    }
    if let Some(agent) = payload.text_at("requestMetadata.callerSuppliedUserAgent") {
        event.text("userAgent", &agent);
    }
    if let Some(reference) = resource.reference() {
        event.raw("objectRef", &reference);
    }
    event.raw("responseStatus", &status(payload));
    for (key, body) in [("requestObject", request), ("responseObject", response)] {
        if let Some(body) = body {
            event.raw(key, &body);
        }
    }
    if let Some(time) = entry.time("timestamp").or_else(|| entry.time("receiveTimestamp")) {
        event.text("requestReceivedTimestamp", &time.to_string());
    }
    if let Some(labels) = labels {
        event.raw("annotations", labels);
    }
    Some(event.finish())
}

/// A request that goes on, such as a watch, has one entry at its start and another at its end.
fn is_open(operation: Option<&Object<'_>>) -> bool {
    let is_true = |key| operation.and_then(|operation| operation.get(key)) == Some(b"true");
    is_true("first") && !is_true("last")
}

fn user(payload: &Object<'_>) -> Vec<u8> {
    let mut user = Writer::new();
    if let Some(name) = payload.text_at("authenticationInfo.principalEmail") {
        user.text("username", &name);
    }
    user.finish()
}

fn status(payload: &Object<'_>) -> Vec<u8> {
    let status = payload.object("status");
    let code = status.as_ref().and_then(|status| json::integer(status.get("code")?)).unwrap_or(0);
    let mut response = Writer::new();
    response.raw("metadata", b"{}");
    if let Some(message) = status.as_ref().and_then(|status| status.text("message")) {
        response.text("message", &message);
    }
    response.raw("code", http_code(code).to_string().as_bytes());
    response.finish()
}

/// The HTTP status that the API server gave for what Cloud Logging says as a status of gRPC (`google.rpc.Code`).
fn http_code(code: i64) -> i64 {
    match code {
        0 => 200,
        1 => 499,
        3 | 11 => 400,
        9 => 412,
        4 => 504,
        5 => 404,
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        // Already one of HTTP.
        100..600 => code,
        _ => 500,
    }
}

/// A body without its `@type`, which gives the kind where the body does not.
fn body(payload: &Object<'_>, key: &str) -> Option<Vec<u8>> {
    let body = payload.get(key)?;
    if body.first() != Some(&b'{') {
        return Some(body.to_vec());
    }
    let members: Vec<_> = Members::of(body).filter(|member| member.key != "@type").collect();
    let of_type = json::member(body, "@type").and_then(json::string);
    let is_patch = of_type.as_deref() == Some("k8s.io/Patch");
    match members.as_slice() {
        // An entry has bodies only for what has them.
        [] => return None,
        // A JSON patch is an array, which the entry's format has no place for.
        [only] if only.key == "value" && body[only.value.start] == b'[' => {
            return Some(body[only.value.clone()].to_vec());
        }
        _ => {}
    }
    let mut object = Writer::new();
    if !is_patch
        && members.iter().all(|member| member.key != "kind")
        && let Some(kind) =
            of_type.as_deref().and_then(|of_type| of_type.rsplit_once('.')).map(|(_, kind)| kind)
    {
        object.text("kind", kind);
    }
    for member in members {
        object.raw(&member.key, &body[member.value]);
    }
    Some(object.finish())
}

/// Writes one JSON object.
struct Writer(Vec<u8>);

impl Writer {
    fn new() -> Self {
        Self(b"{".to_vec())
    }

    /// A member whose value is JSON already.
    fn raw(&mut self, key: &str, value: &[u8]) {
        let separator: &[u8] = if self.0.len() > 1 { b",\"" } else { b"\"" };
        self.0.extend_from_slice(separator);
        write_escaped(key.as_bytes(), &mut self.0);
        self.0.extend_from_slice(b"\":");
        self.0.extend_from_slice(value);
    }

    fn text(&mut self, key: &str, text: &str) {
        let mut value = b"\"".to_vec();
        write_escaped(text.as_bytes(), &mut value);
        value.push(b'"');
        self.raw(key, &value);
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}

#[cfg(test)]
mod tests;
