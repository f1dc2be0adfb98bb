//! One audit event: which of its members are read how.

use std::ops::Range;

use taffrail_event::json::{self, Lexer, Token};
use taffrail_event::{NotAudit, RecordFlags};

use super::edit::{Edits, write_escaped};
use super::scope::Scope;
use super::walk::{Member, Walk};
use super::{Redactor, paths, uri};

/// The members of an audit event that redaction looks into.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// Says which record this is, and is never changed.
    Identity,
    AuditId,
    Stage,
    Uri,
    Body,
    /// Small; looked into only if something in it is suspicious.
    User,
    Reference,
    Annotations,
    Other,
}

/// Appends the redacted `record` to `out`.
pub(super) fn redact(redactor: &Redactor, record: &[u8], out: &mut Vec<u8>) -> Result<RecordFlags, NotAudit> {
    let members = Members::read(record)?;
    let scope = redactor.rules.scope(members.object_ref.clone().map(|place| &record[place]), || {
        members.uri.clone().and_then(|place| json::string(&record[place])).unwrap_or_default().into_owned()
    });
    if !scope.built_in && scope.paths.is_empty() && scope.env_names.is_empty() {
        out.extend_from_slice(record);
        return Ok(RecordFlags::default());
    }
    let mut anchors = Vec::new();
    redactor.patterns.anchors(record, &mut anchors);
    let mut edits = Edits::default();
    let mut flags = RecordFlags::default();
    for (part, place) in members.parts {
        let from = anchors.partition_point(|anchor| *anchor < place.start);
        let anchors = &anchors[from..];
        let is_plain = || {
            anchors.first().is_none_or(|anchor| *anchor >= place.end)
                && memchr::memchr(b'\\', &record[place.clone()]).is_none()
        };
        let root = match part {
            Part::Uri => {
                if scope.built_in {
                    redact_uri(redactor, &scope, record, place, &mut edits);
                }
                continue;
            }
            Part::User if is_plain() => continue,
            Part::Reference if is_plain() && !scope.is_bearing() => continue,
            Part::User => Member::User,
            Part::Reference => Member::Reference,
            Part::Annotations => Member::AuditAnnotations,
            Part::Body => Member::Root,
            _ => Member::Plain,
        };
        let mut walk = Walk::new(redactor, &scope, record, anchors, &mut edits);
        let walked = walk.value(place.start, root);
        if walked == Ok(place.end) {
            if !scope.paths.is_empty() && part == Part::Body {
                paths::mask(redactor, &scope.paths, &record[place.clone()], place.start, &mut edits);
            }
        } else {
            flags = flags.union(withhold(redactor, &scope, record, place, &mut edits));
        }
    }
    if edits.is_empty() {
        out.extend_from_slice(record);
    } else {
        edits.apply(record, out);
    }
    Ok(flags)
}

/// The members of a record that have to be read, and what decides how.
struct Members {
    parts: Vec<(Part, Range<usize>)>,
    object_ref: Option<Range<usize>>,
    uri: Option<Range<usize>>,
}

impl Members {
    /// Accepts exactly what [`AuditRecord::decode`](taffrail_event::AuditRecord::decode) accepts.
    fn read(record: &[u8]) -> Result<Self, NotAudit> {
        let mut lexer = Lexer::new(record);
        if lexer.next_token() != Some(Token::ObjectOpen) {
            return Err(NotAudit::NotAnObject);
        }
        let mut members = Self { parts: Vec::with_capacity(16), object_ref: None, uri: None };
        let (mut has_id, mut has_stage, mut after_comma) = (false, false, false);
        loop {
            match lexer.next_token().ok_or(NotAudit::Malformed)? {
                Token::Comma if !after_comma => after_comma = true,
                Token::String { start, end, escaped } => {
                    after_comma = false;
                    let part = Part::of(&json::text(&record[start..end], escaped));
                    if lexer.next_token() != Some(Token::Colon) {
                        return Err(NotAudit::Malformed);
                    }
                    let place = lexer.value().ok_or(NotAudit::Malformed)?;
                    let has_text =
                        || json::string(&record[place.clone()]).is_some_and(|text| !text.is_empty());
                    match part {
                        Part::Identity => continue,
                        Part::AuditId => {
                            has_id = has_text();
                            continue;
                        }
                        Part::Stage => {
                            has_stage = has_text();
                            continue;
                        }
                        Part::Uri => members.uri = Some(place.clone()),
                        Part::Reference => members.object_ref = Some(place.clone()),
                        _ => {}
                    }
                    members.parts.push((part, place));
                }
                Token::ObjectClose if !after_comma => break,
                _ => return Err(NotAudit::Malformed),
            }
        }
        if lexer.next_token().is_some() || !record[lexer.position()..].trim_ascii().is_empty() {
            return Err(NotAudit::Malformed);
        }
        if has_id || has_stage { Ok(members) } else { Err(NotAudit::NotAnEvent) }
    }
}

impl Part {
    fn of(key: &str) -> Self {
        match key {
            "auditID" => Self::AuditId,
            "stage" => Self::Stage,
            "kind" | "apiVersion" | "level" | "verb" | "requestReceivedTimestamp" | "stageTimestamp" => {
                Self::Identity
            }
            "requestURI" => Self::Uri,
            "requestObject" | "responseObject" => Self::Body,
            "user" | "impersonatedUser" | "sourceIPs" | "authenticationMetadata" => Self::User,
            "objectRef" => Self::Reference,
            "annotations" => Self::Annotations,
            _ => Self::Other,
        }
    }
}

fn redact_uri(redactor: &Redactor, scope: &Scope<'_>, record: &[u8], place: Range<usize>, edits: &mut Edits) {
    let content = place.start + 1..place.end.saturating_sub(1).max(place.start + 1);
    let Some(uri) = json::string(&record[place]) else { return };
    if let Some(masked) = uri::mask(redactor, scope, uri.as_bytes()) {
        edits.replace(content, |out| write_escaped(&masked, out));
    }
}

/// Replaces a value that is no JSON. About secrets, or about who knows what, it is replaced whole; else it becomes a string
/// in which everything but the harmless is masked.
fn withhold(
    redactor: &Redactor,
    scope: &Scope<'_>,
    record: &[u8],
    place: Range<usize>,
    edits: &mut Edits,
) -> RecordFlags {
    if !scope.built_in {
        return RecordFlags::default();
    }
    let raw = &record[place.clone()];
    let is_secret = scope.is_bearing() || !scope.is_known;
    edits.replace(place, |out| {
        out.push(b'"');
        if is_secret {
            redactor.hash.write(raw, out);
        } else {
            write_escaped(&redactor.mask(raw), out);
        }
        out.push(b'"');
    });
    if is_secret { RecordFlags::WITHHELD } else { RecordFlags::default() }
}
