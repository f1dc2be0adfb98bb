//! What a request was about, from `resourceName` and `methodName` of a log entry.
//!
//! `core/v1/namespaces/shop/pods/web/status` and `io.k8s.core.v1.pods.status.patch`. The name alone does not tell the pods of
//! a namespace from a subresource of it; the method does, because it spells the resource behind the version.

use super::Writer;

/// Subresources of a Namespace itself.
const OF_NAMESPACES: [&str; 2] = ["finalize", "status"];

/// The parts of a name, empty where it has none.
#[derive(Debug, Default)]
pub(super) struct Resource<'a> {
    /// `resourceName` as it stands there.
    name: &'a str,
    verb: &'a str,
    /// `None` for a path that is no object's, such as `healthz`.
    object: Option<Object<'a>>,
}

#[derive(Debug, Default)]
struct Object<'a> {
    group: &'a str,
    version: &'a str,
    namespace: &'a str,
    resource: &'a str,
    name: &'a str,
    subresource: &'a str,
}

impl<'a> Resource<'a> {
    pub(super) fn of(name: &'a str, method: &'a str) -> Self {
        let verb = method.rsplit_once('.').map_or(method, |(_, verb)| verb);
        Self {
            name: name.trim_start_matches('/'),
            verb,
            object: Object::of(name.trim_start_matches('/'), method),
        }
    }

    /// The last part of the method.
    pub(super) fn verb(&self) -> &'a str {
        self.verb
    }

    /// The path of the request, as far as the name has it, with the query that a dry run has.
    pub(super) fn uri(&self, is_dry_run: bool) -> String {
        let prefix = match &self.object {
            None => "/",
            Some(object) if object.group.is_empty() => "/api/",
            Some(_) => "/apis/",
        };
        let is_core = self.object.as_ref().is_some_and(|object| object.group.is_empty());
        let path = if is_core { self.name.strip_prefix("core/").unwrap_or(self.name) } else { self.name };
        format!("{prefix}{path}{}", if is_dry_run { "?dryRun=All" } else { "" })
    }

    /// `objectRef`, as JSON.
    pub(super) fn reference(&self) -> Option<Vec<u8>> {
        let object = self.object.as_ref()?;
        let mut reference = Writer::new();
        for (key, text) in [
            ("resource", object.resource),
            ("namespace", object.namespace),
            ("name", object.name),
            ("apiGroup", object.group),
            ("apiVersion", object.version),
            ("subresource", object.subresource),
        ] {
            if !text.is_empty() {
                reference.text(key, text);
            }
        }
        Some(reference.finish())
    }
}

impl<'a> Object<'a> {
    fn of(name: &'a str, method: &'a str) -> Option<Self> {
        let mut parts = name.split('/');
        let (group, version, first) = (parts.next()?, parts.next()?, parts.next()?);
        let is_version = version
            .strip_prefix('v')
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
        if !is_version || first.is_empty() {
            return None;
        }
        let rest: Vec<_> = parts.collect();
        let at = |index: usize| rest.get(index).copied().unwrap_or_default();
        let group = if group == "core" { "" } else { group };
        let object = Self { group, version, ..Self::default() };
        let is_namespace = match resource_of(method, version) {
            Some(resource) => resource == "namespaces",
            None => rest.len() < 2 || OF_NAMESPACES.contains(&at(1)),
        };
        Some(if first != "namespaces" || rest.is_empty() {
            Self { resource: first, name: at(0), subresource: at(1), ..object }
        } else if is_namespace && group.is_empty() {
            Self { resource: first, namespace: at(0), name: at(0), subresource: at(1), ..object }
        } else {
            Self { namespace: at(0), resource: at(1), name: at(2), subresource: at(3), ..object }
        })
    }
}

/// What stands behind the version in a method.
fn resource_of<'a>(method: &'a str, version: &str) -> Option<&'a str> {
    let mut parts = method.split('.').skip_while(|part| *part != version).skip(1);
    let resource = parts.next()?;
    // Behind the resource there is a verb at least.
    parts.next().map(|_| resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_methods() {
        fn check(name: &str, method: &str, uri: &str, reference: &str) {
            let resource = Resource::of(name, method);
            let found = resource.reference().map(|json| String::from_utf8(json).unwrap()).unwrap_or_default();
            assert_eq!((resource.uri(false).as_str(), found.as_str()), (uri, reference), "{name} {method}");
        }
        check(
            "core/v1/namespaces/shop/pods/web/status",
            "io.k8s.core.v1.pods.status.patch",
            "/api/v1/namespaces/shop/pods/web/status",
            r#"{"resource":"pods","namespace":"shop","name":"web","apiVersion":"v1","subresource":"status"}"#,
        );
        check(
            "core/v1/namespaces/shop/pods",
            "io.k8s.core.v1.pods.create",
            "/api/v1/namespaces/shop/pods",
            r#"{"resource":"pods","namespace":"shop","apiVersion":"v1"}"#,
        );
        check(
            "core/v1/namespaces/shop",
            "io.k8s.core.v1.namespaces.delete",
            "/api/v1/namespaces/shop",
            r#"{"resource":"namespaces","namespace":"shop","name":"shop","apiVersion":"v1"}"#,
        );
        check(
            "core/v1/namespaces/shop/finalize",
            "io.k8s.core.v1.namespaces.finalize.update",
            "/api/v1/namespaces/shop/finalize",
            r#"{"resource":"namespaces","namespace":"shop","name":"shop","apiVersion":"v1","subresource":"finalize"}"#,
        );
        check(
            "core/v1/namespaces",
            "io.k8s.core.v1.namespaces.list",
            "/api/v1/namespaces",
            r#"{"resource":"namespaces","apiVersion":"v1"}"#,
        );
        check(
            "core/v1/nodes/node-1/status",
            "io.k8s.core.v1.nodes.status.patch",
            "/api/v1/nodes/node-1/status",
            r#"{"resource":"nodes","name":"node-1","apiVersion":"v1","subresource":"status"}"#,
        );
        check(
            "rbac.authorization.k8s.io/v1/clusterroles/admin",
            "io.k8s.authorization.rbac.v1.clusterroles.patch",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/admin",
            r#"{"resource":"clusterroles","name":"admin","apiGroup":"rbac.authorization.k8s.io","apiVersion":"v1"}"#,
        );
        check(
            "stable.example.com/v1beta1/namespaces/shop/crontabs/nightly",
            "com.example.stable.v1beta1.crontabs.update",
            "/apis/stable.example.com/v1beta1/namespaces/shop/crontabs/nightly",
            r#"{"resource":"crontabs","namespace":"shop","name":"nightly","apiGroup":"stable.example.com","apiVersion":"v1beta1"}"#,
        );
        check("readyz", "io.k8s.get", "/readyz", "");
        check("", "", "/", "");
        check("core/v1", "io.k8s.get", "/core/v1", "");
        check("a/b/c/d", "x", "/a/b/c/d", "");
    }

    #[test]
    fn without_a_method_the_name_decides() {
        fn check(name: &str, resource: &str, subresource: &str) {
            let found = Object::of(name, "").unwrap();
            assert_eq!((found.resource, found.subresource), (resource, subresource), "{name}");
        }
        check("core/v1/namespaces/shop/pods", "pods", "");
        check("core/v1/namespaces/shop/finalize", "namespaces", "finalize");
        check("core/v1/namespaces/shop", "namespaces", "");
    }
}
