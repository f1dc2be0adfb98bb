//! The secrets in recorded events, read from them by other means than redaction: a full JSON parser. The benchmark uses it, too.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Every secret of a record, as it stands there and decoded.
fn needles(value: &Value, in_secret: bool, found: &mut BTreeSet<Vec<u8>>) {
    let Value::Object(object) = value else {
        if let Value::Array(list) = value {
            list.iter().for_each(|element| needles(element, in_secret, found));
        }
        return;
    };
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    let in_secret = in_secret || kind.starts_with("Secret");
    for (key, value) in object {
        let values = match key.as_str() {
            "data" | "stringData" if in_secret => {
                value.as_object().into_iter().flatten().map(|(_, value)| value).collect()
            }
            "token" => vec![value],
            _ => Vec::new(),
        };
        for text in values.into_iter().filter_map(Value::as_str).filter(|text| text.len() > 4) {
            found.insert(text.as_bytes().to_vec());
            found.extend(STANDARD.decode(text).ok().filter(|decoded| decoded.len() > 4));
        }
        needles(value, in_secret, found);
    }
}

/// The secrets of all records.
pub(crate) fn needles_of(records: &[Vec<u8>]) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    for record in records {
        let Ok(value) = serde_json::from_slice::<Value>(record) else { continue };
        let about_secrets =
            value.pointer("/objectRef/resource").is_some_and(|resource| resource == "secrets");
        needles(&value, about_secrets, &mut found);
    }
    found
}
