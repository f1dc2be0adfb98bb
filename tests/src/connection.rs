//! One TCP connection that speaks HTTP/1.1, as well or as badly as a test wants.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::client::Response;

/// Longer than any answer takes; an API server gives up after half of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    pub fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::with_capacity(64 << 10, stream) })
    }

    /// Sends the head of a request; `headers` are whole lines without their ends.
    pub fn send_head(&mut self, method: &str, target: &str, headers: &[&str]) -> io::Result<()> {
        self.send(&head(method, target, headers))
    }

    /// Sends a request.
    pub fn send_request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[&str],
        body: &[u8],
    ) -> io::Result<()> {
        let length = format!("Content-Length: {}", body.len());
        let mut bytes = head(method, target, &[headers, &[length.as_str()]].concat());
        // One write for small requests; a large body is not copied for that.
        if body.len() <= 16 << 10 {
            bytes.extend_from_slice(body);
            return self.send(&bytes);
        }
        self.send(&bytes)?;
        self.send(body)
    }

    /// Sends these bytes.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads an answer with its body.
    pub fn read_response(&mut self) -> io::Result<Response> {
        let mut response = self.read_response_head()?;
        let mut body = Vec::new();
        self.body_of(&response)?.read_to_end(&mut body)?;
        response.body = body;
        Ok(response)
    }

    /// Reads an answer up to its body.
    pub fn read_response_head(&mut self) -> io::Result<Response> {
        let status_line = self.read_line()?;
        let status = status_line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| invalid(format!("no status line: {status_line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.read_line()?;
            if line.is_empty() {
                return Ok(Response { status, headers, body: Vec::new() });
            }
            let (name, value) =
                line.split_once(':').ok_or_else(|| invalid(format!("no header: {line:?}")))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// The body that follows the head of `response`, as a stream. A body that ends before it should is an error.
    pub fn body_of(&mut self, response: &Response) -> io::Result<Body<'_>> {
        let form = if response.header("transfer-encoding") == Some("chunked") {
            Form::Chunked { left: 0, begun: false, done: false }
        } else if let Some(length) = response.header("content-length") {
            Form::Sized { left: length.parse().map_err(|_| invalid(format!("Content-Length: {length}")))? }
        } else if matches!(response.status, 100..200 | 204 | 304) {
            Form::Sized { left: 0 }
        } else {
            Form::UntilClosed
        };
        Ok(Body { stream: &mut self.stream, form })
    }

    /// Says that nothing more will be sent; the answer can still be read.
    pub fn finish_sending(&self) {
        self.stream.get_ref().shutdown(Shutdown::Write).expect("an open connection can be half closed");
    }

    /// Closes in the good way: what was sent arrives.
    pub fn close(self) {}

    /// Closes as a process that dies does: the other side gets a reset.
    pub fn reset(self) {
        rustix::net::sockopt::set_socket_linger(self.stream.get_ref(), Some(Duration::ZERO))
            .expect("a TCP socket can linger");
    }

    fn read_line(&mut self) -> io::Result<String> {
        read_line(&mut self.stream)
    }
}

/// A response's body.
#[derive(Debug)]
pub struct Body<'a> {
    stream: &'a mut BufReader<TcpStream>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Sized { left: u64 },
    Chunked { left: u64, begun: bool, done: bool },
    UntilClosed,
}

impl Read for Body<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.form {
            Form::Sized { left } => read_at_most(self.stream, into, left),
            Form::UntilClosed => self.stream.read(into),
            Form::Chunked { done: true, .. } => Ok(0),
            Form::Chunked { left, begun, done } => {
                if *left == 0 {
                    if *begun {
                        read_line(self.stream)?;
                    }
                    *begun = true;
                    let size = read_line(self.stream)?;
                    *left = u64::from_str_radix(&size, 16)
                        .map_err(|_| invalid(format!("chunk size {size:?}")))?;
                    if *left == 0 {
                        while !read_line(self.stream)?.is_empty() {}
                        *done = true;
                        return Ok(0);
                    }
                }
                read_at_most(self.stream, into, left)
            }
        }
    }
}

fn read_at_most(stream: &mut BufReader<TcpStream>, into: &mut [u8], left: &mut u64) -> io::Result<usize> {
    if *left == 0 || into.is_empty() {
        return Ok(0);
    }
    let most = usize::try_from(*left).unwrap_or(usize::MAX).min(into.len());
    let read = stream.read(&mut into[..most])?;
    if read == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection closed within the body"));
    }
    *left -= read as u64;
    Ok(read)
}

fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.take(64 << 10).read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => {
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("the connection closed after {line:?}")))
        }
    }
}

fn head(method: &str, target: &str, headers: &[&str]) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
