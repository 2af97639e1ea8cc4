//! What becomes of numbers and native histograms over time, whatever language asked.
//!
//! ```text
//!   floats ─────> numeric ──┐
//!                           ├─> growth (rate, increase, delta, resets …)
//!   histograms ─> histogram ┘
//! ```
//!
//! Pure functions over slices: the same input gives the same output, down to the bits that Prometheus answers with.
//! What a computation has to tell besides its value comes back as [`Remarks`]; their wording is up to the language.
//!
//! Knows nothing of: languages, sources, stores, threads, time zones.

pub mod growth;
pub mod histogram;
pub mod numeric;
mod remarks;

pub use remarks::{Remark, Remarks};
