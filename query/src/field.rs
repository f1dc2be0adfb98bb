//! The one table of fields: their names, and how their values compare.

use std::borrow::Cow;
use std::net::IpAddr;

mod nearest;
mod values;

pub(crate) use nearest::nearest;

/// How the values of a field compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Whole values, letter by letter.
    Keyword,
    /// Whole values; case does not matter.
    KeywordIgnoreCase,
    /// Words inside the value; case does not matter.
    Words,
    /// Integers.
    Number,
    /// Addresses, by their canonical text or by network.
    Ip,
    /// Addresses as those, and names of what has one; case does not matter.
    Endpoint,
    /// Points in time, as microseconds.
    Time,
    /// Paths of fields, by the whole, the beginning or the end.
    Path,
}

/// No field has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no field {name:?}; the nearest is {nearest}")]
pub struct UnknownField {
    /// The name as written.
    pub name: String,
    /// The known name that looks most like it.
    pub nearest: &'static str,
}

macro_rules! fields {
    ($($(#[$doc:meta])+ $field:ident $kind:ident $facet:ident [$($name:literal),+];)+) => {
        /// A queryable field of an event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Field {
            $($(#[$doc])+ $field,)+
        }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$field),+];

            /// Every accepted name; the canonical one comes first.
            pub fn names(self) -> &'static [&'static str] {
                match self {
                    $(Self::$field => &[$($name),+],)+
                }
            }

            /// How its values compare.
            pub fn kind(self) -> FieldKind {
                match self {
                    $(Self::$field => FieldKind::$kind,)+
                }
            }

            /// Whether events can be counted by its values: those that many events share.
            pub fn is_facet(self) -> bool {
                match self {
                    $(Self::$field => fields!(@facet $facet),)+
                }
            }
        }
    };
    (@facet facet) => { true };
    (@facet single) => { false };
}

fields! {
    /// The event's id.
    Id Keyword single ["id"];
    /// When it happened.
    Time Time single ["time", "requestReceivedTimestamp"];
    /// What the event is about.
    Kind Keyword facet ["kind"];
    /// The cluster.
    Cluster Keyword facet ["cluster"];
    /// The routes by which it came in.
    Via Keyword facet ["via"];
    /// Who made the request.
    ActorName KeywordIgnoreCase facet ["actor.name", "user", "user.username"];
    /// What kind of identity that is.
    ActorType Keyword facet ["actor.type", "by"];
    /// The impersonated identity.
    ActorAs KeywordIgnoreCase facet ["actor.as.name", "as", "impersonatedUser.username"];
    /// The credential's id.
    ActorCredential Keyword facet ["actor.credential", "cred"];
    /// The groups of whoever made the request.
    ActorGroups Keyword facet ["actor.groups", "groups", "user.groups"];
    /// The verb.
    Verb Keyword facet ["verb"];
    /// API group of the object.
    Group Keyword facet ["object.group", "group", "objectRef.apiGroup"];
    /// Plural resource name of the object.
    Resource Keyword facet ["object.resource", "resource", "objectRef.resource"];
    /// Subresource.
    Subresource Keyword facet ["object.subresource", "sub", "objectRef.subresource"];
    /// Namespace of the object, or the Namespace itself by its name.
    Namespace Keyword facet ["object.namespace", "ns", "namespace", "objectRef.namespace"];
    /// Name of the object.
    Name Keyword facet ["object.name", "name", "objectRef.name"];
    /// `metadata.uid` of the object.
    Uid Keyword single ["object.uid", "uid", "objectRef.uid"];
    /// `metadata.resourceVersion` of the object.
    ResourceVersion Keyword single ["object.resource_version", "rv", "objectRef.resourceVersion"];
    /// The node that the object is, or runs on.
    Node Keyword facet ["object.node", "node"];
    /// The pod that the event is about.
    Pod Keyword facet ["pod"];
    /// HTTP status code of the answer.
    Code Number facet ["outcome.code", "code", "responseStatus.code"];
    /// How it ended, in one word.
    Result Keyword facet ["outcome.result", "result"];
    /// Who refused it.
    DeniedBy Keyword facet ["outcome.denied_by", "denied_by"];
    /// The reason in the answer.
    Reason Keyword facet ["outcome.reason", "reason", "responseStatus.reason"];
    /// Every address that the request came from or through.
    Ip Ip facet ["client.ips", "ip", "sourceIPs"];
    /// The client program.
    Agent Words facet ["client.user_agent", "agent", "userAgent"];
    /// What happened to the object.
    Change Keyword facet ["change.type", "change"];
    /// How sure it is what changed.
    Confidence Keyword facet ["change.confidence", "confidence"];
    /// `true` where nothing but the object's status changed.
    StatusOnly Keyword facet ["change.status_only", "statusonly"];
    /// Paths of the fields that an update changed.
    Changed Path single ["change.fields.path", "changed"];
    /// Their values before.
    Before Keyword single ["change.fields.before", "before"];
    /// Their values after.
    After Keyword single ["change.fields.after", "after"];
    /// Names and uids of the objects that a deletecollection deleted.
    Member Keyword single ["change.members", "member"];
    /// `auditID`, chosen by the client.
    AuditId Keyword single ["audit.id", "auditid", "auditID"];
    /// The request URI with its query.
    Uri Keyword single ["audit.uri", "uri", "requestURI"];
    /// The audit level.
    Level Keyword facet ["audit.level", "level"];
    /// The audit stage.
    Stage Keyword facet ["audit.stage", "stage"];
    /// `true` where bodies are missing or cut.
    Truncated Keyword facet ["audit.truncated", "truncated"];
    /// Whoever opened a flow: address, pod, workload or domain.
    Source Endpoint facet ["flow.source", "src"];
    /// Whoever a flow was for.
    Destination Endpoint facet ["flow.destination", "dst"];
    /// What the reporter says became of a flow.
    Verdict Keyword facet ["flow.verdict", "verdict"];
    /// What became of a flow after all its reporters were heard.
    EffectiveVerdict Keyword facet ["flow.effective_verdict", "effective"];
    /// The port that a flow was for.
    Port Number facet ["flow.destination.port", "port"];
    /// The policy that decided about a flow.
    Policy Keyword facet ["flow.policy.name", "policy"];
    /// What a flow spoke: `tcp`, `udp`, ...
    Protocol Keyword facet ["flow.protocol", "proto", "protocol"];
    /// The format of a flow's record.
    Format Keyword facet ["flow.format", "format"];
    /// The rule that found something.
    Rule Keyword facet ["finding.rule", "rule"];
    /// How bad a finding is.
    Severity Keyword facet ["finding.severity", "severity"];
    /// Milliseconds from request to answer.
    Duration Number single ["audit.duration_ms", "duration"];
}

