//! Turns request bodies into the words of `aio-types`: decompression, remote write and read, Loki push, OTLP;
//! and back to bytes what leaves.
//!
//! ```text
//!   body --> body::decompress --> remote_write::{v1, v2}::decode -----------------------> MetricsWrite
//!                 |
//!                 +-------------> loki::decode_protobuf, loki::decode_json --------------> LogsWrite
//!                 |
//!                 +-------------> otlp::decode_protobuf --+--> otlp::metrics::translate --> MetricsWrite
//!                 |                                       +--> otlp::logs::translate -----> LogsWrite
//!                 +-------------> otlp::decode_json ------+--> otlp::traces::translate ---> TracesWrite
//!
//!   TracesWrite --> otlp::traces::to_otlp --> OTLP messages, for answers
//!   Samples ------> remote_read ------------> ReadResponse or frames of chunks, for answers
//!   Samples ------> openmetrics ------------> text, for other products
//!   MetricFamily -> exposition -------------> protobuf, for those who scrape
//! ```
//!
//! Invariants
//! - No input panics. Decompression stops at the limit the caller passed, and what would take more memory than
//!   [`DECODED_BYTES_MAX`] once decoded is refused before it is.
//! - Only a body that cannot be parsed at all is an error. A faulty series or point is skipped, counted and named;
//!   everything else in the same request is kept.
//! - Every metric's label set that leaves this crate has a non-empty `__name__`.
//!
//! What is absent on purpose: HTTP, async, clocks (the time of receipt is passed in), tenants, limits per tenant,
//! any store. Nothing here remembers anything between two calls.

pub mod body;
mod error;
pub mod exposition;
pub mod loki;
pub mod openmetrics;
pub mod otlp;
mod proto;
pub mod remote_read;
pub mod remote_write;
pub mod snappy;
mod spans;
mod weight;

pub use error::Error;
pub use weight::DECODED_BYTES_MAX;
