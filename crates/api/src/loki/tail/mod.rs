//! `tail`: lines over a WebSocket as they are stored, behind those that are there already.
//!
//! ```text
//!   subscribe --> backlog by query --> Pending --> frames of the oldest lines that are due
//!                 lines in the queue, --^
//!                 without those of the backlog
//! ```

mod pending;
mod session;

use std::sync::Arc;

use aio_logql::{Answer, Direction, Expr, Follow, RangeRequest, StreamLines, parse};
use aio_types::{Labels, TimestampNs};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{WebSocket, WebSocketUpgrade, close_code};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;

use self::session::Session;
use super::flags::Flags;
use super::params::Call;
use super::{legacy, model};
use crate::error::{ApiError, BareError};

/// Followers of one tenant.
const TAILS_MAX: usize = 10;
const DELAY_SECONDS_MAX: u32 = 5;

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

pub(super) async fn tail(upgrade: Upgrade, headers: HeaderMap, call: Call) -> Result<Response, BareError> {
    let flags = Flags::of(&headers);
    open(upgrade, call, move |lines, dropped| model::frame(lines, &flags, dropped))
}

/// `/api/prom/tail`.
pub(super) async fn tail_legacy(upgrade: Upgrade, call: Call) -> Result<Response, BareError> {
    open(upgrade, call, |lines, _| legacy::frame(lines))
}

/// Makes a frame of lines, each a stream of its own, and of what was passed over.
trait Frame: Fn(&[StreamLines], &[(Labels, TimestampNs)]) -> serde_json::Result<String> + Send + Sync + 'static {}
impl<F: Fn(&[StreamLines], &[(Labels, TimestampNs)]) -> serde_json::Result<String> + Send + Sync + 'static> Frame
    for F
{
}

/// What is wrong with the request is told at once; whatever else fails closes the connection and says why.
fn open(upgrade: Upgrade, call: Call, frame: impl Frame) -> Result<Response, BareError> {
    let expr = parse(legacy::with_regexp(&call)?.as_str())?;
    let limit = call.lines_wanted()?;
    let (start, _) = call.lookback()?;
    let delay_ns = i64::from(call.delay_seconds(DELAY_SECONDS_MAX)?) * 1_000_000_000;
    let Ok(upgrade) = upgrade else { return Err(ApiError::BadRequest("Bad Request\n".to_owned()).into()) };
    let wanted = Wanted { expr, start, limit, delay_ns };
    let answer = upgrade.on_upgrade(move |mut socket| async move {
        if let Err(error) = serve(&mut socket, call, wanted, frame).await {
            tracing::debug!(%error, "a tail ended");
        }
    });
    Ok(answer.into_response())
}

/// What is to be followed.
struct Wanted {
    expr: Expr,
    start: TimestampNs,
    limit: usize,
    delay_ns: i64,
}

async fn serve(socket: &mut WebSocket, call: Call, wanted: Wanted, frame: impl Frame) -> Result<(), axum::Error> {
    match begin(call, wanted, frame).await {
        Ok(session) => session.run(socket).await,
        Err(error) => session::close(socket, close_code::ERROR, &BareError::from(error).0.to_string()).await,
    }
}

async fn begin<F: Frame>(call: Call, wanted: Wanted, frame: F) -> Result<Session<F>, ApiError> {
    let Wanted { expr, start, limit, delay_ns } = wanted;
    call.check_length(start, call.now())?;
    let follow = Follow::new(&expr, call.logql().config())?;
    let tail = call.core.ingest.tail_logs(call.tenant.clone(), follow.matchers().to_vec(), TAILS_MAX);
    let Some(tail) = tail else {
        let count = TAILS_MAX + 1;
        let text = format!("max concurrent tail requests limit exceeded, count > limit ({count} > {TAILS_MAX})");
        return Err(ApiError::BadRequest(text));
    };
    // A line may be there that is a little ahead of our clock.
    let (end, direction) = (TimestampNs(i64::MAX), Direction::Backward);
    let request = RangeRequest { start, end, step_ns: 1, limit, direction, interval_ns: 0, partial: false };
    let backlog = backlog(&call, expr, request).await?;
    Ok(Session::new(call.core, follow, tail, delay_ns, backlog, frame))
}

/// The newest lines there are.
async fn backlog(call: &Call, expr: Expr, request: RangeRequest) -> Result<Vec<StreamLines>, ApiError> {
    let source = (call.core.sources.logs)(&call.tenant);
    let engine = Arc::clone(call.logql());
    let work = move |stop: &_| match engine.range(&expr, &*source, &request, stop)?.answer {
        Answer::Streams(streams) => Ok(streams),
        _ => Ok(Vec::new()),
    };
    call.core.queries.run(None, work).await
}
