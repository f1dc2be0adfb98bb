//! Who made a request: the identity as the API server says it (`user`), the workload behind a service account (`pod.rs`), and who
//! that is by the rules of whoever runs Taffrail (`rule.rs`, with the forms of `glob.rs` and the names of `display.rs`).

mod display;
mod extra;
mod glob;
mod pod;
mod rule;

use serde::{Deserialize, Serialize};

use crate::audit::{AuditRecord, string_member};
use crate::json;
pub use display::DisplayName;
use extra::Extra;
pub use glob::Glob;
pub use pod::ActorPod;
pub use rule::{ActorRule, ActorRules};

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
    /// The name that a rule gives it (see [`ActorRules`]); `""` if none does.
    #[serde(default)]
    pub display: String,
    /// What kind of identity it is.
    #[serde(rename = "type")]
    pub actor_type: ActorType,
    /// `user.groups`.
    pub groups: Vec<String>,
    /// `user.uid`.
    pub uid: String,
    /// The credential's id from `user.extra`: `JTI=...` or `X509SHA256=...`.
    pub credential: String,
    /// The pod that the token of a service account was issued for.
    #[serde(default)]
    pub pod: Option<ActorPod>,
    /// The node that it was issued on; `""` = none.
    #[serde(default)]
    pub node: String,
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

/// What rules say of a user.
#[derive(Debug, Default)]
struct Named {
    actor_type: Option<ActorType>,
    display: String,
}

impl Actor {
    pub(crate) fn of(audit: &AuditRecord<'_>, rules: &ActorRules) -> Self {
        let user = audit.user.unwrap_or_default();
        let name = string_member(user, "username").into_owned();
        let groups = strings(json::member(user, "groups"));
        let extra = Extra::of(user);
        let Named { actor_type, display } = rules.named(&name, &groups, &extra);
        let (pod, node) = pod::caller(&name, &extra);
        Self {
            display,
            actor_type: actor_type.unwrap_or_else(|| ActorType::of(&name)),
            groups,
            uid: string_member(user, "uid").into_owned(),
            credential: extra.first("authentication.kubernetes.io/credential-id"),
            pod,
            node,
            impersonated: audit.impersonated_user.map(|user| Impersonated {
                name: string_member(user, "username").into_owned(),
                groups: strings(json::member(user, "groups")),
            }),
            name,
        }
    }
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

    fn actor(record: &str) -> Actor {
        Actor::of(&AuditRecord::decode(record.as_bytes()).unwrap(), &ActorRules::default())
    }

    /// Constructed: a token of a pod, as kube-apiserver describes it since 1.30 (`authentication.kubernetes.io/*`).
    #[test]
    fn the_pod_behind_a_service_account() {
        fn check(username: &str, extra: &str, pod: Option<(&str, &str, &str)>, node: &str) {
            let record =
                format!(r#"{{"auditID":"a","user":{{"username":"{username}","extra":{{{extra}}}}}}}"#);
            let actor = actor(&record);
            let pod = pod.map(|(namespace, name, uid)| ActorPod {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                uid: uid.to_owned(),
            });
            assert_eq!((actor.pod, actor.node.as_str()), (pod, node), "{record}");
        }
        let bound = r#""authentication.kubernetes.io/pod-name":["web-1"],"authentication.kubernetes.io/pod-uid":["u-1"],
            "authentication.kubernetes.io/node-name":["node-1"]"#;
        check("system:serviceaccount:shop:web", bound, Some(("shop", "web-1", "u-1")), "node-1");
        check("system:serviceaccount:shop:web", "", None, "");
        check("system:serviceaccount:shop", bound, None, "");
        check("alice", bound, None, "");
        let broken =
            r#""authentication.kubernetes.io/pod-name":"web-1","authentication.kubernetes.io/node-name":[7]"#;
        check("system:serviceaccount:shop:web", broken, None, "");
    }

    #[test]
    fn what_a_recorded_service_account_shows() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/audit/examples/service-account-user.json");
        let actor = actor(&std::fs::read_to_string(path).unwrap());
        assert_eq!(actor.name, "system:serviceaccount:ci:deployer");
        assert_eq!(actor.credential, "JTI=72a93986-2a63-4453-9cae-24958760c716");
        // kubectl with a token from `kubectl create token`: it is bound to no pod.
        assert_eq!((actor.pod, actor.node.as_str(), actor.display.as_str()), (None, "", ""));
    }
}
