//! Which names say that what stands under them is a secret. All comparisons ignore ASCII case.

/// Longer names are not looked at: whatever has one may well be a secret.
const LONGEST: usize = 1024;

/// Names of container environment variables, and of anything else that is a list of `name` and `value`.
pub(super) fn is_secret_variable(name: &[u8]) -> bool {
    name.len() > LONGEST
        || [&b"pass"[..], b"token", b"secret", b"key", b"credential", b"pwd"]
            .iter()
            .any(|word| contains(name, word))
        || is_secret_header(name)
}

/// Keys of any object whose plain text or number is a secret: `password`, `adminPassword`, `api_key`.
///
/// Narrower than [`is_secret_name`]: bodies are full of `tokenSecret: NAME` and `key: NAME`.
pub(super) fn is_secret_member(key: &[u8]) -> bool {
    // Nearly all keys leave here: no name below ends otherwise.
    let Some(tail) = key.last_chunk::<2>() else { return false };
    let tail = [tail[0] | 0x20, tail[1] | 0x20];
    if !matches!(&tail, b"rd" | b"wd" | b"se" | b"en" | b"ey" | b"et" | b"ls" | b"sh") {
        return false;
    }
    const ENDS: [&[u8]; 21] = [
        b"password",
        b"passwd",
        b"pwd",
        b"passphrase",
        b"token",
        b"apikey",
        b"api_key",
        b"api-key",
        b"accesskey",
        b"access_key",
        b"access-key",
        b"secretkey",
        b"secret_key",
        b"secret-key",
        b"privatekey",
        b"private_key",
        b"private-key",
        b"passwordhash",
        b"clientsecret",
        b"client_secret",
        b"client-secret",
    ];
    const WHOLE: [&[u8]; 9] = [
        b"credentials",
        b"sharedsecret",
        b"appsecret",
        b"consumersecret",
        b"webhooksecret",
        b"signingsecret",
        b"pullsecret",
        b"internalregistrypullsecret",
        b"encryptionkey",
    ];
    ENDS.iter().any(|end| ends_with(key, end)) || WHOLE.iter().any(|whole| key.eq_ignore_ascii_case(whole))
}

/// Names in configuration: keys of a ConfigMap or of annotations, options, assignments, query parameters.
///
/// `db-password`, `FOO_TOKEN`, `--api-key` are; `passwordFile`, `token-ttl`, `secret.name` only describe one.
pub(super) fn is_secret_name(name: &[u8]) -> bool {
    name.len() > LONGEST || mentions_secret(name) && !describes_secret(name)
}

/// Names of HTTP headers that carry credentials.
pub(super) fn is_secret_header(name: &[u8]) -> bool {
    [&b"authorization"[..], b"proxy-authorization", b"cookie", b"set-cookie"]
        .iter()
        .any(|header| name.eq_ignore_ascii_case(header))
}

/// Keys of annotations. Those of Kubernetes itself say much about tokens and nothing of their content.
pub(super) fn is_secret_annotation(key: &[u8]) -> bool {
    let domain = key.iter().position(|byte| *byte == b'/').map_or(&b""[..], |slash| &key[..slash]);
    !ends_with(domain, b"k8s.io") && !ends_with(domain, b"kubernetes.io") && is_secret_name(key)
}

/// Annotations in which a tool repeats the whole object, plain or compressed.
pub(super) fn repeats_object(key: &[u8]) -> bool {
    let Some(last) = key.last() else { return false };
    matches!(last | 0x20, b'n' | b'd' | b'l')
        && (key == LAST_APPLIED
            || ends_with(key, b"/last-applied-configuration")
            || ends_with(key, b"/last-applied")
            || ends_with(key, b"/last-handled-configuration")
            || key == b"kapp.k14s.io/original"
            || key == b"objectset.rio.cattle.io/applied")
}

const LAST_APPLIED: &[u8] = taffrail_event::words::LAST_APPLIED.as_bytes();

fn mentions_secret(name: &[u8]) -> bool {
    const ANYWHERE: [&[u8]; 9] = [
        b"password",
        b"passwd",
        b"passphrase",
        b"token",
        b"secret",
        b"credential",
        b"apikey",
        b"privatekey",
        b"accesskey",
    ];
    const SEGMENT: [&[u8]; 6] = [b"pass", b"pwd", b"key", b"sig", b"signature", b"psk"];
    ANYWHERE.iter().any(|word| contains(name, word))
        || segments(name).any(|segment| SEGMENT.iter().any(|word| segment.eq_ignore_ascii_case(word)))
}

/// Whether the name's last word says that the value is something about a secret, not the secret.
fn describes_secret(name: &[u8]) -> bool {
    const ABOUT: [&[u8]; 30] = [
        b"file",
        b"files",
        b"path",
        b"paths",
        b"dir",
        b"name",
        b"names",
        b"namespace",
        b"ns",
        b"url",
        b"uri",
        b"ttl",
        b"type",
        b"ref",
        b"count",
        b"length",
        b"size",
        b"policy",
        b"issuer",
        b"audience",
        b"audiences",
        b"expiry",
        b"expiration",
        b"seconds",
        b"enabled",
        b"mode",
        b"alg",
        b"algorithm",
        b"class",
        b"webhook",
    ];
    segments(name).last().is_some_and(|last| ABOUT.iter().any(|word| last.eq_ignore_ascii_case(word)))
}

/// The words of a name: cut at everything that is no letter or digit, and before a capital after a small letter.
fn segments(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|byte| !byte.is_ascii_alphanumeric()).flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let hump =
                rest.windows(2).position(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
            let (word, after) = rest.split_at(hump.map_or(rest.len(), |at| at + 1));
            rest = after;
            Some(word)
        })
    })
}

/// Whether `text` holds `word`, which is in small letters.
pub(super) fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

pub(super) fn ends_with(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(is_secret: fn(&[u8]) -> bool, yes: &[&str], no: &[&str]) {
        for name in yes {
            assert!(is_secret(name.as_bytes()), "{name}");
        }
        for name in no {
            assert!(!is_secret(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn variables() {
        check(
            is_secret_variable,
            &["DB_PASSWORD", "token", "AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "PGPASS"],
            &["FEATURE_X", "LOG_LEVEL", "POD_NAME", ""],
        );
    }

    #[test]
    fn members() {
        check(
            is_secret_member,
            &["password", "adminPassword", "TOKEN", "refreshToken", "client_secret", "apiKey", "credentials"],
            &["secretName", "key", "tokenSecret", "name", "passwordSecretRef", "continue", "secret", "", "n"],
        );
    }

    #[test]
    fn names() {
        check(
            is_secret_name,
            &[
                "db-password",
                "FOO_TOKEN",
                "--api-key",
                "spring.datasource.password",
                "dbPass",
                "tls.key",
                "key",
            ],
            &[
                "passwordFile",
                "token-ttl",
                "secret.name",
                "bypass",
                "monkey",
                "compass",
                "keycloak",
                "app",
                "",
            ],
        );
    }

    #[test]
    fn annotations() {
        check(
            is_secret_annotation,
            &["vault/token", "example.com/db-password", "openshift.io/token-secret.value"],
            &[
                "authentication.k8s.io/legacy-token",
                "authentication.kubernetes.io/issued-credential-id",
                "example.com/secret-name",
            ],
        );
        check(
            repeats_object,
            &[taffrail_event::words::LAST_APPLIED, "objectset.rio.cattle.io/applied", "x/last-applied"],
            &["kubernetes.io/change-cause", "", "applied"],
        );
    }
}
