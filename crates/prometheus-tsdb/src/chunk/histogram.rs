//! Native histograms whose counts are integers: each number by how its difference changes from sample to sample.
//!
//! ```text
//!   header | layout (`layout`)
//!   first   time varbit | count, zero count varbit | sum 64 bits | buckets varbit, each but the first less the one before
//!   others  the same as changes of differences, but the sum, which is XORed; buckets are left out where that is stale
//! ```

use std::sync::Arc;

use aio_types::{Histogram, HistogramSample, Samples, TimestampMs, is_stale};

use super::MALFORMED;
use super::layout::{Header, Layout};
use crate::bits::{Bits, Window};
use crate::bytes::Bytes;
use crate::error::Reason;

/// A number, and how much it grew last.
#[derive(Debug, Clone, Copy, Default)]
struct Growing {
    value: i64,
    step: i64,
}

impl Growing {
    fn next(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.step = self.step.wrapping_add(bits.varbit_int()?);
        self.value = self.value.wrapping_add(self.step);
        Some(())
    }
}

/// Where the samples before lead.
struct State {
    time: Growing,
    count: Growing,
    zero_count: Growing,
    sum: f64,
    window: Window,
    /// Positive, then negative ones.
    buckets: Vec<Growing>,
}

pub(super) fn decode(data: &[u8], has_starts: bool, out: &mut Samples) -> Result<usize, Reason> {
    let mut from = Bytes(data);
    let mut header = Header::read(&mut from, has_starts).ok_or(MALFORMED)?;
    if header.count == 0 {
        return Ok(0);
    }
    let mut bits = Bits::new(from.0);
    let layout = Layout::read(&mut bits, 1)?;
    decode_samples(&mut bits, &mut header, &layout, out).ok_or(MALFORMED)?;
    Ok(header.count)
}

fn decode_samples(bits: &mut Bits<'_>, header: &mut Header, layout: &Layout, out: &mut Samples) -> Option<()> {
    let mut state = State::first(bits, layout)?;
    let mut before = 0;
    for position in 0..header.count {
        if position > 0 {
            before = state.time.value;
            state.next(bits)?;
        }
        let (t, hint) = (state.time.value, header.hint(position));
        let start = header.starts.next(bits, position, t, before)?;
        let h = Histogram { reset_hint: hint, ..state.histogram(layout) };
        out.histograms.push(HistogramSample { t: TimestampMs(t), start: TimestampMs(start), h: Arc::new(h) });
    }
    Some(())
}

impl State {
    fn first(bits: &mut Bits<'_>, layout: &Layout) -> Option<Self> {
        let at = |value: i64| Growing { value, step: 0 };
        let time = at(bits.varbit_int()?);
        let (count, zero_count) = (at(bits.varbit_uint()?.cast_signed()), at(bits.varbit_uint()?.cast_signed()));
        let sum = bits.float()?;
        let buckets =
            (0..layout.positive + layout.negative).map(|_| bits.varbit_int().map(at)).collect::<Option<_>>()?;
        Some(Self { time, count, zero_count, sum, window: Window::default(), buckets })
    }

    fn next(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.time.next(bits)?;
        self.count.next(bits)?;
        self.zero_count.next(bits)?;
        self.sum = self.window.xor(bits, self.sum)?;
        if is_stale(self.sum) { Some(()) } else { self.buckets.iter_mut().try_for_each(|bucket| bucket.next(bits)) }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are floats from here on, as they are for every query")]
    fn histogram(&self, layout: &Layout) -> Histogram {
        if is_stale(self.sum) {
            return Histogram::stale();
        }
        let (positive, negative) = self.buckets.split_at(layout.positive);
        Histogram {
            count: self.count.value.cast_unsigned() as f64,
            zero_count: self.zero_count.value.cast_unsigned() as f64,
            sum: self.sum,
            positive_buckets: absolute(positive.iter().map(|bucket| bucket.value)),
            negative_buckets: absolute(negative.iter().map(|bucket| bucket.value)),
            ..layout.empty.clone()
        }
    }
}

/// Counts out of differences between neighbours.
#[expect(clippy::cast_precision_loss, reason = "counts are floats from here on, as they are for every query")]
pub(crate) fn absolute(differences: impl Iterator<Item = i64>) -> Vec<f64> {
    let sum = |all: &mut i64, difference: i64| {
        *all = all.wrapping_add(difference);
        Some(*all as f64)
    };
    differences.scan(0, sum).collect()
}
