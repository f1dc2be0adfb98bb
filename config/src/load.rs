//! Lays the file, the environment and the command line over the defaults.
//!
//! Deserialisers stop at the first error, and an operator wants all of them. So each layer is a tree of values that
//! is compared with the tree of known keys, and every leaf is deserialised on its own, in the place it has: a
//! failure is that leaf's problem, and the rest goes on with the default in its place.

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};

use crate::error::ConfigError;
use crate::host::Host;
use crate::keys;
use crate::layers::Layers;
use crate::settings::Settings;
use crate::validate::validate;

/// Hundreds of times the size of a file with every key; a larger file is the wrong file.
const MAX_FILE_BYTES: u64 = 256 * bytesize::KIB;

/// The effective settings: `flags` over `env` over `file` over the defaults.
///
/// `env` may hold the whole environment; only names that begin with `TAFFRAIL__` count, in capitals. `flags` are settings by their
/// dotted path (`data`, `api.listen`).
///
/// # Errors
/// When the file cannot be read or parsed; otherwise with every problem there is.
pub fn load(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
    flags: impl IntoIterator<Item = (&'static str, String)>,
    host: &Host,
) -> Result<Settings, ConfigError> {
    let written = match file {
        Some(path) => parse(path, &read(path)?)?,
        None => Map::new(),
    };
    layered(written, env, flags, host)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        let error = std::io::Error::other("larger than 256 KiB; is it the right file?");
        return Err(unreadable(error));
    }
    Ok(text)
}

/// Reads YAML whose root is a map. Messages carry line and column, never an excerpt: a secret may stand there.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Map<String, Value>, ConfigError> {
    let not_yaml = |message: String| ConfigError::NotYaml { path: path.to_owned(), message };
    match yaml(text).map_err(|error| not_yaml(error.to_string()))? {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => Err(not_yaml("it holds no settings; write them as `key: value` lines".to_owned())),
    }
}

/// Any YAML value, without excerpts of the text in its errors.
pub(crate) fn yaml(text: &str) -> Result<Value, serde_saphyr::Error> {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    let value: Option<Value> = serde_saphyr::from_str_with_options(text, options)?;
    Ok(value.unwrap_or(Value::Null))
}

pub(crate) fn layered(
    file: Map<String, Value>,
    env: impl IntoIterator<Item = (String, String)>,
    flags: impl IntoIterator<Item = (&'static str, String)>,
    host: &Host,
) -> Result<Settings, ConfigError> {
    let known = keys::tree();
    let mut layers = Layers::new(&known, host);
    layers.file(file);
    // The environment has no order of its own; problems should.
    let mut variables: Vec<_> =
        env.into_iter().filter(|(name, _)| name.starts_with(keys::ENV_PREFIX)).collect();
    variables.sort();
    for (name, value) in &variables {
        layers.variable(name, value);
    }
    for (path, value) in flags {
        layers.flag(path, &value);
    }
    let (settings, mut problems, origins) = layers.finish();
    for problem in validate(&settings) {
        // What has been replaced by its default has been reported already.
        if !problems.iter().any(|known| covers(&known.path, &problem.path)) {
            problems.push(problem);
        }
    }
    if problems.is_empty() {
        return Ok(settings);
    }
    for problem in &mut problems {
        let origin = origins.iter().rev().find(|(path, _)| covers(path, &problem.path));
        problem.origin = origin.map(|(_, origin)| origin.clone()).filter(|origin| *origin != problem.path);
    }
    Err(ConfigError::Invalid { problems })
}

/// Whether `path` is `above` or lies below it.
fn covers(above: &str, path: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests;
