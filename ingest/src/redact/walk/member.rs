//! What a member of an object means, by its key and the object it stands in.

use std::borrow::Cow;

use taffrail_event::json;

use super::Walk;
use crate::redact::hash::Encoding;
use crate::redact::name;
use crate::redact::resource::Families;

/// What a container is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    Plain,
    /// `data` or `stringData` of what may be a Secret.
    SecretMap(Encoding),
    Annotations,
    /// The annotations of the audit event itself.
    AuditAnnotations,
    /// `user` and `impersonatedUser` of the audit event.
    User,
    /// `objectRef` of the audit event.
    Reference,
    Metadata,
    /// The words of a command line.
    Words,
    /// A JSON patch.
    PatchList,
    /// One operation of a JSON patch.
    Op,
    /// `auths` of a Docker configuration.
    Auths,
    /// One login in it.
    Login,
    /// `tls` of a Route.
    Tls,
}

/// What a value is to the container it stands in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::redact) enum Member {
    /// A whole body.
    Root,
    Plain,
    /// Never touched.
    Identity,
    Kind,
    Type,
    /// `name`: of an object, or of the `value` beside it.
    Name,
    Value,
    /// Replaced whole, whatever it is.
    Whole(Encoding),
    /// Replaced if it is a text or a number.
    Credential,
    SecretMap(Encoding),
    SecretValue {
        encoding: Encoding,
        /// A ConfigMap's value under such a key is a secret as well.
        has_secret_name: bool,
    },
    /// `$patch` in a strategic merge patch of a Secret.
    Directive,
    Annotations,
    Annotation,
    /// Often settings or JSON: read closely, never replaced whole.
    Note,
    Words,
    Word,
    Auths,
    Login,
    Tls,
    PatchList,
    Op,
    Message,
    Metadata,
    OauthSecret,
    /// `fieldsV1` of managedFields.
    FieldNames,
    /// Content of a file, as a URL.
    Source,
    /// Members of the audit event.
    AuditAnnotations,
    User,
    Reference,
}

impl Member {
    /// What the container is that is this member.
    pub(super) fn role(self, is_object: bool) -> Role {
        match (self, is_object) {
            (Self::SecretMap(encoding), true) => Role::SecretMap(encoding),
            (Self::Annotations, true) => Role::Annotations,
            (Self::AuditAnnotations, true) => Role::AuditAnnotations,
            (Self::User, true) => Role::User,
            (Self::Reference, true) => Role::Reference,
            (Self::Metadata, true) => Role::Metadata,
            (Self::Auths, true) => Role::Auths,
            (Self::Login, true) => Role::Login,
            (Self::Tls, true) => Role::Tls,
            (Self::Op, true) => Role::Op,
            (Self::Words, false) => Role::Words,
            (Self::Root | Self::PatchList, false) => Role::PatchList,
            _ => Role::Plain,
        }
    }
}

impl Role {
    /// What the elements of such an array are.
    pub(super) fn element(self) -> Member {
        match self {
            Self::Words => Member::Word,
            Self::PatchList => Member::Op,
            _ => Member::Plain,
        }
    }
}

