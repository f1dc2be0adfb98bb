//! Rules of actors, as they are written.

use super::{check, settings};
use crate::print::print;
use crate::{ActorKind, ActorSettings};

const RULES: &str = r#"
actors:
  - {user: "arn:aws:sts::*:assumed-role/Admin/*", type: human, name: "{2}"}
  - extra: {sessionName: "*", authentication.kubernetes.io/credential-id: "JTI=*"}
    group: robots
    name: "{2} ({1})"
"#;

#[test]
fn rules_in_their_order() {
    let settings = settings(RULES, &[], &[]).unwrap();
    let [first, second] = settings.actors.as_slice() else { panic!("two rules: {:?}", settings.actors) };
    let expected = ActorSettings {
        user: "arn:aws:sts::*:assumed-role/Admin/*".to_owned(),
        r#type: Some(ActorKind::Human),
        name: "{2}".to_owned(),
        ..ActorSettings::default()
    };
    assert_eq!(*first, expected);
    assert_eq!(
        second.extra.keys().map(String::as_str).collect::<Vec<_>>(),
        ["authentication.kubernetes.io/credential-id", "sessionName"]
    );
}

#[test]
fn printed_rules_load_again() {
    let written = settings(RULES, &[], &[]).unwrap();
    assert_eq!(settings(&print(&written), &[], &[]).unwrap(), written);
}

#[test]
fn rules_from_the_environment() {
    let rules = "[{user: a, type: node}]";
    let found = settings(RULES, &[("TAFFRAIL__ACTORS", rules)], &[]).unwrap().actors;
    assert_eq!(found.iter().map(|rule| rule.user.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn every_problem_has_its_place() {
    check(
        "actors: [{user: a, type: person}, {usr: a}, {user: [a], extra: {k: [v]}}, {extra: x}, 7]",
        &[],
        &[
            "actors[0].type: unknown variant `person`, expected one of `human`, `serviceaccount`",
            "actors[1].usr: unknown key; did you mean user?",
            "actors[2].user: invalid type",
            "actors[2].extra.k: invalid type",
            "actors[3].extra: write keys with a value each",
            "actors[4]: takes keys of its own, not a value: user, group, extra, type, name",
        ],
    );
    check("actors: {user: a}", &[], &["actors: write a list"]);
    check(
        "actors: [{name: x}, {user: a, type: node}, {user: 'b*', name: '{2}'}]",
        &[],
        &["actors[0].user: the rule says of nobody", "actors[2].name: {2} is what a * stands for"],
    );
}
