//! LogQL: parse, check and evaluate one query over one [`aio_source::LogsSource`].
//!
//! ```text
//!   text ──lexer──> tokens ──parser──> Expr ──┬── log query ──> pipeline per line ──> newest or oldest lines
//!                                             └── metric query ──> samples per label set ──> windows on a step grid
//! ```
//!
//! Invariants: what is not there yet is an error that names it, never a wrong number; a query stops soon after it is
//! told to; memory is bounded by the limit of lines or of samples. Knows nothing of: stores, HTTP, JSON envelopes.

mod ast;
mod engine;
mod error;
mod hints;
mod lexer;
mod lines;
mod metric;
pub mod parse;
mod parser;
mod pipeline;
mod stage;
mod units;

pub use ast::Expr;
pub use engine::{Answer, Direction, Engine, Limits, LogLine, MetricSeries, RangeRequest, StreamLines};
pub use error::Error;
pub use parser::{parse, parse_matchers};
