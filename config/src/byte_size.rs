//! Serde form of a number of bytes: `64MiB`, `64 MB`, or a plain number.

use bytesize::{ByteSize, GB, GIB, KB, KIB, MB, MIB, TB, TIB};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(bytes: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    match exact(*bytes) {
        Some(text) => serializer.serialize_str(&text),
        None => bytes.serialize(serializer),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u64),
        Text(String),
    }
    const EXPECTED: &str = "write a size in bytes such as \"64MiB\", \"64MB\" or 67108864";
    match Written::deserialize(deserializer) {
        Ok(Written::Number(bytes)) => Ok(bytes),
        Ok(Written::Text(text)) => {
            parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is not a size; {EXPECTED}")))
        }
        Err(_) => Err(D::Error::custom(format!("not a size; {EXPECTED}"))),
    }
}

/// The bytes that a text such as `64MiB` stands for.
pub(crate) fn parse(text: &str) -> Option<u64> {
    text.parse::<ByteSize>().ok().map(|size| size.0)
}

/// `bytes` in the largest unit that loses nothing, or as it is when no unit fits.
pub(crate) fn format(bytes: u64) -> String {
    exact(bytes).unwrap_or_else(|| bytes.to_string())
}

fn exact(bytes: u64) -> Option<String> {
    const UNITS: [(u64, &str); 8] = [
        (TIB, "TiB"),
        (GIB, "GiB"),
        (MIB, "MiB"),
        (KIB, "KiB"),
        (TB, "TB"),
        (GB, "GB"),
        (MB, "MB"),
        (KB, "KB"),
    ];
    let smallest = |(unit, name): (u64, &str)| (bytes / unit, format!("{}{name}", bytes / unit));
    UNITS
        .into_iter()
        .filter(|(unit, _)| bytes != 0 && bytes.is_multiple_of(*unit))
        .map(smallest)
        .min_by_key(|(count, _)| *count)
        .map(|(_, text)| text)
}
