//! Certificates, keys and tokens from the files that the command was given.
//!
//! They are checked for what they are: a key that is taken for a certificate, or a token with a line end in it, would only
//! show up in the log of an API server that has lost its events by then.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;

use crate::exit::WrongUse;

/// A chain of certificates is a few kilobytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Certificates in PEM form. A file that holds a key as well is refused: it is about to be copied to other machines.
pub(super) fn certificates(option: &str, file: &Path) -> anyhow::Result<String> {
    let text = text(option, file)?;
    if text.contains("PRIVATE KEY-----") {
        return Err(wrong(option, file, "it holds a private key; name a file with certificates only").into());
    }
    if !text.contains("-----BEGIN CERTIFICATE-----") {
        return Err(wrong(option, file, "no PEM certificate in it (-----BEGIN CERTIFICATE-----)").into());
    }
    Ok(text)
}

/// A private key in PEM form, without a passphrase.
pub(super) fn private_key(option: &str, file: &Path) -> anyhow::Result<String> {
    let text = text(option, file)?;
    if text.contains("ENCRYPTED") {
        return Err(wrong(
            option,
            file,
            "the key has a passphrase, which nobody could type for an API server",
        )
        .into());
    }
    if !text.contains("PRIVATE KEY-----") {
        return Err(wrong(option, file, "no PEM private key in it (-----BEGIN PRIVATE KEY-----)").into());
    }
    Ok(text)
}

/// A bearer token: one line of what may stand in an HTTP header.
pub(super) fn token(option: &str, file: &Path) -> anyhow::Result<String> {
    let text = text(option, file)?;
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong(option, file, "not one token on one line").into());
    }
    Ok(token.to_owned())
}

fn text(option: &str, file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let opened = File::open(file).map(|file| file.take(MAX_FILE_BYTES + 1));
    let read = opened.and_then(|mut file| file.read_to_string(&mut text));
    let read = read.map_err(|error| wrong(option, file, &error.to_string())).context("cannot set up")?;
    if read as u64 > MAX_FILE_BYTES {
        return Err(wrong(option, file, "larger than 1 MiB, so not what is asked for").into());
    }
    Ok(text)
}

fn wrong(option: &str, file: &Path, why: &str) -> WrongUse {
    WrongUse(format!("{option} {}: {why}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_checked_for_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        let check = |read: fn(&str, &Path) -> anyhow::Result<String>,
                     content: &[u8],
                     expected: Result<&str, &str>| {
            std::fs::write(&file, content).unwrap();
            match (read("--x", &file), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(error), Err(expected)) => assert!(format!("{error:#}").contains(expected), "{error:#}"),
                (found, expected) => panic!("{found:?} instead of {expected:?}"),
            }
        };
        let certificate = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n";
        let key = "-----BEGIN EC PRIVATE KEY-----\nQQ==\n-----END EC PRIVATE KEY-----\n";
        check(certificates, certificate.as_bytes(), Ok(certificate));
        check(certificates, format!("{certificate}{key}").as_bytes(), Err("private key"));
        check(certificates, b"", Err("no PEM certificate"));
        check(private_key, key.as_bytes(), Ok(key));
        check(private_key, certificate.as_bytes(), Err("no PEM private key"));
        check(private_key, b"-----BEGIN ENCRYPTED PRIVATE KEY-----", Err("passphrase"));
        check(token, b" taf_abc\r\n", Ok("taf_abc"));
        check(token, b"\n", Err("one token"));
        check(token, b"a b", Err("one token"));
        check(token, b"a\nb\n", Err("one token"));
        check(token, b"\xff", Err("UTF-8"));
        check(token, &vec![b'a'; (1 << 20) + 1], Err("1 MiB"));
        std::fs::remove_file(&file).unwrap();
        assert!(format!("{:#}", token("--x", &file).unwrap_err()).contains("--x"));
    }
}
