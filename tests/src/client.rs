//! An HTTP client that keeps its connection, as an API server does.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;

use crate::connection::Connection;

/// A client of one listener.
#[derive(Debug)]
pub struct Client {
    to: SocketAddr,
    connection: Option<Connection>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client that will connect when it has something to say.
    pub fn new(to: SocketAddr) -> Self {
        Self { to, connection: None }
    }

    /// GET.
    pub fn get(&mut self, target: &str) -> io::Result<Response> {
        self.request("GET", target, &[], b"")
    }

    /// POST with JSON.
    pub fn post(&mut self, target: &str, body: &[u8]) -> io::Result<Response> {
        self.request("POST", target, &["Content-Type: application/json"], body)
    }

    /// Any request; `headers` are whole lines. After an error the next request takes a new connection.
    pub fn request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[&str],
        body: &[u8],
    ) -> io::Result<Response> {
        let reused = self.connection.is_some();
        match self.exchange(method, target, headers, body) {
            // The server may have closed a connection that was idle; what it never read is safe to send again.
            Err(error) if reused && is_stale(&error) => self.exchange(method, target, headers, body),
            answer => answer,
        }
    }

    fn exchange(
        &mut self,
        method: &str,
        target: &str,
        headers: &[&str],
        body: &[u8],
    ) -> io::Result<Response> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.to)?,
        };
        connection.send_request(method, target, headers, body)?;
        let response = connection.read_response()?;
        if response.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(response)
    }
}

impl Response {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("{error} in the answer {} {}", self.status, self.text()),
        }
    }
}

/// `text` as a value in a query string.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes everything");
        }
    }
    encoded
}

fn is_stale(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof
    )
}