impl Field {
    /// The field with this name (short, canonical or native; case does not matter).
    pub fn parse(name: &str) -> Result<Self, UnknownField> {
        let is_named = |field: &Self| field.names().iter().any(|known| known.eq_ignore_ascii_case(name));
        Self::ALL.iter().copied().find(is_named).ok_or_else(|| {
            let names = Self::ALL.iter().flat_map(|field| field.names().iter().copied());
            UnknownField { name: name.to_owned(), nearest: nearest(name, names).unwrap_or("user") }
        })
    }

    /// The dotted name, as in the event's JSON.
    pub fn canonical(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// A value in the form in which the field's values are compared.
    pub fn normal(self, value: &str) -> Cow<'_, str> {
        match self.kind() {
            FieldKind::KeywordIgnoreCase | FieldKind::Words => lower_case(value),
            FieldKind::Ip | FieldKind::Endpoint => match value.parse::<IpAddr>() {
                Ok(address) => {
                    let canonical = address.to_canonical().to_string();
                    if canonical == value { Cow::Borrowed(value) } else { Cow::Owned(canonical) }
                }
                Err(_) => lower_case(value),
            },
            FieldKind::Keyword | FieldKind::Number | FieldKind::Time | FieldKind::Path => {
                Cow::Borrowed(value)
            }
        }
    }
}

/// Letter by letter, so that a part of a text becomes what it is within the whole.
pub(crate) fn lower_case(text: &str) -> Cow<'_, str> {
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if text.bytes().all(is_lower) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        for field in Field::ALL {
            for name in field.names() {
                assert_eq!(Field::parse(name), Ok(*field), "{name}");
                assert_eq!(Field::parse(&name.to_uppercase()), Ok(*field), "{name}");
            }
        }
    }

    #[test]
    fn an_unknown_name_gets_the_nearest() {
        fn check(name: &str, nearest: &str) {
            assert_eq!(Field::parse(name).unwrap_err().nearest, nearest, "{name}");
        }
        check("usr", "user");
        check("resorce", "resource");
        check("namespaces", "namespace");
        check("actor.nme", "actor.name");
        check("client.ip", "client.ips");
        check("objectRef.nam", "objectRef.name");
    }

    #[test]
    fn normal_forms() {
        fn check(field: Field, value: &str, expected: &str) {
            assert_eq!(field.normal(value), expected);
            assert_eq!(field.normal(expected), expected);
        }
        check(Field::ActorName, "Alice@Example.COM", "alice@example.com");
        check(Field::ActorName, "ÅSA", "åsa");
        check(Field::Name, "Web", "Web");
        check(Field::Ip, "2001:DB8:0::1", "2001:db8::1");
        check(Field::Ip, "::ffff:10.0.0.1", "10.0.0.1");
        check(Field::Ip, "Unknown", "unknown");
    }

    #[test]
    fn lower_case_of_lower_case_is_itself() {
        for character in '\0'..=char::MAX {
            let once = lower_case(character.encode_utf8(&mut [0; 4])).into_owned();
            assert_eq!(lower_case(&once), once);
        }
    }
}
