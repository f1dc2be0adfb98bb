//! Reads one audit event (`audit.k8s.io`, reference/audit.md section 1) without a DOM: simple fields are read at once,
//! bodies and maps stay byte ranges.
//!
//! Tolerant of everything in reference/audit.md section 14: unknown fields, missing ones, invalid UTF-8, any depth. Where a
//! key stands twice at the top, the last one counts, as in Go.

use std::borrow::Cow;

use crate::json::{self, Members};
use crate::key::{AuditIdentity, Keys};
use crate::outline::{Member, Outline};
use crate::time::Timestamp;

/// The stages of a request, in the order in which a later one replaces an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Before authorization; no answer yet.
    RequestReceived,
    /// A long-running request was answered but goes on; also the only record of a failed authentication.
    ResponseStarted,
    /// The normal end. An unknown stage counts as one.
    ResponseComplete,
    /// The handler panicked; ends the request too.
    Panic,
}

impl Stage {
    /// The stage of this name.
    pub fn of(text: &str) -> Self {
        match text {
            "RequestReceived" => Self::RequestReceived,
            "ResponseStarted" => Self::ResponseStarted,
            "Panic" => Self::Panic,
            _ => Self::ResponseComplete,
        }
    }
}

/// What the index sorts events by: each class has its own splits, window and age limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Write verbs, whatever their outcome.
    Change,
    /// Reads, watches, and exec, attach, portforward, log and proxy under any verb.
    Access,
    /// Network flows.
    Flow,
    /// What Taffrail itself noted: gaps.
    Notice,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Change, Self::Access, Self::Flow, Self::Notice];

    /// The name in directory names and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Access => "access",
            Self::Flow => "flow",
            Self::Notice => "notice",
        }
    }
}

/// Why bytes are not an audit event; they become a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAudit {
    /// Not a JSON object.
    #[error("not a JSON object")]
    NotAnObject,
    /// An object of another kind.
    #[error("a JSON object, but not an audit event (no auditID and no stage)")]
    NotAnEvent,
    /// Cut off or malformed.
    #[error("malformed or cut JSON")]
    Malformed,
}

/// One audit event, borrowed from its record.
#[derive(Debug, Clone, Default)]
pub struct AuditRecord<'a> {
    /// `level`.
    pub level: Cow<'a, str>,
    /// `auditID`.
    pub audit_id: Cow<'a, str>,
    /// `stage` as written.
    pub stage: Cow<'a, str>,
    /// `requestURI` with its query, percent-encoding kept.
    pub uri: Cow<'a, str>,
    /// `verb`; may be empty.
    pub verb: Cow<'a, str>,
    /// `userAgent`.
    pub user_agent: Cow<'a, str>,
    /// `requestReceivedTimestamp` as written.
    pub request_received: Cow<'a, str>,
    /// `stageTimestamp` as written.
    pub stage_time: Cow<'a, str>,
    /// `user`, a JSON value.
    pub user: Option<&'a [u8]>,
    /// `impersonatedUser`, a JSON value.
    pub impersonated_user: Option<&'a [u8]>,
    /// `sourceIPs`, a JSON value.
    pub source_ips: Option<&'a [u8]>,
    /// `objectRef`, a JSON value.
    pub object_ref: Option<&'a [u8]>,
    /// `responseStatus`, a JSON value.
    pub response_status: Option<&'a [u8]>,
    /// `requestObject`: any JSON value but [`SKIPPED_BODY`].
    pub request_object: Option<&'a [u8]>,
    /// `responseObject`: any JSON value but [`SKIPPED_BODY`].
    pub response_object: Option<&'a [u8]>,
    /// Whether [`SKIPPED_BODY`] stands for a body.
    pub is_body_skipped: bool,
    /// `annotations`, a JSON value.
    pub annotations: Option<&'a [u8]>,
}

impl<'a> AuditRecord<'a> {
    /// Reads the event in `record`. The object must be closed; bodies are not looked into.
    pub fn decode(record: &'a [u8]) -> Result<Self, NotAudit> {
        Self::outline(record).map(|outline| Self::by_outline(record, &outline))
    }

    /// Where the members of the event in `record` stand, if it is one.
    pub fn outline(record: &'a [u8]) -> Result<Outline, NotAudit> {
        let mut whole = json::Lexer::new(record);
        if whole.next_token() != Some(json::Token::ObjectOpen) {
            return Err(NotAudit::NotAnObject);
        }
        let mut outline = Outline::default();
        let mut members = Members::of(record);
        for member in members.by_ref() {
            outline.note_named(&member.key, &member.value).ok_or(NotAudit::Malformed)?;
        }
        if !members.is_closed() {
            return Err(NotAudit::Malformed);
        }
        let is_text = |member: Member| {
            outline.value(record, member).is_some_and(|value| !string_or_empty(value).is_empty())
        };
        if !is_text(Member::AuditId) && !is_text(Member::Stage) {
            return Err(NotAudit::NotAnEvent);
        }
        Ok(outline)
    }

