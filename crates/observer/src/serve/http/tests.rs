//! Real sockets against a router that says what it was asked.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream as StdStream};

use super::*;

/// Far longer than any test takes: reached only where something hangs.
const HANGS: Duration = Duration::from_secs(30);

/// A running server and what stops it.
struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn with(bounds: Bounds) -> Self {
        Self::of(Self::saying(), bounds).await
    }

    fn saying() -> Router {
        Router::new().fallback(|request: axum::extract::Request| async move {
            let mut kept: Vec<_> = request.headers().keys().map(ToString::to_string).collect();
            kept.sort();
            format!("{} {} {}\n", request.uri().path(), aio_api::query_len(&request), kept.join(","))
        })
    }

    async fn of(router: Router, bounds: Bounds) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(listener, aio_api::below("", router), bounds, stop.clone()));
        Self { address, stop, task }
    }

    /// Writes everything, then reads until the server closes.
    async fn exchange(&self, sent: Vec<u8>) -> String {
        let address = self.address;
        let work = move || {
            let mut stream = StdStream::connect(address).expect("accepted");
            stream.set_read_timeout(Some(HANGS)).expect("set");
            let mut writer = stream.try_clone().expect("cloned");
            // A server that refuses may not take the rest.
            let write = std::thread::spawn(move || drop(writer.write_all(&sent)));
            let mut answer = Vec::new();
            if let Err(error) = stream.read_to_end(&mut answer) {
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "after {answer:?}");
            }
            write.join().expect("written");
            String::from_utf8_lossy(&answer).into_owned()
        };
        tokio::task::spawn_blocking(work).await.expect("no panic")
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(HANGS, self.task).await.expect("ends").expect("no panic");
    }
}

fn get(query_bytes: usize, more: &str) -> Vec<u8> {
    format!("GET /a?q={} HTTP/1.1\r\nhost: h\r\n{more}\r\n", "x".repeat(query_bytes)).into_bytes()
}

#[tokio::test]
async fn long_queries_arrive_on_one_connection_with_others() {
    let running = Running::with(Bounds::default()).await;
    let post = b"POST /b HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nGET ".to_vec();
    let sent = [get(10, ""), get(200_000, ""), post, get(1_000_000, ""), get(70_000, "connection: close\r\n")].concat();
    let answer = running.exchange(sent).await;
    let said: Vec<_> = answer.lines().filter(|line| line.starts_with('/')).collect();
    let expected =
        ["/a 12 host", "/a 200002 host", "/b 0 content-length,host", "/a 1000002 host", "/a 70002 connection,host"];
    assert_eq!(said, expected);
    running.end().await;
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let running = Running::with(Bounds::default()).await;
    let long_path = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(70_000)).into_bytes();
    assert!(running.exchange(long_path).await.starts_with("HTTP/1.1 414 "));
    assert!(running.exchange(get(2 << 20, "")).await.starts_with("HTTP/1.1 4"));
    let header = format!("x: {}\r\n", "x".repeat(2 << 20));
    assert!(running.exchange(get(1, &header)).await.starts_with("HTTP/1.1 431 "));
    let header = format!("x: {}\r\nconnection: close\r\n", "x".repeat(1_000_000));
    assert!(running.exchange(get(1, &header)).await.starts_with("HTTP/1.1 200 "));
    running.end().await;
}

#[tokio::test]
async fn who_does_not_say_what_it_wants_is_cut_off() {
    let bounds = Bounds { head_time: Duration::from_millis(50), ..Bounds::default() };
    let running = Running::with(bounds).await;
    for begun in ["", "PRI * HT", "GET / HT", "GET / HTTP/1.1\r\nhost: h\r\n"] {
        assert_eq!(running.exchange(begun.into()).await, "", "{begun:?}");
    }
    let answer = running.exchange(get(1, "")).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "an answer, and the end when no request follows: {answer}");
    running.end().await;
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_their_turn() {
    let running = Running::with(Bounds { connections: 1, ..Bounds::default() }).await;
    let first = StdStream::connect(running.address).expect("accepted");
    let close = "connection: close\r\n";
    let mut second = Box::pin(running.exchange(get(1, close)));
    let waited = tokio::time::timeout(Duration::from_millis(100), &mut second).await;
    assert!(waited.is_err(), "there is one connection already");
    drop(first);
    assert!(second.await.starts_with("HTTP/1.1 200 "));
    running.end().await;
}

#[tokio::test]
async fn connections_that_wait_end_at_once_when_it_stops() {
    let running = Running::with(Bounds::default()).await;
    let _silent = StdStream::connect(running.address).expect("accepted");
    let address = running.address;
    let answered = tokio::task::spawn_blocking(move || {
        let mut begun = StdStream::connect(address).expect("accepted");
        begun.set_read_timeout(Some(HANGS)).expect("set");
        begun.write_all(&get(1, "")).expect("sent");
        begun.read_exact(&mut [0; 8]).expect("answered");
        begun
    });
    let _kept_open = answered.await.expect("no panic");
    running.end().await;
}

/// Tells when it goes.
struct Told(tokio::sync::mpsc::Sender<&'static str>);

impl Drop for Told {
    fn drop(&mut self) {
        let _full_or_gone = self.0.try_send("ended");
    }
}

#[tokio::test]
async fn a_request_ends_with_its_connection() {
    let (tell, mut told) = tokio::sync::mpsc::channel(2);
    let router = Router::new().fallback(move || {
        let told = Told(tell.clone());
        async move {
            let _begun = told.0.send("begun").await;
            std::future::pending::<()>().await;
            drop(told);
        }
    });
    let running = Running::of(router, Bounds::default()).await;
    let mut stream = tokio::net::TcpStream::connect(running.address).await.expect("accepted");
    tokio::io::AsyncWriteExt::write_all(&mut stream, &get(1, "")).await.expect("sent");
    assert_eq!(tokio::time::timeout(HANGS, told.recv()).await, Ok(Some("begun")));
    drop(stream);
    assert_eq!(tokio::time::timeout(HANGS, told.recv()).await, Ok(Some("ended")));
    running.end().await;
}
