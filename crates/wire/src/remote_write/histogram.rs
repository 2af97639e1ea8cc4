//! Native histograms: the message both versions share, and what it must be to be one.
//!
//! Integer histograms come as deltas between buckets, float ones as counts; both leave as counts. Resolutions finer than
//! schema 8 are brought down to it, spans that say the same in more words are shortened.

use std::sync::Arc;

use aio_types::{BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramSample, ResetHint, TimestampMs, is_stale};

use crate::Error;
use crate::proto::{Fields, Value, unzigzag};
use crate::spans;
use crate::weight::Budget;

/// The coarsest and the finest exponential schema that is stored.
const SCHEMA_MIN: i32 = -4;
const SCHEMA_MAX: i32 = 8;
/// The finest schema that can be brought down.
const SCHEMA_REDUCIBLE_MAX: i32 = 52;
/// Memory for a histogram beside its buckets.
const HISTOGRAM_BYTES: usize = size_of::<Histogram>() + 32;

/// Reads histograms of one request; those with equal bounds share them.
#[derive(Debug, Default)]
pub(super) struct Reader {
    bounds: Arc<[f64]>,
}

/// A count of either kind. What is absent is the integer 0.
#[derive(Debug, Clone, Copy)]
enum Count {
    Integer(u64),
    Float(f64),
}

impl Default for Count {
    fn default() -> Self {
        Self::Integer(0)
    }
}

impl Count {
    fn integer(self) -> u64 {
        if let Self::Integer(count) = self { count } else { 0 }
    }

    fn float(self) -> f64 {
        if let Self::Float(count) = self { count } else { 0.0 }
    }
}

/// Buckets of one sign.
#[derive(Debug, Default)]
struct Side {
    spans: Vec<BucketSpan>,
    deltas: Vec<i64>,
    counts: Vec<f64>,
}

/// The message.
#[derive(Debug, Default)]
struct Raw {
    count: Count,
    sum: f64,
    schema: i32,
    zero_threshold: f64,
    zero_count: Count,
    negative: Side,
    positive: Side,
    reset_hint: i32,
    t: i64,
    bounds: Vec<f64>,
    start: i64,
}

impl Reader {
    /// A histogram sample, or why it is none.
    ///
    /// # Errors
    /// When the bytes are no message at all, or the budget is spent.
    pub(super) fn read(&mut self, bytes: &[u8], budget: &mut Budget) -> Result<Result<HistogramSample, String>, Error> {
        budget.take(HISTOGRAM_BYTES)?;
        let raw = Raw::read(bytes, budget)?;
        let (t, start) = (TimestampMs(raw.t), TimestampMs(raw.start));
        let failed = |why: String| format!("{why} (histogram at {} ms)", t.0);
        Ok(self.histogram(raw).map(|h| HistogramSample { t, start, h: Arc::new(h) }).map_err(failed))
    }

    fn histogram(&mut self, raw: Raw) -> Result<Histogram, String> {
        if is_stale(raw.sum) {
            return Ok(Histogram { sum: raw.sum, ..Histogram::default() });
        }
        raw.check_layout()?;
        let counts = if matches!(raw.count, Count::Float(_)) { raw.float_counts()? } else { raw.integer_counts()? };
        let shift = u32::try_from(raw.schema - SCHEMA_MAX).unwrap_or(0);
        let (positive_spans, positive_buckets) = tidy(raw.positive.spans, counts.positive, shift);
        let (negative_spans, negative_buckets) = tidy(raw.negative.spans, counts.negative, shift);
        Ok(Histogram {
            schema: raw.schema.min(SCHEMA_MAX),
            reset_hint: reset_hint(raw.reset_hint),
            zero_threshold: raw.zero_threshold,
            zero_count: counts.zero,
            count: counts.all,
            sum: raw.sum,
            positive_spans,
            negative_spans,
            positive_buckets,
            negative_buckets,
            custom_bounds: self.shared(raw.bounds),
        })
    }

    fn shared(&mut self, bounds: Vec<f64>) -> Arc<[f64]> {
        if !self.bounds.iter().map(|b| b.to_bits()).eq(bounds.iter().map(|b| b.to_bits())) {
            self.bounds = bounds.into();
        }
        Arc::clone(&self.bounds)
    }
}

