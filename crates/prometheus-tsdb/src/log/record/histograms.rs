//! Native histograms, whole ones.
//!
//! ```text
//!   series u64, time i64 of the first | each: series less that, time less that varint, histogram
//!   with start times (`WithStart`): each: series, time, start, histogram
//!   histogram  hint u8 | schema varint | zero threshold 64 bits | zero count, count uvarint | sum 64 bits
//!              | positive spans | negative spans: count uvarint, each: offset varint, length uvarint
//!              | positive buckets | negative buckets: count uvarint, each: varint less the one before
//!              | custom bounds, if the schema has them: count uvarint, each 64 bits
//!   of floats  zero count, count and buckets: 64 bits, absolute
//! ```

use std::sync::Arc;

use aio_types::{BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramSample, ResetHint, TimestampMs, is_stale};

use super::{Base, RefHistogram, WithStart};
use crate::bytes::Bytes;
use crate::chunk::{absolute, buckets, is_known};
use crate::error::Reason;

const HINTS: [ResetHint; 4] = [ResetHint::Unknown, ResetHint::Reset, ResetHint::NotReset, ResetHint::Gauge];
const MALFORMED: Reason = Reason::Borrowed("malformed record of histograms");

pub(super) fn decode(mut from: Bytes<'_>, are_floats: bool) -> Result<Vec<RefHistogram>, Reason> {
    let mut all = Vec::new();
    if from.is_empty() {
        return Ok(all);
    }
    let base = Base::read(&mut from).ok_or(MALFORMED)?;
    while !from.is_empty() {
        let (series, t) = base.next(&mut from).ok_or(MALFORMED)?;
        all.push(RefHistogram { series, sample: sample(&mut from, are_floats, t, TimestampMs(0))? });
    }
    Ok(all)
}

pub(super) fn decode_with_starts(mut from: Bytes<'_>, are_floats: bool) -> Result<Vec<RefHistogram>, Reason> {
    // The first series, time and start stand before everything, also where no histogram follows.
    let (mut all, mut state) = (Vec::new(), WithStart::default());
    while !from.is_empty() {
        let (series, t, start) = state.next(&mut from).ok_or(MALFORMED)?;
        all.push(RefHistogram { series, sample: sample(&mut from, are_floats, t, start)? });
    }
    Ok(all)
}

fn sample(from: &mut Bytes<'_>, is_float: bool, t: TimestampMs, start: TimestampMs) -> Result<HistogramSample, Reason> {
    let h = if is_float { histogram::<Floats>(from) } else { histogram::<Integers>(from) }.ok_or(MALFORMED)?;
    if is_stale(h.sum) {
        return Ok(HistogramSample { t, start, h: Arc::new(Histogram::stale()) });
    }
    if !is_known(h.schema) {
        return Err(format!("histograms of schema {} are not known here", h.schema).into());
    }
    let fits = |spans: &[BucketSpan], counts: &[f64]| buckets(spans) == Some(counts.len());
    if !fits(&h.positive_spans, &h.positive_buckets) || !fits(&h.negative_spans, &h.negative_buckets) {
        return Err("a histogram has not as many buckets as its spans say".into());
    }
    Ok(HistogramSample { t, start, h: Arc::new(h) })
}

/// How counts are written.
trait Numbers {
    fn count(from: &mut Bytes<'_>) -> Option<f64>;
    fn buckets(from: &mut Bytes<'_>) -> Option<Vec<f64>>;
}

struct Integers;

impl Numbers for Integers {
    #[expect(clippy::cast_precision_loss, reason = "counts are floats from here on, as they are for every query")]
    fn count(from: &mut Bytes<'_>) -> Option<f64> {
        from.uvarint().map(|count| count as f64)
    }

    fn buckets(from: &mut Bytes<'_>) -> Option<Vec<f64>> {
        let count = from.count(1)?;
        let differences = (0..count).map(|_| from.varint()).collect::<Option<Vec<_>>>()?;
        Some(absolute(differences.into_iter()))
    }
}

struct Floats;

impl Numbers for Floats {
    fn count(from: &mut Bytes<'_>) -> Option<f64> {
        from.float()
    }

    fn buckets(from: &mut Bytes<'_>) -> Option<Vec<f64>> {
        let count = from.count(8)?;
        (0..count).map(|_| from.float()).collect()
    }
}

fn histogram<N: Numbers>(from: &mut Bytes<'_>) -> Option<Histogram> {
    let reset_hint = HINTS.get(usize::from(from.byte()?)).copied().unwrap_or_default();
    let schema = i32::try_from(from.varint()?).ok()?;
    let zero_threshold = from.float()?;
    let (zero_count, count, sum) = (N::count(from)?, N::count(from)?, from.float()?);
    let (positive_spans, negative_spans) = (spans(from)?, spans(from)?);
    let (positive_buckets, negative_buckets) = (N::buckets(from)?, N::buckets(from)?);
    let custom_bounds = if schema == CUSTOM_BUCKETS_SCHEMA { Floats::buckets(from)?.into() } else { Arc::default() };
    Some(Histogram {
        schema,
        reset_hint,
        zero_threshold,
        zero_count,
        count,
        sum,
        positive_spans,
        negative_spans,
        positive_buckets,
        negative_buckets,
        custom_bounds,
    })
}

fn spans(from: &mut Bytes<'_>) -> Option<Vec<BucketSpan>> {
    let span = |from: &mut Bytes<'_>| {
        let offset = i32::try_from(from.varint()?).ok()?;
        Some(BucketSpan { offset, length: u32::try_from(from.uvarint()?).ok()? })
    };
    let count = from.count(2)?;
    (0..count).map(|_| span(from)).collect()
}
