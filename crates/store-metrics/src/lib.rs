//! The metrics store: appends samples durably and serves them from memory and disk alike.
//!
//! ```text
//!   append ──judge──> Wal ──> Head (chunks that grow) ──cut──> Block (immutable file) ──compact──> Block
//!   delete ───────────┘         └──────────────┬──────────────────────┘
//!                                     Snapshot (MetricsSource) ──> promql
//! ```
//!
//! Invariants: an acknowledged sample is in the log before `append` returns; a block is never changed once published;
//! a snapshot never changes; a timestamp occurs once per series in any answer, however often it is stored; what was
//! deleted does not come back, and what is written after a deletion is not touched by it.
//! Knows nothing of: HTTP, PromQL, tokio, the wall clock (time comes as an argument).

#[doc(hidden)]
pub mod bench;
mod block;
mod block_writer;
mod changes;
mod chunk;
mod churn;
mod compact;
mod cut;
mod delete;
mod error;
#[cfg(test)]
mod every_kind_tests;
mod figures;
mod found;
#[doc(hidden)]
pub mod fuzz;
mod hash;
mod head;
mod import;
mod index;
mod judge;
mod merge;
mod metadata;
mod plan;
mod read_only;
mod recent;
mod record;
mod replay;
mod retention;
mod select;
mod series;
mod snapshot;
mod source;
mod store;
mod tenant;
mod tombstones;

pub use error::Error;
pub use import::{Digest, FinishedImport, Import, ImportReport};
pub use judge::FUTURE_MS_MAX;
pub use read_only::ReadOnly;
pub use store::{AppendReport, Config, MetricsStore, OnFault};
