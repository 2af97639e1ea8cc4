//! Functions of plain floats that need not look at all of a window at every step, or at several windows at once: windows
//! mostly overlap. The answers are those of each window for itself, bit by bit.

use std::collections::VecDeque;

use aio_series::numeric::{self, Kahan, LANES, add_all, count};
use aio_types::Sample;

use super::cut::Cut;
use super::floats::FloatFunction;
use super::function::WindowFunction;
use crate::Error;
use crate::column::{ABSENT, stored};

/// After so many samples it is asked whether anybody still waits.
const CHECK_SAMPLES: usize = 1 << 17;

/// A function that slides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sliding {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Present,
    First,
    Last,
    Changes,
    Resets,
}

impl Sliding {
    pub(super) fn of(function: WindowFunction) -> Option<Self> {
        Some(match function {
            WindowFunction::Sum => Self::Sum,
            WindowFunction::Avg => Self::Avg,
            WindowFunction::OfFloats(FloatFunction::Min) => Self::Min,
            WindowFunction::OfFloats(FloatFunction::Max) => Self::Max,
            WindowFunction::Count => Self::Count,
            WindowFunction::Present => Self::Present,
            WindowFunction::First => Self::First,
            WindowFunction::Last => Self::Last,
            WindowFunction::Changes => Self::Changes,
            WindowFunction::Resets => Self::Resets,
            _ => return None,
        })
    }

