//! A body that is made on a thread of its own, part by part, while it is sent.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tonic::codegen::tokio_stream::Stream;

use crate::error::ApiError;

/// Parts that may wait to be sent.
const WAITING_MAX: usize = 2;
/// Parts are about as large.
const PART_BYTES: usize = 128 << 10;
/// A client that takes no part for so long holds a turn that others wait for.
const STALL_MAX: Duration = Duration::from_secs(60);

/// Why making a body ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nobody listens any more.
    Gone,
    /// It failed.
    Failed(ApiError),
}

impl<E: Into<ApiError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

enum Part {
    Bytes(Bytes),
    Failed(ApiError),
    /// Without it, a maker that died would look like one that was done.
    Done,
}

/// Where a body is made to.
pub(super) struct Output {
    parts: mpsc::Sender<Part>,
    runtime: Handle,
}

impl Output {
    /// Whether somebody still listens.
    pub(super) fn check(&self) -> Result<(), Stop> {
        if self.parts.is_closed() { Err(Stop::Gone) } else { Ok(()) }
    }

    /// Sends what is in `buffer` once it is worth a part.
    pub(super) fn send_if_full(&self, buffer: &mut Vec<u8>) -> Result<(), Stop> {
        if buffer.len() >= PART_BYTES { self.send(buffer) } else { Ok(()) }
    }

    /// Sends what is in `buffer`, which is empty then.
    pub(super) fn send(&self, buffer: &mut Vec<u8>) -> Result<(), Stop> {
        if buffer.is_empty() { Ok(()) } else { self.push(Part::Bytes(std::mem::take(buffer).into())) }
    }

    fn push(&self, part: Part) -> Result<(), Stop> {
        let sent = self.runtime.block_on(tokio::time::timeout(STALL_MAX, self.parts.send(part)));
        if matches!(sent, Ok(Ok(()))) { Ok(()) } else { Err(Stop::Gone) }
    }
}

/// Starts `make` and waits for the first part, so that what fails before is an error with a status.
pub(super) async fn body_made_by(
    make: impl FnOnce(&Output) -> Result<(), Stop> + Send + 'static,
) -> Result<Body, ApiError> {
    let (parts, receiver) = mpsc::channel(WAITING_MAX);
    let output = Output { parts, runtime: Handle::current() };
    tokio::task::spawn_blocking(move || {
        let last = match make(&output) {
            Ok(()) => Part::Done,
            Err(Stop::Failed(error)) => Part::Failed(error),
            Err(Stop::Gone) => return,
        };
        // Where nobody listens there is nothing left to do.
        let _ = output.push(last);
    });
    let mut body = Parts { receiver, first: None, ended: false };
    match body.receiver.recv().await {
        Some(Part::Bytes(first)) => body.first = Some(first),
        Some(Part::Done) => return Ok(Body::empty()),
        Some(Part::Failed(error)) => return Err(error),
        None => return Err(died()),
    }
    Ok(Body::from_stream(body))
}

fn died() -> ApiError {
    ApiError::Internal("making the answer failed".to_owned())
}

/// The receiving end.
struct Parts {
    receiver: mpsc::Receiver<Part>,
    first: Option<Bytes>,
    ended: bool,
}

impl Stream for Parts {
    type Item = Result<Bytes, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        self.receiver.poll_recv(context).map(|part| match part {
            Some(Part::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Part::Done) => {
                self.ended = true;
                None
            }
            Some(Part::Failed(error)) => {
                self.ended = true;
                tracing::error!(%error, "an answer to a remote read broke off");
                Some(Err(error))
            }
            None => {
                self.ended = true;
                Some(Err(died()))
            }
        })
    }
}
