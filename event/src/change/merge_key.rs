//! By which keys the elements of a list are told apart.
//!
//! For built-in kinds as their API types say (`patchMergeKey` and `listMapKey` in `k8s.io/api`, Kubernetes 1.36); lists that they
//! call atomic, or do not speak of, are one leaf. For custom resources a sensible guess: `type` of conditions, else `name`, `key`
//! or `uid`, where every element has one of its own.

use crate::resource::RESOURCES;

/// The lists of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// Of a kind that Kubernetes itself publishes.
    BuiltIn,
    /// Of any other kind.
    Guessed,
}

/// Fields of these names are such lists wherever built-in kinds have them, but for those in [`ATOMIC`].
const BY_NAME: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("env", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("volumes", &["name"]),
    ("imagePullSecrets", &["name"]),
    ("hostAliases", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("resourceClaims", &["name"]),
    ("resourceClaimStatuses", &["name"]),
    ("schedulingGates", &["name"]),
    ("claims", &["name"]),
    ("ownerReferences", &["uid"]),
    ("conditions", &["type"]),
    ("podIPs", &["ip"]),
    ("hostIPs", &["ip"]),
    ("addresses", &["type"]),
    ("secrets", &["name"]),
    ("webhooks", &["name"]),
    ("matchConditions", &["name"]),
    ("variables", &["name"]),
    ("drivers", &["name"]),
    ("reservedFor", &["uid"]),
];

/// Lists under these parents are atomic in spite of their name.
const ATOMIC: &[(&str, &str)] = &[
    // EndpointSlice and Endpoints: whole lists.
    ("endpoints", "addresses"),
    ("subsets", "addresses"),
    // A ServiceAccount's, other than a pod's.
    ("", "imagePullSecrets"),
    // A projected volume's sources and a CSI driver's secrets are no lists of these names; a Job's conditions are atomic.
];

/// Keys by which the elements of the list `name`, a member of `parent`, may be told apart; the first that fits counts.
pub(super) fn candidates(lists: Lists, parent: &str, name: &str) -> &'static [&'static [&'static str]] {
    match lists {
        Lists::BuiltIn => match (parent, name) {
            // A Service's; a container's; those of endpoints and network policies are atomic.
            (_, "ports") if is_container_list(parent) => &[&["containerPort", "protocol"]],
            ("spec", "ports") => &[&["port", "protocol"]],
            _ if ATOMIC.contains(&(parent, name)) => &[],
            _ => BY_NAME
                .iter()
                .find(|(known, _)| *known == name)
                .map_or(&[], |(_, keys)| std::slice::from_ref(keys)),
        },
        Lists::Guessed if name == "conditions" => &[&["type"]],
        Lists::Guessed => &[&["name"], &["key"], &["uid"]],
    }
}

fn is_container_list(parent: &str) -> bool {
    matches!(parent, "containers" | "initContainers" | "ephemeralContainers")
}

/// What a missing merge key means.
pub(super) fn default_of(key: &str) -> Option<&'static str> {
    (key == "protocol").then_some("TCP")
}

/// How the lists of a resource are read.
pub(super) fn lists_of(group: &str, resource: &str) -> Lists {
    let is_known = RESOURCES.iter().any(|known| known.group == group && known.plural == resource);
    // Calico's are custom resources, also where its own API server answers for them.
    if is_known && !group.ends_with("projectcalico.org") { Lists::BuiltIn } else { Lists::Guessed }
}
