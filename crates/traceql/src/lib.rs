//! TraceQL: parse and evaluate a query over one [`aio_source::TracesSource`].
//!
//! ```text
//!   text ──parse──> Query ──compiled──> Plan ──whole traces──> sets of spans ──> TraceSummary
//!                                                                          \──> series
//! ```
//!
//! Invariants: a trace is judged as a whole; a missing attribute satisfies no comparison except with `nil`; what is
//! in the language but not evaluated is an error that names it; a query stops soon after it is told to. Knows nothing of: stores, HTTP.

pub mod ast;
mod completion;
mod error;
mod eval;
mod hints;
mod metrics;
mod parse;
mod print;
mod search;
mod shown;
mod text;

pub use completion::{Attribute, Filter};
pub use error::Error;
pub use metrics::{Exemplar, Grid, MetricsAnswer, MetricsRequest, Series, metrics};
pub use parse::parse;
pub use search::{Inspected, MatchedSet, MatchedSpan, SearchRequest, TraceSummary, search};
