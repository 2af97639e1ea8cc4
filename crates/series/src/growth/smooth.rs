//! Values between samples.

use aio_types::{Histogram, ResetHint, TimestampMs};

use super::extended_floats::on_line as float_on_line;
use super::extended_histograms::on_line;
use super::{Outcome, Window};
use crate::{Remark, Remarks};

/// What an instant selector that is `smoothed` shows at `t`: a sample of that moment, else the value on the line between
/// its neighbours, else that of the sample before. `window` holds the samples from a lookback before `t` on to one
/// behind it.
#[must_use]
pub fn smoothed_at(window: &Window<'_>, t: TimestampMs) -> Outcome {
    match (window.floats.is_empty(), window.histograms.is_empty()) {
        (true, true) => Outcome::default(),
        (false, false) => Outcome::nothing(Remark::MixedKinds),
        (false, true) => float_at(window, t).map_or_else(Outcome::default, |v| Outcome::float(v, Remarks::NONE)),
        (true, false) => histogram_at(window, t),
    }
}

fn float_at(window: &Window<'_>, t: TimestampMs) -> Option<f64> {
    let i = window.floats.partition_point(|s| s.t < t);
    let previous = i.checked_sub(1).map(|before| window.floats[before]);
    match (previous, window.floats.get(i)) {
        (_, Some(here)) if here.t == t => Some(here.v),
        (Some(previous), Some(next)) => Some(float_on_line(previous, *next, t, false)),
        (previous, _) => previous.map(|s| s.v),
    }
}

fn histogram_at(window: &Window<'_>, t: TimestampMs) -> Outcome {
    let i = window.histograms.partition_point(|s| s.t < t);
    let previous = i.checked_sub(1).map(|before| &window.histograms[before]);
    match (previous, window.histograms.get(i)) {
        (_, Some(here)) if here.t == t => Outcome::histogram(Histogram::clone(&here.h), Remarks::NONE),
        (Some(previous), Some(next)) => {
            let gauges = [previous, next].iter().all(|sample| sample.h.reset_hint == ResetHint::Gauge);
            let mut remarks = Remarks::NONE;
            if previous.h.uses_custom_buckets() != next.h.uses_custom_buckets() {
                return Outcome::nothing(Remark::MixedLayouts);
            }
            match on_line(previous, next, t, !gauges, &mut remarks) {
                Ok(h) => Outcome::histogram(h, remarks),
                Err(why) => Outcome::nothing(why),
            }
        }
        (Some(previous), None) => {
            // The hint is about the sample before, which this one does not follow.
            let h = Histogram { reset_hint: ResetHint::Unknown, ..Histogram::clone(&previous.h) };
            Outcome::histogram(h, Remarks::NONE)
        }
        (None, _) => Outcome::default(),
    }
}
