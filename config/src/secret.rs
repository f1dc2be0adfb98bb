//! Secrets, which the configuration names but never contains.

use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A key or a password is far shorter; a path that points at the wrong file must not fill the memory.
const MAX_SECRET_BYTES: u64 = 64 * bytesize::KIB;

/// Where a secret is to be found: `{file: PATH}` or `{env: NAME}`. There is no way to write the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Secret {
    /// In a file; one line end at its end is not part of it.
    File(PathBuf),
    /// In an environment variable.
    Env(String),
}

impl Secret {
    /// Reads the secret. `env` looks an environment variable up, because only the binary reads the environment.
    ///
    /// # Errors
    /// When the file cannot be read or is larger than 64 KiB, the variable is not set, or the secret is empty.
    pub fn read(&self, env: impl Fn(&str) -> Option<String>) -> io::Result<SecretValue> {
        let bytes = match self {
            Self::File(path) => read_file(path).map_err(|error| {
                io::Error::new(error.kind(), format!("secret file {}: {error}", path.display()))
            })?,
            Self::Env(name) => env(name)
                .ok_or_else(|| {
                    let message = format!("environment variable {name} is not set; it should hold a secret");
                    io::Error::new(io::ErrorKind::NotFound, message)
                })?
                .into_bytes(),
        };
        if bytes.is_empty() {
            let message = match self {
                Self::File(path) => format!("secret file {} is empty", path.display()),
                Self::Env(name) => format!("environment variable {name} is empty; it should hold a secret"),
            };
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(SecretValue(bytes))
    }
}

fn read_file(path: &PathBuf) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_SECRET_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SECRET_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "larger than 64 KiB, so it is no secret"));
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
