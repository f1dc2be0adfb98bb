//! Answers that take longer than a connection may be idle.

use tokio::io::DuplexStream;

use super::*;

const DRIP: &str = "GET /drip HTTP/1.1\r\nHost: x\r\n\r\n";

/// Types and flags of HTTP/2 frames (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

#[tokio::test]
async fn a_stream_is_no_idle_connection_that_makes_room() {
    let world = World::new(1, LONG, LONG).await;
    let mut first = world.connect().await;
    assert!(ask(&mut first, DRIP, "begin").await.contains("200 OK"));
    let mut second = world.connect_in_vain().await;
    world.go.notify_one();
    assert!(ask(&mut first, "", "0\r\n\r\n").await.contains("end"), "the stream came to its end");
    assert!(ask(&mut second, "", "fast").await.contains("200 OK"));
}

#[tokio::test]
async fn a_stream_over_http2_outlasts_the_idle_limit() {
    let idle = Duration::from_millis(50);
    let world = World::new(1, LONG, LONG).await;
    let (mut client, server) = tokio::io::duplex(64 << 10);
    let connection = Connection {
        peer: world.address,
        router: world.router.clone(),
        patience: Patience { idle, grace: LONG },
        stop: CancellationToken::new(),
        activity: Crowd::default().join(world.address),
        watcher: GracefulShutdown::new().watcher(),
        _slot: Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap(),
    };
    let running = tokio::spawn(connection.http2(server, None));
    // By the static table: GET, http, and the path as a literal (RFC 7541).
    let headers = [[0x82_u8, 0x86, 0x04, 5].as_slice(), b"/drip".as_slice()].concat();
    client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    client.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    client.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &headers)).await.unwrap();
    let mut data = Vec::new();
    while data != b"begin" {
        read_frame(&mut client, &mut data).await;
    }
    // Twice the limit, after which it was told to go, and once more, after which it was cut.
    let told = timeout(6 * idle, async { while read_frame(&mut client, &mut data).await.0 != GOAWAY {} });
    assert!(told.await.is_err(), "nobody tells it to go");
    world.go.notify_one();
    while read_frame(&mut client, &mut data).await != (DATA, END_STREAM) {}
    assert_eq!(data, b"beginend");
    // Now that it is idle, it is told to go.
    while read_frame(&mut client, &mut data).await.0 != GOAWAY {}
    drop(client);
    timeout(LONG, running).await.expect("it ends").unwrap();
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [[0, 0, length, kind, flags, 0, 0, 0, stream].as_slice(), payload].concat()
}

/// Type and flags of the next frame; what it has of the answer goes to `data`.
async fn read_frame(client: &mut DuplexStream, data: &mut Vec<u8>) -> (u8, u8) {
    let mut head = [0; 9];
    timeout(LONG, client.read_exact(&mut head)).await.expect("a frame comes").expect("it is whole");
    let [high, middle, low, kind, flags, ..] = head;
    let mut payload = vec![0; usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low)];
    client.read_exact(&mut payload).await.unwrap();
    if kind == DATA {
        data.extend_from_slice(&payload);
    }
    (kind, flags)
}
