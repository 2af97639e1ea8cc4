//! What all native histograms of a chunk have in common.
//!
//! ```text
//!   header          count u16 BE | flags u8                  flags: 10… reset, 01… none, 11… gauge, 00… unknown
//!   header with ST  2 bits flags, 14 bits count | start header
//!   layout          zero threshold: 0 | 1..=254 a power of two | 255 and 64 bits
//!                   schema varbit | positive spans | negative spans | custom bounds, if the schema has them
//!   spans           count varbit | each: length varbit, offset varbit
//!   bounds          count varbit | each: thousandths + 1 varbit, or 0 and 64 bits
//! ```

use std::sync::Arc;

use aio_types::{BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram, ResetHint};

use super::MALFORMED;
use super::start::Starts;
use crate::bits::Bits;
use crate::bytes::Bytes;
use crate::error::Reason;

const GAUGE: u8 = 0b1100_0000;
const FLAGS: u8 = 0b1100_0000;
/// Schemas of exponential buckets.
const SCHEMAS: std::ops::RangeInclusive<i32> = -4..=8;

/// Before the samples.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) count: usize,
    is_gauge: bool,
    pub(super) starts: Starts,
}

impl Header {
    pub(super) fn read(from: &mut Bytes<'_>, has_starts: bool) -> Option<Self> {
        let (count, flags) = (from.be16()?, from.byte()?);
        let (count, flags, starts) =
            if has_starts { (count & 0x3fff, count.to_be_bytes()[0], flags) } else { (count, flags, 0) };
        let is_gauge = flags & FLAGS == GAUGE;
        Some(Self { count: usize::from(count), is_gauge, starts: Starts::new(starts) })
    }

    /// What is known about a reset. A counter's chunk has none inside; about the chunk before nobody can be sure.
    pub(super) fn hint(&self, position: usize) -> ResetHint {
        match position {
            _ if self.is_gauge => ResetHint::Gauge,
            0 => ResetHint::Unknown,
            _ => ResetHint::NotReset,
        }
    }
}

/// A histogram without numbers, and how many buckets it has on either side.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) empty: Histogram,
    pub(super) positive: usize,
    pub(super) negative: usize,
}

impl Layout {
    /// `bucket_bits` is what a bucket takes at least in the first sample.
    pub(super) fn read(bits: &mut Bits<'_>, bucket_bits: usize) -> Result<Self, Reason> {
        let zero_threshold = zero_threshold(bits).ok_or(MALFORMED)?;
        let schema = bits.varbit_int().and_then(|schema| i32::try_from(schema).ok()).ok_or(MALFORMED)?;
        if !is_known(schema) {
            return Err(format!("histograms of schema {schema} are not known here").into());
        }
        Self::read_buckets(bits, bucket_bits, schema, zero_threshold).ok_or(MALFORMED)
    }

    fn read_buckets(bits: &mut Bits<'_>, bucket_bits: usize, schema: i32, zero_threshold: f64) -> Option<Self> {
        let (positive_spans, negative_spans) = (spans(bits)?, spans(bits)?);
        let custom_bounds = if schema == CUSTOM_BUCKETS_SCHEMA { bounds(bits)? } else { Arc::default() };
        let (positive, negative) = (buckets(&positive_spans)?, buckets(&negative_spans)?);
        if positive.checked_add(negative)?.checked_mul(bucket_bits)? > bits.left() {
            return None;
        }
        let empty =
            Histogram { schema, zero_threshold, positive_spans, negative_spans, custom_bounds, ..Histogram::default() };
        Some(Self { empty, positive, negative })
    }
}

/// Whether histograms of that schema can be understood.
pub(crate) fn is_known(schema: i32) -> bool {
    SCHEMAS.contains(&schema) || schema == CUSTOM_BUCKETS_SCHEMA
}

/// How many buckets spans have.
pub(crate) fn buckets(spans: &[BucketSpan]) -> Option<usize> {
    spans.iter().try_fold(0_usize, |all, span| all.checked_add(usize::try_from(span.length).ok()?))
}

fn zero_threshold(bits: &mut Bits<'_>) -> Option<f64> {
    match bits.bits(8)? {
        0 => Some(0.0),
        255 => bits.float(),
        // A half times two to the power of what is left of 243.
        byte => Some(2.0_f64.powi(i32::try_from(byte).ok()? - 244)),
    }
}

fn spans(bits: &mut Bits<'_>) -> Option<Vec<BucketSpan>> {
    let span = |bits: &mut Bits<'_>| {
        let length = u32::try_from(bits.varbit_uint()?).ok()?;
        Some(BucketSpan { offset: i32::try_from(bits.varbit_int()?).ok()?, length })
    };
    let count = count(bits)?;
    (0..count).map(|_| span(bits)).collect()
}

fn bounds(bits: &mut Bits<'_>) -> Option<Arc<[f64]>> {
    #[expect(clippy::cast_precision_loss, reason = "thousandths of a bound that a person wrote")]
    let bound = |bits: &mut Bits<'_>| match bits.varbit_uint()? {
        0 => bits.float(),
        thousandths => Some((thousandths - 1) as f64 / 1000.0),
    };
    let count = count(bits)?;
    (0..count).map(|_| bound(bits)).collect()
}

/// A count of things that take a bit at least.
fn count(bits: &mut Bits<'_>) -> Option<usize> {
    let count = usize::try_from(bits.varbit_uint()?).ok()?;
    (count <= bits.left()).then_some(count)
}
