//! The workload that showed a service account's token.

use serde::{Deserialize, Serialize};

use super::extra::Extra;

/// The pod that a service account's token was issued for: who really made the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorPod {
    /// Its namespace: that of the service account.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its `metadata.uid`.
    pub uid: String,
}

/// The pod and the node of the token. API servers take both from a token that they have issued and checked; of other users the
/// same keys say only what another authenticator put there.
pub(super) fn caller(username: &str, extra: &Extra<'_>) -> (Option<ActorPod>, String) {
    let Some((namespace, _)) =
        username.strip_prefix("system:serviceaccount:").and_then(|account| account.split_once(':'))
    else {
        return (None, String::new());
    };
    let name = extra.first("authentication.kubernetes.io/pod-name");
    let pod = (!name.is_empty()).then(|| ActorPod {
        namespace: namespace.to_owned(),
        name,
        uid: extra.first("authentication.kubernetes.io/pod-uid"),
    });
    (pod, extra.first("authentication.kubernetes.io/node-name"))
}
