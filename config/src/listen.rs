//! Serde form of a listener's address.

use std::net::SocketAddr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let expected = |_| {
        D::Error::custom(
            "not an address with a port; write an IP address such as \"127.0.0.1:8585\" or \"[::1]:8585\" (names are not looked up)",
        )
    };
    let text = String::deserialize(deserializer).map_err(expected)?;
    text.parse().map_err(|_| expected(D::Error::custom("")))
}

/// The same where there may be no listener.
pub(crate) fn deserialize_optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value => deserialize(value).map(Some).map_err(D::Error::custom),
    }
}
