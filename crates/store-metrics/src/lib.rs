//! The metrics store: appends samples durably and serves them from memory and disk alike.
//!
//! ```text
//!   append ──> Wal ──> Head (open buffers, XOR chunks) ──cut──> Block (immutable file)
//!                        └──────────────┬──────────────────────────┘
//!                                  MetricsSource ──> promql
//! ```
//!
//! Invariants: an acknowledged sample is in the log before `append` returns; a block is never changed once published;
//! a timestamp occurs once per series in any answer, however often it is stored.
//! Knows nothing of: HTTP, PromQL, tokio, the wall clock (time comes as an argument).

mod block;
mod chunk;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod head;
mod index;
mod merge;
mod record;
mod source;
mod store;

pub use error::Error;
pub use store::{AppendReport, Config, MetricsStore};
