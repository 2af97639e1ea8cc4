//! Reads what Prometheus keeps on disk: blocks, the write-ahead log, memory-mapped chunks. Reads only, and never more
//! than it needs of a file at a time.
//!
//! ```text
//!   DIR/  01HZX…/                       Block ──> series by series, in order of labels
//!         wal/ wbl/ chunks_head/        Head  ──> the same of what was in memory: what the server would serve after
//!                                                 its next start
//! ```
//!
//! Invariants: damaged bytes give an error that names file and offset, never a panic, and no more memory than a
//! multiple of their size; what was deleted does not come out; every bit of a value does.
//! Source of the formats: the descriptions in `tsdb/docs/format` of Prometheus 3.14, and files written by 2.42.
//! Knows nothing of: our own stores, PromQL, writing.

mod bits;
mod block;
mod bytes;
mod chunk;
mod crc32c;
mod cut;
mod dir;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod head;
mod in_use;
mod log;
mod numbered;
#[cfg(test)]
mod testkit;
mod window;

pub use block::{Block, BlockSeries, Meta};
pub use cut::{Cut, cut};
pub use dir::{DataDir, PassedOver};
pub use error::Error;
pub use head::{Head, HeadFiles, HeadSeries, Lost};
