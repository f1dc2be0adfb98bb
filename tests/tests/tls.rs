//! TLS and who may speak: what API servers do on a connection, and what is refused to whom.

use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use base64::Engine;
use rustix::process::Signal;
use serde_json::Value;
use taffrail_tests::{
    Api, ApiServer, Authority, Client, Dial, Server, ServerBuilder, cli, samples, wait_for, wait_until,
};

/// A server with TLS and logins on both listeners, and what its senders and readers have.
struct World {
    server: Server,
    authority: Authority,
    sender: String,
    reader: String,
}

const CREDENTIALS: &str = "credentials.yaml";

impl World {
    fn new() -> Self {
        Self::with(|builder| builder)
    }

    fn with(adjust: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let authority = Authority::new();
        let path = authority.dir().join(CREDENTIALS);
        let token = |arguments: &[&str]| {
            let to = path.to_str().expect("temporary paths are UTF-8");
            let made = cli::taffrail(&[&["token", "new", "--to", to], arguments].concat()).ok();
            made.stdout.trim().to_owned()
        };
        let sender = token(&["--name", "prod-apiserver", "--cluster", "prod"]);
        let reader = token(&["--name", "oncall", "--read"]);
        let with_certificate = "- {name: by-certificate, certificate: kube-apiserver, clusters: [prod]}\n";
        let credentials = fs::read_to_string(&path).expect("read a file") + with_certificate;
        authority.write(CREDENTIALS, &credentials);
        let own = authority.issue_for_loopback();
        let cert = authority.write("tls.crt", &own.cert);
        let key = authority.write("tls.key", &own.key);
        let mut builder = Server::builder().set("health.listen", "127.0.0.1:0");
        for listener in ["api", "ingest"] {
            for (setting, file) in [
                ("tls.cert", &cert),
                ("tls.key", &key),
                ("tls.client_ca", &authority.file()),
                ("auth.file", &path),
            ] {
                let file = file.to_str().expect("temporary paths are UTF-8");
                builder = builder.set(&format!("{listener}.{setting}"), file);
            }
        }
        Self { server: adjust(builder).start(), authority, sender, reader }
    }

    fn dial(&self) -> ApiServer {
        Dial::new(&self.authority).open(self.server.ingest_addr()).expect("connect")
    }

    fn dial_api(&self) -> ApiServer {
        Dial::new(&self.authority).open(self.server.api_addr()).expect("connect")
    }

