//! PromQL: text in, values out, over a source of series.
//!
//! ```text
//!   text ──parse──> Expr ──lower──> Plan ──eval over the steps──> rows ──> Outcome
//!                                             │        │
//!                                          select   notes, budget
//!                                             │
//!                                       MetricsSource
//! ```
//!
//! A plan is made once. Its nodes yield rows: one series each, with one value per step in a dense column, histograms
//! beside it where there are any. Series are read once each, in parallel, and everything made of them while they are at
//! hand; grouping and matching are done once per series, not per step.
//!
//! Invariants: nothing is evaluated on the tree of the text; an instant query is a grid of one step; answers, errors and
//! notes are those of Prometheus 3, histograms included.
//! Knows nothing of: HTTP, stores, the wall clock.

mod aggregate;
mod answers;
mod binary;
mod budget;
mod column;
mod config;
mod engine;
mod error;
mod eval;
mod format;
mod functions;
mod labels;
mod lower;
pub mod notation;
mod notes;
mod outcome;
pub mod parse;
mod plan;
mod row;
mod select;
mod selectors;
mod window;

pub use aio_series::histogram::{Bucket, buckets};
pub use aio_types::Samples;
pub use config::{Config, Options};
pub use engine::Engine;
pub use error::Error;
pub use format::{format_float, write_float, write_whole};
pub use outcome::{Instant, Outcome, Series, Stats, Value, VectorSample};
pub use selectors::{format_query, parse_selector, selectors_of};
