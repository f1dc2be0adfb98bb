mod actors;
mod notify;

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::{layered, load, parse};
use crate::print::{print, warnings};
use crate::{ConfigError, Host, LogFormat, RedactionRule, Secret, Settings};

fn root() -> Host {
    Host { is_root: true, ..Host::default() }
}

fn settings(
    yaml: &str,
    env: &[(&str, &str)],
    flags: &[(&'static str, &str)],
) -> Result<Settings, ConfigError> {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let flags = flags.iter().map(|(path, value)| (*path, (*value).to_owned()));
    layered(parse(Path::new("taffrail.yaml"), yaml)?, env, flags, &root())
}

/// Each problem must be one of `expected`, in order, by its beginning.
fn check(yaml: &str, env: &[(&str, &str)], expected: &[&str]) {
    match settings(yaml, env, &[]) {
        Ok(settings) => assert!(expected.is_empty(), "no problem in {yaml:?} {env:?}: {settings:?}"),
        Err(ConfigError::Invalid { problems }) => {
            let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(found.len(), expected.len(), "{yaml:?} {env:?}: {found:#?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.starts_with(expected), "expected {expected:?}, found {found:?}");
            }
        }
        Err(other) => panic!("{yaml:?}: {other}"),
    }
}

#[test]
fn nothing_written_is_the_defaults() {
    for yaml in [
        "",
        "# only a comment\n",
        "---\n",
        "api:\n",
        "api:\n  # listen: 1\ningest: {}\n",
        "redaction:\n  key:\n",
    ] {
        assert_eq!(settings(yaml, &[], &[]).unwrap(), Settings::default(), "{yaml:?}");
    }
    assert_eq!(load(None, [], [], &root()).unwrap(), Settings::default());
}

#[test]
fn the_data_directory_depends_on_the_host() {
    let user = Host { home: Some("/home/ann".into()), ..Host::default() };
    assert_eq!(load(None, [], [], &user).unwrap().data, Path::new("/home/ann/.local/share/taffrail"));
    let nobody = Host::default();
    let message = load(None, [], [], &nobody).unwrap_err().to_string();
    assert!(message.contains("data: no data directory"), "{message}");
    assert_eq!(load(None, [], [("data", "here".to_owned())], &nobody).unwrap().data, Path::new("here"));
}

#[test]
fn flags_lie_over_environment_over_file() {
    let yaml = "data: /file\ncluster: file\napi: {listen: '127.0.0.1:1', query_timeout: 3s}\n";
    let env = [
        ("TAFFRAIL__DATA", "/env"),
        ("TAFFRAIL__API__LISTEN", "127.0.0.1:2"),
        ("PATH", "/bin"),
        ("TAFFRAIL_PORT", "tcp"),
    ];
    let settings = settings(yaml, &env, &[("data", "/flag")]).unwrap();
    assert_eq!(settings.data, Path::new("/flag"));
    assert_eq!(settings.api.listen.port(), 2);
    assert_eq!(settings.api.query_timeout, Duration::from_secs(3));
    assert_eq!(settings.cluster, "file");
}

#[test]
fn variables_take_the_type_of_their_setting() {
    let env = [
        ("TAFFRAIL__ALLOW_INSECURE", "true"),
        ("TAFFRAIL__CLUSTER", "12"),
        ("TAFFRAIL__INDEX__COMMIT_DOCS", "7"),
        ("TAFFRAIL__INDEX__COMMIT_BYTES", "70000000"),
        ("TAFFRAIL__INDEX__HOLD", "1h 30m"),
        ("TAFFRAIL__LOG__FORMAT", "json"),
        ("TAFFRAIL__REDACTION__KEY__FILE", "/run/key"),
        ("TAFFRAIL__REDACTION__OFF", "[secrets, serviceaccounts/token]"),
        ("TAFFRAIL__REDACTION__ADD", "[{name: a, resources: ['*'], paths: [spec.password]}]"),
    ];
    let settings = settings("redaction: {key: {env: FROM_FILE}}", &env, &[]).unwrap();
    assert!(settings.allow_insecure);
    assert_eq!(settings.cluster, "12");
    assert_eq!(settings.index.commit_docs, 7);
    assert_eq!(settings.index.commit_bytes, 70_000_000);
    assert_eq!(settings.index.hold, Duration::from_secs(5400));
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(settings.redaction.key, Some(Secret::File("/run/key".into())));
    assert_eq!(settings.redaction.off, ["secrets", "serviceaccounts/token"]);
    assert_eq!(settings.redaction.add.len(), 1);
}

#[test]
fn sizes_and_times_as_people_write_them() {
    let size = |text: &str| {
        settings(&format!("ingest: {{dead_letter_bytes: {text}}}"), &[], &[])
            .unwrap()
            .ingest
            .dead_letter_bytes
    };
    for (text, expected) in [
        ("64MiB", 64 << 20),
        ("64 MiB", 64 << 20),
        ("64mib", 64 << 20),
        ("64MB", 64_000_000),
        ("1.5GiB", 3 << 29),
        ("67108864", 64 << 20),
        ("'67108864'", 64 << 20),
    ] {
        assert_eq!(size(text), expected, "{text}");
    }
    let time = |text: &str| {
        settings(&format!("index: {{compact_after: {text}}}"), &[], &[]).unwrap().index.compact_after
    };
    for (text, seconds) in [
        ("15m", 900),
        ("1h30m", 5400),
        ("90 minutes", 5400),
        ("PT1H", 3600),
        ("7d", 604_800),
        ("1w", 604_800),
        ("0s", 0),
    ] {
        assert_eq!(time(text), Duration::from_secs(seconds), "{text}");
    }
}

#[test]
fn unknown_keys_name_the_nearest() {
    check("ingest: {listne: x}", &[], &["ingest.listne: unknown key; did you mean listen?"]);
    check("listen: x", &[], &["listen: unknown key; did you mean api.listen?"]);
    check("ingets: {}", &[], &["ingets: unknown key; did you mean ingest?"]);
    check("log: {zzzzzz: 1}", &[], &["log.zzzzzz: unknown key; the keys here are format, filter"]);
    check(
        "redaction: {add: [{name: a, resource: [secrets], paths: [data]}]}",
        &[],
        &["redaction.add[0].resource: unknown key; did you mean resources?"],
    );
    check(
        "",
        &[("TAFFRAIL__APL__LISTEN", "x")],
        &["TAFFRAIL__APL__LISTEN: no such setting; did you mean TAFFRAIL__API__LISTEN?"],
    );
    check(
        "",
        &[("TAFFRAIL__api__listen", "x")],
        &["TAFFRAIL__api__listen: no such setting; did you mean TAFFRAIL__API__LISTEN?"],
    );
    check("", &[("TAFFRAIL__", "x")], &["TAFFRAIL__: no such setting"]);
    check(
        "",
        &[("TAFFRAIL__DATA__X", "x")],
        &["TAFFRAIL__DATA__X: no such setting; did you mean TAFFRAIL__DATA?"],
    );
    check("", &[("TAFFRAIL__TAFFRAIL__DATA", "x")], &["TAFFRAIL__TAFFRAIL__DATA: no such setting"]);
    check("", &[("TAFFRAIL__API", "x")], &["api: takes keys of its own, not a value: listen, tls, auth"]);
}

#[test]
fn all_problems_come_at_once() {
    check(
        "cluster: Prod\n\
         colour: red\n\
         api: {listen: localhost, query_timeout: 10, max_concurrent_queries: -1}\n\
         ingest: [1]\n\
         journal: {segment_bytes: 64 Mib., max_bytes: 1KiB}\n\
         log: {format: xml}\n\
         redaction:\n  add:\n  - {name: a, resources: [Secret], paths: [a..b, ok], env_names: 7}\n",
        &[("TAFFRAIL__INDEX__COMMIT_DOCS", "many")],
        &[
            "colour: unknown key; the keys here are data, cluster",
            "api.listen: not an address with a port; write an IP address such as \"127.0.0.1:8585\"",
            "api.query_timeout: write a length of time with its unit",
            "api.max_concurrent_queries: write a whole number such as 32",
            "ingest: takes keys of its own, not a value: listen",
            "journal.segment_bytes: \"64 Mib.\" is not a size; write a size in bytes such as",
            "log.format: unknown variant `xml`, expected `plain` or `json`",
            "redaction.add[0].paths[0]: \"a..b\" is not a field path: a segment is empty",
            "redaction.add[0].env_names: write a list",
            "index.commit_docs: write a whole number such as 50000 (given by TAFFRAIL__INDEX__COMMIT_DOCS)",
            "cluster: not a cluster name; up to 63",
            "journal.max_bytes: 1KiB is out of bounds; write a value from 128KiB to 1024TiB",
        ],
    );
}

#[test]
fn listeners() {
    let open = "can be reached by other machines, and there is no TLS and authentication; set";
    check("api: {listen: '0.0.0.0:8585'}", &[], &[&format!("api.listen: 0.0.0.0:8585 {open}")]);
    check("ingest: {listen: '[::]:1'}", &[], &[&format!("ingest.listen: [::]:1 {open}")]);
    check("", &[("TAFFRAIL__API__LISTEN", "10.0.0.1:1")], &[&format!("api.listen: 10.0.0.1:1 {open}")]);
    check("allow_insecure: true\napi: {listen: '0.0.0.0:8585'}", &[], &[]);
    for loopback in ["127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        check(&format!("api: {{listen: '{loopback}'}}"), &[], &[]);
    }
    let taken = "ingest.listen: api.listen uses";
    check("api: {listen: '127.0.0.1:8586'}", &[], &[taken]);
    check("{allow_insecure: true, api: {listen: '0.0.0.0:8586'}}", &[], &[taken]);
    check("{api: {listen: '127.0.0.1:0'}, ingest: {listen: '127.0.0.1:0'}}", &[], &[]);
    check("{api: {listen: '127.0.0.1:1'}, ingest: {listen: '127.0.0.2:1'}}", &[], &[]);
    let taken = "health.listen: ingest.listen uses 127.0.0.1:8586 already";
    check("health: {listen: '0.0.0.0:8586'}", &[], &[taken]);
    check("health: {listen: '0.0.0.0:9000'}", &[], &[]);
    check("health: {listen: 9000}", &[], &["health.listen: not an address with a port"]);
    check("", &[("TAFFRAIL__HEALTH__LISTEN", "[::1]:9000")], &[]);
}

#[test]
fn other_machines_need_tls_and_a_login() {
    let tls = "tls: {cert: a, key: b}";
    let auth = "auth: {file: c}";
    for listener in ["api", "ingest"] {
        let yaml = |access: &str| format!("{listener}: {{listen: '0.0.0.0:1', {access}}}");
        check(&yaml(&format!("{tls}, {auth}")), &[], &[]);
        check(
            &yaml(tls),
            &[],
            &[&format!(
                "{listener}.listen: 0.0.0.0:1 can be reached by other machines, and there is no authentication; set {listener}.auth.file,"
            )],
        );
        check(
            &yaml(auth),
            &[],
            &[&format!(
                "{listener}.listen: 0.0.0.0:1 can be reached by other machines, and there is no TLS; set {listener}.tls.cert and {listener}.tls.key,"
            )],
        );
        check(&format!("{listener}: {{{auth}}}"), &[], &[]);
        check(
            &format!("{listener}: {{tls: {{cert: a}}}}"),
            &[],
            &[&format!("{listener}.tls.key: missing; {listener}.tls.cert is there")],
        );
        check(
            &format!("{listener}: {{tls: {{client_ca: a}}}}"),
            &[],
            &[
                &format!("{listener}.tls.client_ca: client certificates come with TLS"),
                &format!("{listener}.auth.file: missing; it says"),
            ],
        );
    }
    check("cluster: taffrail", &[], &["cluster: taffrail names this program's own records"]);
}

#[test]
fn settings_that_do_not_fit() {
    check(
        "ingest: {max_event_bytes: 512MiB}",
        &[],
        &["ingest.budget_bytes: less than ingest.max_event_bytes"],
    );
    check(
        "{ingest: {max_event_bytes: 1GiB, budget_bytes: 8 gigs}}",
        &[],
        &["ingest.budget_bytes: \"8 gigs\" is not a size"],
    );
    check("data: ''", &[], &["data: no data directory"]);
    check("log: {filter: ' '}", &[], &["log.filter: empty"]);
    check(
        "index: {commit_docs: 0, hold: 25h}",
        &[],
        &[
            "index.commit_docs: 0 is out of bounds",
            "index.hold: 25h is out of bounds; write a value from 0s to 24h",
        ],
    );
    check("journal: {max_bytes: 100MiB}", &[], &["journal.max_bytes: less than two segments"]);
    check("allow_insecure: yes", &[], &["allow_insecure: write true or false"]);
    check("index: {hold: -1s}", &[], &["index.hold: \"-1s\" is not a length of time"]);
    check("index: {hold: 1mo}", &[], &["index.hold: \"1mo\" is not a length of time"]);
}

#[test]
fn redaction_rules() {
    let rules = |add: &str| format!("redaction: {{add: {add}}}");
    check(&rules("[{name: a, resources: ['*'], env_names: ['DB_*']}]"), &[], &[]);
    check(
        &rules("[{name: a, resources: ['foos.example.com', pods/exec], paths: ['spec.users[*].\"x']}]"),
        &[],
        &["redaction.add[0].paths[0]: "],
    );
    check(
        &rules("[{}]"),
        &[],
        &[
            "redaction.add[0].name: missing",
            "redaction.add[0].resources: missing",
            "redaction.add[0].paths: the rule masks nothing",
        ],
    );
    check(
        &rules("[{name: a, resources: [a], paths: [b]}, {name: a, resources: [a], paths: [b]}]"),
        &[],
        &["redaction.add[1].name: \"a\" names an earlier rule"],
    );
    check(&rules("[5]"), &[], &["redaction.add[0]: takes keys of its own, not a value: name, resources"]);
    check(
        "redaction: {off: ['*', Secrets, 'a..b']}",
        &[],
        &[
            "redaction.off[0]: name each",
            "redaction.off[1]: \"Secrets\" is no resource",
            "redaction.off[2]: ",
        ],
    );
    let many = format!("redaction: {{off: [{}]}}", "a,".repeat(1001));
    check(&many, &[], &["redaction.off: more than 1000 elements"]);
}

#[test]
fn a_secret_written_out_is_refused_and_never_repeated() {
    for yaml in [
        "redaction: {key: hunter2}",
        "redaction: {key: {value: hunter2}}",
        "redaction: {key: {file: a, env: hunter2}}",
        "redaction: {key: [hunter2]}",
        "redaction: {key: hunter2\n  broken: [",
        "redaction: {key: hunter2, key: hunter2}",
        "redaction:\n  key: hunter2\n bad: \"x",
    ] {
        let error = settings(yaml, &[], &[]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{yaml:?}: {error:?}");
    }
    for name in ["TAFFRAIL__REDACTION__KEY", "TAFFRAIL__REDACTION__KEY__VALUE"] {
        for value in ["hunter2", "{hunter2", "{hunter2: [", "[*hunter2]"] {
            let error = settings("", &[(name, value)], &[]).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{value:?}: {error:?}");
        }
    }
}

#[test]
fn files_that_are_no_settings() {
    for (yaml, expected) in [
        ("a: [", "not readable as YAML"),
        ("- a\n- b\n", "holds no settings"),
        ("just text", "holds no settings"),
        ("cluster: a\ncluster: b\n", "not readable as YAML"),
        ("cluster: a\n---\ncluster: b\n", "not readable as YAML"),
        ("cluster: \u{0}", "not readable as YAML"),
    ] {
        let message = settings(yaml, &[], &[]).unwrap_err().to_string();
        assert!(message.contains(expected), "{yaml:?}: {message}");
    }
}

#[test]
fn unreadable_files_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("none.yaml");
    let large = directory.path().join("large.yaml");
    std::fs::write(&large, "#".repeat(300_000)).unwrap();
    let binary = directory.path().join("binary.yaml");
    std::fs::write(&binary, [0xff, 0xfe, 0xff]).unwrap();
    for path in [missing.as_path(), &large, &binary, directory.path()] {
        let error = load(Some(path), [], [], &root()).unwrap_err();
        assert!(matches!(error, ConfigError::Unreadable { .. }), "{error:?}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn the_documented_file_loads() {
    let page = include_str!("../../../docs/configuration.md");
    let (_, after) = page.split_once("```yaml\n").unwrap();
    let (yaml, _) = after.split_once("```").unwrap();
    let settings = settings(yaml, &[], &[]).unwrap();
    assert_eq!(settings.redaction.add[0].paths.len(), 2);
}

#[test]
fn bombs_end() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned()
        + &(b'b'..=b'j')
            .map(|c| {
                let (this, last) = (char::from(c), char::from(c - 1));
                format!("{this}: &{this} [{}]\n", format!("*{last},").repeat(9))
            })
            .collect::<String>();
    for yaml in [deep, laughs, "a: ".repeat(60_000), "? ".repeat(60_000), "{".repeat(60_000)] {
        settings(&yaml, &[], &[]).unwrap_err();
    }
}

#[test]
fn warnings_stay_visible() {
    let found = |yaml: &str| warnings(&settings(yaml, &[], &[]).unwrap());
    assert!(found("").is_empty());
    assert_eq!(
        found("{allow_insecure: true}"),
        ["allow_insecure is on, but no listener needs it; remove it"]
    );
    assert_eq!(
        found("{allow_insecure: true, api: {listen: '0.0.0.0:1'}, redaction: {off: [secrets]}}"),
        [
            "allow_insecure: api.listen 0.0.0.0:1 can be reached by other machines without TLS and authentication",
            "redaction.off: secrets are stored in the clear, with every secret they contain",
        ]
    );
}

#[test]
fn a_limit_that_the_journal_alone_may_use_up_is_warned_of() {
    fn check(yaml: &str, expected: Option<&str>) {
        let found = warnings(&settings(yaml, &[], &[]).unwrap());
        assert_eq!(found.len(), usize::from(expected.is_some()), "{yaml}: {found:?}");
        assert!(found.iter().all(|warning| expected.is_some_and(|part| warning.contains(part))), "{found:?}");
    }
    let limit = |max_bytes: &str, journal: &str| {
        format!(
            "{{index: {{retention: {{max_bytes: {max_bytes}}}}}, journal: {{max_bytes: {journal}}}, ingest: {{dead_letter_bytes: 1GiB}}}}"
        )
    };
    check("", None);
    check(
        &limit("8GiB", "8GiB"),
        Some("8.0 GiB is less than the journal (8.0 GiB, journal.max_bytes) and the dead letters (1.0 GiB"),
    );
    check(&limit("9GiB", "8GiB"), None);
    check(&limit("unlimited", "8GiB"), None);
    check(&limit("1%", "8GiB"), None);
}

/// YAML that is nearly a configuration: known keys with values that may or may not suit them.
fn nearly_settings() -> impl Strategy<Value = String> {
    let keys = crate::keys::leaves(&crate::keys::tree());
    let value = prop_oneof![
        Just("null"),
        Just("true"),
        Just("-1"),
        Just("1e400"),
        Just(".nan"),
        Just("18446744073709551616"),
        Just("[]"),
        Just("{}"),
        Just("[{}]"),
        Just("[[a]]"),
        Just("{file: x}"),
        Just("{file: {a: b}}"),
        Just("64MiB"),
        Just("99999999999999999999EiB"),
        Just(".GiB"),
        Just("1h"),
        Just("P9999Y"),
        Just("!!binary AAAA"),
        Just("*x"),
        Just("&x y"),
        Just("{1: 2}"),
        Just("{[a]: b}"),
        Just("[::1]:1"),
        Just("'127.0.0.1:1'"),
        Just("ü"),
        Just("2026-11-23"),
    ];
    prop::collection::vec((prop::sample::select(keys), value), 0..5).prop_map(|pairs| {
        let line = |(path, value): (String, &str)| match path.split_once('.') {
            Some((section, key)) => format!("{section}: {{{key}: {value}}}\n"),
            None => format!("{path}: {value}\n"),
        };
        pairs.into_iter().map(line).collect()
    })
}

fn any_rule() -> impl Strategy<Value = RedactionRule> {
    let path = prop::collection::vec("[^\\p{C}]{0,8}", 1..4).prop_map(|keys| {
        let quoted = |key: String| format!("[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\""));
        keys.into_iter().map(quoted).collect::<String>().parse().unwrap()
    });
    (prop::collection::vec(path, 1..3), prop::collection::vec("[^\\p{C}=]{1,8}", 0..3)).prop_map(
        |(paths, env_names)| RedactionRule {
            name: String::new(),
            resources: vec!["*".to_owned(), "foos.example.com".to_owned()],
            paths,
            env_names,
        },
    )
}

prop_compose! {
    fn any_settings()(
        data in "\\PC{1,20}", filter in "[^\\s]\\PC{0,20}", cluster in "[a-z0-9]{1,9}", allow_insecure: bool, port in 1..65535_u16,
        json: bool, bytes in (1_u64 << 26)..(1 << 32), millis in 100..60_000_u64, docs in 1000..1_000_000_usize,
        key in prop::option::of(prop_oneof!["\\PC{1,20}".prop_map(|path| Secret::File(path.into())), "\\PC{1,20}".prop_map(Secret::Env)]),
        rules in prop::collection::vec(any_rule(), 0..3),
    ) -> Settings {
        let mut settings = Settings { data: data.into(), cluster, allow_insecure, ..Settings::default() };
        settings.api.listen.set_port(port);
        settings.ingest.listen = "[::1]:0".parse().unwrap();
        settings.ingest.budget_bytes = bytes;
        settings.journal.max_bytes = bytes * 1000;
        settings.index.commit_interval = Duration::from_millis(millis);
        settings.index.commit_docs = docs;
        settings.log.filter = filter;
        if json {
            settings.log.format = LogFormat::Json;
        }
        settings.redaction.key = key;
        settings.redaction.add = rules;
        for (at, rule) in settings.redaction.add.iter_mut().enumerate() {
            rule.name = format!("rule {at}");
        }
        settings
    }
}

proptest! {
    #[test]
    fn loading_never_panics(yaml in "\\PC{0,200}", lines in "([ -]{0,4}[a-z_]{1,8}: ?[\\[{'\"&*!|>#a-z0-9 ]{0,6}\n){0,8}", nearly in nearly_settings()) {
        for yaml in [yaml, lines, nearly] {
            drop(settings(&yaml, &[("TAFFRAIL__REDACTION__ADD", &yaml), ("TAFFRAIL__INDEX__HOLD", &yaml)], &[]));
            drop(settings(&yaml, &[("TAFFRAIL__ACTORS", &yaml)], &[]));
        }
    }

    #[test]
    fn printed_settings_load_again(written in any_settings()) {
        let text = print(&written);
        let read = settings(&text, &[], &[]);
        prop_assert_eq!(read.map_err(|error| format!("{error}\n{text}")), Ok(written));
    }
}
