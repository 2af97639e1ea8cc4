//! What a scraped page holds, as `io.prometheus.client` messages, and the choice among a page's formats.
//!
//! ```text
//!   Accept: ... --> Format::negotiate --> text (written by the caller) | MetricFamily::encode_length_delimited ...
//! ```
//!
//! Sources: Prometheus' `metrics.proto` and its exposition formats.

mod accept;
mod message;

pub use accept::{Encoding, Format};
pub use message::{
    Bucket, BucketSpan, Histogram, LabelPair, Metric, MetricFamily, MetricType, Untyped, cumulative_buckets,
};
