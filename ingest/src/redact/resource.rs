//! Which resources and kinds bear secrets, and which rules a record falls under.

use std::borrow::Cow;

use taffrail_event::json::{self, Members};

/// Sorts of secret-bearing objects, as a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Families(u8);

impl Families {
    pub(super) const NONE: Self = Self(0);
    /// Secret: `data` and `stringData`.
    pub(super) const SECRET: Self = Self(1);
    /// TokenRequest and TokenReview: `token`.
    pub(super) const TOKEN: Self = Self(2);
    /// OpenShift's OAuthClient: `secret` and `additionalSecrets`.
    pub(super) const OAUTH_CLIENT: Self = Self(4);
    /// OpenShift's OAuth tokens, which are named after the token.
    pub(super) const OAUTH_TOKEN: Self = Self(8);
    /// OpenShift's machine configurations: files as `data:` URLs.
    pub(super) const MACHINE_CONFIG: Self = Self(16);

    /// What objects of that resource are.
    pub(super) fn of_resource(resource: &str, subresource: &str) -> Self {
        match (resource, subresource) {
            ("secrets", _) => Self::SECRET,
            ("serviceaccounts", "token") | ("tokenreviews" | "tokenrequests", _) => Self::TOKEN,
            ("oauthclients", _) => Self::OAUTH_CLIENT,
            ("oauthaccesstokens" | "oauthauthorizetokens" | "useroauthaccesstokens", _) => Self::OAUTH_TOKEN,
            ("machineconfigs" | "controllerconfigs", _) => Self::MACHINE_CONFIG,
            _ => Self::NONE,
        }
    }

    /// What the segments of a request's path say, for records without an object reference.
    pub(super) fn of_path(uri: &str) -> Self {
        let path = uri.split('?').next().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let mut families = Self::NONE;
        for (at, segment) in segments.iter().enumerate() {
            let subresource = segments.get(at + 2).copied().unwrap_or_default();
            families = families.union(Self::of_resource(segment, subresource));
        }
        families
    }

    /// What an object of that kind, or a list of them, is.
    pub(super) fn of_kind(kind: &[u8]) -> Self {
        // Nearly every object has a kind and nearly none of these.
        if !matches!(kind.first(), Some(b's' | b'S' | b'o' | b'O' | b'm' | b'M' | b'c' | b'C' | b'u' | b'U'))
        {
            return Self::NONE;
        }
        let list = kind.len().saturating_sub(4);
        let kind = if kind[list..].eq_ignore_ascii_case(b"list") { &kind[..list] } else { kind };
        let is = |name: &str| kind.eq_ignore_ascii_case(name.as_bytes());
        if is("Secret") {
            Self::SECRET
        } else if is("OAuthClient") {
            Self::OAUTH_CLIENT
        } else if is("OAuthAccessToken") || is("OAuthAuthorizeToken") || is("UserOAuthAccessToken") {
            Self::OAUTH_TOKEN
        } else if is("MachineConfig") || is("ControllerConfig") {
            Self::MACHINE_CONFIG
        } else {
            Self::NONE
        }
    }

