//! Serves one listener: HTTP/1.1 and HTTP/2 on the same port, with bounds on how many connections there are, how long
//! one may take to say what it wants, and how much it may say before the body.

mod requests;
mod stream;
mod version;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use self::requests::Requests;
use self::stream::Stream;
use self::version::Version;

/// Bounds of one listener.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Connections at once; further ones wait to be accepted.
    connections: usize,
    /// How long a connection may take for the head of a request, waiting for the next one included. Longer than
    /// proxies and clients keep unused connections, which would otherwise find them closed as they send.
    head_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections: 4096, head_time: Duration::from_secs(120) }
    }
}

/// Most bytes of a request line and its headers.
const HEAD_BYTES_MAX: usize = (1 << 20) + (64 << 10);
/// The same of HTTP/2, of which one connection may have many under way.
const HEADER_LIST_BYTES_MAX: u32 = 128 << 10;
/// Large heads of all connections under way at once.
const LARGE_HEADS_MAX: usize = 64;
/// How often an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const PING_PERIOD: Duration = Duration::from_secs(60);
const PING_TIME_MAX: Duration = Duration::from_secs(20);
/// How long accepting rests when it fails: most likely there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stop`, and then what is under way. Dropped, it cuts off every connection.
pub(super) async fn serve(listener: TcpListener, router: Router, bounds: Bounds, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    let room = Arc::new(Semaphore::new(LARGE_HEADS_MAX));
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept(), if connections.len() < bounds.connections => match accepted {
                Ok((stream, _peer)) => {
                    connections.spawn(connection(stream, router.clone(), Arc::clone(&room), bounds, stop.clone()));
                }
                Err(error) => pause(&error, &stop).await,
            },
            Some(_ended) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn pause(error: &std::io::Error, stop: &CancellationToken) {
    tracing::warn!(%error, "a connection was not accepted");
    let _stopped = tokio::time::timeout(ACCEPT_PAUSE, stop.cancelled()).await;
}

async fn connection(stream: TcpStream, router: Router, room: Arc<Semaphore>, bounds: Bounds, stop: CancellationToken) {
    // Answers are written whole; waiting for more to send only delays them.
    let _kept_slow = stream.set_nodelay(true);
    let begun = tokio::select! {
        () = stop.cancelled() => return,
        begun = tokio::time::timeout(bounds.head_time, version::read(&stream)) => begun,
    };
    let Ok(Ok((version, begun))) = begun else { return };
    let requests = match version {
        Version::Http1 => Requests::new(aio_api::long_query_header(), room),
        Version::Http2 => Requests::opaque(room),
    };
    let Ok(stream) = Stream::new(stream, requests, &begun) else { return };
    let (io, service) = (TokioIo::new(stream), TowerToHyperService::new(router));
    let served = match version {
        Version::Http1 => {
            let connection = http1(bounds).serve_connection(io, service).with_upgrades();
            until(&stop, connection, |connection| connection.graceful_shutdown()).await
        }
        Version::Http2 => {
            let connection = http2().serve_connection(io, service);
            until(&stop, connection, |connection| connection.graceful_shutdown()).await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Serves a connection to its end; from `stop` on, what is under way.
async fn until<C: Future>(stop: &CancellationToken, connection: C, finish: impl FnOnce(Pin<&mut C>)) -> C::Output {
    let mut connection = pin!(connection);
    tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            finish(connection.as_mut());
            connection.await
        }
    }
}

fn http1(bounds: Bounds) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(bounds.head_time).max_buf_size(HEAD_BYTES_MAX);
    builder
}

fn http2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_PERIOD)
        .keep_alive_timeout(PING_TIME_MAX)
        .max_header_list_size(HEADER_LIST_BYTES_MAX)
        .enable_connect_protocol();
    builder
}

#[cfg(test)]
mod tests;
