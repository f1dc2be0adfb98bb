//! The file that `--audit-webhook-config-file` names: a kubeconfig whose "cluster" is Taffrail.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::plan::Secrecy;
use super::wiring::{Credential, Receiver};

/// Stands where the token goes.
pub(super) const PLACEHOLDER: &str = "REPLACE-WITH-THE-TOKEN";

/// The kubeconfig, with everything in it, so that there is one file to copy and no path to get wrong.
pub(super) fn kubeconfig(receiver: &Receiver) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: taffrail\n  cluster:\n    server: {}\n",
        quoted(receiver.address.url())
    );
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    if let Some(ca) = &receiver.ca {
        line(format!("    certificate-authority-data: {}", STANDARD.encode(ca)));
    }
    line("users:\n- name: kube-apiserver".to_owned());
    match &receiver.credential {
        Credential::None => line("  user: {}".to_owned()),
        Credential::Placeholder => line(format!("  user:\n    token: {}", quoted(PLACEHOLDER))),
        Credential::Token(token) => line(format!("  user:\n    token: {}", quoted(token))),
        Credential::Certificate { certificate, key } => line(format!(
            "  user:\n    client-certificate-data: {}\n    client-key-data: {}",
            STANDARD.encode(certificate),
            STANDARD.encode(key)
        )),
    }
    text.push_str(
        "contexts:\n- name: taffrail\n  context:\n    cluster: taffrail\n    user: kube-apiserver\n",
    );
    text.push_str("current-context: taffrail\n");
    text
}

/// Whether somebody who reads it could forge events.
pub(super) fn secrecy(receiver: &Receiver) -> Secrecy {
    match receiver.credential {
        Credential::None => Secrecy::Public,
        // Somebody is about to put a token into it.
        Credential::Placeholder | Credential::Token(_) | Credential::Certificate { .. } => Secrecy::OwnerOnly,
    }
}

/// A YAML scalar that nothing in `text` can leave: JSON strings are YAML.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::address::Address;
    use super::super::wiring::Files;
    use super::*;

    fn check(base: &str, ca: Option<&str>, credential: Credential, expected: &str) {
        let address = Address::new(base, "prod").unwrap();
        let receiver = Receiver { address, ca: ca.map(str::to_owned), credential, files: Files::default() };
        let (head, tail) =
            ("apiVersion: v1\nkind: Config\nclusters:\n- name: taffrail\n  cluster:\n", "contexts:");
        let found = kubeconfig(&receiver);
        let found = found.strip_prefix(head).unwrap().split(tail).next().unwrap();
        assert_eq!(found, expected);
    }

    #[test]
    fn everything_is_inside() {
        let user = "users:\n- name: kube-apiserver\n  user:";
        check(
            "https://10.0.0.5:8586",
            Some("CA"),
            Credential::Token("taf_a\"b".to_owned()),
            &format!(
                "    server: \"https://10.0.0.5:8586/v1/audit/prod\"\n    certificate-authority-data: Q0E=\n\
                 {user}\n    token: \"taf_a\\\"b\"\n"
            ),
        );
        check(
            "https://h:8586",
            None,
            Credential::Certificate { certificate: "C".to_owned(), key: "K".to_owned() },
            &format!(
                "    server: \"https://h:8586/v1/audit/prod\"\n\
                 {user}\n    client-certificate-data: Qw==\n    client-key-data: Sw==\n"
            ),
        );
        let server = "    server: \"http://127.0.0.1:8586/v1/audit/prod\"\n";
        check("http://127.0.0.1:8586", None, Credential::None, &format!("{server}{user} {{}}\n"));
    }
}
