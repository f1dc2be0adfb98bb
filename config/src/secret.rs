//! Secrets, which the configuration names but never contains.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::error::ConfigError;

/// A key or a password is far shorter; a path that points at the wrong file must not fill the memory.
const MAX_SECRET_BYTES: u64 = 64 * bytesize::KIB;

/// Where a secret is to be found: `{file: PATH}` or `{env: NAME}`. There is no way to write the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Secret {
    /// In a file; one line end at its end is not part of it.
    File(#[serde(serialize_with = "crate::settings::lossy")] PathBuf),
    /// In an environment variable.
    Env(String),
}

impl Secret {
    /// Reads the secret. `env` looks an environment variable up, because only the binary reads the environment.
    ///
    /// # Errors
    /// When the file cannot be read or is larger than 64 KiB, the variable is not set, or the secret is empty.
    pub fn read(&self, env: impl Fn(&str) -> Option<String>) -> Result<SecretValue, ConfigError> {
        let refused = |reason: String| ConfigError::Secret { place: self.to_string(), reason };
        let bytes = match self {
            Self::File(path) => read_file(path).map_err(|error| refused(error.to_string()))?,
            Self::Env(name) => {
                env(name).ok_or_else(|| refused("not set; it has to hold the secret".to_owned()))?.into()
            }
        };
        if bytes.is_empty() {
            return Err(refused("empty; it has to hold the secret".to_owned()));
        }
        Ok(SecretValue(bytes))
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "secret file {}", path.display()),
            Self::Env(name) => write!(f, "environment variable {name}"),
        }
    }
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_SECRET_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SECRET_BYTES {
        return Err(io::Error::other("larger than 64 KiB; is it the right file?"));
    }
    for end in [b'\n', b'\r'] {
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
    }
    Ok(bytes)
}

impl<'de> Deserialize<'de> for Secret {
    /// Never repeats what was written: somebody may have written the secret itself.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let refused =
            || D::Error::custom("write {file: PATH} or {env: NAME}; a secret itself has no place here");
        let Value::Object(map) = Value::deserialize(deserializer).map_err(|_| refused())? else {
            return Err(refused());
        };
        let mut entries = map.into_iter();
        match (entries.next(), entries.next()) {
            (Some((key, Value::String(text))), None) if !text.is_empty() => match key.as_str() {
                "file" => Ok(Self::File(PathBuf::from(text))),
                "env" => Ok(Self::Env(text)),
                _ => Err(refused()),
            },
            _ => Err(refused()),
        }
    }
}

/// A secret that was read. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(Vec<u8>);

impl SecretValue {
    /// The secret's bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    fn check(secret: &Secret, expected: Result<&[u8], &str>) {
        let env = |name: &str| {
            (name == "KEY").then(|| "hunter2".to_owned()).or((name == "EMPTY").then(String::new))
        };
        match (secret.read(env), expected) {
            (Ok(value), Ok(bytes)) => {
                assert_eq!(value.expose(), bytes);
                assert_eq!(format!("{value:?}"), "SecretValue(..)");
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, expected) => panic!("{secret:?}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn from_the_environment() {
        check(&Secret::Env("KEY".to_owned()), Ok(b"hunter2"));
        check(&Secret::Env("EMPTY".to_owned()), Err("environment variable EMPTY: empty"));
        check(&Secret::Env("NONE".to_owned()), Err("environment variable NONE: not set"));
    }

    #[test]
    fn from_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let secret = Secret::File(path.clone());
        check(&secret, Err("No such file"));
        for (written, expected) in [
            (&b"hunter2\n"[..], Ok(&b"hunter2"[..])),
            (b"hunter2\r\n", Ok(b"hunter2")),
            (b" a\n\n", Ok(b" a\n")),
            (b"\xff\x00", Ok(b"\xff\x00")),
            (b"\n", Err("empty")),
            (&[b'a'; 65_537], Err("larger than 64 KiB")),
        ] {
            std::fs::write(&path, written).unwrap();
            check(&secret, expected);
        }
    }
}