    /// What an object with that `type` is: Secrets in other clothes say no more of themselves.
    pub(super) fn of_type(name: &[u8]) -> Self {
        let is_secret = name == b"Opaque"
            || name.starts_with(b"kubernetes.io/")
            || name.starts_with(b"bootstrap.kubernetes.io/")
            || name.starts_with(b"helm.sh/release");
        if is_secret { Self::SECRET } else { Self::NONE }
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// `objectRef`, as far as rules ask for it.
#[derive(Debug, Default)]
pub(super) struct Target<'a> {
    pub(super) group: Cow<'a, str>,
    pub(super) resource: Cow<'a, str>,
    pub(super) subresource: Cow<'a, str>,
}

impl<'a> Target<'a> {
    /// Reads an `objectRef`; `None` if it names no resource.
    pub(super) fn read(object_ref: &'a [u8]) -> Option<Self> {
        let mut target = Self::default();
        for member in Members::of(object_ref) {
            let text = || json::string(&object_ref[member.value.clone()]).unwrap_or_default();
            match member.key.as_ref() {
                "apiGroup" => target.group = text(),
                "resource" => target.resource = text(),
                "subresource" => target.subresource = text(),
                _ => {}
            }
        }
        (!target.resource.is_empty()).then_some(target)
    }
}

/// A resource as the configuration names it: `secrets`, `foos.example.com`, `pods/exec`, `*`.
#[derive(Debug, Clone)]
pub(super) struct ResourceName {
    resource: String,
    group: Option<String>,
    subresource: Option<String>,
}

impl ResourceName {
    pub(super) fn new(name: &str) -> Self {
        let (name, subresource) = match name.split_once('/') {
            Some((name, subresource)) => (name, Some(subresource.to_owned())),
            None => (name, None),
        };
        let (resource, group) = match name.split_once('.') {
            Some((resource, group)) => (resource.to_owned(), Some(group.to_owned())),
            None => (name.to_owned(), None),
        };
        Self { resource, group, subresource }
    }

    /// Whether a rule that masks covers `target`. Without a subresource it covers all of them: `pods/status` carries the pod.
    pub(super) fn covers(&self, target: &Target<'_>) -> bool {
        self.resource == "*"
            || self.names(target) && self.subresource.as_deref().is_none_or(|sub| sub == target.subresource)
    }

    /// Whether it is `target` and nothing else. Without a group it is the resource of any.
    pub(super) fn is(&self, target: &Target<'_>) -> bool {
        self.names(target) && self.subresource.as_deref().unwrap_or_default() == target.subresource
    }

    fn names(&self, target: &Target<'_>) -> bool {
        self.resource == target.resource && self.group.as_deref().is_none_or(|group| group == target.group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_by_resource_path_and_kind() {
        assert!(Families::of_resource("secrets", "").meets(Families::SECRET));
        assert!(Families::of_resource("serviceaccounts", "").is_none());
        assert!(Families::of_path("/api/v1/namespaces/a/secrets/b?x=/pods").meets(Families::SECRET));
        assert!(Families::of_path("/api/v1/namespaces/a/serviceaccounts/b/token").meets(Families::TOKEN));
        assert!(Families::of_path("/api/v1/namespaces/a/pods?x=/secrets").is_none());
        for kind in ["Secret", "SecretList", "secret", "SECRETLIST"] {
            assert!(Families::of_kind(kind.as_bytes()).meets(Families::SECRET), "{kind}");
        }
        for kind in ["SecretClass", "List", "", "Pod", "SealedSecret"] {
            assert!(Families::of_kind(kind.as_bytes()).is_none(), "{kind}");
        }
    }

    #[test]
    fn names_cover_resources() {
        fn check(name: &str, object_ref: &str, covers: bool, is: bool) {
            let target = Target::read(object_ref.as_bytes()).unwrap();
            let name = ResourceName::new(name);
            assert_eq!((name.covers(&target), name.is(&target)), (covers, is), "{name:?} {object_ref}");
        }
        check("secrets", r#"{"resource":"secrets"}"#, true, true);
        check("*", r#"{"resource":"secrets"}"#, true, false);
        check("pods", r#"{"resource":"pods","subresource":"status"}"#, true, false);
        check("pods/exec", r#"{"resource":"pods","subresource":"exec"}"#, true, true);
        check("pods/exec", r#"{"resource":"pods"}"#, false, false);
        check("foos.example.com", r#"{"resource":"foos","apiGroup":"example.com"}"#, true, true);
        check("foos.example.com", r#"{"resource":"foos"}"#, false, false);
        check("foos", r#"{"resource":"foos","apiGroup":"example.com"}"#, true, true);
    }
}
