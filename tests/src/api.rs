//! Reads the answers of the API.

use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;

use serde_json::Value;

use crate::client::{Client, Response, percent_encoded};
use crate::connection::Connection;
use crate::wait::wait_for;

/// A reader of one server.
#[derive(Debug)]
pub struct Api {
    to: SocketAddr,
    client: RefCell<Client>,
}

impl Api {
    /// A reader of the API at that address.
    pub fn new(to: SocketAddr) -> Self {
        Self { to, client: RefCell::new(Client::new(to)) }
    }

    /// GET, whatever the answer. `parameters` are encoded here.
    pub fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Response {
        let target = target(path, parameters);
        self.client.borrow_mut().get(&target).unwrap_or_else(|error| panic!("GET {target}: {error}"))
    }

    /// GET that has to succeed.
    pub fn read(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let answer = self.get(path, parameters);
        assert_eq!(answer.status, 200, "{}: {}", target(path, parameters), answer.text());
        answer.json()
    }

    /// The first page for a query.
    pub fn events(&self, query: &str) -> Value {
        self.read("/api/v1/events", &[("q", query), ("limit", "1000")])
    }

    /// All events for a query, newest first, over as many pages as it takes.
    pub fn all(&self, query: &str) -> Vec<Value> {
        self.walk(&[("q", query), ("limit", "500")])
    }

    /// All events of a walk with these parameters.
    pub fn walk(&self, parameters: &[(&str, &str)]) -> Vec<Value> {
        let mut events = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut parameters = parameters.to_vec();
            if let Some(cursor) = &cursor {
                parameters.push(("cursor", cursor));
            }
            let mut page = self.read("/api/v1/events", &parameters);
            assert_eq!(page["coverage"]["partial"], false, "a page is whole");
            let Value::Array(mut found) = page["events"].take() else { panic!("events is a list: {page}") };
            events.append(&mut found);
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return events,
            }
        }
    }

    /// How many events match; exact.
    pub fn total(&self, query: &str) -> u64 {
        let page = self.read("/api/v1/events", &[("q", query), ("limit", "1")]);
        assert_eq!(page["total"]["exact"], true, "small totals are exact");
        page["total"]["value"].as_u64().expect("a total is a number")
    }

    /// One event with its raw record, by its id.
    pub fn event(&self, id: &str) -> Value {
        self.read(&format!("/api/v1/events/{id}"), &[])
    }

    /// The only event for a query, with its raw record.
    pub fn only(&self, query: &str) -> Value {
        let page = self.events(query);
        let events = page["events"].as_array().expect("events is a list");
        assert_eq!(events.len(), 1, "one event for {query}: {events:?}");
        self.event(events[0]["id"].as_str().expect("an event has an id"))
    }

    /// Waits until that many events match. More than that at any time is an error.
    pub fn wait_for_total(&self, query: &str, expected: u64) {
        let mut last = 0;
        wait_for(&format!("{expected} events match {query:?}"), || {
            let found = self.total(query);
            assert!(found <= expected, "{found} events match {query:?}, and {expected} were sent");
            if found != last {
                last = found;
            }
            (found == expected).then_some(())
        });
    }

    /// Waits until everything in the journal can be searched.
    pub fn wait_until_searchable(&self) {
        wait_for("everything in the journal is searchable", || {
            let status = self.read("/api/v1/status", &[]);
            let of =
                |name: &str| status["journal"][name].as_u64().unwrap_or_else(|| panic!("{name} in {status}"));
            (of("searchable") >= of("end")).then_some(())
        });
    }

    /// Streams an export line by line; panics if it ends before its end.
    pub fn export(&self, parameters: &[(&str, &str)], mut each: impl FnMut(&[u8])) {
        let target = target("/api/v1/export", parameters);
        let mut connection = Connection::open(self.to).expect("connect to the API");
        connection.send_request("GET", &target, &[], b"").expect("send a request");
        let head = connection.read_response_head().expect("an answer");
        assert_eq!(head.status, 200, "{target}");
        let mut body = BufReader::new(connection.body_of(&head).expect("a body"));
        let mut line = Vec::new();
        while body.read_until(b'\n', &mut line).expect("an export ends with its final chunk") > 0 {
            each(line.strip_suffix(b"\n").expect("every line has its end"));
            line.clear();
        }
    }

    /// All events of an export.
    pub fn exported(&self, query: &str) -> Vec<Value> {
        let mut events = Vec::new();
        self.export(&[("q", query), ("format", "ndjson")], |line| {
            events.push(serde_json::from_slice(line).expect("a line is one event"));
        });
        events
    }

    /// All dead letters, newest first.
    pub fn dead_letters(&self) -> Vec<Value> {
        let mut letters = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut parameters = vec![("limit", "1000")];
            if let Some(cursor) = &cursor {
                parameters.push(("cursor", cursor));
            }
            let mut page = self.read("/api/v1/deadletters", &parameters);
            let Value::Array(mut found) = page["deadletters"].take() else { panic!("no list: {page}") };
            letters.append(&mut found);
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return letters,
            }
        }
    }

    /// A value of `/metrics`, by its name with its labels.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let answer = self.get("/metrics", &[]);
        assert_eq!(answer.status, 200);
        answer.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }
}

fn target(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut target = path.to_owned();
    for (index, (name, value)) in parameters.iter().enumerate() {
        target.push(if index == 0 { '?' } else { '&' });
        target.push_str(name);
        target.push('=');
        target.push_str(&percent_encoded(value));
    }
    target
}