    /// What each window comes to; nothing where it is empty. `check` is asked now and then whether to go on.
    ///
    /// # Errors
    /// Those of `check`.
    pub(super) fn column(
        self,
        floats: &[Sample],
        cuts: &[Cut],
        check: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Vec<f64>, Error> {
        let of_each = |value: &dyn Fn(&Cut) -> f64| {
            cuts.iter().map(|cut| if cut.len() == 0 { ABSENT } else { stored(value(cut)) }).collect()
        };
        Ok(match self {
            Self::Sum => sums(floats, cuts, check)?,
            Self::Avg => averages(floats, cuts, check)?,
            Self::Min => extremes(floats, cuts, |new, old| new < old),
            Self::Max => extremes(floats, cuts, |new, old| new > old),
            Self::Count => of_each(&|cut| count(cut.len())),
            Self::Present => of_each(&|_| 1.0),
            Self::First => of_each(&|cut| floats[cut.from].v),
            Self::Last => of_each(&|cut| floats[cut.to - 1].v),
            Self::Changes => pairs(floats, cuts, |a, b| a != b && !(a.is_nan() && b.is_nan())),
            Self::Resets => pairs(floats, cuts, |a, b| b < a),
        })
    }
}

/// Calls `see` with the sum of every window that is not empty, [`LANES`] of them at once. `begin` says what a window's
/// sum begins with, and how many of its samples that is.
fn for_each_sum(
    floats: &[Sample],
    cuts: &[Cut],
    begin: impl Fn(&[Sample]) -> (Kahan, usize),
    check: &dyn Fn() -> Result<(), Error>,
    mut see: impl FnMut(&[Sample], Kahan) -> f64,
) -> Result<Vec<f64>, Error> {
    let mut out = Vec::with_capacity(cuts.len());
    let mut since_check = 0;
    for group in cuts.chunks(LANES) {
        let mut windows: [&[Sample]; LANES] = [&[]; LANES];
        windows.iter_mut().zip(group).for_each(|(window, cut)| *window = cut.of(floats));
        let begun = windows.map(&begin);
        let mut sums = begun.map(|(sum, _)| sum);
        add_all(&mut sums, std::array::from_fn(|lane| &windows[lane][begun[lane].1..]));
        for (window, sum) in windows.iter().zip(sums).take(group.len()) {
            out.push(if window.is_empty() { ABSENT } else { stored(see(window, sum)) });
            since_check += window.len();
        }
        if since_check > CHECK_SAMPLES {
            since_check = 0;
            check()?;
        }
    }
    Ok(out)
}

fn sums(floats: &[Sample], cuts: &[Cut], check: &dyn Fn() -> Result<(), Error>) -> Result<Vec<f64>, Error> {
    let total = |_: &[Sample], sum: Kahan| if sum.sum.is_infinite() { sum.sum } else { sum.total() };
    for_each_sum(floats, cuts, |_| (Kahan::default(), 0), check, total)
}

fn averages(floats: &[Sample], cuts: &[Cut], check: &dyn Fn() -> Result<(), Error>) -> Result<Vec<f64>, Error> {
    let begin = |window: &[Sample]| window.first().map_or((Kahan::default(), 0), |first| (Kahan::of(first.v), 1));
    for_each_sum(floats, cuts, begin, check, |window, sum| {
        // A sum that overflows is no way to an average.
        if !sum.sum.is_finite() {
            return numeric::average(window.iter().map(|s| s.v));
        }
        let n = count(window.len());
        sum.sum / n + sum.compensation / n
    })
}

/// The first of the values that none of a window is beyond; NaN only where all are.
fn extremes(floats: &[Sample], cuts: &[Cut], is_beyond: impl Fn(f64, f64) -> bool) -> Vec<f64> {
    // Positions of values that are the extreme once all before them have left.
    let mut candidates: VecDeque<usize> = VecDeque::new();
    let mut next = 0;
    let mut at = |cut: &Cut| {
        for position in next.max(cut.from)..cut.to {
            let v = floats[position].v;
            if v.is_nan() {
                continue;
            }
            while candidates.back().is_some_and(|last| is_beyond(v, floats[*last].v)) {
                candidates.pop_back();
            }
            candidates.push_back(position);
        }
        next = cut.to;
        while candidates.front().is_some_and(|first| *first < cut.from) {
            candidates.pop_front();
        }
        match candidates.front() {
            _ if cut.len() == 0 => ABSENT,
            Some(extreme) => stored(floats[*extreme].v),
            None => stored(floats[cut.to - 1].v),
        }
    };
    cuts.iter().map(&mut at).collect()
}

/// How many neighbours of a window are such.
fn pairs(floats: &[Sample], cuts: &[Cut], is_such: impl Fn(f64, f64) -> bool) -> Vec<f64> {
    // Up to each sample.
    let mut before = vec![0_u32];
    before.extend(floats.windows(2).scan(0, |sum, pair| {
        *sum += u32::from(is_such(pair[0].v, pair[1].v));
        Some(*sum)
    }));
    let of = |cut: &Cut| if cut.len() == 0 { ABSENT } else { f64::from(before[cut.to - 1] - before[cut.from]) };
    cuts.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use aio_types::{Samples, TimestampMs};
    use proptest::prelude::*;

    use super::*;
    use crate::column::{Point, is_absent};
    use crate::plan::Times;
    use crate::window::{Frames, cut};

    const ALL: [WindowFunction; 10] = [
        WindowFunction::Sum,
        WindowFunction::Avg,
        WindowFunction::OfFloats(FloatFunction::Min),
        WindowFunction::OfFloats(FloatFunction::Max),
        WindowFunction::Count,
        WindowFunction::Present,
        WindowFunction::First,
        WindowFunction::Last,
        WindowFunction::Changes,
        WindowFunction::Resets,
    ];

    fn value() -> impl Strategy<Value = f64> {
        let odd = [f64::NAN, -0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -f64::MAX, 1e-300];
        prop_oneof![
            6 => (-5_i32..40).prop_map(f64::from),
            6 => -1e3_f64..1e3,
            1 => prop::sample::select(odd.to_vec()),
        ]
    }

    proptest! {
        #[test]
        fn windows_are_as_each_for_itself(
            points in prop::collection::vec((1_i64..90, value()), 0..80),
            range in 1_i64..600,
            step in 1_i64..100,
        ) {
            let mut t = 0;
            let floats = points.iter().map(|(gap, v)| {
                t += gap * 1000;
                Sample { t: TimestampMs(t), v: *v }
            });
            let samples = Samples::from(floats.collect::<Vec<_>>());
            let ends = Times { start: TimestampMs(0), step_ms: step * 1000, steps: 50 };
            let cuts: Vec<_> = cut::cuts(&samples.floats, range * 1000, ends).collect();
            for function in ALL {
                let sliding = Sliding::of(function).expect("all of these slide");
                let got = sliding.column(&samples.floats, &cuts, &|| Ok(())).expect("nobody stops it");
                let mut frames = Frames::new(&samples, range * 1000, (0, 0));
                for (end, got) in ends.iter().zip(got) {
                    let frame = frames.at(end, end);
                    let expected = match function.apply(&frame, &[], None).expect("no parameter").0 {
                        Point::Float(v) if !frame.is_empty() => v,
                        _ => ABSENT,
                    };
                    let same = if expected.is_nan() { got.is_nan() } else { got.to_bits() == expected.to_bits() };
                    prop_assert!(same && is_absent(got) == is_absent(expected), "{function:?}: {got} for {expected}");
                }
            }
        }
    }
}