    /// Reads the event in the record that `outline` is of.
    pub fn by_outline(record: &'a [u8], outline: &Outline) -> Self {
        let value = |member: Member| outline.value(record, member);
        let text = |member: Member| value(member).map(string_or_empty).unwrap_or_default();
        let there = |member: Member| value(member).and_then(present);
        let mut audit = Self {
            level: text(Member::Level),
            audit_id: text(Member::AuditId),
            stage: text(Member::Stage),
            uri: text(Member::Uri),
            verb: text(Member::Verb),
            user_agent: text(Member::UserAgent),
            request_received: text(Member::RequestReceived),
            stage_time: text(Member::StageTime),
            user: there(Member::User),
            impersonated_user: there(Member::ImpersonatedUser),
            source_ips: there(Member::SourceIps),
            object_ref: there(Member::ObjectRef),
            response_status: there(Member::ResponseStatus),
            annotations: there(Member::Annotations),
            ..Self::default()
        };
        audit.request_object = value(Member::RequestObject).and_then(|body| audit.body(body));
        audit.response_object = value(Member::ResponseObject).and_then(|body| audit.body(body));
        audit
    }

    /// The stage; an unknown or missing one counts as the end of the request.
    pub fn stage(&self) -> Stage {
        Stage::of(&self.stage)
    }

    /// When the request came in; without a readable time when its stage was reached; without that `None`.
    pub fn time(&self) -> Option<Timestamp> {
        Timestamp::parse(&self.request_received).or_else(|| Timestamp::parse(&self.stage_time))
    }

    /// `responseStatus.code`.
    pub fn code(&self) -> Option<i64> {
        let code = json::member(self.response_status?, "code")?;
        json::integer(code).or_else(|| json::string(code)?.parse().ok())
    }

    /// `user.username`.
    pub fn user_name(&self) -> Cow<'a, str> {
        self.user.map(|user| string_member(user, "username")).unwrap_or_default()
    }

    /// `objectRef.subresource`.
    pub fn subresource(&self) -> Cow<'a, str> {
        self.object_ref.map(|object| string_member(object, "subresource")).unwrap_or_default()
    }

    /// The class by verb and subresource; the same for all stages of a request.
    pub fn class(&self) -> Class {
        let writes =
            matches!(self.verb.as_ref(), "create" | "update" | "patch" | "delete" | "deletecollection");
        if writes && !is_access_subresource(&self.subresource()) { Class::Change } else { Class::Access }
    }

    /// The record's keys.
    pub fn keys(&self, cluster: &str) -> Keys {
        AuditIdentity {
            cluster,
            audit_id: &self.audit_id,
            request_received: &self.request_received,
            user: &self.user_name(),
            verb: &self.verb,
            uri: &self.uri,
            stage: &self.stage,
            stage_time: &self.stage_time,
            code: self.code(),
        }
        .keys()
    }

    /// The annotation's text.
    pub fn annotation(&self, key: &str) -> Option<Cow<'a, str>> {
        json::string(json::member(self.annotations?, key)?)
    }

    /// Whether the API server stripped the bodies, or a body was cut or left out on the way.
    pub fn is_truncated(&self) -> bool {
        self.is_body_skipped || self.annotation(TRUNCATED).as_deref() == Some("true")
    }

    /// Whether the request asked for a dry run, in its query or its `DeleteOptions`. The body of any other request is an object
    /// or a patch, in which a member of this name says nothing.
    pub fn is_dry_run(&self) -> bool {
        if query_parameters(&self.uri).any(|(key, value)| key == "dryRun" && !value.is_empty()) {
            return true;
        }
        let options = match self.verb.as_ref() {
            "delete" | "deletecollection" => self.request_object,
            "create" if self.subresource() == "eviction" => {
                self.request_object.and_then(|body| json::member(body, "deleteOptions"))
            }
            _ => None,
        };
        let dry_run = options.and_then(|options| json::member(options, "dryRun"));
        dry_run.is_some_and(|dry_run| json::elements(dry_run).next().is_some())
    }

    fn body(&mut self, value: &'a [u8]) -> Option<&'a [u8]> {
        let is_skipped =
            matches!(value, [b'"', content @ .., b'"'] if content.trim_ascii() == SKIPPED_BODY.as_bytes());
        self.is_body_skipped |= is_skipped;
        present(value).filter(|_| !is_skipped)
    }
}

