//! `tail`: lines over a WebSocket as they are stored, behind those that are there already.
//!
//! ```text
//!   subscribe --> backlog by query --> frames | lines in the queue, without those of the backlog --> frames
//! ```

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aio_ingest::Tail;
use aio_logql::{Answer, Direction, Follow, RangeRequest, StreamLines, parse};
use aio_types::{Labels, LogEntry, StreamWrite, TimestampNs};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::legacy;
use super::model::{self, Shape};
use super::params::Call;
use super::query;
use crate::error::{ApiError, BareError};

/// Followers of one tenant.
const TAILS_MAX: usize = 10;
const DELAY_SECONDS_MAX: u64 = 5;
/// How long one may follow.
const DURATION_MAX: Duration = Duration::from_secs(3600);
/// How often a client is asked whether it is still there.
const PING_PERIOD: Duration = Duration::from_secs(10);
/// A client that takes nothing for so long is gone.
const SEND_MAX: Duration = Duration::from_secs(30);

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

pub(super) async fn tail(upgrade: Upgrade, headers: HeaderMap, call: Call) -> Result<Response, BareError> {
    let categorize = query::categorize(&headers);
    open(upgrade, call, move |streams, dropped| {
        let shape = Shape { at: TimestampNs(0), direction: Direction::Forward, categorize };
        model::frame(streams, shape, dropped)
    })
    .await
}

/// `/api/prom/tail`.
pub(super) async fn tail_legacy(upgrade: Upgrade, call: Call) -> Result<Response, BareError> {
    open(upgrade, call, |streams, _| legacy::frame(streams)).await
}

/// Makes a frame of lines, and of what was passed over.
trait Frame: Fn(&[StreamLines], &[(Labels, TimestampNs)]) -> serde_json::Result<String> + Send + Sync + 'static {}
impl<F: Fn(&[StreamLines], &[(Labels, TimestampNs)]) -> serde_json::Result<String> + Send + Sync + 'static> Frame
    for F
{
}

async fn open(upgrade: Upgrade, call: Call, frame: impl Frame) -> Result<Response, BareError> {
    let expr = parse(legacy::with_regexp(&call)?.as_str())?;
    let follow = Follow::new(&expr, call.logql().config())?;
    let delay = delay(&call)?;
    let now = call.now();
    let start = call.time("start")?.unwrap_or_else(|| now.saturating_add(-3_600_000_000_000));
    // A line may come that is a little ahead of our clock.
    let end = TimestampNs(i64::MAX);
    let request = RangeRequest {
        start,
        end,
        step_ns: 1,
        limit: call.limit()?,
        direction: Direction::Backward,
        interval_ns: 0,
        partial: false,
    };
    let Ok(upgrade) = upgrade else { return Err(ApiError::BadRequest("Bad Request\n".to_owned()).into()) };
    let tail = call.core.ingest.tail_logs(call.tenant.clone(), follow.matchers().to_vec(), TAILS_MAX);
    let Some(tail) = tail else {
        let text =
            format!("max concurrent tail requests limit exceeded, count > limit ({} > {TAILS_MAX})", TAILS_MAX + 1);
        return Err(ApiError::BadRequest(text).into());
    };
    let backlog = backlog(&call, expr, request).await?;
    let session = Session { follow, tail, delay, sent: backlog.iter().flat_map(identities).collect(), start, frame };
    let answer = upgrade.on_upgrade(move |socket| async move {
        if let Err(error) = session.run(socket, backlog).await {
            tracing::debug!(%error, "a tail ended");
        }
    });
    Ok(answer.into_response())
}

/// Whole seconds, five at most.
fn delay(call: &Call) -> Result<Duration, ApiError> {
    let Some(text) = call.params.get("delay_for") else { return Ok(Duration::ZERO) };
    let seconds: u64 =
        text.parse().map_err(|_| ApiError::BadRequest(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?;
    if seconds > DELAY_SECONDS_MAX {
        return Err(ApiError::BadRequest(format!("delay_for can't be greater than {DELAY_SECONDS_MAX}")));
    }
    Ok(Duration::from_secs(seconds))
}

/// The newest lines there are.
async fn backlog(call: &Call, expr: aio_logql::Expr, request: RangeRequest) -> Result<Vec<StreamLines>, ApiError> {
    let source = (call.core.sources.logs)(&call.tenant);
    let engine = Arc::clone(call.logql());
    let work = move |stop: &_| match engine.range(&expr, &*source, &request, stop)?.answer {
        Answer::Streams(streams) => Ok(streams),
        _ => Ok(Vec::new()),
    };
    call.core.queries.run(None, work).await
}

/// What tells lines apart.
type Identity = (Labels, Labels, TimestampNs, Box<str>);

fn identities(streams: &StreamLines) -> impl Iterator<Item = Identity> {
    let labels = (streams.merged(), streams.metadata.clone());
    streams.lines.iter().map(move |line| (labels.0.clone(), labels.1.clone(), line.ts, line.line.clone()))
}

struct Session<F> {
    follow: Follow,
    tail: Tail,
    delay: Duration,
    /// Lines of the backlog, which may be in the queue as well.
    sent: HashSet<Identity>,
    start: TimestampNs,
    frame: F,
}

impl<F: Frame> Session<F> {
    async fn run(mut self, mut socket: WebSocket, backlog: Vec<StreamLines>) -> Result<(), axum::Error> {
        if !backlog.is_empty() {
            self.send(&mut socket, &backlog).await?;
        }
        let (end, mut ping) = (Instant::now() + DURATION_MAX, Instant::now() + PING_PERIOD);
        loop {
            tokio::select! {
                stream = self.tail.next() => match stream {
                    Some(stream) => {
                        sleep_until(Instant::now() + self.delay).await;
                        let lines = self.passing(&stream);
                        if !lines.is_empty() {
                            self.send(&mut socket, &lines).await?;
                        }
                    }
                    None => return close(socket, close_code::AWAY, "the server stops").await,
                },
                message = socket.recv() => match message {
                    None | Some(Ok(Message::Close(_)) | Err(_)) => return Ok(()),
                    Some(Ok(_)) => {}
                },
                () = sleep_until(ping) => {
                    send(&mut socket, Message::Ping(axum::body::Bytes::new())).await?;
                    ping = Instant::now() + PING_PERIOD;
                }
                () = sleep_until(end) => {
                    return close(socket, close_code::NORMAL, "reached tail max duration limit").await;
                }
            }
        }
    }

    fn passing(&mut self, stream: &StreamWrite) -> Vec<StreamLines> {
        let wanted = |entry: &&LogEntry| entry.ts >= self.start;
        let lines: Vec<_> =
            stream.entries.iter().filter(wanted).filter_map(|entry| self.follow.line(&stream.labels, entry)).collect();
        if self.sent.is_empty() {
            return lines;
        }
        lines.into_iter().filter(|line| !identities(line).any(|identity| self.sent.contains(&identity))).collect()
    }

    async fn send(&self, socket: &mut WebSocket, lines: &[StreamLines]) -> Result<(), axum::Error> {
        let frame = (self.frame)(lines, &self.tail.take_dropped()).map_err(axum::Error::new)?;
        send(socket, Message::Text(frame.into())).await
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), axum::Error> {
    timeout_at(Instant::now() + SEND_MAX, socket.send(message)).await.map_err(axum::Error::new)?
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) -> Result<(), axum::Error> {
    send(&mut socket, Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await
}
