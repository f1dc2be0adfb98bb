//! Who is let in, by what they show.

use axum::body::Body;
use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::*;
use crate::token;

struct World {
    access: Access,
    path: std::path::PathBuf,
    _dir: TempDir,
}

/// Entries of a sender, of a reader, and of a certificate of either kind.
fn entries() -> String {
    let (sender, reader) = (token::hash("sender-token"), token::hash("reader-token"));
    format!(
        "- {{name: prod, hash: '{sender}', clusters: [prod, prod-2]}}\n\
         - {{name: oncall, hash: '{reader}', read: true}}\n\
         - {{name: apiserver, certificate: kube-apiserver, clusters: [prod]}}\n\
         - {{name: viewer, certificate: viewer.example.com, read: true}}\n"
    )
}

impl World {
    fn new(role: Role) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials.yaml");
        std::fs::write(&path, entries()).unwrap();
        let access = Access::open("x", role, &AuthSettings { file: Some(path.clone()) }).unwrap();
        Self { access, path, _dir: dir }
    }

    fn ask(&self, authorization: Option<&str>, certificate: &[&str]) -> Result<Who, Code> {
        let mut request = Request::builder().uri("/");
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer("10.0.0.1:1".parse().unwrap()));
        if !certificate.is_empty() {
            let names: Vec<String> = certificate.iter().map(|&name| name.to_owned()).collect();
            request.extensions_mut().insert(ClientCertificate(names.into()));
        }
        self.access.check(&request).map_err(|problem| problem.code())
    }

    /// `expected`: the name of the credential.
    fn check(&self, authorization: Option<&str>, certificate: &[&str], expected: Result<&str, Code>) {
        let found = self.ask(authorization, certificate);
        let found = found.as_ref().map(|who| who.name().unwrap()).map_err(|code| *code);
        assert_eq!(found, expected, "{authorization:?} {certificate:?}");
    }
}

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

#[test]
fn senders() {
    let world = World::new(Role::Sending);
    world.check(None, &[], Err(Code::LoginRequired));
    world.check(Some("Bearer sender-token"), &[], Ok("prod"));
    world.check(Some("bearer  sender-token "), &[], Ok("prod"));
    world.check(Some(&basic("prod:sender-token")), &[], Ok("prod"));
    world.check(Some(&basic("oncall:sender-token")), &[], Err(Code::LoginFailed));
    world.check(Some(&basic("sender-token")), &[], Err(Code::LoginFailed));
    world.check(Some("Basic !"), &[], Err(Code::LoginFailed));
    world.check(Some("sender-token"), &[], Err(Code::LoginFailed));
    world.check(Some("Bearer sender-toke"), &[], Err(Code::LoginFailed));
    world.check(Some("Bearer reader-token"), &[], Err(Code::WrongCredential));
    world.check(None, &["kube-apiserver"], Ok("apiserver"));
    world.check(None, &["other", "kube-apiserver"], Ok("apiserver"));
    world.check(None, &["viewer.example.com", "kube-apiserver"], Ok("apiserver"));
    world.check(None, &["viewer.example.com"], Err(Code::WrongCredential));
    world.check(None, &["kube-apiserver2"], Err(Code::LoginFailed));
    // Who sends a header means it.
    world.check(Some("Bearer wrong"), &["kube-apiserver"], Err(Code::LoginFailed));
}

#[test]
fn readers() {
    let world = World::new(Role::Reading);
    world.check(Some("Bearer reader-token"), &[], Ok("oncall"));
    world.check(Some(&basic("oncall:reader-token")), &[], Ok("oncall"));
    world.check(Some("Bearer sender-token"), &[], Err(Code::WrongCredential));
    world.check(None, &["viewer.example.com"], Ok("viewer"));
    world.check(None, &["kube-apiserver"], Err(Code::WrongCredential));
}

#[test]
fn a_sender_is_bound_to_its_clusters() {
    let world = World::new(Role::Sending);
    let who = world.ask(Some("Bearer sender-token"), &[]).unwrap();
    for (cluster, expected) in [("prod", None), ("prod-2", None), ("staging", Some(Code::ForeignCluster))] {
        assert_eq!(who.may_send(cluster).err().map(|problem| problem.code()), expected, "{cluster}");
    }
    Access::open_to_all(Role::Sending).check(&Request::new(Body::empty())).unwrap().may_send("any").unwrap();
}

#[test]
fn failed_logins_are_limited_and_right_ones_get_in_all_the_same() {
    let world = World::new(Role::Reading);
    let codes: Vec<_> = (0..12).map(|_| world.ask(Some("Bearer wrong"), &[]).unwrap_err()).collect();
    assert_eq!(codes[0], Code::LoginFailed);
    assert_eq!(codes[11], Code::TooManyLogins);
    world.check(Some("Bearer reader-token"), &[], Ok("oncall"));
    world.check(None, &[], Err(Code::LoginRequired));
}

#[test]
fn a_revoked_credential_is_refused() {
    let world = World::new(Role::Reading);
    std::fs::write(&world.path, "[]").unwrap();
    let watched = world.access.followed().unwrap();
    watched.look();
    watched.look();
    world.check(Some("Bearer reader-token"), &[], Err(Code::LoginFailed));
}

#[test]
fn no_message_holds_a_token() {
    let world = World::new(Role::Reading);
    let mut request = Request::new(Body::empty());
    request.headers_mut().insert(header::AUTHORIZATION, "Bearer taf_hunter2".parse().unwrap());
    let problem = world.access.check(&request).unwrap_err();
    assert!(!format!("{problem:?}").contains("hunter2"), "{problem:?}");
    let shown = shown(request.headers(), None);
    assert!(!format!("{shown:?}").contains("hunter2"), "{shown:?}");
}

#[test]
fn a_file_that_cannot_be_used_is_wrong_use() {
    let dir = tempfile::tempdir().unwrap();
    for content in [None, Some("nonsense"), Some("- {name: a}")] {
        let path = dir.path().join("file");
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let error = Access::open("api", Role::Reading, &AuthSettings { file: Some(path) }).unwrap_err();
        assert!(error.is::<WrongUse>() && error.to_string().starts_with("api.auth.file: "), "{error}");
    }
}
