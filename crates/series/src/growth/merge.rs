//! Floats and histograms of a window in the order of time.

use aio_types::{HistogramSample, TimestampMs};

use super::Window;
use super::starts::Taken;

/// A sample of either kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind<'a> {
    Float(f64),
    Histogram(&'a HistogramSample),
}

/// Calls `f` with each pair of neighbours from the samples `from` on.
pub(super) fn each_pair<'a>(window: &Window<'a>, from: From, mut f: impl FnMut((Taken, Kind<'a>), (Taken, Kind<'a>))) {
    let (mut i, mut j) = (from.float, from.histogram);
    let mut previous = None;
    loop {
        let (float, histogram) = (window.floats.get(i), window.histograms.get(j));
        let current = match (float, histogram) {
            (None, None) => return,
            (Some(float), other) if other.is_none_or(|h| float.t < h.t) => {
                i += 1;
                (Taken { start: window.float_start(i - 1), t: float.t }, Kind::Float(float.v))
            }
            (_, Some(sample)) => {
                j += 1;
                (Taken { start: window.histogram_start(sample), t: sample.t }, Kind::Histogram(sample))
            }
            (Some(_), None) => return,
        };
        if let Some(previous) = previous.replace(current) {
            f(previous, current);
        }
    }
}

/// Which samples to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct From {
    pub(super) float: usize,
    pub(super) histogram: usize,
}

/// Where an anchored window begins: with the last sample at or before its start, of whatever kind, or with the first one
/// behind. `None` if none lies behind.
pub(super) fn anchor(window: &Window<'_>) -> Option<From> {
    let float = window.floats.partition_point(|s| s.t <= window.start);
    let histogram = window.histograms.partition_point(|s| s.t <= window.start);
    if float == window.floats.len() && histogram == window.histograms.len() {
        return None;
    }
    let before = |i: usize, t: &dyn Fn(usize) -> TimestampMs| i.checked_sub(1).map(t);
    let float_t = before(float, &|i| window.floats[i].t);
    let histogram_t = before(histogram, &|i| window.histograms[i].t);
    Some(match (float_t, histogram_t) {
        (None, None) => From { float, histogram },
        (Some(f), h) if h.is_none_or(|h| f >= h) => From { float: float - 1, histogram },
        _ => From { float, histogram: histogram - 1 },
    })
}
