//! What a request shows of who sends it.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;
use taffrail_config::{Credential, Proof};

use crate::token::digest;

/// What is shown. Tokens are there only as their digests, so that nothing can print them.
#[derive(Debug)]
pub(super) enum Shown<'a> {
    Nothing,
    /// By `Authorization`, which is in no form that is known.
    Unknown,
    /// By `Bearer`, or by `Basic`, which also says whose it is.
    Token {
        digest: [u8; 32],
        name: Option<String>,
    },
    /// The names in a client certificate that the handshake has verified.
    Certificate(&'a [String]),
}

/// A header goes before the certificate: who sends one means it.
pub(super) fn shown<'a>(headers: &HeaderMap, certificate: Option<&'a [String]>) -> Shown<'a> {
    match (headers.get(header::AUTHORIZATION), certificate) {
        (Some(value), _) => token(value.as_bytes()).unwrap_or(Shown::Unknown),
        (None, Some(names)) => Shown::Certificate(names),
        (None, None) => Shown::Nothing,
    }
}

fn token(value: &[u8]) -> Option<Shown<'static>> {
    let value = value.trim_ascii();
    let (scheme, rest) = value.split_at(value.iter().position(|byte| *byte == b' ')?);
    let rest = rest.trim_ascii();
    if scheme.eq_ignore_ascii_case(b"bearer") {
        return Some(Shown::Token { digest: digest(rest), name: None });
    }
    if scheme.eq_ignore_ascii_case(b"basic") {
        let decoded = STANDARD.decode(rest).ok()?;
        let colon = decoded.iter().position(|byte| *byte == b':')?;
        let (name, password) = decoded.split_at(colon);
        let name = Some(String::from_utf8(name.to_vec()).ok()?);
        return Some(Shown::Token { digest: digest(password.get(1..)?), name });
    }
    None
}

impl Shown<'_> {
    /// Whether it is what the credential asks for.
    pub(super) fn proves(&self, credential: &Credential) -> bool {
        match (self, &credential.proof) {
            (Self::Token { digest, name }, Proof::Token(expected)) => {
                let is_equal: bool = digest.ct_eq(expected).into();
                is_equal && name.as_ref().is_none_or(|name| *name == credential.name)
            }
            (Self::Certificate(names), Proof::Certificate(expected)) => names.contains(expected),
            _ => false,
        }
    }
}
