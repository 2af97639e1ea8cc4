//! Native histograms: what their buckets are, and the arithmetic on them.
//!
//! Operations change their first operand in place, as the histograms that an engine adds up are its own. Histograms are
//! expected to be [valid](validate()); of others nothing is said but that nothing panics. Source of all behaviour:
//! `model/histogram/float_histogram.go` and `promql/quantile.go` of Prometheus.

mod add;
mod aggregate;
mod bounds;
mod bucket;
mod cells;
mod classic;
mod compact;
mod custom;
mod equal;
mod fraction;
mod fractions;
mod hints;
mod nhcb;
pub mod notation;
mod print;
mod quantile;
mod reduce;
mod reset;
mod scale;
mod spans;
mod spread;
mod text;
mod trim;
mod validate;
mod zero;

pub use add::{Combined, IncompatibleLayouts, add, subtract};
pub use aggregate::{Aggregate, Aggregated, Mean, Total};
pub use bounds::{bucket_index, exponential_bound, upper_bound};
pub use bucket::{Bucket, Rule, Slot, bucket_at, buckets, buckets_descending, filled_buckets, slots, slots_descending};
pub use classic::{ClassicBucket, ClassicQuantile, Straightened, classic_fraction, classic_quantile};
pub use compact::{compact, compact_to};
pub use equal::equal;
pub use fraction::fraction;
pub use hints::{as_stored, as_watched};
pub use nhcb::{ClassicHistogram, Error as ClassicError};
pub use print::format_shortest;
pub use quantile::quantile;
pub use reduce::{
    MAX_KNOWN_SCHEMA, MAX_SCHEMA, MIN_KNOWN_SCHEMA, MIN_SCHEMA, limit_buckets, reduce, reduce_to_supported,
};
pub use reset::detect_reset;
pub use scale::{divide, has_overflow, multiply};
pub use spread::{mean, standard_deviation, standard_variance};
pub use text::text;
pub use trim::{Keep, trim};
pub use validate::{Error as InvalidHistogram, validate, validate_whole};

use aio_types::Histogram;

/// How many buckets a histogram spells out, empty ones included, the zero bucket not.
#[must_use]
pub fn bucket_count(h: &Histogram) -> usize {
    h.positive_buckets.len() + h.negative_buckets.len()
}

/// Memory that a histogram takes, in bytes, its shared bounds included.
#[must_use]
pub fn size(h: &Histogram) -> usize {
    let spans = h.positive_spans.len() + h.negative_spans.len();
    size_of::<Histogram>() + 8 * (spans + bucket_count(h) + h.custom_bounds.len())
}

#[cfg(test)]
mod properties;
