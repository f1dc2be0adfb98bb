//! The resources of an API server that isolating a pod is about, and where they are.

use serde_json::{Value, json};

/// A resource of a group and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Resource {
    pub(in super::super) group: &'static str,
    pub(in super::super) version: &'static str,
    pub(in super::super) plural: &'static str,
    pub(in super::super) kind: &'static str,
}

impl Resource {
    pub(in super::super) const PODS: Self = Self::core("pods", "Pod");
    pub(in super::super) const NAMESPACES: Self = Self::core("namespaces", "Namespace");
    pub(in super::super) const NETWORK_POLICIES: Self =
        Self::of("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy");
    pub(in super::super) const CILIUM_POLICIES: Self =
        Self::of("cilium.io", "v2", "ciliumnetworkpolicies", "CiliumNetworkPolicy");
    pub(in super::super) const CILIUM_CLUSTERWIDE_POLICIES: Self =
        Self::of("cilium.io", "v2", "ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy");
    pub(in super::super) const ADMIN_POLICIES: Self =
        Self::of("policy.networking.k8s.io", "v1alpha1", "adminnetworkpolicies", "AdminNetworkPolicy");
    pub(in super::super) const BASELINE_ADMIN_POLICIES: Self = Self::of(
        "policy.networking.k8s.io",
        "v1alpha1",
        "baselineadminnetworkpolicies",
        "BaselineAdminNetworkPolicy",
    );
    pub(in super::super) const CLUSTER_POLICIES: Self =
        Self::of("policy.networking.k8s.io", "v1alpha2", "clusternetworkpolicies", "ClusterNetworkPolicy");
    pub(in super::super) const ANTREA_CLUSTER_POLICIES: Self =
        Self::of("crd.antrea.io", "v1beta1", "clusternetworkpolicies", "ClusterNetworkPolicy");
    pub(in super::super) const ANTREA_POLICIES: Self =
        Self::of("crd.antrea.io", "v1beta1", "networkpolicies", "NetworkPolicy");
    pub(in super::super) const SELF_SUBJECT_REVIEWS: Self =
        Self::of("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview");
    pub(in super::super) const TIERS: Self = Self::calico("tiers", "Tier");
    pub(in super::super) const CALICO_GLOBAL_POLICIES: Self =
        Self::calico("globalnetworkpolicies", "GlobalNetworkPolicy");
    pub(in super::super) const CALICO_POLICIES: Self = Self::calico("networkpolicies", "NetworkPolicy");

    const fn core(plural: &'static str, kind: &'static str) -> Self {
        Self::of("", "v1", plural, kind)
    }

    const fn calico(plural: &'static str, kind: &'static str) -> Self {
        Self::of("projectcalico.org", "v3", plural, kind)
    }

    const fn of(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
    ) -> Self {
        Self { group, version, plural, kind }
    }

    /// As a cluster without Calico's API server holds it; for reading only, since nothing checks what is written there.
    pub(in super::super) fn stored(self) -> Self {
        Self { group: "crd.projectcalico.org", version: "v1", ..self }
    }

    /// `networking.k8s.io/v1`.
    pub(in super::super) fn api_version(self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `networkpolicies.networking.k8s.io`, as kubectl and messages about permissions write it.
    pub(in super::super) fn full_name(self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The path of all of them, or of those of a namespace.
    pub(super) fn path(self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        let within = namespace.map(|name| format!("/namespaces/{name}")).unwrap_or_default();
        format!("{root}/{}{within}/{}", self.api_version(), self.plural)
    }

    /// The item of a list with the kind that it has.
    pub(super) fn named(self, mut item: Value) -> Value {
        if let Some(members) = item.as_object_mut() {
            members.insert("apiVersion".to_owned(), json!(self.api_version()));
            members.insert("kind".to_owned(), json!(self.kind));
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        fn check(of: Resource, namespace: Option<&str>, expected: &str) {
            assert_eq!(of.path(namespace), expected);
        }
        check(Resource::PODS, Some("default"), "/api/v1/namespaces/default/pods");
        check(Resource::TIERS, None, "/apis/projectcalico.org/v3/tiers");
        check(Resource::TIERS.stored(), None, "/apis/crd.projectcalico.org/v1/tiers");
        let path = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies";
        check(Resource::NETWORK_POLICIES, Some("shop"), path);
    }

    #[test]
    fn items_of_lists_get_their_kind() {
        let named = Resource::NETWORK_POLICIES.named(json!({"metadata": {"name": "a"}}));
        assert_eq!(
            (&named["apiVersion"], &named["kind"]),
            (&json!("networking.k8s.io/v1"), &json!("NetworkPolicy"))
        );
        assert_eq!(Resource::PODS.named(json!(1)), json!(1));
    }
}
