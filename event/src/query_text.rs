//! The query of a request URI as text.

use crate::audit::query_parameters;

/// The values of a query parameter, decoded.
pub(crate) fn all_parameters<'a>(uri: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    query_parameters(uri).filter(move |(key, _)| *key == name).map(|(_, value)| decoded(value))
}

/// Its first value, which is the one that API servers take; `""` if there is none.
pub(crate) fn first_parameter(uri: &str, name: &str) -> String {
    all_parameters(uri, name).next().unwrap_or_default()
}

/// Text of a query with its `+` and `%41` resolved.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => break,
            [b'+', after @ ..] => {
                out.push(b' ');
                after
            }
            [b'%', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(digit(*high) << 4 | digit(*low));
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex - b'0',
        _ => (hex | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn queries_are_decoded() {
        fn check(text: &str, expected: &str) {
            assert_eq!(decoded(text), expected);
        }
        check("curl+-s+http%3A%2F%2Fx", "curl -s http://x");
        check("%c3%A4%", "ä%");
        check("%zz%4", "%zz%4");
        check("%ff", "\u{fffd}");
    }
}
