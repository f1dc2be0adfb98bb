//! A running `taffrail serve` on a directory of its own.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::api::Api;
use crate::binary::Binary;
use crate::client::{Client, Response};
use crate::log::Log;
use crate::process::{Usage, usage};
use crate::wait::{wait_for, wait_until};

/// A server that is not started yet.
#[derive(Debug)]
pub struct ServerBuilder {
    binary: Binary,
    variables: Vec<(String, String)>,
    data: Option<PathBuf>,
    expected_log: Vec<String>,
}

/// `taffrail serve`. When it is dropped it is killed, and warnings and errors that nobody expected fail the test.
#[derive(Debug)]
pub struct Server {
    binary: Binary,
    variables: Vec<(String, String)>,
    expected_log: Vec<String>,
    log: Log,
    data: PathBuf,
    running: Option<Running>,
    own_data: Option<TempDir>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    api: SocketAddr,
    ingest: SocketAddr,
    health: Option<SocketAddr>,
    log_reader: JoinHandle<()>,
}

impl ServerBuilder {
    /// Sets a setting by its key in the configuration: `index.hold`.
    #[must_use]
    pub fn set(self, key: &str, value: &str) -> Self {
        let variable = format!("TAFFRAIL__{}", key.to_uppercase().replace('.', "__"));
        self.env(&variable, value)
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// Takes another build of the program.
    #[must_use]
    pub fn binary(mut self, binary: Binary) -> Self {
        self.binary = binary;
        self
    }

    /// Takes this data directory instead of a fresh one.
    #[must_use]
    pub fn data(mut self, data: impl Into<PathBuf>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// Warnings and errors with this text are part of the test.
    #[must_use]
    pub fn expect_log(mut self, text: &str) -> Self {
        self.expected_log.push(text.to_owned());
        self
    }

    /// Starts it and waits until it is ready.
    pub fn start(self) -> Server {
        let mut server = self.stopped();
        server.start();
        server
    }

    /// Only prepares the directory.
    pub fn stopped(self) -> Server {
        let own_data = match self.data {
            Some(_) => None,
            None => Some(TempDir::with_prefix("taffrail-").expect("create a temporary directory")),
        };
        let data = self.data.or_else(|| Some(own_data.as_ref()?.path().join("data")));
        Server {
            binary: self.binary,
            variables: self.variables,
            expected_log: self.expected_log,
            log: Log::default(),
            data: data.expect("one of the two is there"),
            running: None,
            own_data,
        }
    }
}

impl Server {
    /// What to start it with; defaults that suit tests.
    pub fn builder() -> ServerBuilder {
        ServerBuilder { binary: Binary::Plain, variables: Vec::new(), data: None, expected_log: Vec::new() }
            .set("api.listen", "127.0.0.1:0")
            .set("ingest.listen", "127.0.0.1:0")
            .set("index.commit_interval", "50ms")
            // The recorded events get older every day.
            .set("index.retention.change", "unlimited")
            .set("index.retention.access", "unlimited")
            .set("index.retention.flow", "unlimited")
            // Some fill a small disk.
            .set("index.retention.max_bytes", "unlimited")
            // What it finds by itself was not sent, and most tests count what was sent.
            .set("quarantine.watch", "false")
            .set("log.format", "json")
    }

    /// Starts one with the defaults.
    pub fn spawn() -> Self {
        Self::builder().start()
    }

    /// Starts it, again or for the first time, and waits until it is ready.
    pub fn start(&mut self) {
        if let Err(status) = self.launch() {
            panic!("the server ended at its start: {status}\n{}", self.log.tail());
        }
        wait_until("the server is ready", || {
            self.assert_alive();
            // A listener with TLS takes another client.
            let probed = self.health_addr().unwrap_or_else(|| self.api_addr());
            Client::new(probed).get("/readyz").is_ok_and(|answer| answer.status == 200)
        });
    }

    /// Starts it and waits until it has written its addresses; the exit status if it ended before that.
    pub fn launch(&mut self) -> Result<(), ExitStatus> {
        assert!(self.running.is_none(), "the server runs already");
        let mut child = self.command().stderr(Stdio::piped()).spawn().expect("start the program");
        let log_reader = self.log.follow(child.stderr.take().expect("standard error is piped"));
        let found = wait_for("the server has written its addresses", || {
            match child.try_wait().expect("ask for the child") {
                Some(status) => Some(Err(status)),
                None => addresses(&self.data, child.id()).map(Ok),
            }
        });
        match found {
            Ok(Addresses { api, ingest, health }) => {
                self.running = Some(Running { child, api, ingest, health, log_reader });
                Ok(())
            }
            Err(status) => {
                log_reader.join().expect("read the log");
                Err(status)
            }
        }
    }

    /// Changes an environment variable of the next start.
    pub fn set_env(&mut self, variable: &str, value: Option<&str>) {
        self.variables.retain(|(name, _)| name != variable);
        if let Some(value) = value {
            self.variables.push((variable.to_owned(), value.to_owned()));
        }
    }

    /// The command line that starts it, with the environment of no user.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.binary.path());
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.arg("serve").arg("--data").arg(&self.data).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Where the API listens.
    pub fn api_addr(&self) -> SocketAddr {
        self.running().api
    }

    /// Where events go.
    pub fn ingest_addr(&self) -> SocketAddr {
        self.running().ingest
    }

    /// Where probes are answered, if it has a listener for that alone.
    pub fn health_addr(&self) -> Option<SocketAddr> {
        self.running().health
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.running().child.id()
    }

    /// Reads its answers.
    pub fn api(&self) -> Api {
        Api::new(self.api_addr())
    }

    /// A sender of events.
    pub fn ingest(&self) -> Client {
        Client::new(self.ingest_addr())
    }

    /// Posts a body for a cluster; panics if there is no answer.
    pub fn post(&self, cluster: &str, body: &[u8]) -> Response {
        self.ingest().post(&format!("/v1/audit/{cluster}"), body).expect("an answer to the request")
    }

    /// Posts a body that has to be acknowledged.
    pub fn post_ok(&self, cluster: &str, body: &[u8]) {
        let answer = self.post(cluster, body);
        assert_eq!(answer.status, 200, "{}\n{}", answer.text(), self.log.tail());
    }

    /// What it has used so far.
    pub fn usage(&self) -> Usage {
        usage(self.pid()).expect("the server runs")
    }

    /// What it has logged.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Warnings and errors with this text are part of the test from here on.
    pub fn expect_log(&mut self, text: &str) {
        self.expected_log.push(text.to_owned());
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.running().child);
        kill_process(pid, signal).expect("signal the server");
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        let status = self.wait();
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "it ended before it was killed");
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        let status = self.wait();
        assert!(status.success(), "it stopped with {status}\n{}", self.log.tail());
    }

