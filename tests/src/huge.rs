//! The largest request that was seen in the wild: 216 MB in one POST.

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::client::Response;
use crate::connection::Connection;
use crate::samples;
use crate::template::Template;

/// How many events it has.
pub const HUGE_EVENTS: u32 = 120;

/// Posts 120 creations of 900 kB config maps, `huge-0` to `huge-119`, each body twice. Streamed: the sender does not hold
/// the request whole either. Different `generation`s are different events.
pub fn post_huge(ingest: SocketAddr, generation: u32) -> io::Result<Response> {
    let head = br#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":["#;
    let lengths: usize = (0..HUGE_EVENTS).map(|number| event(generation, number).len() + 1).sum();
    let total = head.len() + lengths - 1 + 2;
    let mut connection = Connection::open(ingest)?;
    connection.send_head("POST", "/v1/audit/prod?timeout=30s", &[&format!("Content-Length: {total}")])?;
    connection.send(head)?;
    for number in 0..HUGE_EVENTS {
        if number > 0 {
            connection.send(b",")?;
        }
        connection.send(&event(generation, number))?;
    }
    connection.send(b"]}")?;
    connection.read_response()
}

fn event(generation: u32, number: u32) -> Vec<u8> {
    let mut event: Value =
        serde_json::from_slice(&samples::example("configmap-edit")).expect("examples are valid");
    let object = json!({
        "kind": "ConfigMap", "apiVersion": "v1",
        "metadata": {"name": format!("huge-{number}"), "namespace": "shop-a"},
        "data": {"blob": "0123456789abcdef ".repeat(900_000 / 17)},
    });
    event["verb"] = json!("create");
    event["objectRef"]["name"] = json!(format!("huge-{number}"));
    event["requestObject"] = object.clone();
    event["responseObject"] = object;
    let mut template = Template::of(&serde_json::to_vec(&event).expect("JSON can be written"));
    template.renew(generation * HUGE_EVENTS + number, i64::from(number) * 1000);
    template.bytes().to_vec()
}
