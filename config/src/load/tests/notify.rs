//! Targets of notifications, as they are written.

use super::{check, settings};
use crate::print::{print, warnings};
use crate::{NotifyFormat, NotifyFrom, Secret};

const TARGETS: &str = r#"
notify:
  - {name: security, query: "kind:finding", url: "https://hooks.example.com/x", token: {file: /etc/token}, headers: {X-Team: {env: TEAM}}}
  - {name: alerts, query: "verb:delete", url: "http://am:9093", format: alertmanager, max_per_minute: 5, from: start, ca: /ca.pem, link: "https://t/e/{id}"}
"#;

#[test]
fn targets_with_their_defaults() {
    let settings = settings(TARGETS, &[], &[]).unwrap();
    let [first, second] = settings.notify.as_slice() else { panic!("two targets: {:?}", settings.notify) };
    assert_eq!(first.token, Some(Secret::File("/etc/token".into())));
    assert_eq!(first.headers["X-Team"], Secret::Env("TEAM".to_owned()));
    assert_eq!((first.format, first.from, first.max_per_minute), (NotifyFormat::Json, NotifyFrom::Now, 60));
    assert_eq!(
        (second.format, second.from, second.max_per_minute),
        (NotifyFormat::Alertmanager, NotifyFrom::Start, 5)
    );
}

#[test]
fn printed_targets_load_again() {
    let written = settings(TARGETS, &[], &[]).unwrap();
    assert_eq!(settings(&print(&written), &[], &[]).unwrap(), written);
}

#[test]
fn a_token_in_the_clear_is_warned_of() {
    let with = |url: &str| {
        let target = format!("[{{name: a, query: x, url: '{url}', token: {{env: T}}}}]");
        warnings(&settings("", &[("TAFFRAIL__NOTIFY", &target)], &[]).unwrap())
    };
    assert_eq!(with("https://h/x"), Vec::<String>::new());
    assert_eq!(with("http://127.0.0.1:9093"), Vec::<String>::new());
    assert_eq!(with("http://localhost:9093/x"), Vec::<String>::new());
    assert_eq!(with("http://[::1]:9093"), Vec::<String>::new());
    let [warning] = with("http://h/x?secret").try_into().unwrap();
    assert!(warning.starts_with("notify[0].url: its token goes to http://h in the clear"), "{warning}");
}

#[test]
fn every_problem_has_its_place() {
    check(
        "notify: [{name: a, query: x, url: 'http://h', token: hunter2}, {headers: {A: hunter2}}, {format: xml, nme: x}, 7]",
        &[],
        &[
            "notify[0].token: write {file: PATH} or {env: NAME}; a secret itself has no place here",
            "notify[1].headers.A: write {file: PATH} or {env: NAME}",
            "notify[2].format: unknown variant `xml`, expected `json` or `alertmanager`",
            "notify[2].nme: unknown key; did you mean name?",
            "notify[3]: takes keys of its own",
        ],
    );
    check("notify: {name: a}", &[], &["notify: write a list"]);
    check(
        "notify: [{name: a, query: x, url: 'http://u:p@h', max_per_minute: 0}]",
        &[],
        &["notify[0].url: a password has no place", "notify[0].max_per_minute: 0 is out of bounds"],
    );
    check(
        "notify: [{max_per_minute: many}]",
        &[],
        &["notify[0].max_per_minute: write a whole number such as 60"],
    );
}
