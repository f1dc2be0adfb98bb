//! What was asked for, checked: which cluster, over which way, with which credential.

use anyhow::Result;
use taffrail_config::{OWN_CLUSTER, is_cluster_name};

use super::address::Address;
use super::credentials::{certificates, private_key, token};
use crate::args::SetupArgs;
use crate::exit::WrongUse;

/// One cluster to be connected.
#[derive(Debug)]
pub(super) struct Wiring {
    /// The name that its events get.
    pub(super) cluster: String,
    /// Where they are sent, if they are.
    pub(super) receiver: Option<Receiver>,
    /// Whether log files are written and followed.
    pub(super) tail: bool,
}

/// A listener that takes the events.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) address: Address,
    /// Certificates that vouch for the server's (PEM).
    pub(super) ca: Option<String>,
    pub(super) credential: Credential,
}

/// What a sender shows.
#[derive(Debug)]
pub(super) enum Credential {
    /// None: the listener is the machine's own, in the clear.
    None,
    /// A token that is still to be made.
    Placeholder,
    Token(String),
    /// A client certificate and its key (PEM).
    Certificate {
        certificate: String,
        key: String,
    },
}

impl Wiring {
    /// Reads the files that `args` name.
    pub(super) fn new(args: &SetupArgs) -> Result<Self> {
        if !is_cluster_name(&args.cluster) {
            let why = "up to 63 of a-z 0-9 - . _, with a letter or digit at both ends";
            return Err(WrongUse(format!("--cluster {}: {why}", args.cluster)).into());
        }
        if args.cluster == OWN_CLUSTER {
            let why = "the name of Taffrail's own records; choose another";
            return Err(WrongUse(format!("--cluster {OWN_CLUSTER}: {why}")).into());
        }
        let receiver = args.url.as_deref().map(|url| Receiver::new(url, args)).transpose()?;
        Ok(Self { cluster: args.cluster.clone(), receiver, tail: args.tail })
    }

    /// Whether a Taffrail runs on each machine that has an API server.
    pub(super) fn is_beside(&self) -> bool {
        self.tail || self.receiver.as_ref().is_some_and(|receiver| receiver.address.is_loopback())
    }
}

impl Receiver {
    fn new(url: &str, args: &SetupArgs) -> Result<Self> {
        let address =
            Address::new(url, &args.cluster).map_err(|why| WrongUse(format!("--url {url}: {why}")))?;
        let ca = args.ca.as_deref().map(|file| certificates("--ca", file)).transpose()?;
        let credential = match (&args.token_file, &args.client_cert, &args.client_key) {
            (Some(_), Some(_), _) => {
                return Err(WrongUse("name a token or a client certificate, not both".to_owned()).into());
            }
            (Some(file), ..) => Credential::Token(token("--token-file", file)?),
            (None, Some(certificate), Some(key)) => Credential::Certificate {
                certificate: certificates("--client-cert", certificate)?,
                key: private_key("--client-key", key)?,
            },
            _ if address.is_tls() => Credential::Placeholder,
            _ => Credential::None,
        };
        let in_the_clear = !address.is_tls() && !address.is_loopback();
        if in_the_clear && !matches!(credential, Credential::None) {
            return Err(WrongUse(format!(
                "--url {url}: http:// would send the credential in the clear; use https://"
            ))
            .into());
        }
        Ok(Self { address, ca, credential })
    }

    /// What the person who applies it should know.
    pub(super) fn cautions(&self) -> Vec<String> {
        let mut cautions = self.address.cautions();
        if self.address.is_tls() && self.ca.is_none() {
            cautions.push(
                "Without --ca the sender trusts only the public authorities that its image knows. Name the \
                 authority of the server's certificate with --ca if it is your own."
                    .to_owned(),
            );
        }
        cautions
    }
}
