//! Who did it.

use super::line;
use crate::actor::{Actor, ActorType};

/// The actor, and whom they acted as.
pub(super) fn who(actor: &Actor) -> String {
    let name = match actor.actor_type {
        ActorType::Anonymous => "an anonymous caller".to_owned(),
        ActorType::Human
        | ActorType::ServiceAccount
        | ActorType::Controller
        | ActorType::Node
        | ActorType::System => line::name(short_name(&actor.name)),
    };
    match &actor.impersonated {
        Some(impersonated) => format!("{name} as {}", line::name(short_name(&impersonated.name))),
        None => name,
    }
}

/// `system:serviceaccount:ns:name` reads as `ns:name`, `system:node:n` as `n`; everything else is said whole.
pub(super) fn short_name(name: &str) -> &str {
    name.strip_prefix("system:serviceaccount:").or_else(|| name.strip_prefix("system:node:")).unwrap_or(name)
}
