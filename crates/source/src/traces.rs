//! Traces: ids or a time range in, whole traces out.

use std::ops::ControlFlow;

use aio_types::{Span, TimestampNs, TraceId};

use crate::Error;

/// Which traces to read: those with something under way in the range.
#[derive(Debug, Clone)]
pub struct TracesSelect {
    /// First nanosecond inside: traces that ended before it are not wanted.
    pub start: TimestampNs,
    /// First nanosecond after it: traces that began at it or later are not wanted.
    pub end: TimestampNs,
    /// Names of services of which every wanted trace has a span. A hint: other traces may come as well.
    pub services: Vec<String>,
    /// Names that a span of every wanted trace has. A hint, as above.
    pub names: Vec<String>,
}

/// All spans of one trace that are known.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSpans {
    /// The trace.
    pub trace_id: TraceId,
    /// By start, then by span id; no two equal.
    pub spans: Vec<Span>,
}

/// A view of one tenant's traces.
pub trait TracesSource: Send + Sync {
    /// The whole trace, or `None` where no span of it is known.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn trace(&self, id: TraceId) -> Result<Option<TraceSpans>, Error>;

    /// Hands out each trace that is under way in the range, whole and once, together with a bound: neither this trace
    /// nor any that follows begins after it. Bounds only fall, so that a reader who wants the newest few knows when to
    /// stop. A trace of which parts are stored apart and nothing but the time between them is in the range may be
    /// left out.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn select(
        &self,
        select: &TracesSelect,
        visit: &mut dyn FnMut(TraceSpans, TimestampNs) -> ControlFlow<()>,
    ) -> Result<(), Error>;
}
