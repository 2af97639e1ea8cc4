//! A small shop that does not exist, and its telemetry over OTLP.
//!
//! ```text
//!   Shop::advance(now) ──requests──> spans, log records, measurements ──> Batch ──Sender──> OTLP/gRPC
//! ```
//!
//! Seven services, two databases, a cache and a bank that is slow for two minutes of every fifteen. Everything follows
//! from a seed and the times handed in, so that a test or a bench can have the same telemetry again. Knows nothing of:
//! clocks, pacing, stores.

mod build;
mod meters;
mod random;
mod request;
mod sender;
mod shop;
mod topology;

pub use sender::{Error, Sender};
pub use shop::{Batch, Shop};
