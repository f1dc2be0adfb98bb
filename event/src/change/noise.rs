//! What changes with every write and says nothing (reference: `audit.md` section 12).

/// Members of `metadata` that the API server itself writes.
const METADATA: &[&str] =
    &["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];

/// Annotations that repeat the object, count its changes, or are heartbeats.
const ANNOTATIONS: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deprecated.daemonset.template.generation",
    "control-plane.alpha.kubernetes.io/leader",
    "endpoints.kubernetes.io/last-change-trigger-time",
];

/// When a condition was last looked at or turned over: that it turned over is seen in its status.
const CONDITION_TIMES: &[&str] =
    &["lastTransitionTime", "lastUpdateTime", "lastHeartbeatTime", "lastProbeTime"];

/// Where in an object a member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Of the object itself.
    Root,
    Metadata,
    Annotations,
    Status,
    Conditions,
    Condition,
    Elsewhere,
}

impl Place {
    /// The place of what stands under `key`.
    pub(super) fn under(self, key: &str) -> Self {
        match (self, key) {
            (Self::Root, "metadata") => Self::Metadata,
            (Self::Root, "status") => Self::Status,
            (Self::Metadata, "annotations") => Self::Annotations,
            (Self::Status, "conditions") => Self::Conditions,
            _ => Self::Elsewhere,
        }
    }

    /// The place of the elements of a list that stands here.
    pub(super) fn element(self) -> Self {
        if self == Self::Conditions { Self::Condition } else { Self::Elsewhere }
    }

    /// Whether the member says nothing.
    pub(super) fn is_noise(self, key: &str) -> bool {
        match self {
            Self::Root => matches!(key, "kind" | "apiVersion"),
            Self::Metadata => METADATA.contains(&key),
            Self::Annotations => ANNOTATIONS.contains(&key),
            Self::Status => key == "observedGeneration",
            Self::Condition => CONDITION_TIMES.contains(&key) || key == "observedGeneration",
            Self::Conditions | Self::Elsewhere => false,
        }
    }
}