fn reset_hint(number: i32) -> ResetHint {
    match number {
        1 => ResetHint::Reset,
        2 => ResetHint::NotReset,
        3 => ResetHint::Gauge,
        _ => ResetHint::Unknown,
    }
}

// === impl Raw ===

impl Raw {
    fn read(bytes: &[u8], budget: &mut Budget) -> Result<Self, Error> {
        let mut raw = Self::default();
        for field in Fields::of(bytes) {
            let (number, value) = field?;
            raw.field(number, value, budget)?;
        }
        Ok(raw)
    }

    fn field(&mut self, number: u64, value: Value<'_>, budget: &mut Budget) -> Result<(), Error> {
        match number {
            1 => self.count = Count::Integer(value.uint()?),
            2 => self.count = Count::Float(value.double()?),
            3 => self.sum = value.double()?,
            4 => self.schema = value.sint32()?,
            5 => self.zero_threshold = value.double()?,
            6 => self.zero_count = Count::Integer(value.uint()?),
            7 => self.zero_count = Count::Float(value.double()?),
            8..=10 => self.negative.field(number - 8, value, budget)?,
            11..=13 => self.positive.field(number - 11, value, budget)?,
            14 => self.reset_hint = value.int32()?,
            15 => self.t = value.int()?,
            16 => value.doubles(|bound| budget.push(&mut self.bounds, bound))?,
            17 => self.start = value.int()?,
            _ => {}
        }
        Ok(())
    }

    /// Whether schema, spans and bounds fit each other and the number of buckets.
    fn check_layout(&self) -> Result<(), String> {
        let is_float = matches!(self.count, Count::Float(_));
        self.positive.check_spans(is_float).map_err(|why| format!("positive buckets: {why}"))?;
        self.negative.check_spans(is_float).map_err(|why| format!("negative buckets: {why}"))?;
        match self.schema {
            CUSTOM_BUCKETS_SCHEMA => self.check_custom(),
            SCHEMA_MIN..=SCHEMA_REDUCIBLE_MAX if self.bounds.is_empty() => Ok(()),
            SCHEMA_MIN..=SCHEMA_REDUCIBLE_MAX => Err("a histogram of exponential buckets has custom bounds".to_owned()),
            schema => Err(format!(
                "histogram schema {schema} is invalid: it is {SCHEMA_MIN} to {SCHEMA_MAX} for exponential buckets, \
                 {CUSTOM_BUCKETS_SCHEMA} for custom ones"
            )),
        }
    }

    fn check_custom(&self) -> Result<(), String> {
        let zero = self.zero_count.integer() != 0 || self.zero_count.float() != 0.0 || self.zero_threshold != 0.0;
        let negative = !self.negative.spans.is_empty() || !self.negative.is_empty();
        let fault = match self.bounds.as_slice() {
            bounds if bounds.iter().any(|b| b.is_nan()) => "a bound of custom buckets is NaN",
            bounds if !bounds.is_sorted_by(|a, b| a < b) => "the bounds of custom buckets do not ascend",
            [.., f64::INFINITY] => "the bound +Inf of custom buckets must not be spelled out",
            bounds if self.positive.end() > bounds.len() as i64 + 1 => "custom bounds are too few for the buckets",
            _ if self.positive.spans.first().is_some_and(|s| s.offset < 0) => "a span of custom buckets begins below 0",
            _ if zero => "a histogram of custom buckets has a zero bucket",
            _ if negative => "a histogram of custom buckets has negative buckets",
            _ => return Ok(()),
        };
        Err(fault.to_owned())
    }

    fn float_counts(&self) -> Result<Counts, String> {
        let (all, zero) = (self.count.float(), self.zero_count.float());
        let buckets = self.positive.counts.iter().chain(&self.negative.counts);
        if let Some(count) = [all, zero].iter().chain(buckets).find(|count| **count < 0.0) {
            return Err(format!("a histogram counts {count} observations"));
        }
        Ok(Counts { all, zero, positive: self.positive.counts.clone(), negative: self.negative.counts.clone() })
    }

