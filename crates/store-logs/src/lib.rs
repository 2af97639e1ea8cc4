//! Log streams: a log of writes, open chunks in memory, and one tantivy index per tenant and day.
//!
//! ```text
//!   append ──> log of writes ──> head (open chunks) ──seal──> sealed ──commit──> partition TENANT/DAY
//!                                   \________________________\___________________/
//!                                                 LogsSource: merged, repeats removed
//! ```
//!
//! Invariants
//! - An `Ok` from [`LogsStore::append`] means the lines are in the log of writes and every later read sees them.
//! - A line is in at least one of head, sealed and partition at every moment a reader can observe, and readers remove
//!   repeats, so it is seen exactly once.
//! - Pruning never changes an answer: an index lookup may only rule out chunks that cannot hold a wanted line.
//! - A chunk whose checksum is wrong is never served; a partition whose index files are damaged is set aside.
//!
//! - Lines are counted by their times, lengths and levels alone, and counts are those of the lines a reader sees.
//!
//! What is absent on purpose: LogQL, limits per tenant, clocks. Only `partition` names tantivy.

mod bloom;
mod chunk;
mod counting;
mod dirs;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod head;
mod line_filter;
mod page;
mod partition;
mod patterns;
mod plan;
mod record;
mod repeats;
mod slices;
mod source;
mod store;
mod tokens;
mod tombstones;

pub use error::Error;
pub use store::{Config, KeptStreams, LogsRetention, LogsStore};
pub use tombstones::{DeleteLines, DeleteRequest, LineQuery, LineTest, ReadQuery};
