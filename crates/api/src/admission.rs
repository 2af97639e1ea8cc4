//! Bodies of writes are counted as they arrive, whatever the protocol, and have to arrive in time.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aio_ingest::Held;
use axum::BoxError;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::MethodRouter;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Sleep;
use tonic::Status;

use crate::core::Readiness;
use crate::error::ApiError;

/// A sender that takes longer for one body holds room that others need.
const BODY_TIME_MAX: Duration = Duration::from_secs(60);

/// Puts [`count`] in front of routes that take writes.
pub(crate) fn counted(routes: MethodRouter<Readiness>, readiness: &Readiness) -> MethodRouter<Readiness> {
    routes.layer(from_fn_with_state(readiness.clone(), count))
}

/// Middleware of every route that takes writes.
pub(crate) async fn count(State(readiness): State<Readiness>, request: Request, next: Next) -> Response {
    let Some(core) = readiness.get() else { return next.run(request).await };
    let held = Arc::new(Mutex::new(core.ingest.hold()));
    #[expect(clippy::disallowed_methods, reason = "the one wait for a client's time")]
    let deadline = Box::pin(tokio::time::sleep(BODY_TIME_MAX));
    let counted = |body| Body::new(Counted { body, held: Arc::clone(&held), deadline });
    let response = next.run(request.map(counted)).await;
    // Not before the answer is there: the bytes live on behind the body.
    drop(held);
    response
}

/// A body that takes from the budget what it hands out.
struct Counted {
    body: Body,
    /// Shared with the request's middleware only; never contended.
    held: Arc<Mutex<Held>>,
    deadline: Pin<Box<Sleep>>,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(Refusal::from(ApiError::BodyTooSlow).into())));
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            other => return Poll::Ready(other.map(|frame| frame.map_err(Into::into))),
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        let grown = self.held.lock().unwrap_or_else(PoisonError::into_inner).grow(bytes);
        Poll::Ready(Some(grown.map(|()| frame).map_err(|error| Refusal::from(ApiError::from(error)).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Why a body is not read on: as a status where gRPC looks for one, and for the others.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct Refusal {
    error: ApiError,
    #[source]
    status: Status,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { status: Status::from(error.clone()), error }
    }
}

/// The refusal that made reading a body fail, if it was one.
pub(crate) fn refusal(error: &(dyn std::error::Error + 'static)) -> Option<ApiError> {
    error.downcast_ref::<Refusal>().map(|refusal| refusal.error.clone())
}
