//! `rate`, `increase` and `delta` of plain floats, from one window to the next: where a counter was reset is found once
//! per series, so that a step costs the same however many samples its window holds.

use aio_series::growth::Growth;
use aio_series::numeric::count;
use aio_types::{Sample, TimestampMs};

use super::cut::Cut;

/// A series of floats without start times.
pub(super) struct Counter<'a> {
    growth: Growth,
    floats: &'a [Sample],
    /// After which sample the counter was reset, and what it had there.
    resets: Vec<(usize, f64)>,
    /// The first reset that is not before the window.
    from: usize,
    reach: Reach,
}

impl<'a> Counter<'a> {
    pub(super) fn new(growth: Growth, floats: &'a [Sample]) -> Self {
        let mut resets = Vec::new();
        if growth != Growth::Delta {
            let pairs = floats.windows(2).enumerate();
            resets.extend(pairs.filter(|(_, pair)| pair[1].v < pair[0].v).map(|(i, pair)| (i, pair[0].v)));
        }
        Self { growth, floats, resets, from: 0, reach: Reach::default() }
    }

    /// What [`aio_series::growth::extrapolated`] says of a window. Windows must not go back.
    #[inline]
    pub(super) fn grown(&mut self, cut: Cut) -> Option<f64> {
        let [earliest, .., latest] = cut.of(self.floats) else { return None };
        while self.resets.get(self.from).is_some_and(|(i, _)| *i < cut.from) {
            self.from += 1;
        }
        let inside = self.resets[self.from..].iter().take_while(|(i, _)| *i < cut.to - 1);
        let grown = inside.fold(latest.v - earliest.v, |grown, (_, lost)| grown + lost);
        self.reach.update(self.growth, cut, earliest.t, latest.t);
        let may_start_at_zero = self.growth != Growth::Delta && grown > 0.0 && earliest.v >= 0.0;
        let to_zero = if may_start_at_zero { self.reach.sampled * (earliest.v / grown) } else { f64::INFINITY };
        let factor = if to_zero < self.reach.to_start {
            Reach { to_start: to_zero, ..self.reach }.factor(self.growth, cut)
        } else {
            self.reach.factor
        };
        Some(grown * factor)
    }
}

/// How far growth is extrapolated: to an edge that is nearer than 1.1 average gaps, else by half a gap. Regular samples
/// lie alike in one window after the other.
#[derive(Default, Clone, Copy)]
struct Reach {
    /// How many samples, how far the first is from the start and the last one from the end, and from the first.
    shape: (usize, i64, i64, i64),
    sampled: f64,
    to_start: f64,
    to_end: f64,
    /// By what growth is multiplied, unless the counter would begin below zero.
    factor: f64,
}

impl Reach {
    #[inline]
    fn update(&mut self, growth: Growth, cut: Cut, first: TimestampMs, last: TimestampMs) {
        let between = |a: TimestampMs, b: TimestampMs| b.0.saturating_sub(a.0);
        let shape = (cut.len(), between(cut.start, first), between(last, cut.end), between(first, last));
        if shape != self.shape {
            *self = Self::of(growth, cut, first, last);
            self.shape = shape;
        }
    }

    fn of(growth: Growth, cut: Cut, first: TimestampMs, last: TimestampMs) -> Self {
        let sampled = seconds(first, last);
        let gap = sampled / count(cut.len() - 1);
        let reach = |distance: f64| if distance >= gap * 1.1 { gap / 2.0 } else { distance };
        let (to_start, to_end) = (reach(seconds(cut.start, first)), reach(seconds(last, cut.end)));
        let mut reach = Self { sampled, to_start, to_end, ..Self::default() };
        reach.factor = reach.factor(growth, cut);
        reach
    }

    fn factor(&self, growth: Growth, cut: Cut) -> f64 {
        let factor = (self.sampled + self.to_start + self.to_end) / self.sampled;
        if growth == Growth::Rate { factor / seconds(cut.start, cut.end) } else { factor }
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
    use crate::plan::Times;
    use crate::window::{Frames, cut};

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
            let ends = Times { start: TimestampMs(0), step_ms: step * 1000, steps: 40 };
            for growth in [Growth::Rate, Growth::Increase, Growth::Delta] {
                let mut counter = Counter::new(growth, &samples.floats);
                let mut frames = Frames::new(&samples, range * 1000, (0, 0));
                for cut in cut::cuts(&samples.floats, range * 1000, ends) {
                    let frame = frames.at(cut.end, cut.end);
                    let expected = match growth::extrapolated(&frame.window, growth).value {
                        Some(Value::Float(v)) => Some(v.to_bits()),
                        _ => None,
                    };
                    let got = counter.grown(cut).map(f64::to_bits);
                    prop_assert_eq!(got, expected);
                }
            }
        }
    }
}
