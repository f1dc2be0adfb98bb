//! Connections that are silent, too many, or open when the server stops.

mod streams;

use std::net::{Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::routing::get;
use futures_util::StreamExt;
use futures_util::stream::once;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

const LONG: Duration = Duration::from_secs(20);

struct World {
    address: SocketAddr,
    router: Router,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
    /// Lets `/slow` answer, and `/drip` end.
    go: Arc<Notify>,
    /// Told when `/slow` has begun.
    begun: Arc<Notify>,
}

impl World {
    async fn new(max_connections: usize, idle: Duration, grace: Duration) -> Self {
        let patience = Patience { idle, grace };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = Listener::bind("test", address, max_connections, patience).await.unwrap();
        let address = listener.address();
        let (go, begun) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (wait, tell) = (Arc::clone(&go), Arc::clone(&begun));
        let slow = move || async move {
            tell.notify_one();
            wait.notified().await;
            "slow"
        };
        let wait = Arc::clone(&go);
        let drip = move || async move {
            let end = once(async move {
                wait.notified().await;
                Ok::<_, Infallible>("end")
            });
            Body::from_stream(once(async { Ok("begin") }).chain(end))
        };
        let router = Router::new()
            .route("/fast", get(|| async { "fast" }))
            .route("/slow", get(slow))
            .route("/drip", get(drip));
        let stop = CancellationToken::new();
        let running = tokio::spawn(listener.run(router.clone(), stop.clone()));
        Self { address, router, stop, running, go, begun }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A connection that asks for `/fast` while there is no room for it.
    async fn connect_in_vain(&self) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(FAST.as_bytes()).await.unwrap();
        let answered = timeout(Duration::from_millis(300), stream.read(&mut [0])).await;
        assert!(answered.is_err(), "it has to wait");
        stream
    }
}

/// Sends, and returns what comes until `end` or the end of the connection.
async fn ask(stream: &mut TcpStream, text: &str, end: &str) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut found = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&found).ends_with(end) {
        match timeout(LONG, stream.read(&mut byte)).await.expect("an answer or the end comes") {
            Ok(1) => found.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8(found).unwrap()
}

const FAST: &str = "GET /fast HTTP/1.1\r\nHost: x\r\n\r\n";
const SLOW: &str = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_connection_that_says_nothing_is_let_go() {
    let world = World::new(8, Duration::from_millis(50), LONG).await;
    assert_eq!(ask(&mut world.connect().await, "", "never").await, "");
    let half = ask(&mut world.connect().await, "GET /fast HTTP/1.1\r\nHo", "never").await;
    assert!(!half.contains("200"), "{half}");
    let mut stream = world.connect().await;
    assert!(ask(&mut stream, FAST, "fast").await.contains("200 OK"));
    assert_eq!(ask(&mut stream, "", "never").await, "", "also between requests");
}

#[tokio::test]
async fn beyond_the_limit_connections_wait_their_turn() {
    let world = World::new(1, LONG, LONG).await;
    let mut first = world.connect().await;
    first.write_all(SLOW.as_bytes()).await.unwrap();
    timeout(LONG, world.begun.notified()).await.expect("it is in its handler");
    let mut second = world.connect_in_vain().await;
    world.go.notify_one();
    assert!(ask(&mut first, "", "slow").await.contains("200 OK"));
    // Now that it is idle, the first one gives way.
    assert!(ask(&mut second, "", "fast").await.contains("200 OK"));
    assert_eq!(ask(&mut first, "", "never").await, "");
}

#[tokio::test]
async fn a_crowd_that_says_nothing_keeps_nobody_out() {
    let world = World::new(4, LONG, LONG).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(world.connect().await);
        assert!(ask(&mut world.connect().await, FAST, "fast").await.contains("200 OK"));
    }
}

#[tokio::test]
async fn a_stop_lets_requests_end_and_nobody_else() {
    let world = World::new(8, LONG, LONG).await;
    let mut idle = world.connect().await;
    assert!(ask(&mut idle, FAST, "fast").await.contains("200 OK"));
    let _silent = world.connect().await;
    let mut busy = world.connect().await;
    busy.write_all(SLOW.as_bytes()).await.unwrap();
    // A request that has come after it has been answered: the slow one is in its handler.
    assert!(ask(&mut world.connect().await, FAST, "fast").await.contains("200 OK"));
    world.stop.cancel();
    assert_eq!(ask(&mut idle, "", "never").await, "", "an idle connection is closed");
    world.go.notify_one();
    assert!(ask(&mut busy, "", "slow").await.contains("200 OK"));
    timeout(LONG, world.running).await.expect("it ends").unwrap().unwrap();
    assert!(TcpStream::connect(world.address).await.is_err());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let world = World::new(8, LONG, Duration::from_millis(50)).await;
    let mut busy = world.connect().await;
    busy.write_all(SLOW.as_bytes()).await.unwrap();
    assert!(ask(&mut world.connect().await, FAST, "fast").await.contains("200 OK"));
    world.stop.cancel();
    timeout(LONG, world.running).await.expect("it ends").unwrap().unwrap();
}
