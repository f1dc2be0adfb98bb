//! Whose an object is, by its `metadata.ownerReferences`.

use taffrail_event::json;
use taffrail_event::resource::plurals_of_kind;

use super::ObjectName;

/// An entry of `metadata.ownerReferences`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerReference {
    /// API group; `""` for the core one.
    pub group: String,
    /// Kind, as `ReplicaSet`.
    pub kind: String,
    /// Name, in the namespace of the object, or of a cluster-scoped owner.
    pub name: String,
    /// `metadata.uid` of the owner.
    pub uid: String,
    /// Whether the owner manages the object.
    pub is_controller: bool,
}

impl OwnerReference {
    /// All of an object, given as JSON.
    pub fn all_of(object: &[u8]) -> Vec<Self> {
        let references =
            json::member(object, "metadata").and_then(|metadata| json::member(metadata, "ownerReferences"));
        let Some(references) = references else { return Vec::new() };
        json::elements(references)
            .map(|range| {
                let reference = &references[range];
                let text = |key: &str| {
                    json::member(reference, key).and_then(json::string).unwrap_or_default().into_owned()
                };
                let api_version = text("apiVersion");
                Self {
                    group: api_version.split_once('/').map_or("", |(group, _)| group).to_owned(),
                    kind: text("kind"),
                    name: text("name"),
                    uid: text("uid"),
                    is_controller: json::member(reference, "controller") == Some(b"true"),
                }
            })
            .collect()
    }

    /// The owner's names that come into question, for an object in this place: what the plural of a kind is, only its definition
    /// says, and whether it has a namespace.
    pub fn names(&self, cluster: &str, namespace: &str) -> Vec<ObjectName> {
        let of = |resource: String, namespace: &str| ObjectName {
            cluster: cluster.to_owned(),
            group: self.group.clone(),
            resource,
            namespace: namespace.to_owned(),
            name: self.name.clone(),
        };
        let plurals = plurals_of_kind(&self.kind, &self.group);
        let mut names: Vec<_> = plurals.iter().map(|plural| of(plural.clone(), namespace)).collect();
        if !namespace.is_empty() {
            names.extend(plurals.into_iter().map(|plural| of(plural, "")));
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_names() {
        let pod = br#"{"kind":"Pod","metadata":{"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-1","uid":"u1","controller":true},{"apiVersion":"v1","kind":"Node","name":"n","uid":"u2"}]}}"#;
        let owners = OwnerReference::all_of(pod);
        let shown: Vec<_> = owners
            .iter()
            .map(|owner| (owner.group.as_str(), owner.kind.as_str(), owner.uid.as_str(), owner.is_controller))
            .collect();
        assert_eq!(shown, [("apps", "ReplicaSet", "u1", true), ("", "Node", "u2", false)]);
        let name = owners[0].names("prod", "shop").into_iter().next().unwrap();
        assert_eq!(
            (name.resource.as_str(), name.namespace.as_str(), name.name.as_str()),
            ("replicasets", "shop", "web-1")
        );
        assert!(
            owners[1]
                .names("prod", "shop")
                .iter()
                .any(|name| name.resource == "nodes" && name.namespace.is_empty())
        );
        assert_eq!(OwnerReference::all_of(br#"{"metadata":{"ownerReferences":7}}"#), []);
    }
}
