//! Who is who: rules that give users a type and a name that people know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One rule. All conditions that are given must hold; `*` in a form stands for any run of characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ActorSettings {
    /// Form of the user's name; case does not matter. Empty: any user.
    pub user: String,
    /// Form of one of the user's groups. Empty: any groups, or none.
    pub group: String,
    /// For each of these keys of `user.extra`, the form of one of its values.
    pub extra: BTreeMap<String, String>,
    /// The type that they are; `None`: what the user's name says.
    pub r#type: Option<ActorKind>,
    /// The name to show, with `{1}`, `{2}`, ... for what the stars of `user`, then those of `extra` stand for. Empty: the user's
    /// name.
    pub name: String,
}

/// What kind of identity somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A person, or a robot that logs in like one.
    Human,
    /// A workload.
    ServiceAccount,
    /// A part of the control plane, or what works like one.
    Controller,
    /// A machine of the cluster.
    Node,
    /// Another component of the cluster.
    System,
    /// Nobody in particular.
    Anonymous,
}