/// What AKS puts in the place of a body that is too large for it (Azure Monitor reference, table AKSAudit).
pub const SKIPPED_BODY: &str = "skipped-too-big-size-object";

/// Set by the API server on an event whose bodies it stripped (`--audit-webhook-truncate-enabled`).
pub const TRUNCATED: &str = "audit.k8s.io/truncated";

/// Subresources that give access to a workload rather than change it.
pub fn is_access_subresource(subresource: &str) -> bool {
    matches!(subresource, "exec" | "attach" | "portforward" | "log" | "proxy")
}

/// The query parameters of a request URI, as written (not percent-decoded).
pub fn query_parameters(uri: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter(|part| !part.is_empty()).map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// The text under `key`, or the empty string.
pub(crate) fn string_member<'a>(object: &'a [u8], key: &str) -> Cow<'a, str> {
    json::member(object, key).map(string_or_empty).unwrap_or_default()
}

fn string_or_empty(value: &[u8]) -> Cow<'_, str> {
    json::string(value).unwrap_or_default()
}

fn present(value: &[u8]) -> Option<&[u8]> {
    (value != b"null").then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_or_says_why_not() {
        fn check(json: &str, expected: Result<(), NotAudit>) {
            assert_eq!(AuditRecord::decode(json.as_bytes()).map(|_| ()), expected, "{json}");
        }
        check(r#"{"auditID":"a"}"#, Ok(()));
        check(r#"{"stage":"Panic","user":null}"#, Ok(()));
        check(r#"{"kind":"Pod"}"#, Err(NotAudit::NotAnEvent));
        check(r#"{"auditID":"a","verb":"get""#, Err(NotAudit::Malformed));
        check(r#"{"auditID":"a",}"#, Err(NotAudit::Malformed));
        check(r#"["auditID"]"#, Err(NotAudit::NotAnObject));
        check("", Err(NotAudit::NotAnObject));
    }

    #[test]
    fn class_is_by_verb_and_subresource() {
        fn check(verb: &str, subresource: &str, expected: Class) {
            let json =
                format!(r#"{{"auditID":"a","verb":"{verb}","objectRef":{{"subresource":"{subresource}"}}}}"#);
            assert_eq!(
                AuditRecord::decode(json.as_bytes()).unwrap().class(),
                expected,
                "{verb} {subresource}"
            );
        }
        check("create", "", Class::Change);
        check("create", "exec", Class::Access);
        check("create", "eviction", Class::Change);
        check("patch", "status", Class::Change);
        check("get", "", Class::Access);
        check("", "", Class::Access);
    }

    #[test]
    fn a_skipped_body_is_none() {
        fn check(bodies: &str, expected: (bool, bool, bool)) {
            let json = format!(r#"{{"auditID":"a",{bodies}}}"#);
            let audit = AuditRecord::decode(json.as_bytes()).unwrap();
            let found =
                (audit.request_object.is_some(), audit.response_object.is_some(), audit.is_truncated());
            assert_eq!(found, expected, "{bodies}");
        }
        let skipped = format!(r#""{SKIPPED_BODY}""#);
        check(&format!(r#""requestObject":{skipped},"responseObject":{skipped}"#), (false, false, true));
        check(&format!(r#""requestObject":{{}},"responseObject":{skipped}"#), (true, false, true));
        check(&format!(r#""requestObject":"{SKIPPED_BODY} ","responseObject":null"#), (false, false, true));
        check(r#""requestObject":"text","responseObject":null"#, (true, false, false));
    }

    #[test]
    fn dry_runs_are_seen_in_query_and_options() {
        fn check(json: &str, expected: bool) {
            assert_eq!(AuditRecord::decode(json.as_bytes()).unwrap().is_dry_run(), expected, "{json}");
        }
        check(r#"{"auditID":"a","requestURI":"/api/v1/pods?dryRun=All"}"#, true);
        check(r#"{"auditID":"a","requestURI":"/api/v1/pods?x=dryRun"}"#, false);
        let options = r#""requestObject":{"kind":"DeleteOptions","dryRun":["All"]}"#;
        check(&format!(r#"{{"auditID":"a","verb":"delete",{options}}}"#), true);
        check(&format!(r#"{{"auditID":"a","verb":"deletecollection",{options}}}"#), true);
        check(r#"{"auditID":"a","verb":"delete","requestObject":{"dryRun":[]}}"#, false);
        // Whoever patches may write what they like.
        check(&format!(r#"{{"auditID":"a","verb":"patch",{options}}}"#), false);
        let eviction = r#""objectRef":{"resource":"pods","subresource":"eviction"},"requestObject":{"kind":"Eviction","deleteOptions":{"dryRun":["All"]}}"#;
        check(&format!(r#"{{"auditID":"a","verb":"create",{eviction}}}"#), true);
    }
}
