//! `rate`, `increase` and `delta` of plain floats, from one window to the next: where a counter was reset is found once
//! per series, so that a step costs the same however many samples its window holds.

use aio_series::growth::{Growth, Window};
use aio_series::numeric::count;
use aio_types::{Sample, TimestampMs};

/// A series of floats without start times.
pub(super) struct Counter {
    growth: Growth,
    /// After which sample the counter was reset, and what it had there.
    resets: Vec<(usize, f64)>,
    /// The first reset that is not before the window.
    from: usize,
}

impl Counter {
    pub(super) fn new(growth: Growth, floats: &[Sample]) -> Self {
        let mut resets = Vec::new();
        if growth != Growth::Delta {
            let pairs = floats.windows(2).enumerate();
            resets.extend(pairs.filter(|(_, pair)| pair[1].v < pair[0].v).map(|(i, pair)| (i, pair[0].v)));
        }
        Self { growth, resets, from: 0 }
    }

    /// What [`aio_series::growth::extrapolated`] says of a window whose first sample is that of position `first`.
    /// Windows must not go back.
    pub(super) fn grown(&mut self, window: &Window<'_>, first: usize) -> Option<f64> {
        let [earliest, .., latest] = window.floats else { return None };
        while self.resets.get(self.from).is_some_and(|(i, _)| *i < first) {
            self.from += 1;
        }
        let last = first + window.floats.len() - 1;
        let inside = self.resets[self.from..].iter().take_while(|(i, _)| *i < last);
        let grown = inside.fold(latest.v - earliest.v, |grown, (_, lost)| grown + lost);
        let may_start_at_zero = self.growth != Growth::Delta && grown > 0.0 && earliest.v >= 0.0;
        let to_zero = may_start_at_zero.then(|| earliest.v / grown);
        Some(grown * self.factor(window, earliest.t, latest.t, to_zero))
    }

    /// Extrapolation to an edge that is nearer than 1.1 average gaps, else by half a gap; a counter not below zero.
    fn factor(&self, window: &Window<'_>, first: TimestampMs, last: TimestampMs, to_zero: Option<f64>) -> f64 {
        let sampled = seconds(first, last);
        let gap = sampled / count(window.floats.len() - 1);
        let reach = |distance: f64| if distance >= gap * 1.1 { gap / 2.0 } else { distance };
        let mut to_start = reach(seconds(window.start, first));
        if let Some(to_zero) = to_zero.map(|part| sampled * part).filter(|to_zero| *to_zero < to_start) {
            to_start = to_zero;
        }
        let factor = (sampled + to_start + reach(seconds(last, window.end))) / sampled;
        if self.growth == Growth::Rate { factor / seconds(window.start, window.end) } else { factor }
    }
}

fn seconds(from: TimestampMs, to: TimestampMs) -> f64 {
    TimestampMs(to.0.saturating_sub(from.0)).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use aio_series::growth::{self, Value};
    use aio_types::Samples;
    use proptest::prelude::*;

    use super::*;
    use crate::window::Frames;

    proptest! {
        #[test]
        fn windows_grow_as_each_does_for_itself(
            points in prop::collection::vec((1_i64..90, -5_i32..40), 0..60),
            range in 1_i64..400,
            step in 1_i64..100,
        ) {
            let mut t = 0;
            let floats = points.iter().map(|(gap, v)| {
                t += gap * 1000;
                Sample { t: TimestampMs(t), v: f64::from(*v) }
            });
            let samples = Samples::from(floats.collect::<Vec<_>>());
            for growth in [Growth::Rate, Growth::Increase, Growth::Delta] {
                let mut counter = Counter::new(growth, &samples.floats);
                let mut frames = Frames::new(&samples, range * 1000, (0, 0));
                for end in (0..40).map(|i| TimestampMs(i * step * 1000)) {
                    let frame = frames.at(end, end);
                    let expected = match growth::extrapolated(&frame.window, growth).value {
                        Some(Value::Float(v)) => Some(v.to_bits()),
                        _ => None,
                    };
                    let got = counter.grown(&frame.window, frame.first_float).map(f64::to_bits);
                    prop_assert_eq!(got, expected);
                }
            }
        }
    }
}
