//! One message to one receiver, and what became of it.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use taffrail_config::{NotifyFormat, NotifySettings, Secret};
use taffrail_event::{Key, Timestamp};
use ureq::Agent;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use ureq::http::{HeaderName, HeaderValue, Response, StatusCode, Uri};

use crate::cli::is_this_machine;
use crate::tls::{self, Trust};

/// From the name's look-up to the end of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// As much of an answer is read: it may say why. A longer one costs the connection.
const MAX_ANSWER_BYTES: u64 = 16 << 10;

/// As much of it is remembered.
const SHOWN_CHARS: usize = 200;

/// Where Alertmanager takes alerts.
const ALERTS: &str = "/api/v2/alerts";

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Where messages go.
#[derive(Debug)]
pub(super) struct Receiver {
    agent: Agent,
    url: String,
    /// The URL without what may be secret in it.
    shown: String,
    headers: Vec<(HeaderName, Header)>,
}

/// A header whose value is read for each message: who gives out tokens replaces them.
#[derive(Debug)]
struct Header {
    secret: Secret,
    before: &'static str,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Taken,
    /// This message is not wanted as it is.
    Refused(String),
    /// Nothing is taken at the moment; the receiver may have said for how long.
    Failed(String, Option<Duration>),
}

impl Receiver {
    /// The receiver that the settings describe; every problem with them is reported.
    pub(super) fn of(settings: &NotifySettings, report: &mut impl FnMut(&str, String)) -> Option<Self> {
        let mut is_right = true;
        let mut wrong = |field: &str, message: String| {
            is_right = false;
            report(field, message);
        };
        let url = url(settings);
        let uri: Option<Uri> = url.parse().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
        if host.is_empty() {
            wrong("url", "not a URL; write one as in https://alertmanager.example.com".to_owned());
        }
        let headers = headers(settings, &mut wrong);
        let trust = match &settings.ca {
            Some(path) => Trust::File(path),
            None if url.starts_with("https:") || !is_this_machine(host) => Trust::System,
            None => Trust::Nobody,
        };
        let tls = tls::client(trust).map_err(|error| wrong("ca", format!("{error:#}")));
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("taffrail/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(TIMEOUT));
        // Proxies are for other machines.
        if is_this_machine(host) {
            config = config.proxy(None);
        }
        let agent = config.tls_config(tls.ok()?).build().new_agent();
        is_right.then(|| Self { agent, shown: masked(&url), url, headers })
    }

    /// The URL without what may be secret in it.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Sends the message about an event.
    pub(super) fn post(&self, id: Key, body: &[u8]) -> Answer {
        let mut request = self
            .agent
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(IDEMPOTENCY_KEY, id.to_string());
        for (name, header) in &self.headers {
            match header.value() {
                Ok(value) => request = request.header(name, value),
                Err(reason) => return Answer::Failed(format!("{name}: {reason}"), None),
            }
        }
        match request.send(body) {
            Ok(response) => self.judge(response),
            Err(error) => Answer::Failed(self.reason(&error), None),
        }
    }

    fn judge(&self, response: Response<ureq::Body>) -> Answer {
        let status = response.status();
        let asked =
            response.headers().get(RETRY_AFTER).and_then(|value| retry_after(value, Timestamp::now()));
        let mut body = Vec::new();
        // Read in any case, so that the connection serves the next one as well. What it says is only an explanation.
        response.into_body().into_reader().take(MAX_ANSWER_BYTES).read_to_end(&mut body).ok();
        if status.is_success() {
            return Answer::Taken;
        }
        let said: String = String::from_utf8_lossy(&body).trim().chars().take(SHOWN_CHARS).collect();
        let colon = if said.is_empty() { "" } else { ": " };
        let reason = format!("answered {}{colon}{said}", status.as_u16());
        if is_about_the_message(status) { Answer::Refused(reason) } else { Answer::Failed(reason, asked) }
    }

    /// Why there is no answer. Errors may name the URL.
    fn reason(&self, error: &ureq::Error) -> String {
        let reason = match error {
            ureq::Error::Timeout(_) => format!("no answer within {} seconds", TIMEOUT.as_secs()),
            ureq::Error::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        reason.replace(&self.url, &self.shown)
    }
}

impl Header {
    fn value(&self) -> Result<HeaderValue, String> {
        let secret = self.secret.read(|name| std::env::var(name).ok()).map_err(|error| error.to_string())?;
        let value = [self.before.as_bytes(), secret.expose().trim_ascii()].concat();
        let mut value = HeaderValue::from_bytes(&value)
            .map_err(|_| format!("{} holds what no header can", self.secret))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn url(settings: &NotifySettings) -> String {
    if settings.format == NotifyFormat::Json {
        return settings.url.clone();
    }
    let (path, query) = match settings.url.split_once('?') {
        Some((path, query)) => (path, format!("?{query}")),
        None => (settings.url.as_str(), String::new()),
    };
    let path = path.trim_end_matches('/');
    let alerts = if path.ends_with(ALERTS) { "" } else { ALERTS };
    format!("{path}{alerts}{query}")
}

/// Without user, password, and the values of a query.
fn masked(url: &str) -> String {
    let (path, query) = url.split_once('?').map_or((url, ""), |(path, _)| (path, "?…"));
    let path = match path.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split('/').next().unwrap_or_default();
            let user = authority.rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", rest.get(user..).unwrap_or_default())
        }
        None => path.to_owned(),
    };
    format!("{path}{query}")
}

fn headers(settings: &NotifySettings, wrong: &mut impl FnMut(&str, String)) -> Vec<(HeaderName, Header)> {
    let mut headers = Vec::new();
    let mut add = |field: &str, name: Result<HeaderName, String>, secret: &Secret, before: &'static str| {
        let header = Header { secret: secret.clone(), before };
        match name.and_then(|name| header.value().map(|_| name)) {
            Ok(name) => headers.push((name, header)),
            Err(message) => wrong(field, message),
        }
    };
    if let Some(token) = &settings.token {
        add("token", Ok(AUTHORIZATION), token, "Bearer ");
    }
    let others: &BTreeMap<String, Secret> = &settings.headers;
    for (name, secret) in others {
        let parsed = name.parse().map_err(|_| "not the name of a header".to_owned());
        add(&format!("headers.{name}"), parsed, secret, "");
    }
    headers
}

/// Whether another message may be taken where this one is not. A wrong login, path or redirect is about all of them, and
/// somebody will put it right.
fn is_about_the_message(status: StatusCode) -> bool {
    status.is_client_error()
        && !matches!(status.as_u16(), 401 | 403 | 404 | 405 | 407 | 408 | 410 | 421 | 425 | 429)
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_microsecond();
    u64::try_from(date - now.micros()).ok().map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_go_where_alertmanager_takes_them() {
        fn check(format: NotifyFormat, written: &str, expected: &str) {
            let settings = NotifySettings { url: written.to_owned(), format, ..NotifySettings::default() };
            assert_eq!(url(&settings), expected);
        }
        use NotifyFormat::{Alertmanager, Json};
        check(Json, "http://h/hook/", "http://h/hook/");
        check(Alertmanager, "http://h:9093", "http://h:9093/api/v2/alerts");
        check(Alertmanager, "http://h:9093/", "http://h:9093/api/v2/alerts");
        check(Alertmanager, "http://h/am?tenant=a", "http://h/am/api/v2/alerts?tenant=a");
        check(Alertmanager, "http://h/api/v2/alerts/", "http://h/api/v2/alerts");
    }

    #[test]
    fn what_may_be_secret_is_not_shown() {
        fn check(url: &str, expected: &str) {
            assert_eq!(masked(url), expected);
        }
        check("https://h/x", "https://h/x");
        check("https://user:p@ss@h:1/x@y?token=hunter2", "https://h:1/x@y?…");
        check("https://h?a", "https://h?…");
    }

    #[test]
    fn who_is_meant_by_a_refusal() {
        let about_the_message = |code: u16| is_about_the_message(StatusCode::from_u16(code).unwrap());
        for code in [400, 409, 413, 415, 422] {
            assert!(about_the_message(code), "{code}");
        }
        for code in [301, 308, 401, 403, 404, 408, 429, 500, 502, 503] {
            assert!(!about_the_message(code), "{code}");
        }
    }

    #[test]
    fn waits_that_are_asked_for() {
        fn check(text: &str, expected: Option<u64>) {
            let now = Timestamp::parse("2026-11-23T16:00:00Z").unwrap();
            let found = retry_after(&HeaderValue::from_str(text).unwrap(), now);
            assert_eq!(found, expected.map(Duration::from_secs), "{text}");
        }
        check("120", Some(120));
        check("0", Some(0));
        check("Mon, 23 Nov 2026 16:00:30 GMT", Some(30));
        check("Mon, 23 Nov 2026 15:00:30 GMT", None);
        check("-1", None);
        check("soon", None);
        check("99999999999999999999", None);
    }

    #[test]
    fn secrets_do_not_print() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, "hunter2\n").unwrap();
        let settings = NotifySettings {
            url: "http://127.0.0.1:9/x?key=hunter2".to_owned(),
            token: Some(Secret::File(path.clone())),
            ..NotifySettings::default()
        };
        let receiver = Receiver::of(&settings, &mut |field, message| panic!("{field}: {message}")).unwrap();
        let value = receiver.headers[0].1.value().unwrap();
        assert_eq!(value, "Bearer hunter2");
        assert!(!format!("{value:?}{}", receiver.shown()).contains("hunter2"));
        std::fs::write(&path, "two\nlines").unwrap();
        assert!(receiver.headers[0].1.value().unwrap_err().contains("holds what no header can"));
        let Answer::Failed(reason, None) = receiver.post(Key(1), b"{}") else { panic!("there is no value") };
        assert!(reason.starts_with("authorization: secret file"), "{reason}");
    }
}
