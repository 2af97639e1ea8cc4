//! The metrics store: appends samples durably and serves them from memory and disk alike.
//!
//! ```text
//!   append ──judge──> Wal ──> Head (XOR chunks, growing) ──cut──> Block (immutable file)
//!                               └──────────────┬──────────────────────┘
//!                                     Snapshot (MetricsSource) ──> promql
//! ```
//!
//! Invariants: an acknowledged sample is in the log before `append` returns; a block is never changed once published;
//! a snapshot never changes; a timestamp occurs once per series in any answer, however often it is stored.
//! Knows nothing of: HTTP, PromQL, tokio, the wall clock (time comes as an argument).

mod block;
mod block_writer;
mod chunk;
mod cut;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod head;
mod import;
mod index;
mod judge;
mod merge;
mod record;
mod series;
mod source;
mod store;
mod tenant;

pub use error::Error;
pub use import::ImportReport;
pub use store::{AppendReport, Config, MetricsStore, OnFault};
