//! `actors` of the configuration as rules for events.

use taffrail_config::{ActorKind, ActorSettings, Settings};
use taffrail_event::{ActorRule, ActorRules, ActorType, DisplayName, Glob};

/// The rules that the settings have.
pub(crate) fn actor_rules(settings: &Settings) -> ActorRules {
    ActorRules::new(settings.actors.iter().map(rule).collect())
}

fn rule(settings: &ActorSettings) -> ActorRule {
    ActorRule {
        user: written(&settings.user).map(Glob::ignoring_case),
        group: written(&settings.group).map(Glob::new),
        extra: settings.extra.iter().map(|(key, form)| (key.clone(), Glob::new(form))).collect(),
        actor_type: settings.r#type.map(actor_type),
        name: written(&settings.name).map(DisplayName::of),
    }
}

/// What stands in a setting, if anything does.
fn written(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn actor_type(kind: ActorKind) -> ActorType {
    match kind {
        ActorKind::Human => ActorType::Human,
        ActorKind::ServiceAccount => ActorType::ServiceAccount,
        ActorKind::Controller => ActorType::Controller,
        ActorKind::Node => ActorType::Node,
        ActorKind::System => ActorType::System,
        ActorKind::Anonymous => ActorType::Anonymous,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// `system:kube-probe` is a controller by the name of Probe.
    pub(crate) fn robots() -> ActorRules {
        let settings = ActorSettings {
            user: "system:kube-probe".to_owned(),
            r#type: Some(ActorKind::Controller),
            name: "Probe".to_owned(),
            ..ActorSettings::default()
        };
        ActorRules::new(vec![rule(&settings)])
    }

    /// The words of the configuration are those of events.
    #[test]
    fn types_have_one_name() {
        for actor in ActorType::ALL {
            let yaml = format!("[{{user: x, type: {}}}]", actor.name());
            let env = [("TAFFRAIL__ACTORS".to_owned(), yaml)];
            let host = taffrail_config::Host { is_root: true, ..Default::default() };
            let settings = taffrail_config::load(None, env, [], &host).unwrap();
            assert_eq!(settings.actors[0].r#type.map(actor_type), Some(actor));
        }
    }
}
