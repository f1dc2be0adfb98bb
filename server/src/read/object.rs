//! Which object: as a body, and as a path.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use taffrail_event::resource::singular;
use taffrail_query::history::ObjectName;
use utoipa::ToSchema;

/// In the place of the group of core resources.
pub(crate) const CORE: &str = "core";

/// In the place of the namespace of what has none.
const NOTHING: &str = "_";

/// What a part of a path may hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Which object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ObjectName)]
pub(crate) struct ObjectBody {
    pub(crate) cluster: String,
    /// API group; `""` for the core one.
    pub(crate) group: String,
    /// Plural resource name.
    pub(crate) resource: String,
    /// Namespace; `""` for what has none.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl ObjectBody {
    pub(crate) fn of(object: &ObjectName) -> Self {
        let ObjectName { cluster, group, resource, namespace, name } = object.clone();
        Self { cluster, group, resource, namespace, name }
    }

    /// The object's name.
    pub(crate) fn name_of(&self) -> ObjectName {
        let Self { cluster, group, resource, namespace, name } = self.clone();
        ObjectName { cluster, group, resource, namespace, name }
    }

    /// "deployment shop/web".
    pub(crate) fn in_words(&self) -> String {
        let kind = singular(&self.resource);
        let place = if self.namespace.is_empty() { String::new() } else { format!("{}/", self.namespace) };
        format!("{kind} {place}{}", self.name)
    }
}

/// `cluster/group/resource/namespace/name` as the API's paths have it.
pub(crate) fn path_of(object: &ObjectName) -> String {
    let parts = [
        (&object.cluster, NOTHING),
        (&object.group, CORE),
        (&object.resource, NOTHING),
        (&object.namespace, NOTHING),
        (&object.name, NOTHING),
    ];
    let parts = parts.map(|(part, placeholder)| match part.as_str() {
        "" => placeholder.to_owned(),
        part => utf8_percent_encode(part, SEGMENT).to_string(),
    });
    parts.join("/")
}

/// The object of a path; `None` if it is none that [`path_of`] gives.
pub(crate) fn object_of(path: &str) -> Option<ObjectName> {
    let parts: Option<Vec<String>> =
        path.split('/').map(|part| Some(percent_decode_str(part).decode_utf8().ok()?.into_owned())).collect();
    Some(of_parts(parts?.try_into().ok()?))
}

/// The object of the decoded parts of a path.
pub(crate) fn of_parts([cluster, group, resource, namespace, name]: [String; 5]) -> ObjectName {
    let unless = |value: String, placeholder: &str| if value == placeholder { String::new() } else { value };
    ObjectName { cluster, group: unless(group, CORE), resource, namespace: unless(namespace, NOTHING), name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_back() {
        fn check(parts: [&str; 5], path: &str) {
            let [cluster, group, resource, namespace, name] = parts.map(str::to_owned);
            let object = ObjectName { cluster, group, resource, namespace, name };
            assert_eq!(path_of(&object), path);
            assert_eq!(object_of(path), Some(object));
        }
        check(["prod", "apps", "deployments", "shop", "web"], "prod/apps/deployments/shop/web");
        check(["prod", "", "nodes", "", "n-1"], "prod/core/nodes/_/n-1");
        check(
            ["prod", "rbac.authorization.k8s.io", "clusterroles", "", "system:a/b"],
            "prod/rbac.authorization.k8s.io/clusterroles/_/system%3Aa%2Fb",
        );
        for wrong in ["", "a/b/c/d", "a/b/c/d/e/f", "a/b/c/d/%ff"] {
            assert_eq!(object_of(wrong), None, "{wrong}");
        }
    }
}
