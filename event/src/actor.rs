//! Who made a request.

use serde::{Deserialize, Serialize};

use crate::audit::{AuditRecord, string_member};
use crate::json;

/// What kind of identity an actor is (DESIGN section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorType {
    /// A person, or a robot that logs in like one.
    Human,
    /// A workload's service account.
    ServiceAccount,
    /// A service account of the control plane: garbage collector, replicaset-controller, ...
    Controller,
    /// A kubelet: `system:node:*`.
    Node,
    /// Another `system:` user: scheduler, controller manager, API server.
    System,
    /// Nobody: unauthenticated, or `system:anonymous`.
    Anonymous,
}

impl ActorType {
    /// Every type.
    pub const ALL: [Self; 6] =
        [Self::Human, Self::ServiceAccount, Self::Controller, Self::Node, Self::System, Self::Anonymous];

    /// The name in `actor.type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::ServiceAccount => "serviceaccount",
            Self::Controller => "controller",
            Self::Node => "node",
            Self::System => "system",
            Self::Anonymous => "anonymous",
        }
    }

    /// The type of the user with this name.
    pub fn of(username: &str) -> Self {
        if username.is_empty() || username == "system:anonymous" {
            return Self::Anonymous;
        }
        let Some(rest) = username.strip_prefix("system:") else { return Self::Human };
        match rest.strip_prefix("serviceaccount:") {
            Some(account) => match account.strip_prefix("kube-system:") {
                Some(name) if is_controller(name) => Self::Controller,
                _ => Self::ServiceAccount,
            },
            None if rest.starts_with("node:") => Self::Node,
            None => Self::System,
        }
    }
}

/// The service accounts that kube-controller-manager runs its loops under (kubernetes
/// `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go`): all end in `-controller` but these.
fn is_controller(name: &str) -> bool {
    name.ends_with("-controller")
        || matches!(
            name,
            "generic-garbage-collector"
                | "horizontal-pod-autoscaler"
                | "pod-garbage-collector"
                | "root-ca-cert-publisher"
                | "bootstrap-signer"
                | "token-cleaner"
                | "legacy-service-account-token-cleaner"
                | "kube-apiserver-serving-clustertrustbundle-publisher"
                | "selinux-warning-controller"
        )
}

/// Who made a request: the authenticated identity, and the one it assumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `user.username`.
    pub name: String,
    /// What kind of identity it is.
    #[serde(rename = "type")]
    pub actor_type: ActorType,
    /// `user.groups`.
    pub groups: Vec<String>,
    /// `user.uid`.
    pub uid: String,
    /// The credential's id from `user.extra`: `JTI=...` or `X509SHA256=...`.
    pub credential: String,
    /// The impersonated identity.
    #[serde(rename = "as")]
    pub impersonated: Option<Impersonated>,
}

/// The identity that an actor assumed by impersonation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impersonated {
    /// `impersonatedUser.username`.
    pub name: String,
    /// `impersonatedUser.groups`.
    pub groups: Vec<String>,
}

impl Actor {
    pub(crate) fn of(audit: &AuditRecord<'_>) -> Self {
        let user = audit.user.unwrap_or_default();
        let name = string_member(user, "username").into_owned();
        Self {
            actor_type: ActorType::of(&name),
            name,
            groups: strings(json::member(user, "groups")),
            uid: string_member(user, "uid").into_owned(),
            credential: credential(user),
            impersonated: audit.impersonated_user.map(|user| Impersonated {
                name: string_member(user, "username").into_owned(),
                groups: strings(json::member(user, "groups")),
            }),
        }
    }
}

fn credential(user: &[u8]) -> String {
    json::member(user, "extra")
        .and_then(|extra| json::member(extra, "authentication.kubernetes.io/credential-id"))
        .and_then(|ids| strings(Some(ids)).into_iter().next())
        .unwrap_or_default()
}

/// The strings of a JSON array.
pub(crate) fn strings(array: Option<&[u8]>) -> Vec<String> {
    let Some(array) = array else { return Vec::new() };
    json::elements(array)
        .filter_map(|range| json::string(&array[range]))
        .map(|text| text.into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_by_user_name() {
        fn check(name: &str, expected: ActorType) {
            assert_eq!(ActorType::of(name), expected, "{name}");
        }
        check("alice", ActorType::Human);
        check("kubernetes-admin", ActorType::Human);
        check("system:serviceaccount:shop:web", ActorType::ServiceAccount);
        check("system:serviceaccount:kube-system:coredns", ActorType::ServiceAccount);
        check("system:serviceaccount:kube-system:replicaset-controller", ActorType::Controller);
        check("system:serviceaccount:kube-system:generic-garbage-collector", ActorType::Controller);
        check("system:serviceaccount:shop:evil-controller", ActorType::ServiceAccount);
        check("system:node:node-1", ActorType::Node);
        check("system:kube-scheduler", ActorType::System);
        check("system:anonymous", ActorType::Anonymous);
        check("", ActorType::Anonymous);
    }
}
