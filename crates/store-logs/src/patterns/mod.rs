//! What lines have in common: found once, when a chunk is written, and joined over chunks when somebody asks.
//!
//! ```text
//!   chunk written ──> summary: patterns by level, lines per ten seconds ──> a column of the index
//!   asked ──> summaries of chunks in range ─┐
//!             lines in memory ──────────────┴──> one miner per level ──> patterns of all of them
//! ```

mod join;
mod summary;

pub(crate) use join::Joined;
pub(crate) use summary::{Summary, encode};
