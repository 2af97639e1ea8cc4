//! Bodies on their way to becoming writes: how many bytes of them are in memory, and how many are decoded at once.
//!
//! A body as sent is charged to a budget while it arrives and until it is decoded; what it decodes to is bounded per
//! body and by the number of decoders; what it becomes is charged by `ingest`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;

/// The budget is counted in units of this many bytes.
const UNIT_BYTES: usize = 1024;
const RETRY_AFTER_SECONDS: u64 = 1;
/// A body that waited this long to be decoded is better sent again than kept.
const DECODER_WAIT_MAX: Duration = Duration::from_secs(10);
/// A sender that takes longer for one body holds room that others need.
pub(crate) const BODY_TIME_MAX: Duration = Duration::from_secs(60);

/// The bounds.
pub(crate) struct Inbound {
    bodies: Arc<Semaphore>,
    decoders: Arc<Semaphore>,
    decoder_wait: Duration,
}

/// A body, and its share of the budget for as long as it lives.
pub(crate) struct Charged {
    pub(crate) bytes: Bytes,
    _charge: Option<OwnedSemaphorePermit>,
}

impl Inbound {
    pub(crate) fn new(bodies_bytes_max: usize, decoders: usize) -> Self {
        let units = (bodies_bytes_max / UNIT_BYTES).min(Semaphore::MAX_PERMITS);
        Self {
            bodies: Arc::new(Semaphore::new(units)),
            decoders: Arc::new(Semaphore::new(decoders)),
            decoder_wait: DECODER_WAIT_MAX,
        }
    }

    /// Reads a body of at most `limit` bytes.
    pub(crate) async fn read(&self, body: Body, limit: usize) -> Result<Charged, ApiError> {
        let read = tokio::time::timeout(BODY_TIME_MAX, self.read_all(body, limit));
        read.await.map_err(|_| ApiError::BodyTooSlow)?
    }

    async fn read_all(&self, mut body: Body, limit: usize) -> Result<Charged, ApiError> {
        let mut buffer = BytesMut::new();
        let mut charge = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|e| ApiError::BadRequest(format!("reading the request body: {e}")))?;
            let Ok(data) = frame.into_data() else { continue };
            let len = buffer.len().saturating_add(data.len());
            if len > limit {
                return Err(ApiError::TooLarge { limit });
            }
            self.charge(&mut charge, len)?;
            buffer.extend_from_slice(&data);
        }
        Ok(Charged { bytes: buffer.freeze(), _charge: charge })
    }

    /// Raises a charge to what `bytes` cost.
    fn charge(&self, charge: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), ApiError> {
        let wanted = bytes.div_ceil(UNIT_BYTES);
        let missing = wanted.saturating_sub(charge.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let more = Arc::clone(&self.bodies).try_acquire_many_owned(missing).map_err(|_| overloaded())?;
        match charge {
            Some(charge) => charge.merge(more),
            None => *charge = Some(more),
        }
        Ok(())
    }

    /// Decodes a body away from the async threads, a few at a time. Those that wait hold their charge.
    pub(crate) async fn decode<T: Send + 'static>(
        &self,
        body: Charged,
        decode: impl FnOnce(Bytes) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.decode_and(body, decode, Ok).await
    }

    /// Decodes a body likewise, and goes on with what came of it where that is, which may wait: that keeps nobody from
    /// decoding. Memory is given back by the thread that took it.
    pub(crate) async fn decode_and<D, T: Send + 'static>(
        &self,
        body: Charged,
        decode: impl FnOnce(Bytes) -> Result<D, ApiError> + Send + 'static,
        then: impl FnOnce(D) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let failed = |e: &dyn std::fmt::Display| ApiError::Internal(format!("decoding failed: {e}"));
        let waited = tokio::time::timeout(self.decoder_wait, Arc::clone(&self.decoders).acquire_owned()).await;
        let permit = waited.map_err(|_| overloaded())?.map_err(|e| failed(&e))?;
        let work = move || {
            let decoded = {
                let _permit = permit;
                let Charged { bytes, _charge } = body;
                decode(bytes)?
            };
            then(decoded)
        };
        tokio::task::spawn_blocking(work).await.map_err(|e| failed(&e))?
    }
}

fn overloaded() -> ApiError {
    ApiError::Overloaded {
        message: format!("too many request bodies are under way, retry in {RETRY_AFTER_SECONDS} s"),
        retry_after_seconds: RETRY_AFTER_SECONDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(len: usize) -> Body {
        Body::from(vec![0; len])
    }

    #[tokio::test]
    async fn bodies_in_memory_are_bounded_and_given_back() {
        let inbound = Inbound::new(10 * UNIT_BYTES, 1);
        let first = inbound.read(body(6 * UNIT_BYTES), usize::MAX).await.expect("fits");
        let second = inbound.read(body(6 * UNIT_BYTES), usize::MAX).await;
        assert!(matches!(second, Err(ApiError::Overloaded { retry_after_seconds: 1, .. })));
        assert_eq!(inbound.decode(first, |bytes| Ok(bytes.len())).await.ok(), Some(6 * UNIT_BYTES));
        assert!(inbound.read(body(10 * UNIT_BYTES), usize::MAX).await.is_ok());
    }

    #[tokio::test]
    async fn the_limit_of_one_body_is_exact() {
        let inbound = Inbound::new(1 << 20, 1);
        assert!(inbound.read(body(100), 100).await.is_ok());
        assert!(matches!(inbound.read(body(101), 100).await, Err(ApiError::TooLarge { limit: 100 })));
    }

    #[tokio::test]
    async fn who_waits_too_long_for_a_decoder_is_told_to_come_back() {
        let mut inbound = Inbound::new(1 << 20, 1);
        inbound.decoder_wait = Duration::from_millis(20);
        let busy = Arc::clone(&inbound.decoders).acquire_owned().await.expect("free");
        let waiting = inbound.read(body(1), 1).await.expect("fits");
        let refused = inbound.decode(waiting, |_| Ok(())).await;
        assert!(matches!(refused, Err(ApiError::Overloaded { .. })));
        drop(busy);
        let next = inbound.read(body(1 << 20), 1 << 20).await.expect("the charge was given back");
        assert!(inbound.decode(next, |_| Ok(())).await.is_ok());
    }

    #[tokio::test]
    async fn a_decoder_that_panics_fails_its_own_request_only() {
        let inbound = Inbound::new(1 << 20, 1);
        let bad = inbound.read(body(1), 1).await.expect("fits");
        let good = inbound.read(body(1), 1).await.expect("fits");
        assert!(inbound.decode(bad, |_| -> Result<(), ApiError> { panic!("on purpose") }).await.is_err());
        assert!(inbound.decode(good, |_| Ok(())).await.is_ok());
    }
}
