//! Who may speak to a listener.
//!
//! A login is a token (as bearer, or as the password of HTTP Basic behind the credential's name) or a client certificate.
//! It is looked up first, also for an address whose logins have failed: that costs a microsecond, a token of 256 bits is not
//! guessed however many are tried, and behind one address of a proxy or a node there may be a hundred honest clients beside
//! the one that is set up wrongly. Only what fails counts, and past a limit it is answered with 429 instead of 401.

mod failures;
mod shown;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use axum::extract::Request;
use taffrail_config::{AuthSettings, Credential, Grant};
use tokio_rustls::server::TlsStream;

use self::failures::Failures;
use self::shown::{Shown, shown};
use super::around::Peer;
use super::problem::{Code, Problem};
use crate::exit::WrongUse;
use crate::tls;
use crate::watched::{Follow, Watched};

/// A credentials file is far smaller; a path that points at the wrong file must not fill the memory.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Who may speak to one listener.
#[derive(Debug)]
pub(crate) struct Access {
    role: Role,
    /// `None`: everybody may.
    credentials: Option<Arc<Watched<Vec<Arc<Credential>>>>>,
    failures: Failures,
}

/// What a listener is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Credentials with `read: true`.
    Reading,
    /// Credentials with clusters.
    Sending,
}

/// Who speaks: a credential, or anybody where no login is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Who(Option<Arc<Credential>>);

/// The names in the client certificate of a connection.
#[derive(Debug, Clone)]
pub(super) struct ClientCertificate(Arc<[String]>);

impl Access {
    /// For a listener with these settings; `name` is `api` or `ingest`.
    pub(crate) fn open(name: &str, role: Role, settings: &AuthSettings) -> anyhow::Result<Self> {
        let credentials = settings.file.clone().map(|file| {
            let name = format!("{name}.auth.file");
            let path = file.clone();
            let watched = Watched::open(&*name, vec![file], move || read(&path));
            watched.map(Arc::new).map_err(|error| WrongUse(format!("{name}: {error:#}")))
        });
        Ok(Self { role, credentials: credentials.transpose()?, failures: Failures::default() })
    }

    /// For a listener that asks nobody.
    #[cfg(test)]
    pub(crate) fn open_to_all(role: Role) -> Self {
        Self { role, credentials: None, failures: Failures::default() }
    }

    /// The file that has to be looked after.
    pub(crate) fn followed(&self) -> Option<Arc<dyn Follow>> {
        self.credentials.clone().map(|file| file as Arc<dyn Follow>)
    }

    /// Who sends the request.
    pub(super) fn check(&self, request: &Request) -> Result<Who, Problem> {
        let Some(credentials) = &self.credentials else { return Ok(Who(None)) };
        let certificate = request.extensions().get::<ClientCertificate>();
        let shown = shown(request.headers(), certificate.map(|certificate| &*certificate.0));
        if matches!(shown, Shown::Nothing) {
            let detail = match self.role {
                Role::Reading => "log in to read: `Authorization: Bearer TOKEN`, or a client certificate",
                Role::Sending => "log in to send: a bearer token, HTTP Basic, or a client certificate",
            };
            return Err(Problem::new(Code::LoginRequired, detail).login());
        }
        let Some(found) = self.find(&credentials.current(), &shown) else {
            return Err(self.failed(request));
        };
        match (self.role, &found.grant) {
            (Role::Reading, Grant::Read) | (Role::Sending, Grant::Send(_)) => Ok(Who(Some(found))),
            (Role::Reading, Grant::Send(_)) => {
                let detail = format!(
                    "{} may send events, not read them; reading takes a credential of its own",
                    found.name
                );
                Err(Problem::new(Code::WrongCredential, detail))
            }
            (Role::Sending, Grant::Read) => {
                let detail = format!(
                    "{} may read events, not send them; sending takes a credential of its own",
                    found.name
                );
                Err(Problem::new(Code::WrongCredential, detail))
            }
        }
    }

    /// Whether somebody who was let in would be let in now.
    pub(super) fn still_knows(&self, who: &Who) -> bool {
        match (&self.credentials, &who.0) {
            (Some(credentials), Some(shown)) => credentials.current().contains(shown),
            (credentials, _) => credentials.is_none(),
        }
    }

    fn find(&self, credentials: &[Arc<Credential>], shown: &Shown<'_>) -> Option<Arc<Credential>> {
        // All are compared, in constant time each: how long it takes says nothing.
        let mut matching: Vec<_> = credentials.iter().filter(|credential| shown.proves(credential)).collect();
        // A certificate can have several names.
        matching.sort_by_key(|credential| {
            matches!(credential.grant, Grant::Read) != (self.role == Role::Reading)
        });
        matching.first().map(|found| Arc::clone(found))
    }

    fn failed(&self, request: &Request) -> Problem {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        match peer.and_then(|peer| self.failures.note(peer, Instant::now())) {
            Some(seconds) => {
                let detail = "too many logins from this address have failed within a minute; a right one is let in at once";
                Problem::new(Code::TooManyLogins, detail).retry_after(seconds)
            }
            None => {
                let detail =
                    "no credential is like the one shown; was it revoked, or is it another server's?";
                Problem::new(Code::LoginFailed, detail).login()
            }
        }
    }
}

impl Who {
    /// The name of the credential.
    pub(super) fn name(&self) -> Option<&str> {
        self.0.as_ref().map(|credential| credential.name.as_str())
    }

    /// Refuses a cluster that the credential is not bound to.
    pub(super) fn may_send(&self, cluster: &str) -> Result<(), Problem> {
        let Some(credential) = &self.0 else { return Ok(()) };
        match &credential.grant {
            Grant::Send(clusters) if clusters.iter().any(|bound| bound == cluster) => Ok(()),
            _ => {
                let detail = format!(
                    "{} is not bound to the cluster {cluster}, only to those of its credential",
                    credential.name
                );
                Err(Problem::new(Code::ForeignCluster, detail))
            }
        }
    }
}

impl ClientCertificate {
    /// That of the connection, if the client has shown one.
    pub(super) fn of<S>(stream: &TlsStream<S>) -> Option<Self> {
        let (_, session) = stream.get_ref();
        let own = session.peer_certificates()?.first()?;
        Some(Self(tls::names(own).into()))
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<Arc<Credential>>> {
    let cannot = || format!("cannot read {}", path.display());
    let mut text = String::new();
    let file = File::open(path).with_context(cannot)?;
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).with_context(cannot)?;
    ensure!(
        text.len() as u64 <= MAX_FILE_BYTES,
        "{} is larger than 1 MiB; is it the right file?",
        path.display()
    );
    Ok(taffrail_config::parse_credentials(path, &text)?.into_iter().map(Arc::new).collect())
}

#[cfg(test)]
mod tests;
