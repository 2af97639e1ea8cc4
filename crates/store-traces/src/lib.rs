//! Spans: a log of writes, a head in memory, immutable columnar blocks, and sled as their catalogue.
//!
//! ```text
//!   append ──> log of writes ──> head (by trace) ──seal──> sealed ──write──> TENANT/DAY/*.spans + catalogue
//!                                   \______________________\________________/
//!                                        TracesSource: joined by trace, repeats removed
//! ```
//!
//! Invariants
//! - An `Ok` from [`TracesStore::append`] means the spans are in the log of writes and every later read sees them.
//! - A span is in at least one of head, sealed and block at every moment a reader can observe, and readers remove
//!   repeats, so it is seen exactly once.
//! - Blocks of a day cover records of the log up to a marker, which tells replay what the day holds already.
//! - The day a span is kept under follows from its start and its arrival alone; times far from the arrival make no
//!   days of their own.
//! - A page whose checksum is wrong is never served. The catalogue can always be rebuilt from the blocks.
//!
//! What is absent on purpose: TraceQL, limits per tenant, clocks. Only `catalogue` names sled.

mod block;
mod catalogue;
mod codec;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod head;
mod meta;
mod partition;
mod record;
mod repeats;
mod source;
mod store;
mod table;

pub use error::Error;
pub use store::{Config, TracesRetention, TracesStore};