    fn integer_counts(&self) -> Result<Counts, String> {
        let (all, zero) = (self.count.integer(), self.zero_count.integer());
        let mut sum = u128::from(zero);
        let positive = self.positive.absolute(&mut sum)?;
        let negative = self.negative.absolute(&mut sum)?;
        // Observations of NaN are in no bucket, and make the sum NaN.
        if sum > u128::from(all) || (sum != u128::from(all) && !self.sum.is_nan()) {
            return Err(format!("a histogram's buckets hold {sum} observations, but its count is {all}"));
        }
        Ok(Counts { all: float(all), zero: float(zero), positive, negative })
    }
}

/// Observations: all, and by bucket.
struct Counts {
    all: f64,
    zero: f64,
    positive: Vec<f64>,
    negative: Vec<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "histograms are floats from here on")]
fn float(count: u64) -> f64 {
    count as f64
}

// === impl Side ===

impl Side {
    /// Spans, deltas and counts have consecutive numbers.
    fn field(&mut self, number: u64, value: Value<'_>, budget: &mut Budget) -> Result<(), Error> {
        match number {
            0 => budget.push(&mut self.spans, span(value.bytes()?)?),
            // They become as many counts.
            1 => value.uints(|delta| {
                budget.take(size_of::<f64>()).and_then(|()| budget.push(&mut self.deltas, unzigzag(delta)))
            }),
            _ => value.doubles(|count| budget.push(&mut self.counts, count)),
        }
    }

    fn is_empty(&self) -> bool {
        self.deltas.is_empty() && self.counts.is_empty()
    }

    /// The position behind the last bucket, where the first span's offset counts from 0.
    fn end(&self) -> i64 {
        self.spans.iter().fold(0_i64, |end, s| end.saturating_add(i64::from(s.offset) + i64::from(s.length)))
    }

    fn check_spans(&self, is_float: bool) -> Result<(), String> {
        if let Some(span) = self.spans.iter().skip(1).find(|span| span.offset < 0) {
            return Err(format!("a later span has the negative offset {}", span.offset));
        }
        let buckets = if is_float { self.counts.len() } else { self.deltas.len() };
        let spanned: u64 = self.spans.iter().map(|span| u64::from(span.length)).sum();
        if spanned != buckets as u64 {
            return Err(format!("the spans need {spanned} buckets, but there are {buckets}"));
        }
        if self.end() > i64::from(i32::MAX) {
            return Err("the spans lead beyond every bucket".to_owned());
        }
        Ok(())
    }

    /// Counts by bucket, which are also added to `sum`.
    fn absolute(&self, sum: &mut u128) -> Result<Vec<f64>, String> {
        let mut count = 0_i64;
        let mut counts = Vec::with_capacity(self.deltas.len());
        for delta in &self.deltas {
            count = count.saturating_add(*delta);
            let valid = u64::try_from(count).map_err(|_| format!("a bucket counts {count} observations"))?;
            *sum += u128::from(valid);
            counts.push(float(valid));
        }
        Ok(counts)
    }
}

fn span(bytes: &[u8]) -> Result<BucketSpan, Error> {
    let mut span = BucketSpan { offset: 0, length: 0 };
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => span.offset = value.sint32()?,
            (2, value) => span.length = value.int32()?.cast_unsigned(),
            _ => {}
        }
    }
    Ok(span)
}

/// Brings buckets down by `shift` schemas, and joins spans without a gap between them.
fn tidy(spans: Vec<BucketSpan>, counts: Vec<f64>, shift: u32) -> (Vec<BucketSpan>, Vec<f64>) {
    let is_tidy = spans.iter().all(|s| s.length > 0) && spans.iter().skip(1).all(|s| s.offset > 0);
    if shift == 0 && is_tidy {
        return (spans, counts);
    }
    let (mut coarse, mut sums): (_, Vec<f64>) = (spans::Builder::default(), Vec::with_capacity(counts.len()));
    for (index, count) in spans::indexes(&spans).zip(counts) {
        // Bucket i ends at 2^(i·2^-s): 2^shift of them, the last a multiple of it, become one.
        if coarse.push(((index - 1) >> shift) + 1) {
            sums.push(count);
        } else if let Some(last) = sums.last_mut() {
            *last += count;
        }
    }
    (coarse.finish(), sums)
}

#[cfg(test)]
mod tests;
