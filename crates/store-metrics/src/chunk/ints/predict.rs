//! Predicting integers from those before them, the first of which is 0.
//!
//! ```text
//!   level       0
//!   last        the one before
//!   difference  the one before and the difference before that | the first difference
//!   line        slope * position | slope, in parts of 2^16
//!   smoothed    a level and a trend that follow what was missed, with gains 2^-(g+1) and 2^-(2g+4) for g of 0 to 3
//!               | level, in whole numbers | trend, in parts of 2^8
//! ```
//!
//! Differences suit what wanders; where noise lies about a level that hardly moves they would bring twice the noise.
//! Source of the last one: C. C. Holt, "Forecasting seasonals and trends by exponentially weighted moving averages",
//! 1957.

use aio_kit::bytes::{Reader, Writer};

use super::pack::Packing;
use super::{Effort, bit_length, head_bits, line, zigzag};

/// How many ways to predict there are.
pub(super) const PREDICTIONS: u8 = 8;
const GAINS: usize = 4;
const FRACTION_BITS: u32 = 16;
const TREND_BITS: u32 = 8;
/// Larger numbers are not taken for noise about something.
const NOISY_MAX: i64 = 1 << 40;
/// Fewer say nothing about what they are.
const NOISY_MIN: usize = 16;
/// So many tell where a smoothed prediction begins.
const BEGIN: usize = 32;
/// At least so many tell which kind of prediction is worth a closer look.
const SCORED: usize = 60;
/// How many residuals tell where their centre is.
const PROBES: usize = 9;

/// How integers are predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Prediction {
    Level,
    Last,
    Difference { first: i64 },
    Line { slope: i64 },
    Smoothed { gain: u8, level: i64, trend: i64 },
}

impl Prediction {
    pub(super) fn tag(self) -> u8 {
        match self {
            Self::Level => 0,
            Self::Last => 1,
            Self::Difference { .. } => 2,
            Self::Line { .. } => 3,
            Self::Smoothed { gain, .. } => 4 + gain,
        }
    }

    pub(super) fn write(self, out: &mut Writer) {
        match self {
            Self::Level | Self::Last => (),
            Self::Difference { first: number } | Self::Line { slope: number } => out.int(number),
            Self::Smoothed { level, trend, .. } => {
                out.int(level);
                out.int(trend);
            }
        }
    }

    pub(super) fn read(tag: u8, from: &mut Reader<'_>) -> Option<Self> {
        Some(match tag {
            0 => Self::Level,
            1 => Self::Last,
            2 => Self::Difference { first: from.int()? },
            3 => Self::Line { slope: from.int()? },
            _ => Self::Smoothed { gain: (tag - 4) % 4, level: from.int()?, trend: from.int()? },
        })
    }

    /// How many numbers have no residual.
    pub(super) fn given(self) -> usize {
        if let Self::Difference { .. } = self { 2 } else { 1 }
    }

    /// Makes numbers out of residuals. Those without one may have any value.
    pub(super) fn restore(self, column: &mut [i64]) {
        let Some((first, rest)) = column.split_first_mut() else { return };
        *first = 0;
        match self {
            Self::Level => (),
            Self::Last => sum_up(rest),
            Self::Difference { first } => {
                if let Some(second) = rest.first_mut() {
                    *second = first;
                }
                sum_up(rest);
                sum_up(rest);
            }
            Self::Line { slope } => {
                let mut at = 0_i64;
                for v in rest {
                    at = at.wrapping_add(slope);
                    *v = v.wrapping_add(at >> FRACTION_BITS);
                }
            }
            Self::Smoothed { gain, level, trend } => {
                let mut smooth = Smooth::new(gain, level, trend);
                for v in rest {
                    let missed = *v;
                    *v = missed.wrapping_add(smooth.next());
                    smooth.learn(missed);
                }
            }
        }
    }
}

/// A level and its trend, in parts of 2^16.
#[derive(Debug, Clone, Copy)]
struct Smooth {
    gain: u8,
    level: i64,
    trend: i64,
}

impl Smooth {
    fn new(gain: u8, level: i64, trend: i64) -> Self {
        Self { gain, level: level << FRACTION_BITS, trend: trend << (FRACTION_BITS - TREND_BITS) }
    }

    #[inline]
    fn next(&self) -> i64 {
        self.level >> FRACTION_BITS
    }

    #[inline]
    fn learn(&mut self, missed: i64) {
        let missed = missed << FRACTION_BITS;
        self.level = self.level.wrapping_add(self.trend).wrapping_add(missed >> (self.gain + 1));
        self.trend = self.trend.wrapping_add(missed >> (2 * self.gain + 4));
    }
}

fn sum_up(values: &mut [i64]) {
    let mut sum = 0_i64;
    for value in values {
        sum = sum.wrapping_add(*value);
        *value = sum;
    }
}

fn differences(values: &[i64]) -> Vec<i64> {
    values.windows(2).map(|w| w[1].wrapping_sub(w[0])).collect()
}

/// A way to predict, and how what it misses by is packed.
#[derive(Debug)]
pub(super) struct Predicted {
    pub(super) prediction: Prediction,
    pub(super) packing: Packing,
    pub(super) residuals: Vec<i64>,
}

