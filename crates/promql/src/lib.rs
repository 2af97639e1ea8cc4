//! PromQL: text in, values out, over a source of series.
//!
//! ```text
//!   text ──guard──> promql-parser ──lower──> Plan ──eval over the step grid──> Outcome
//!                                                        │
//!                                                  MetricsSource
//! ```
//!
//! Invariants: nothing is evaluated on the parser's tree; a construct that is not there yet is
//! [`Error::NotSupported`] by name, never a wrong number; an instant query is a grid of one step.
//! Knows nothing of: HTTP, stores, threads, the wall clock.

mod aggregate;
mod binary;
mod dates;
mod engine;
mod error;
mod eval;
mod format;
mod functions;
mod guard;
mod histogram;
mod join;
mod lower;
mod math;
mod notes;
pub mod parse;
mod plan;
mod range;
mod relabel;
mod sum;
mod window;

pub use engine::{Config, Engine, Options, Outcome, Series, Value, format_query, parse_selector, selectors_of};
pub use error::Error;
pub use format::format_float;
