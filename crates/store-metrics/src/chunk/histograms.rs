//! A run of native histograms of one layout: the layout once, then every number as a column over time.
//!
//! ```text
//!   body   = layout | hints | columns of floats: count, sum, zero count, every positive bucket, every negative one
//!   layout = schema | zero threshold | positive spans | negative spans | n positive buckets | n negative buckets
//!            | n custom bounds, each its bits
//!   spans  = n: offset length
//!   hints  = 1 | the hint of all; or 0 | the hint of each
//! ```
//!
//! A bucket of a histogram that counts is itself a slow counter, so its column is small whole numbers.

use std::sync::Arc;

use aio_kit::bytes::{Reader, Writer};
use aio_types::{BucketSpan, Histogram, HistogramSample, ResetHint};

use super::floats;
use super::ints::Effort;

const HINTS: [ResetHint; 4] = [ResetHint::Unknown, ResetHint::Reset, ResetHint::NotReset, ResetHint::Gauge];
/// Count, sum, zero count.
const PLAIN_COLUMNS: usize = 3;
/// Numbers in a run of more than one histogram: damaged bytes cannot ask for more memory than that.
const CELLS_MAX: usize = 1 << 18;

/// Whether two histograms can be in one run.
pub(crate) fn same_layout(a: &Histogram, b: &Histogram) -> bool {
    a.schema == b.schema
        && a.zero_threshold.to_bits() == b.zero_threshold.to_bits()
        && a.positive_spans == b.positive_spans
        && a.negative_spans == b.negative_spans
        && a.positive_buckets.len() == b.positive_buckets.len()
        && a.negative_buckets.len() == b.negative_buckets.len()
        && (Arc::ptr_eq(&a.custom_bounds, &b.custom_bounds)
            || a.custom_bounds.iter().map(|v| v.to_bits()).eq(b.custom_bounds.iter().map(|v| v.to_bits())))
}

/// How many histograms of this layout a run may have.
pub(super) fn run_max(histogram: &Histogram, samples_max: usize) -> usize {
    let columns = PLAIN_COLUMNS + histogram.positive_buckets.len() + histogram.negative_buckets.len();
    (CELLS_MAX / columns).clamp(1, samples_max)
}

/// Appends a run of one layout.
pub(super) fn encode(samples: &[HistogramSample], effort: Effort, out: &mut Writer) {
    let Some(first) = samples.first() else { return };
    encode_layout(&first.h, out);
    let hints: Vec<u8> = samples.iter().map(|s| hint_byte(s.h.reset_hint)).collect();
    let is_one = hints.iter().all(|h| *h == hints[0]);
    out.byte(u8::from(is_one));
    out.0.extend_from_slice(if is_one { &hints[..1] } else { &hints });
    let mut column = Vec::with_capacity(samples.len());
    let mut encode = |number: &dyn Fn(&Histogram) -> f64| {
        column.clear();
        column.extend(samples.iter().map(|s| number(&s.h)));
        floats::encode(&column, effort, out);
    };
    encode(&|h| h.count);
    encode(&|h| h.sum);
    encode(&|h| h.zero_count);
    (0..first.h.positive_buckets.len()).for_each(|i| encode(&|h| h.positive_buckets[i]));
    (0..first.h.negative_buckets.len()).for_each(|i| encode(&|h| h.negative_buckets[i]));
}

/// A decoded run: numbers by column.
#[derive(Debug)]
pub(super) struct Run {
    layout: Histogram,
    positive: usize,
    negative: usize,
    hints: Vec<ResetHint>,
    count: usize,
    numbers: Vec<f64>,
}

impl Run {
    /// `None` where the bytes are no run of `count` histograms.
    pub(super) fn decode(from: &mut Reader<'_>, count: usize, ints: &mut Vec<i64>) -> Option<Self> {
        let (layout, positive, negative) = decode_layout(from)?;
        let columns = PLAIN_COLUMNS + positive + negative;
        if count > 1 && columns.checked_mul(count)? > CELLS_MAX {
            return None;
        }
        let hints = decode_hints(from, count)?;
        let mut numbers = Vec::new();
        for _ in 0..columns {
            floats::decode(from, count, count, ints, &mut numbers)?;
        }
        Some(Self { layout, positive, negative, hints, count, numbers })
    }

    /// The histogram at a position below the count.
    pub(super) fn get(&self, position: usize) -> Histogram {
        let number = |column: usize| self.numbers[column * self.count + position];
        let buckets = |columns: std::ops::Range<usize>| columns.map(number).collect();
        let positive = PLAIN_COLUMNS..PLAIN_COLUMNS + self.positive;
        Histogram {
            reset_hint: self.hints[position],
            count: number(0),
            sum: number(1),
            zero_count: number(2),
            negative_buckets: buckets(positive.end..positive.end + self.negative),
            positive_buckets: buckets(positive),
            ..self.layout.clone()
        }
    }
}

fn hint_byte(hint: ResetHint) -> u8 {
    HINTS.iter().position(|h| *h == hint).and_then(|i| u8::try_from(i).ok()).unwrap_or(0)
}

fn decode_hints(from: &mut Reader<'_>, count: usize) -> Option<Vec<ResetHint>> {
    let is_one = from.byte()? == 1;
    let bytes = from.take(if is_one { 1 } else { count })?;
    let hint = |b: &u8| HINTS.get(usize::from(*b)).copied();
    if is_one { hint(&bytes[0]).map(|h| vec![h; count]) } else { bytes.iter().map(hint).collect() }
}

/// Appends what histograms of a run share.
pub(crate) fn encode_layout(h: &Histogram, out: &mut Writer) {
    out.int(h.schema.into());
    out.float(h.zero_threshold);
    for spans in [&h.positive_spans, &h.negative_spans] {
        out.uint(spans.len() as u64);
        for span in spans {
            out.int(span.offset.into());
            out.uint(span.length.into());
        }
    }
    out.uint(h.positive_buckets.len() as u64);
    out.uint(h.negative_buckets.len() as u64);
    out.uint(h.custom_bounds.len() as u64);
    h.custom_bounds.iter().for_each(|bound| out.float(*bound));
}

/// A histogram without numbers, and how many positive and negative buckets it is to have: no more than there are bytes.
pub(crate) fn decode_layout(from: &mut Reader<'_>) -> Option<(Histogram, usize, usize)> {
    let schema = i32::try_from(from.int()?).ok()?;
    let zero_threshold = from.float()?;
    let (positive_spans, negative_spans) = (decode_spans(from)?, decode_spans(from)?);
    let (positive, negative) = (from.count()?, from.count()?);
    let custom_bounds = (0..from.count()?).map(|_| from.float()).collect::<Option<_>>()?;
    let layout =
        Histogram { schema, zero_threshold, positive_spans, negative_spans, custom_bounds, ..Histogram::default() };
    Some((layout, positive, negative))
}

fn decode_spans(from: &mut Reader<'_>) -> Option<Vec<BucketSpan>> {
    let span = |from: &mut Reader<'_>| {
        let offset = i32::try_from(from.int()?).ok()?;
        Some(BucketSpan { offset, length: u32::try_from(from.uint()?).ok()? })
    };
    (0..from.count()?).map(|_| span(from)).collect()
}
