//! LogQL: parse, check and evaluate one query over one [`aio_source::LogsSource`].
//!
//! ```text
//!   text ──parse──> Expr ──plan──┬── log query ──> pipeline per line ──> newest or oldest lines
//!                                └── metric query ──> counts and values per label set ──> windows on a step grid
//! ```
//!
//! A pipeline is compiled once and applied to one line after the other; what stages make of a line lies in buffers that
//! the next line reuses, so that a line that does not pass costs no memory. Parsers stop at the last label that the
//! result depends on, and faults behind it are never seen, as in Loki.
//!
//! Invariants: nothing is evaluated on the tree of the text; answers and errors are those of Loki 3.7; a query stops
//! soon after it is told to; memory is bounded by the limit of lines or of samples. Knows nothing of: stores, HTTP,
//! JSON envelopes.

mod ahead;
pub mod detect;
mod engine;
mod error;
mod explain;
mod follow;
#[doc(hidden)]
pub mod fuzz;
mod line;
mod lines;
mod metric;
pub mod parse;
mod pipeline;
mod plan;
mod stage;
mod units;

pub use engine::{
    Account, Answer, Config, Direction, Engine, LogLine, MetricSeries, Outcome, RangeRequest, StreamLines,
};
pub use error::Error;
pub use explain::{Explained, explain};
pub use follow::Follow;
pub use parse::ast::Expr;
pub use parse::{matchers, parse, parse_matchers};
