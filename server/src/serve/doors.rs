//! The listeners: where they listen, with which TLS, and who may speak to them.

use std::sync::Arc;
use std::time::Duration;

use taffrail_config::{AuthSettings, Settings, TlsSettings};
use taffrail_event::Timestamp;

use crate::data_dir::ServerFile;
use crate::http::{Access, Listener, Patience, Role, Tls};
use crate::metrics::{ListenerLabels, Metrics, level};
use crate::tls::{self, ServerTls};
use crate::watched::{Follow, Watched};

/// Connections at once; each costs a file descriptor and its buffers.
const MAX_CONNECTIONS: usize = 512;

/// Those who ask for probes and metrics are few.
const MAX_HEALTH_CONNECTIONS: usize = 32;

/// API servers keep an idle connection for 90 s: closing it before they do would meet a request now and then.
const IDLE: Duration = Duration::from_secs(120);

/// A sender that is silent for `ingest.read_timeout` in the middle of a request is gone; between requests it may rest
/// for as many times longer.
const IDLE_TIMEOUTS: u32 = 4;

/// What is in flight has so long to end, of the 25 s that a stop may take.
const GRACE: Duration = Duration::from_secs(10);

/// All listeners, bound.
pub(super) struct Doors {
    pub(super) api: Door,
    pub(super) ingest: Door,
    pub(super) health: Option<Listener>,
}

/// A listener and who may speak to it.
pub(super) struct Door {
    pub(super) listener: Listener,
    pub(super) access: Access,
    pub(super) certificate: Option<Certificate>,
}

/// The certificate of a listener, which changes while the server runs.
#[derive(Debug)]
pub(crate) struct Certificate {
    listener: &'static str,
    files: Arc<Watched<ServerTls>>,
}

impl Doors {
    /// Binds what the settings name, and reads certificates and credentials.
    pub(super) async fn open(settings: &Settings, metrics: &Metrics) -> anyhow::Result<Self> {
        let Settings { api, ingest, .. } = settings;
        let patience = |idle| Patience { idle, grace: GRACE };
        let bind =
            async |name, address, idle| Listener::bind(name, address, MAX_CONNECTIONS, patience(idle)).await;
        let listener = bind("api", api.listen, IDLE).await?;
        let api = Door::new("api", Role::Reading, listener, &api.tls, &api.auth, metrics)?;
        let idle = ingest.read_timeout.saturating_mul(IDLE_TIMEOUTS);
        let listener = bind("ingest", ingest.listen, idle).await?;
        let ingest = Door::new("ingest", Role::Sending, listener, &ingest.tls, &ingest.auth, metrics)?;
        let health = match settings.health.listen {
            Some(address) => {
                Some(Listener::bind("health", address, MAX_HEALTH_CONNECTIONS, patience(IDLE)).await?)
            }
            None => None,
        };
        Ok(Self { api, ingest, health })
    }

    /// Where others find them.
    pub(super) fn server_file(&self) -> ServerFile {
        ServerFile {
            pid: std::process::id(),
            api: self.api.listener.url(),
            ingest: self.ingest.listener.url(),
            health: self.health.as_ref().map(Listener::url),
        }
    }

    /// The files that may change.
    pub(super) fn followed(&self) -> Vec<Arc<dyn Follow>> {
        let mut followed: Vec<Arc<dyn Follow>> = Vec::new();
        for door in [&self.api, &self.ingest] {
            followed.extend(door.certificate.as_ref().map(|own| Arc::clone(&own.files) as Arc<dyn Follow>));
            followed.extend(door.access.followed());
        }
        followed
    }
}

impl Door {
    fn new(
        name: &'static str,
        role: Role,
        listener: Listener,
        tls: &TlsSettings,
        auth: &AuthSettings,
        metrics: &Metrics,
    ) -> anyhow::Result<Self> {
        let files = tls::server(name, tls)?.map(Arc::new);
        let certificate = files.clone().map(|files| Certificate { listener: name, files });
        let labels = ListenerLabels { listener: name };
        let tls = files.map(|files| Tls {
            files,
            listener: name,
            failed: metrics.handshakes_failed.get_or_create_owned(&labels),
            log_limit: Arc::default(),
        });
        Ok(Self { listener: listener.with_tls(tls), access: Access::open(name, role, auth)?, certificate })
    }
}

impl Certificate {
    /// The listener, and when the certificate that it shows now ends.
    pub(crate) fn ends(&self) -> (&'static str, Timestamp) {
        let seconds = self.files.current().not_after;
        (self.listener, Timestamp::from_micros(seconds.saturating_mul(1_000_000)))
    }

    /// Sets the metric that says when it ends.
    pub(crate) fn measure(&self, metrics: &Metrics) {
        let labels = ListenerLabels { listener: self.listener };
        let not_after = u64::try_from(self.files.current().not_after).unwrap_or_default();
        metrics.certificates.get_or_create(&labels).set(level(not_after));
    }
}