impl Predicted {
    /// Of numbers that each are so much more than the one before.
    pub(super) fn regular(interval: i64, count: usize) -> Self {
        Self::by(Prediction::Last, vec![interval; count])
    }

    fn by(prediction: Prediction, residuals: Vec<i64>) -> Self {
        Self { prediction, packing: Packing::of(&residuals), residuals }
    }

    fn bits(&self) -> u64 {
        let own = match self.prediction {
            Prediction::Level | Prediction::Last => 0,
            Prediction::Difference { first: number } | Prediction::Line { slope: number } => head_bits(number),
            Prediction::Smoothed { level, trend, .. } => head_bits(level) + head_bits(trend),
        };
        own + self.packing.bits
    }

    fn or(self, other: Self) -> Self {
        if other.bits() < self.bits() { other } else { self }
    }
}

/// The best way found for numbers of which the first is 0.
pub(super) fn best(numbers: &[i64], effort: Effort) -> Predicted {
    let level = numbers.get(1..).unwrap_or_default();
    let first = differences(numbers);
    let second = differences(&first);
    let scores = [level, &first, &second].map(score);
    let good = scores.iter().min().map_or(0, |least| least + least / 8 + 1);
    let (head, is_noisy) =
        (first.first().copied().unwrap_or(0), effort == Effort::Thorough && is_noisy(numbers, &first));
    let mut best = Predicted::by(Prediction::Last, first);
    if scores[0] <= good {
        best = best.or(Predicted::by(Prediction::Level, level.to_vec()));
    }
    if scores[2] <= good {
        best = best.or(Predicted::by(Prediction::Difference { first: head }, second));
    }
    if is_noisy {
        let plain = best.bits();
        if let Some(slope) = line::slope(level, FRACTION_BITS) {
            best = best.or(Predicted::by(Prediction::Line { slope }, about_line(level, slope)));
        }
        // Nothing gains much more on differences than half a bit each.
        if best.bits() + level.len() as u64 * 9 / 20 > plain {
            best = best.or(smoothed(level));
        }
    }
    best
}

/// About how many bits some of the distances from the centre have.
fn score(residuals: &[i64]) -> u64 {
    let centre = centre(residuals);
    let some = residuals.iter().step_by(residuals.len() / SCORED + 1);
    some.map(|r| u64::from(bit_length(zigzag(r.wrapping_sub(centre))))).sum()
}

/// The median of a few residuals.
pub(super) fn centre(residuals: &[i64]) -> i64 {
    let mut probes = [0; PROBES];
    for (i, probe) in probes.iter_mut().enumerate() {
        *probe = residuals.get(i * residuals.len() / PROBES).copied().unwrap_or(0);
    }
    probes.sort_unstable();
    probes[PROBES / 2]
}

/// Whether an upward step mostly comes before a downward one, as it does where there is noise about something.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn is_noisy(numbers: &[i64], differences: &[i64]) -> bool {
    if numbers.len() < NOISY_MIN || !numbers.iter().all(|n| (-NOISY_MAX..NOISY_MAX).contains(n)) {
        return false;
    }
    let centre = numbers.last().map_or(0.0, |last| *last as f64 / differences.len() as f64);
    let (mut square, mut product, mut before) = (0.0, 0.0, 0.0);
    for difference in differences {
        let distance = *difference as f64 - centre;
        square += distance * distance;
        product += distance * before;
        before = distance;
    }
    product < -0.2 * square
}

fn about_line(level: &[i64], slope: i64) -> Vec<i64> {
    let mut at = 0_i64;
    let residual = |v: &i64| {
        at = at.wrapping_add(slope);
        v.wrapping_sub(at >> FRACTION_BITS)
    };
    level.iter().map(residual).collect()
}

/// The gain that misses least.
fn smoothed(level: &[i64]) -> Predicted {
    let (begin, trend) = beginning(level);
    let residuals = |gain: u8| {
        let mut smooth = Smooth::new(gain, begin, trend);
        let residual = move |v: &i64| {
            let missed = v.wrapping_sub(smooth.next());
            smooth.learn(missed);
            missed
        };
        level.iter().map(residual)
    };
    let missed = |gain: u8| residuals(gain).map(i64::unsigned_abs).fold(0, u64::saturating_add);
    let gain = (0..4).min_by_key(|gain| missed(*gain)).unwrap_or(0);
    debug_assert!(usize::from(gain) < GAINS, "there is a tag for each");
    Predicted::by(Prediction::Smoothed { gain, level: begin, trend }, residuals(gain).collect())
}

/// Level and trend of the first few numbers, by least squares.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "any beginning will do")]
fn beginning(level: &[i64]) -> (i64, i64) {
    let some = level.get(..BEGIN).unwrap_or(level);
    let count = some.len() as f64;
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (i, v) in some.iter().enumerate() {
        sum += *v as f64;
        weighted += *v as f64 * i as f64;
    }
    let middle = (count - 1.0) / 2.0;
    let trend = (weighted - middle * sum) * 12.0 / (count * (count * count - 1.0)).max(1.0);
    let begin = sum / count.max(1.0) - trend * middle;
    (begin.round() as i64, (trend * f64::from(1_u32 << TREND_BITS)).round() as i64)
}
