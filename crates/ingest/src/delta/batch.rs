//! What one write adds: kept beside the streams until the store has taken the totals.

use std::collections::HashMap;
use std::sync::MutexGuard;

use aio_types::Labels;
use aio_wire::otlp::metrics::{Point, Value};

use super::held::Held;
use super::{Stream, Streams};

/// One write under way.
pub(crate) struct Batch<'s> {
    streams: MutexGuard<'s, Streams>,
    pending: HashMap<Labels, Stream>,
    held: &'s Held,
    /// Streams and bytes that go again unless this is committed.
    reserved: (usize, usize),
    /// Bytes that go once this is committed.
    freed: usize,
    now_ms: i64,
}

/// What a delta makes of its stream.
#[derive(Debug, PartialEq)]
pub(crate) enum Total {
    /// The point, with the total.
    Is(Point),
    /// The newest delta once more: sent again by somebody who did not hear the answer.
    IsKnown,
}

/// Why a delta was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Its time has been counted.
    #[error("delta out of order: it ends at {t} ms, the stream is at {last} ms")]
    OutOfOrder {
        /// The delta's end.
        t: i64,
        /// That of the newest one.
        last: i64,
    },
    /// The store would refuse it, and its stream would stand in the future.
    #[error("delta out of bounds: it ends at {t} ms, more than 10 minutes in the future")]
    TooNew {
        /// The delta's end.
        t: i64,
    },
    /// No room for another stream.
    #[error("too many streams with delta temporality, the limit is {limit}")]
    TooManyStreams {
        /// The most there may be.
        limit: usize,
    },
    /// No room for what the stream holds.
    #[error("streams with delta temporality take too much memory, the limit is {limit} bytes")]
    TooLarge {
        /// The most they may take.
        limit: usize,
    },
}

impl<'s> Batch<'s> {
    pub(super) fn new(streams: MutexGuard<'s, Streams>, held: &'s Held, now_ms: i64) -> Self {
        Self { streams, pending: HashMap::new(), held, reserved: (0, 0), freed: 0, now_ms }
    }

    /// Adds a delta to its stream. The first of a stream is its own total; so is one with other bounds, and with both the
    /// total counts since that delta's start.
    pub(crate) fn add(&mut self, mut point: Point) -> Result<Total, Refusal> {
        if point.t.0 > self.now_ms.saturating_add(aio_store_metrics::FUTURE_MS_MAX) {
            return Err(Refusal::TooNew { t: point.t.0 });
        }
        let old = self.pending.get(&point.labels).or_else(|| self.streams.0.get(&point.labels));
        let known = old.filter(|stream| stream.is_live(self.now_ms));
        let mark = mark_of(&point.value);
        if let Some(stream) = known.filter(|stream| point.t <= stream.last) {
            let is_known = point.t == stream.last && mark == stream.mark;
            let refusal = Refusal::OutOfOrder { t: point.t.0, last: stream.last.0 };
            return if is_known { Ok(Total::IsKnown) } else { Err(refusal) };
        }
        let next = next(known, &point, mark, self.now_ms);
        let old_bytes = old.map_or(0, |stream| stream.bytes(&point.labels));
        let is_new = old.is_none();
        // A series that ends is told, and what it came to is kept: it may go on.
        if point.is_stale && known.is_none() {
            return Ok(Total::Is(point));
        }
        self.charge(is_new, old_bytes, next.bytes(&point.labels))?;
        (point.start, point.value) = (next.start, next.value.clone());
        self.pending.insert(point.labels.clone(), next);
        Ok(Total::Is(point))
    }

    fn charge(&mut self, is_new: bool, old: usize, new: usize) -> Result<(), Refusal> {
        let (streams, bytes) = (usize::from(is_new), new.saturating_sub(old));
        self.held.reserve(streams, bytes)?;
        self.reserved = (self.reserved.0 + streams, self.reserved.1 + bytes);
        self.freed += old.saturating_sub(new);
        Ok(())
    }

    /// Remembers what was added.
    pub(crate) fn commit(mut self) {
        self.reserved = (0, 0);
        self.held.release(0, self.freed);
        let pending = std::mem::take(&mut self.pending);
        self.streams.0.extend(pending);
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.held.release(self.reserved.0, self.reserved.1);
    }
}

/// The stream after a delta.
fn next(known: Option<&Stream>, point: &Point, mark: u64, now_ms: i64) -> Stream {
    let mut next = Stream { start: point.start, last: point.t, mark, value: point.value.clone(), touched_ms: now_ms };
    if let Some(stream) = known {
        let mut total = stream.value.clone();
        if point.is_stale || total.add(&point.value) {
            (next.start, next.value) = (stream.start, total);
        }
    }
    next
}

/// Equal for equal deltas, and hardly ever for others.
fn mark_of(delta: &Value) -> u64 {
    let mix = |a: f64, b: f64| a.to_bits().rotate_left(17) ^ b.to_bits();
    match delta {
        Value::Number(v) => v.to_bits(),
        Value::Explicit(value) => mix(value.count, value.sum.unwrap_or_default()),
        Value::Exponential(value) => mix(value.histogram.count, value.histogram.sum),
        Value::Summary(value) => mix(value.count, value.sum),
    }
}