    fn read(&self, target: &str) -> Value {
        let answer = self.dial_api().get(target, &[&bearer(&self.reader)]).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    fn wait_for_total(&self, query: &str, expected: u64) {
        let target = format!("/api/v1/events?q={query}&limit=1");
        wait_until("the events are there", || self.read(&target)["total"]["value"] == expected);
    }

    /// A value of `/metrics`, from the plain port.
    fn metric(&self, name: &str) -> Option<f64> {
        Api::new(self.server.health_addr().expect("a health listener")).metric(name)
    }
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

fn basic(name: &str, token: &str) -> String {
    let both = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{token}"));
    format!("authorization: Basic {both}")
}

fn event() -> Vec<u8> {
    samples::example("label-quarantine-true")
}

#[test]
fn t1_api_servers_speak_http2_over_tls() {
    let mut world = World::new();
    world.server.expect_log("TLS handshake failed");
    let mut api_server = world.dial();
    assert!(api_server.is_http2(), "ALPN chooses it");
    let login = bearer(&world.sender);
    let answer = api_server.post("prod", &[&login], &event()).expect("an answer");
    assert_eq!((answer.status, answer.text()), (200, String::new()));
    assert_eq!(answer.header("content-type"), None, "an empty answer has no media type");
    // Larger than every window on the way.
    let many = samples::unpacked("audit/scenario-typical-policy.jsonl.gz");
    assert!(many.len() > 2 << 20);
    for _ in 0..3 {
        assert_eq!(api_server.post("prod", &[&login], &many).expect("an answer").status, 200);
    }
    // One that has HTTP/2 switched off (DISABLE_HTTP2).
    let mut old = Dial { offers: &["http/1.1"], ..Dial::new(&world.authority) }
        .open(world.server.ingest_addr())
        .expect("connect");
    assert!(!old.is_http2());
    assert_eq!(old.post("prod/", &[&login], &event()).expect("an answer").status, 200);
    assert_eq!(old.post("prod", &[&login], &event()).expect("an answer").status, 200);
    // Plain HTTP has no answer there.
    assert!(world.server.ingest().post("/v1/audit/prod", &event()).is_err());
    world.wait_for_total("auditid:c631d96f-eaa9-4099-9681-7e3710df9ada", 1);
}

#[test]
fn t3_senders_show_a_certificate_a_token_or_a_password() {
    let mut world = World::new();
    world.server.expect_log("request refused");
    let post = |cluster: &str, headers: &[&str]| {
        let answer = world.dial().post(cluster, headers, &event()).expect("an answer");
        (answer.status, if answer.status == 200 { Value::Null } else { answer.json()["code"].clone() })
    };
    let nothing = world.dial().post("prod", &[], &event()).expect("an answer");
    assert_eq!((nothing.status, &nothing.json()["code"]), (401, &"login_required".into()));
    let ways = nothing.headers.iter().filter(|(name, _)| name == "www-authenticate").count();
    assert_eq!(ways, 2, "{:?}", nothing.headers);
    assert_eq!(post("prod", &[&bearer(&world.sender)]).0, 200);
    assert_eq!(post("prod", &[&basic("prod-apiserver", &world.sender)]).0, 200);
    assert_eq!(post("prod", &[&basic("oncall", &world.sender)]), (401, "login_failed".into()));
    assert_eq!(post("prod", &[&bearer("taf_wrong")]), (401, "login_failed".into()));
    assert_eq!(post("prod", &[&bearer(&world.reader)]), (403, "wrong_credential".into()));
    // Another cluster's path is refused, and counted.
    assert_eq!(post("staging", &[&bearer(&world.sender)]), (403, "foreign_cluster".into()));
    assert_eq!(post("taffrail", &[&bearer(&world.sender)]), (403, "reserved_cluster".into()));
    let refused = |reason: &str| {
        world.metric(&format!(r#"taffrail_http_refused_total{{listener="ingest",reason="{reason}"}}"#))
    };
    assert_eq!(refused("foreign_cluster"), Some(1.0));
    assert_eq!(refused("login_failed"), Some(2.0));
    assert!(!world.server.log().lines().concat().contains("taf_"), "no token is logged");
}

#[test]
fn t3_client_certificates_count_if_the_authority_is_known_and_the_name_too() {
    let mut world = World::new();
    world.server.expect_log("request refused");
    world.server.expect_log("TLS handshake failed");
    let post = |authority: &Authority, common: &str, cluster: &str| {
        let own = authority.issue(common, &[]);
        let dial = Dial { shows: Some(&own), ..Dial::new(&world.authority) };
        // TLS 1.3 tells a client that it is refused only when it speaks.
        dial.open(world.server.ingest_addr())?.post(cluster, &[], &event()).map(|answer| answer.status)
    };
    assert_eq!(post(&world.authority, "kube-apiserver", "prod").expect("an answer"), 200);
    assert_eq!(post(&world.authority, "kube-apiserver", "staging").expect("an answer"), 403);
    assert_eq!(post(&world.authority, "somebody", "prod").expect("an answer"), 401);
    post(&Authority::new(), "kube-apiserver", "prod").expect_err("another authority's are refused");
    wait_until("that is counted", || {
        world.metric(r#"taffrail_tls_handshakes_failed_total{listener="ingest"}"#) == Some(1.0)
    });
    assert!(world.server.log().holds("from no authority in client_ca"), "and somebody can read why");
    // The status names everybody who is refused by a login.
    let turned_away = world.read("/api/v1/status")["ingest"]["turned_away"].clone();
    let reasons: Vec<&str> =
        turned_away.as_array().expect("a list").iter().filter_map(|one| one["reason"].as_str()).collect();
    assert_eq!(reasons, ["login_failed", "foreign_cluster"], "{turned_away}");
}

#[test]
fn readers_have_credentials_of_their_own() {
    let mut world = World::new();
    world.server.expect_log("request refused");
    let mut reader = world.dial_api();
    let mut get = |target: &str, headers: &[&str]| reader.get(target, headers).expect("an answer").status;
    let (right, other) = (bearer(&world.reader), bearer(&world.sender));
    for closed in ["/api/v1/events", "/api/v1/status", "/metrics", "/api/v1/export"] {
        assert_eq!(get(closed, &[]), 401, "{closed}");
        assert_eq!(get(closed, &[&other]), 403, "{closed}");
        assert_eq!(get(closed, &[&right]), 200, "{closed}");
    }
    assert_eq!(get("/api/v1/events", &[&basic("oncall", &world.reader)]), 200);
    for open in ["/livez", "/readyz", "/openapi.json", "/"] {
        assert_eq!(get(open, &[]), 200, "{open}");
    }
    // A page asks for the token itself: told of HTTP Basic, the browser would open a window of its own.
    let asked = reader.get("/api/v1/events", &["X-Requested-With: taffrail-ui"]).expect("an answer");
    let ways: Vec<_> = asked.headers.iter().filter(|(name, _)| name == "www-authenticate").collect();
    assert!(asked.status == 401 && ways.len() == 1 && ways[0].1.starts_with("Bearer"), "{ways:?}");
    // The plain port serves probes and metrics, and nothing else.
    let mut plain = Client::new(world.server.health_addr().expect("a health listener"));
    for (target, expected) in
        [("/livez", 200), ("/readyz", 200), ("/metrics", 200), ("/", 404), ("/api/v1/status", 404)]
    {
        assert_eq!(plain.get(target).expect("an answer").status, expected, "{target}");
    }
}

#[test]
fn failed_logins_are_limited_logged_and_in_nobodys_way() {
    let mut world = World::new();
    world.server.expect_log("request refused");
    let mut guesser = world.dial_api();
    let mut guess = || guesser.get("/api/v1/events", &[&bearer("taf_guess")]).expect("an answer");
    for _ in 0..10 {
        assert_eq!(guess().status, 401);
    }
    let limited = guess();
    assert_eq!((limited.status, &limited.json()["code"]), (429, &"too_many_logins".into()));
    let wait: u64 = limited.header("retry-after").expect("when to come back").parse().expect("in seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(world.read("/api/v1/events")["events"], Value::Array(Vec::new()), "a right login is let in");
    assert!(world.server.log().holds("login_failed") && world.server.log().holds("127.0.0.1"));
    assert!(!world.server.log().holds("taf_"), "no token is logged");
}

#[test]
fn credentials_follow_their_file() {
    let mut world = World::new();
    world.server.expect_log("request refused");
    world.server.expect_log("cannot be used");
    let mut api_server = world.dial();
    let login = bearer(&world.sender);
    assert_eq!(api_server.post("prod", &[&login], &event()).expect("an answer").status, 200);
    let credentials = fs::read_to_string(world.authority.dir().join(CREDENTIALS)).expect("read a file");
    // A broken file changes nothing but the warnings.
    world.authority.write(CREDENTIALS, "- {name: x, hash: taf_not_a_hash}");
    let warned = wait_for("the status warns", || {
        let status = world.read("/api/v1/status");
        let warnings = status["warnings"].to_string();
        warnings.contains("cannot be used").then_some(warnings)
    });
    assert!(!warned.contains("taf_"), "{warned}");
    assert_eq!(api_server.post("prod", &[&login], &event()).expect("an answer").status, 200);
    // On a connection that is open a revoked token is refused.
    let without: String = credentials
        .lines()
        .filter(|line| !line.contains("prod-apiserver"))
        .fold(String::new(), |text, line| text + line + "\n");
    world.authority.write(CREDENTIALS, &without);
    wait_until("it is refused", || {
        api_server.post("prod", &[&login], &event()).expect("an answer").status == 401
    });
    assert_eq!(world.read("/api/v1/status")["warnings"], Value::Array(Vec::new()));
    world.authority.write(CREDENTIALS, &credentials);
    wait_until("it is let in again", || {
        api_server.post("prod", &[&login], &event()).expect("an answer").status != 401
    });
}

#[test]
fn certificates_are_replaced_while_connections_live() {
    let mut world = World::new();
    world.server.expect_log("cannot be used");
    let mut before = world.dial();
    let login = bearer(&world.sender);
    assert_eq!(before.post("prod", &[&login], &event()).expect("an answer").status, 200);
    let new = world.authority.issue_for_loopback();
    // Between the two they do not belong together: the old ones are used on.
    world.authority.write("tls.crt", &new.cert);
    wait_until("that is noticed", || world.server.log().holds("do not belong together"));
    assert_eq!(world.dial().certificate(), before.certificate());
    world.authority.write("tls.key", &new.key);
    wait_until("the new one is shown", || world.dial().certificate() != before.certificate());
    assert_eq!(before.post("prod", &[&login], &event()).expect("an answer").status, 200, "it lives on");
    assert_eq!(world.dial().post("prod", &[&login], &event()).expect("an answer").status, 200);
}

#[test]
fn slow_handshakes_are_in_nobodys_way_and_end() {
    let world = World::new();
    let started = Instant::now();
    let mut silent: Vec<TcpStream> =
        (0..20).map(|_| TcpStream::connect(world.server.ingest_addr()).expect("connect")).collect();
    let login = bearer(&world.sender);
    assert_eq!(world.dial().post("prod", &[&login], &event()).expect("an answer").status, 200);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    for stream in &mut silent {
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("set a timeout");
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0, "they are let go");
    }
}

#[test]
fn t6_readiness_flips_while_requests_are_in_flight() {
    let mut world = World::new();
    let (login, event) = (bearer(&world.sender), event());
    let (begin, rest) = event.split_at(event.len() / 2);
    let mut api_server = world.dial();
    let in_flight = api_server.begin("prod", &[&login], event.len());
    in_flight.send(begin);
    // The request is in its handler when memory is held for it.
    wait_until("it is in flight", || world.metric("taffrail_ingest_budget_used_bytes") > Some(0.0));
    world.server.signal(Signal::TERM);
    let mut probe = Client::new(world.server.health_addr().expect("a health listener"));
    wait_until("it is not ready any more", || probe.get("/readyz").expect("an answer").status == 503);
    in_flight.send(rest);
    assert_eq!(in_flight.finish().expect("an answer").status, 200);
    assert!(world.server.wait().success());
    let found = cli::search(world.server.data(), "name:attacker").ok();
    assert_eq!(found.json_lines().len(), 1, "what was acknowledged is there");
}

#[test]
fn reads_are_events_and_nobody_else_sees_them() {
    let world = World::new();
    world.dial().post("prod", &[&bearer(&world.sender)], &event()).expect("an answer");
    world.wait_for_total("", 1);
    let question = "/api/v1/events?q=user:alice&limit=7";
    world.read(question);
    let own = wait_for("the read is an event", || {
        let found = world.read("/api/v1/events?q=cluster:taffrail+uri:*alice*+-uri:*taffrail*");
        found["events"].as_array().and_then(|events| events.first().cloned())
    });
    assert_eq!(own["actor"]["name"], "oncall");
    assert_eq!(own["audit"]["uri"], question);
    assert_eq!((&own["verb"], &own["outcome"]["code"]), (&"get".into(), &200.into()));
    assert_eq!(own["client"]["ip"], "127.0.0.1");
    assert_eq!(own["via"], serde_json::json!(["taffrail"]));
    world.wait_for_total("", 1);
    assert!(world.read("/api/v1/events?q=cluster:*")["total"]["value"].as_u64() > Some(1));
    // Neither do they stand in an export, nor for somebody who reads the directory.
    let export = world.dial_api().get("/api/v1/export", &[&bearer(&world.reader)]).expect("an answer");
    assert_eq!(export.text().lines().count(), 1);
    assert_eq!(cli::search(world.server.data(), "").ok().json_lines().len(), 1);
    assert_eq!(world.metric("taffrail_reads_lost_total"), Some(0.0));
}

#[test]
fn reads_are_no_events_where_that_is_switched_off() {
    let mut world = World::with(|builder| builder.set("api.audit_reads", "false"));
    world.read("/api/v1/events");
    world.server.stop();
    let found = cli::search(world.server.data(), "cluster:*");
    assert_eq!((found.code, found.stdout.as_str()), (1, ""));
}

#[test]
fn what_was_read_before_a_stop_is_written_down() {
    let mut world = World::new();
    world.read("/api/v1/facets?field=verb");
    world.server.stop();
    let found = cli::search(world.server.data(), "cluster:taffrail uri:*facets*").ok();
    assert_eq!(found.json_lines().len(), 1, "{}", found.stderr);
}

#[test]
fn commands_reach_a_server_over_tls_with_a_token() {
    let mut world = World::new();
    world.server.expect_log("request refused");
    world.server.expect_log("TLS handshake failed");
    let path = |name: &str, text: &str| {
        world.authority.write(name, text).to_str().expect("temporary paths are UTF-8").to_owned()
    };
    let (sender, reader) = (path("sender", &world.sender), path("reader", &(world.reader.clone() + "\n")));
    let ca = path("ca.pem", world.authority.pem());
    let events = path("events.jsonl", &String::from_utf8(event()).expect("the sample is text"));
    let (api, ingest) =
        (format!("https://{}", world.server.api_addr()), format!("https://{}", world.server.ingest_addr()));
    let import = |token: &str| {
        let to =
            ["import", "--cluster", "prod", "--server", &ingest, "--ca", &ca, "--token-file", token, &events];
        cli::taffrail(&to)
    };
    import(&sender).ok();
    let refused = import(&reader);
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(refused.stderr.contains("may read events, not send them"), "{}", refused.stderr);
    world.wait_for_total("", 1);
    let search = |more: &[&str]| {
        cli::taffrail(&[&["search", "--server", &api, "-o", "ndjson", "name:attacker"], more].concat())
    };
    assert_eq!(search(&["--ca", &ca, "--token-file", &reader]).ok().json_lines().len(), 1);
    let nobody = search(&["--ca", &ca]);
    assert_eq!(nobody.code, 3);
    assert!(nobody.stderr.contains("--token-file"), "{}", nobody.stderr);
    let strange = search(&["--token-file", &reader]);
    assert_eq!(strange.code, 3);
    assert!(
        strange.stderr.contains("cannot trust") && strange.stderr.contains("--ca FILE"),
        "{}",
        strange.stderr
    );
}

#[test]
fn an_open_listener_needs_both_or_says_that_it_has_not() {
    let authority = Authority::new();
    let own = authority.issue("only-a-common-name", &[]);
    let (cert, key) = (authority.write("tls.crt", &own.cert), authority.write("tls.key", &own.key));
    let text = |path: &std::path::Path| path.to_str().expect("temporary paths are UTF-8").to_owned();
    let builder = Server::builder()
        .set("ingest.listen", "0.0.0.0:0")
        .set("ingest.tls.cert", &text(&cert))
        .set("ingest.tls.key", &text(&key));
    let mut server = builder.expect_log("allow_insecure").expect_log("subject alternative name").stopped();
    let output =
        server.command().stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("start the program");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("there is no authentication; set ingest.auth.file"), "{said}");
    server.set_env("TAFFRAIL__ALLOW_INSECURE", Some("true"));
    server.start();
    let warnings = server.api().read("/api/v1/status", &[])["warnings"].to_string();
    assert!(warnings.contains("without authentication"), "{warnings}");
    // API servers look for the name in the alternative names only, and so does nearly everybody.
    assert!(server.log().holds("has no subject alternative name (SAN)"));
}
