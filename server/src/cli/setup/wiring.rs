//! What was asked for, checked: which cluster, over which way, with which credential.

use std::path::{Path, PathBuf};

use anyhow::Result;
use taffrail_config::{OWN_CLUSTER, is_cluster_name};

use super::address::Address;
use super::credentials::{certificates, private_key, token};
use crate::args::SetupArgs;
use crate::exit::WrongUse;
use crate::tls::belong_together;

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
    pub(super) files: Files,
}

/// The files that the person has, as arguments of a shell: steps that read them name them.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) ca: String,
    /// Of a token that is still to be made, the file that the step makes.
    pub(super) token: String,
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Files {
    fn of(args: &SetupArgs) -> Self {
        let named = |file: &Option<PathBuf>| file.as_deref().map(shell_word).unwrap_or_default();
        let token = args.token_file.as_deref().map_or_else(|| "token".to_owned(), shell_word);
        Self {
            ca: named(&args.ca),
            token,
            certificate: named(&args.client_cert),
            key: named(&args.client_key),
        }
    }
}

/// A path as one word of a shell, wherever the steps are taken.
fn shell_word(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = path.to_string_lossy();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+=:@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
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

fn client_certificate(certificate_file: &Path, key_file: &Path) -> Result<Credential> {
    let certificate = certificates("--client-cert", certificate_file)?;
    let key = private_key("--client-key", key_file)?;
    if !belong_together(&certificate, &key) {
        let (certificate, key) = (certificate_file.display(), key_file.display());
        return Err(WrongUse(format!(
            "--client-key {key}: it is not the key of the certificate in {certificate} (the first one, if there are several)"
        ))
        .into());
    }
    Ok(Credential::Certificate { certificate, key })
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
        if !address.is_tls() && !address.is_loopback() && !args.allow_insecure {
            let why = "http:// sends every event in the clear, and a listener that other machines reach needs TLS; write https://, or for a trial --allow-insecure";
            return Err(WrongUse(format!("--url {url}: {why}")).into());
        }
        if !address.is_tls() && args.ca.is_some() {
            let why = "with http:// the server shows no certificate; write --url https://...";
            return Err(WrongUse(format!("--ca: {why}")).into());
        }
        let ca = args.ca.as_deref().map(|file| certificates("--ca", file)).transpose()?;
        let credential = match (&args.token_file, &args.client_cert, &args.client_key) {
            (Some(_), Some(_), _) => {
                return Err(WrongUse("name a token or a client certificate, not both".to_owned()).into());
            }
            (Some(file), ..) => Credential::Token(token("--token-file", file)?),
            (None, Some(certificate), Some(key)) => client_certificate(certificate, key)?,
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
        Ok(Self { address, ca, credential, files: Files::of(args) })
    }

    /// Refuses an address that is the machine's own where the sender runs elsewhere.
    pub(super) fn refuse_loopback(&self, sender: &str) -> Result<(), WrongUse> {
        if !self.address.is_loopback() {
            return Ok(());
        }
        let why =
            format!("for {sender} that is {sender} itself; name an address of the server that it reaches");
        Err(WrongUse(format!("--url {}: {why}", self.address.url())))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_one_word_of_a_shell() {
        fn check(path: &str, expected: &str) {
            assert_eq!(shell_word(Path::new(path)), expected);
        }
        check("/etc/a-b_1.crt", "/etc/a-b_1.crt");
        check("/my ca.crt", "'/my ca.crt'");
        check("/it's", r"'/it'\''s'");
        check("/$(x)", "'/$(x)'");
    }
}