    /// Waits until it has ended by itself or by an earlier signal.
    pub fn wait(&mut self) -> ExitStatus {
        let running = self.running.as_mut().expect("the server runs");
        let status = wait_for("the server ends", || running.child.try_wait().expect("ask for the child"));
        self.finish_log();
        status
    }

    /// Its exit status, if it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.running.as_mut()?.child.try_wait().expect("ask for the child")?;
        self.finish_log();
        Some(status)
    }

    /// Stops and starts it.
    pub fn restart(&mut self) {
        self.stop();
        self.start();
    }

    /// Fails if it has logged a warning or an error that nobody expected.
    pub fn assert_calm(&self) {
        let complaints = self.log.complaints(&self.expected_log);
        let first: Vec<_> = complaints.iter().take(10).map(String::as_str).collect();
        assert!(
            complaints.is_empty(),
            "the server complained {} times:\n{}",
            complaints.len(),
            first.join("\n")
        );
    }

    fn assert_alive(&mut self) {
        let running = self.running.as_mut().expect("the server runs");
        let status = running.child.try_wait().expect("ask for the child");
        assert!(status.is_none(), "the server ended at its start: {status:?}\n{}", self.log.tail());
    }

    /// Everything it wrote is in the log when its end of the pipe is closed.
    fn finish_log(&mut self) {
        if let Some(running) = self.running.take() {
            running.log_reader.join().expect("read the log");
        }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the server runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let ended = running.child.kill().and_then(|()| running.child.wait());
            if ended.is_ok() && running.log_reader.join().is_err() {
                return;
            }
        }
        if !thread::panicking() {
            self.assert_calm();
        } else if std::env::var_os("TAFFRAIL_KEEP").is_some()
            && let Some(folder) = &mut self.own_data
        {
            folder.disable_cleanup(true);
        }
    }
}

/// Where a server listens.
struct Addresses {
    api: SocketAddr,
    ingest: SocketAddr,
    health: Option<SocketAddr>,
}

/// From `server.json`, once the process `pid` has written it.
fn addresses(data: &Path, pid: u32) -> Option<Addresses> {
    let text = fs::read_to_string(data.join("server.json")).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    if json["pid"].as_u64()? != u64::from(pid) {
        return None;
    }
    let address = |name: &str| json[name].as_str()?.split_once("://")?.1.parse().ok();
    Some(Addresses { api: address("api")?, ingest: address("ingest")?, health: address("health") })
}
