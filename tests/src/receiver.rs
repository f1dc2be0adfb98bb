//! A server that takes what the program sends of its own accord, and remembers it.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longer than any request takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request that came.
#[derive(Debug, Clone)]
pub struct Received {
    /// When its last byte was there.
    pub at: Instant,
    /// Path and query.
    pub target: String,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A status with more header lines, and a body.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: String,
    body: String,
}

type Decide = Arc<dyn Fn(&Received) -> Reply + Send + Sync>;

/// Takes POST requests on the loopback until it is dropped.
pub struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    is_stopping: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Reply {
    /// An answer with this status.
    pub fn of(status: u16) -> Self {
        Self { status, headers: String::new(), body: String::new() }
    }

    /// With this header line.
    #[must_use]
    pub fn header(mut self, line: &str) -> Self {
        self.headers.push_str(line);
        self.headers.push_str("\r\n");
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }
}

impl Received {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }
}

impl Receiver {
    /// One that takes everything.
    pub fn new() -> Self {
        Self::answering(|_| Reply::of(200))
    }

    /// One that answers so.
    pub fn answering(decide: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::listening((Ipv4Addr::LOCALHOST, 0).into(), Arc::new(decide))
    }

    /// One that takes everything, at the address of another that is gone.
    pub fn at(address: SocketAddr) -> Self {
        Self::listening(address, Arc::new(|_| Reply::of(200)))
    }

    fn listening(address: SocketAddr, decide: Decide) -> Self {
        let listener = TcpListener::bind(address).expect("listen on the loopback");
        let address = listener.local_addr().expect("a listener has an address");
        let (received, is_stopping) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (noted, stopping) = (Arc::clone(&received), Arc::clone(&is_stopping));
        let accepting = thread::spawn(move || {
            for connection in listener.incoming() {
                if stopping.load(Ordering::Acquire) {
                    return;
                }
                let (noted, decide) = (Arc::clone(&noted), Arc::clone(&decide));
                // Whoever sends may be killed in the middle.
                thread::spawn(move || connection.and_then(|stream| serve(&stream, &noted, &*decide)).is_ok());
            }
        });
        Self { address, received, is_stopping, accepting: Some(accepting) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What has come so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Default for Receiver {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Release);
        // Wakes it up.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("address", &self.address).finish_non_exhaustive()
    }
}

/// One request of a connection, which is closed then: so none outlives its receiver.
fn serve(
    stream: &TcpStream,
    received: &Mutex<Vec<Received>>,
    decide: &dyn Fn(&Received) -> Reply,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let mut line = || -> io::Result<String> {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    };
    let first = line()?;
    let target = first.split(' ').nth(1).ok_or_else(|| io::Error::other(first.clone()))?.to_owned();
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Received { at: Instant::now(), target, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_end(&mut request.body)?;
    if request.body.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    request.at = Instant::now();
    let Reply { status, headers, body } = decide(&request);
    received.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} Reply\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
    { stream }.write_all(format!("{head}{body}").as_bytes())
}
