//! The address that senders get: checked for what an API server does with it, not only for being a URL.

use std::net::IpAddr;

use axum::http::Uri;

/// Where a cluster's events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// With the cluster as the last part of the path: an API server throws a query away.
    url: String,
    host: String,
    is_tls: bool,
    has_port: bool,
}

impl Address {
    /// `base` as it was typed: a scheme, a host, a port, and the path of a proxy in front of the server if there is one.
    pub(super) fn new(base: &str, cluster: &str) -> Result<Self, String> {
        let uri: Uri = base.parse().map_err(|_| "not a URL; write it as https://10.0.0.5:8586".to_owned())?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("write it with its scheme: https://10.0.0.5:8586".to_owned()),
        };
        let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else {
            return Err("it names no host; write it as https://10.0.0.5:8586".to_owned());
        };
        if authority.as_str().contains('@') {
            return Err("it carries a user; the credential belongs into --token-file".to_owned());
        }
        if uri.query().is_some() || base.contains('#') {
            return Err(
                "an API server throws away what follows the path; the cluster's name goes into the path, \
                        and this command puts it there"
                    .to_owned(),
            );
        }
        if authority.port().is_some_and(|port| port.as_u16() == 0) {
            return Err("port 0 is no port; the default of the ingest listener is 8586".to_owned());
        }
        let path = uri.path().trim_end_matches('/');
        if path.contains("/v1/audit") {
            return Err(
                "leave out /v1/audit and what follows; this command appends it with the cluster".to_owned()
            );
        }
        let scheme = if is_tls { "https" } else { "http" };
        let url = format!("{scheme}://{authority}{path}/v1/audit/{cluster}");
        let has_port = authority.port().is_some();
        Ok(Self { url, host: host.trim_matches(['[', ']']).to_ascii_lowercase(), is_tls, has_port })
    }

    /// The URL that is posted to.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether what is sent is encrypted.
    pub(super) fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether only the machine itself can reach it.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.ip().is_some_and(|ip| ip.is_loopback())
    }

    /// What goes wrong with such an address although it is right, in the words of the person who has to know.
    pub(super) fn cautions(&self) -> Vec<String> {
        let mut cautions = Vec::new();
        if self.ip().is_none() && (self.host.ends_with(".svc") || self.host.contains(".svc.")) {
            cautions.push(format!(
                "{} is a name of the cluster's own DNS, which API servers usually cannot look up, as they run on the \
                 host's network. Use the ClusterIP of the service, or the address of a node.",
                self.host
            ));
        }
        if !self.has_port {
            let port = if self.is_tls { 443 } else { 80 };
            cautions.push(format!(
                "The address names no port, so senders connect to {port}. That is right for a proxy in front of the server; \
                 Taffrail itself takes events at port 8586 if nothing else is set."
            ));
        }
        if self.is_tls {
            let what = if self.ip().is_some() { "IP address" } else { "DNS name" };
            cautions.push(format!(
                "The server's certificate has to list {} as a subject alternative name ({what}). A common name alone \
                 is refused.",
                self.host
            ));
        } else if !self.is_loopback() {
            cautions.push(
                "http:// sends every event in the clear, and anybody who reaches the port can forge the history. Use \
                 https:// for anything but a trial."
                    .to_owned(),
            );
        }
        cautions
    }

    fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn the_cluster_goes_into_the_path() {
        let check = |base: &str, expected: &str| {
            assert_eq!(
                Address::new(base, "prod").map(|address| address.url),
                Ok(expected.to_owned()),
                "{base}"
            );
        };
        check("https://10.0.0.5:8586", "https://10.0.0.5:8586/v1/audit/prod");
        check("https://10.0.0.5:8586/", "https://10.0.0.5:8586/v1/audit/prod");
        check("https://[fd00::5]:8586", "https://[fd00::5]:8586/v1/audit/prod");
        check("https://logs.example.com/taffrail/", "https://logs.example.com/taffrail/v1/audit/prod");
        check("http://127.0.0.1:8586", "http://127.0.0.1:8586/v1/audit/prod");
    }

    #[test]
    fn what_an_api_server_would_misread_is_refused() {
        let check = |base: &str, expected: &str| {
            let error = Address::new(base, "prod").unwrap_err();
            assert!(error.contains(expected), "{base}: {error}");
        };
        check("10.0.0.5:8586", "scheme");
        check("ftp://10.0.0.5", "scheme");
        check("https://", "URL");
        check("https://h:8586?cluster=prod", "throws away");
        check("https://h:8586/#prod", "throws away");
        check("https://user:secret@h:8586", "--token-file");
        check("https://h:0", "port 0");
        check("https://h:8586/v1/audit/prod", "leave out");
        check("https://h\n:8586", "URL");
    }

    #[test]
    fn cautions_name_what_has_to_be_done() {
        let check = |base: &str, expected: &[&str]| {
            let cautions = Address::new(base, "prod").unwrap().cautions();
            assert_eq!(cautions.len(), expected.len(), "{base}: {cautions:?}");
            for (caution, expected) in cautions.iter().zip(expected) {
                assert!(caution.contains(expected), "{base}: {caution}");
            }
        };
        check("https://10.0.0.5:8586", &["(IP address)"]);
        check("https://[fd00::5]:8586", &["fd00::5 as a subject alternative name (IP address)"]);
        check("https://taffrail.ops.svc:8586", &["ClusterIP", "(DNS name)"]);
        check("https://taffrail.ops.svc.cluster.local", &["ClusterIP", "443", "(DNS name)"]);
        check("http://10.0.0.5:8586", &["in the clear"]);
        check("http://127.0.0.1:8586", &[]);
        check("http://[::1]:8586", &[]);
    }
}