impl Walk<'_> {
    /// Reads a key and says what its value is. Secrets in keys are masked at once.
    pub(super) fn member(&mut self, start: usize, end: usize, escaped: bool) -> Member {
        let raw = &self.buf[start..end];
        // What is escaped for good reason (quotes, mostly those of managedFields) is no key we look for.
        let disguised = escaped && raw.windows(2).any(|pair| matches!(pair, b"\\u" | b"\\/"));
        if self.scope.built_in && (disguised || self.has_anchor(start, end)) {
            self.read_text(start..end, escaped, None);
        }
        let key = if disguised { json::unescape(raw) } else { Cow::Borrowed(raw) };
        let Some(frame) = self.work.frames.last() else { return Member::Plain };
        if frame.role == Role::Op && key.eq_ignore_ascii_case(b"value") {
            return frame.op_value;
        }
        self.classify(frame.role, &key)
    }

    pub(super) fn classify(&self, role: Role, key: &[u8]) -> Member {
        if !self.scope.built_in {
            return names_and_values(key);
        }
        match role {
            Role::SecretMap(_) if key == b"$patch" => Member::Directive,
            Role::SecretMap(encoding) if self.is_certain(Families::SECRET) => Member::Whole(encoding),
            Role::SecretMap(encoding) => {
                Member::SecretValue { encoding, has_secret_name: name::is_secret_name(key) }
            }
            Role::Annotations | Role::AuditAnnotations if name::repeats_object(key) => {
                Member::Whole(Encoding::Plain)
            }
            Role::AuditAnnotations if key.starts_with(b"authorization.k8s.io/") => Member::Identity,
            Role::Annotations | Role::AuditAnnotations if name::is_secret_annotation(key) => {
                Member::Credential
            }
            Role::Annotations => Member::Annotation,
            Role::AuditAnnotations => Member::Note,
            Role::User if key == b"username" => Member::Identity,
            Role::Reference | Role::Metadata
                if key.eq_ignore_ascii_case(b"name") && self.is_certain(Families::OAUTH_TOKEN) =>
            {
                Member::Whole(Encoding::Plain)
            }
            Role::Auths => Member::Login,
            Role::Login if is(key, b"auth") => Member::Credential,
            Role::Tls if is(key, b"key") => Member::Credential,
            _ => of_any_object(key),
        }
    }
}

/// What a key means wherever it stands.
fn of_any_object(key: &[u8]) -> Member {
    let Some(first) = key.first() else { return Member::Plain };
    // By length and first letter nearly all keys turn out to be none of these.
    let member = match (key.len(), first | 0x20) {
        (4, b'k') if is(key, b"kind") => Member::Kind,
        (4, b't') if is(key, b"type") => Member::Type,
        (4, b'n') if is(key, b"name") => Member::Name,
        (5, b'v') if is(key, b"value") => Member::Value,
        (4, b'd') if is(key, b"data") => Member::SecretMap(Encoding::Base64),
        (10, b's') if is(key, b"stringData") => Member::SecretMap(Encoding::Plain),
        (10, b'b') if is(key, b"binaryData") => Member::SecretMap(Encoding::Base64),
        (11, b'a') if is(key, b"annotations") => Member::Annotations,
        (8, b'm') if is(key, b"metadata") => Member::Metadata,
        (7, b'c') if is(key, b"command") => Member::Words,
        (4, b'a') if is(key, b"args") => Member::Words,
        (3, b't') if is(key, b"tls") => Member::Tls,
        (5, b'a') if is(key, b"auths") => Member::Auths,
        (5, b'p') if is(key, b"patch") => Member::PatchList,
        (8, b'f') if key == b"fieldsV1" => Member::FieldNames,
        (7, b'm') if is(key, b"message") => Member::Message,
        (6, b's') if is(key, b"secret") => Member::OauthSecret,
        (17, b'a') if is(key, b"additionalSecrets") => Member::OauthSecret,
        (6, b's') if is(key, b"source") => Member::Source,
        _ => Member::Plain,
    };
    match member {
        Member::Plain if name::is_secret_member(key) => Member::Credential,
        Member::Plain if key.len() > 20 && name::repeats_object(key) => Member::Whole(Encoding::Plain),
        member => member,
    }
}

/// What is left where the built-in rules are switched off: variables that added rules name.
fn names_and_values(key: &[u8]) -> Member {
    match key.len() {
        4 if is(key, b"name") => Member::Name,
        5 if is(key, b"value") => Member::Value,
        _ => Member::Plain,
    }
}

fn is(key: &[u8], name: &[u8]) -> bool {
    key.eq_ignore_ascii_case(name)
}
