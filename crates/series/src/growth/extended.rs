//! Growth between the edges of the range, by samples around it.

use aio_types::Sample;

use super::extended_floats::{first_and_last, left_and_right};
use super::{Growth, Outcome, Window, extended_histograms};
use crate::{Remark, Remarks};

/// How samples around the range count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// `anchored`: the last sample at or before the start stands for the start. Windows hold samples from a lookback
    /// before the range on.
    Anchored,
    /// `smoothed`: values at both edges lie on lines between the samples around them. Windows hold samples from a
    /// lookback before the range on to one behind it.
    Smoothed,
}

/// How much the series grew in the range, from edge to edge, without extrapolation. One sample before the range and none
/// in it gives nothing. Floats and histograms do not mix.
#[must_use]
pub fn extended(window: &Window<'_>, growth: Growth, extension: Extension) -> Outcome {
    match (window.floats.is_empty(), window.histograms.is_empty()) {
        (true, true) => Outcome::default(),
        (false, false) => Outcome::nothing(Remark::MixedKinds),
        (false, true) => match super::extended_floats::grown(window, growth, extension) {
            Some(grown) if growth == Growth::Rate => Outcome::float(grown / window.seconds(), Remarks::NONE),
            Some(grown) => Outcome::float(grown, Remarks::NONE),
            None => Outcome::default(),
        },
        (true, false) => extended_histograms::extended(window, growth, extension),
    }
}

/// What a range selector that is `anchored` or `smoothed` shows of the floats of `window`: one at each edge, and those
/// between.
#[must_use]
pub fn extended_floats(window: &Window<'_>, extension: Extension) -> Vec<Sample> {
    let Some((first, last)) = first_and_last(window.floats, |s| s.t, window, extension) else { return Vec::new() };
    let [left, right] = left_and_right(window, (first, last), extension, false);
    let inside = |sample: &&Sample| sample.t > window.start && sample.t < window.end;
    let mut out = vec![Sample { t: window.start, v: left }];
    out.extend(window.floats[first..=last].iter().filter(inside));
    out.push(Sample { t: window.end, v: right });
    out
}

#[cfg(test)]
mod tests;
