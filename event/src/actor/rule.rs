//! Rules that say who somebody is: which type, and under which name people know them.

use std::sync::Arc;

use super::display::DisplayName;
use super::extra::Extra;
use super::glob::Glob;
use super::{ActorType, Named};

/// Groups of one user that rules look at.
const MAX_GROUPS: usize = 1000;

/// Who is meant, and who they are. All conditions that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActorRule {
    /// The form of the user's name.
    pub user: Option<Glob>,
    /// The form of one of the user's groups.
    pub group: Option<Glob>,
    /// For each of these keys of `user.extra`, the form of one of its values.
    pub extra: Vec<(String, Glob)>,
    /// The type that they are; `None`: what their name says.
    pub actor_type: Option<ActorType>,
    /// The name to show, made of what the stars of `user` stand for, then those of `extra`, in their order.
    pub name: Option<DisplayName>,
}

/// Rules in their order: the first that fits counts. Cheap to copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActorRules(Option<Arc<[ActorRule]>>);

impl ActorRules {
    /// These rules.
    pub fn new(rules: Vec<ActorRule>) -> Self {
        Self((!rules.is_empty()).then(|| rules.into()))
    }

    /// Who the user is by the first rule that fits. None fits who was not authenticated at all: nobody knows anything of them.
    pub(super) fn named(&self, username: &str, groups: &[String], extra: &Extra<'_>) -> Named {
        let rules = self.0.as_deref().filter(|_| !username.is_empty()).unwrap_or_default();
        let fitting = rules.iter().find_map(|rule| Some((rule, rule.stars(username, groups, extra)?)));
        let Some((rule, stars)) = fitting else { return Named::default() };
        Named {
            actor_type: rule.actor_type,
            display: rule.name.as_ref().map(|name| name.with(&stars)).unwrap_or_default(),
        }
    }
}

impl ActorRule {
    /// What the stars stand for, if the rule fits.
    fn stars<'t>(&self, username: &'t str, groups: &[String], extra: &'t Extra<'_>) -> Option<Vec<&'t str>> {
        let mut stars = match &self.user {
            Some(user) => user.stars(username)?,
            None => Vec::new(),
        };
        if let Some(group) = &self.group {
            groups.iter().take(MAX_GROUPS).find_map(|text| group.stars(text))?;
        }
        for (key, form) in &self.extra {
            stars.extend(extra.values(key).iter().find_map(|value| form.stars(value))?);
        }
        Some(stars)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(user: &str) -> ActorRule {
        ActorRule { user: Some(Glob::ignoring_case(user)), ..ActorRule::default() }
    }

    fn named(name: &str) -> Option<DisplayName> {
        Some(DisplayName::of(name))
    }

    /// Constructed: an EKS user as its authenticator describes it.
    const USER: &[u8] = br#"{"username":"arn:aws:sts::1111:assumed-role/Admin/Alice","groups":["dev","admins"],
        "extra":{"sessionName":["alice"],"arn":["arn:aws:sts::1111:assumed-role/Admin/Alice"],"scopes":["a","b-7"]}}"#;

    #[track_caller]
    fn check(rules: Vec<ActorRule>, expected: (Option<ActorType>, &str)) {
        let groups = ["dev", "admins"].map(str::to_owned);
        let user = "arn:aws:sts::1111:assumed-role/Admin/Alice";
        let found = ActorRules::new(rules).named(user, &groups, &Extra::of(USER));
        assert_eq!((found.actor_type, found.display.as_str()), expected);
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        check(vec![], (None, ""));
        check(vec![rule("bob")], (None, ""));
        let session = ActorRule { name: named("{2}"), ..rule("arn:aws:sts::*:assumed-role/admin/*") };
        check(vec![session.clone()], (None, "Alice"));
        let robot = ActorRule { actor_type: Some(ActorType::Controller), ..rule("arn:*") };
        check(vec![rule("bob"), robot.clone(), session.clone()], (Some(ActorType::Controller), ""));
        check(vec![session, robot], (None, "Alice"));
    }

    #[test]
    fn every_condition_must_hold() {
        let group = |form: &str| ActorRule {
            group: Some(Glob::new(form)),
            actor_type: Some(ActorType::Human),
            name: named("{1}"),
            ..rule("*")
        };
        check(vec![group("admin*")], (Some(ActorType::Human), "arn:aws:sts::1111:assumed-role/Admin/Alice"));
        check(vec![group("Admin*")], (None, ""));
        let extra = |pairs: &[(&str, &str)], name: &str| ActorRule {
            extra: pairs.iter().map(|(key, form)| ((*key).to_owned(), Glob::new(form))).collect(),
            name: named(name),
            ..ActorRule::default()
        };
        check(vec![extra(&[("sessionName", "*")], "{1}")], (None, "alice"));
        check(vec![extra(&[("scopes", "b-*"), ("sessionName", "*")], "{2}/{1}")], (None, "alice/7"));
        check(vec![extra(&[("scopes", "c")], "x")], (None, ""));
        check(vec![extra(&[("missing", "*")], "x")], (None, ""));
    }

    #[test]
    fn nobody_is_nobody() {
        let rules = ActorRules::new(vec![ActorRule { name: named("somebody"), ..rule("*") }]);
        assert_eq!(rules.named("", &[], &Extra::default()).display, "");
    }

    /// Constructed: as much as a sender can put into one event.
    #[test]
    fn hostile_users_are_no_work() {
        let extra: String =
            (0..10_000).map(|number| format!(r#""k{number}":["{}"],"#, "a".repeat(100))).collect();
        let user = format!(r#"{{"extra":{{{extra}"z":["x",1,null,{{}}]}}}}"#);
        let groups: Vec<String> = (0..100_000).map(|_| "a".repeat(50)).collect();
        let rules = (0..1000).map(|_| ActorRule {
            group: Some(Glob::new("*a*a*a*b")),
            extra: vec![("k1".to_owned(), Glob::new("*a*a*a*b"))],
            ..rule("*a*a*a*b")
        });
        let rules = ActorRules::new(rules.collect());
        let found = rules.named(&"a".repeat(10_000_000), &groups, &Extra::of(user.as_bytes()));
        assert_eq!(found.display, "");
    }
}
