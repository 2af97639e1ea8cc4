//! Traces: ids or a time range in, whole traces out.

use std::ops::ControlFlow;

use aio_types::{Span, TimestampNs, TraceId};

use crate::Error;

/// Which traces to read.
#[derive(Debug, Clone)]
pub struct TracesSelect {
    /// First nanosecond inside.
    pub start: TimestampNs,
    /// First nanosecond after it.
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

    /// Hands out each trace with a span that starts in the range, whole, the one with the newest span first.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn select(&self, select: &TracesSelect, visit: &mut dyn FnMut(TraceSpans) -> ControlFlow<()>) -> Result<(), Error>;
}
