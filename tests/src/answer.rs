//! The members of an answer. Each panics where there is none: that is a failed test.

use serde_json::Value;

/// The list under this name.
pub fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().unwrap_or_else(|| panic!("{member} is a list: {value}"))
}

/// The text at this JSON pointer.
pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} is a text: {value}"))
}
