//! A limit in bytes that may be a share of the file system: `50%`, `200GiB`, `unlimited`.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::byte_size;

const UNLIMITED: &str = "unlimited";

/// How many bytes something may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteLimit {
    /// So many hundredths of the file system; 1 to 100.
    Share(u8),
    /// So many bytes.
    Bytes(u64),
    /// As many as there are.
    Unlimited,
}

impl ByteLimit {
    /// The limit in bytes on a file system of `total` bytes; `None` without a limit, or where the size that it is a share of is
    /// not known.
    #[must_use]
    pub fn of(self, total: Option<u64>) -> Option<u64> {
        match self {
            Self::Share(percent) => Some(total? / 100 * u64::from(percent)),
            Self::Bytes(bytes) => Some(bytes),
            Self::Unlimited => None,
        }
    }
}

impl Serialize for ByteLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Share(percent) => serializer.serialize_str(&format!("{percent}%")),
            Self::Bytes(bytes) => byte_size::serialize(bytes, serializer),
            Self::Unlimited => serializer.serialize_str(UNLIMITED),
        }
    }
}

impl<'de> Deserialize<'de> for ByteLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str =
            "write a share of the file system such as \"50%\", a size such as \"200GiB\", or unlimited";
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u64),
            Text(String),
        }
        let written = Written::deserialize(deserializer).map_err(|_| D::Error::custom(EXPECTED))?;
        let text = match written {
            Written::Number(bytes) => return Ok(Self::Bytes(bytes)),
            Written::Text(text) => text,
        };
        let wrong = || D::Error::custom(format!("{text:?} is no limit; {EXPECTED}"));
        if text == UNLIMITED {
            return Ok(Self::Unlimited);
        }
        match text.strip_suffix('%') {
            Some(percent) => match percent.trim().parse() {
                Ok(percent @ 1..=100) => Ok(Self::Share(percent)),
                _ => Err(wrong()),
            },
            None => byte_size::parse(&text).map(Self::Bytes).ok_or_else(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ByteLimit;

    fn check(written: &str, expected: Option<ByteLimit>) {
        let read: Option<ByteLimit> = serde_json::from_str(written).ok();
        assert_eq!(read, expected, "{written}");
        if let Some(limit) = expected {
            let printed = serde_json::to_string(&limit).unwrap();
            assert_eq!(serde_json::from_str::<ByteLimit>(&printed).unwrap(), limit, "{printed}");
        }
    }

    #[test]
    fn shares_sizes_and_none() {
        check("\"50%\"", Some(ByteLimit::Share(50)));
        check("\"100 %\"", Some(ByteLimit::Share(100)));
        check("\"2GiB\"", Some(ByteLimit::Bytes(2 << 30)));
        check("4096", Some(ByteLimit::Bytes(4096)));
        check("\"unlimited\"", Some(ByteLimit::Unlimited));
        for wrong in ["\"0%\"", "\"101%\"", "\"half\"", "\"\"", "-1", "true", "\"1.5%\""] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_share_is_one_of_the_file_system() {
        assert_eq!(ByteLimit::Share(50).of(Some(1000)), Some(500));
        assert_eq!(ByteLimit::Share(50).of(None), None, "nothing is removed for a limit that nobody knows");
        assert_eq!(ByteLimit::Bytes(7).of(None), Some(7));
        assert_eq!(ByteLimit::Unlimited.of(Some(1000)), None);
    }
}
