//! Native histograms whose counts are floats: each number XORed with its own one of the sample before.
//!
//! ```text
//!   header | layout (`layout`)
//!   first   time varbit | count, zero count, sum, buckets: 64 bits each
//!   others  change of the difference in time varbit | count, zero count, sum, buckets (`Window`, one for each);
//!           buckets are left out where the sum is stale
//! ```

use std::sync::Arc;

use aio_types::{Histogram, HistogramSample, Samples, TimestampMs, is_stale};

use super::MALFORMED;
use super::layout::{Header, Layout};
use crate::bits::{Bits, Window};
use crate::bytes::Bytes;
use crate::error::Reason;

/// A number, and where the bits that changed last lie.
#[derive(Debug, Clone, Copy)]
struct Number {
    value: f64,
    window: Window,
}

impl Number {
    fn first(bits: &mut Bits<'_>) -> Option<Self> {
        Some(Self { value: bits.float()?, window: Window::default() })
    }

    fn next(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.value = self.window.xor(bits, self.value)?;
        Some(())
    }
}

/// Where the samples before lead.
struct State {
    t: i64,
    step: i64,
    count: Number,
    zero_count: Number,
    sum: Number,
    /// Positive, then negative ones.
    buckets: Vec<Number>,
}

pub(super) fn decode(data: &[u8], has_starts: bool, out: &mut Samples) -> Result<usize, Reason> {
    let mut from = Bytes(data);
    let mut header = Header::read(&mut from, has_starts).ok_or(MALFORMED)?;
    if header.count == 0 {
        return Ok(0);
    }
    let mut bits = Bits::new(from.0);
    let layout = Layout::read(&mut bits, 64)?;
    decode_samples(&mut bits, &mut header, &layout, out).ok_or(MALFORMED)?;
    Ok(header.count)
}

fn decode_samples(bits: &mut Bits<'_>, header: &mut Header, layout: &Layout, out: &mut Samples) -> Option<()> {
    let mut state = State::first(bits, layout)?;
    let mut before = 0;
    for position in 0..header.count {
        if position > 0 {
            before = state.t;
            state.next(bits)?;
        }
        let hint = header.hint(position);
        let start = header.starts.next(bits, position, state.t, before)?;
        let h = Histogram { reset_hint: hint, ..state.histogram(layout) };
        out.histograms.push(HistogramSample { t: TimestampMs(state.t), start: TimestampMs(start), h: Arc::new(h) });
    }
    Some(())
}

impl State {
    fn first(bits: &mut Bits<'_>, layout: &Layout) -> Option<Self> {
        let t = bits.varbit_int()?;
        let (count, zero_count, sum) = (Number::first(bits)?, Number::first(bits)?, Number::first(bits)?);
        let buckets = (0..layout.positive + layout.negative).map(|_| Number::first(bits)).collect::<Option<_>>()?;
        Some(Self { t, step: 0, count, zero_count, sum, buckets })
    }

    fn next(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.step = self.step.wrapping_add(bits.varbit_int()?);
        self.t = self.t.wrapping_add(self.step);
        self.count.next(bits)?;
        self.zero_count.next(bits)?;
        self.sum.next(bits)?;
        if is_stale(self.sum.value) {
            return Some(());
        }
        self.buckets.iter_mut().try_for_each(|bucket| bucket.next(bits))
    }

    fn histogram(&self, layout: &Layout) -> Histogram {
        if is_stale(self.sum.value) {
            return Histogram::stale();
        }
        let (positive, negative) = self.buckets.split_at(layout.positive);
        Histogram {
            count: self.count.value,
            zero_count: self.zero_count.value,
            sum: self.sum.value,
            positive_buckets: positive.iter().map(|bucket| bucket.value).collect(),
            negative_buckets: negative.iter().map(|bucket| bucket.value).collect(),
            ..layout.empty.clone()
        }
    }
}
