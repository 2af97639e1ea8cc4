//! Growth of histograms between the first and the last one.

use std::borrow::Cow;
use std::sync::Arc;

use aio_types::{Histogram, HistogramSample, ResetHint};

use super::starts::{Taken, is_reset, overlaps};
use super::{Growth, Window, add, subtract};
use crate::histogram::{compact, detect_reset, reduce};
use crate::{Remark, Remarks};

/// The difference of the last and the first histogram; of a counter, what it had before each reset is added. It is a
/// gauge. There must be two at least. An error means that there is no difference.
pub(super) fn growth(window: &Window<'_>, growth: Growth) -> (Result<Histogram, Remark>, Remarks) {
    let mut remarks = Remarks::NONE;
    (difference(window, growth, &mut remarks), remarks)
}

fn difference(window: &Window<'_>, growth: Growth, remarks: &mut Remarks) -> Result<Histogram, Remark> {
    let [first, inner @ .., last] = window.histograms else { return Err(Remark::MixedKinds) };
    let is_gauge = |sample: &HistogramSample| sample.h.reset_hint == ResetHint::Gauge;
    remarks.insert_if(growth.is_counter() && (is_gauge(first) || is_gauge(last)), Remark::NotCounter);
    let base = base(window, growth);
    if last.h.uses_custom_buckets() != base.uses_custom_buckets() {
        return Err(Remark::MixedLayouts);
    }
    let mut grown = Histogram::clone(&last.h);
    if growth.is_counter() {
        remarks.insert_if(inner.iter().any(is_gauge), Remark::NotCounter);
        let Some(schema) = coarsest(inner, &base) else {
            // Upstream tells of nothing else then.
            *remarks = Remarks::NONE;
            return Err(Remark::MixedLayouts);
        };
        reduce(&mut grown, schema);
    }
    // Collisions of resets are expected here, as resets are dealt with below.
    subtract(&mut grown, &base, remarks)?;
    if growth.is_counter() {
        add_back(&mut grown, window, &base, remarks)?;
    } else {
        remarks.insert_if(!(is_gauge(first) && is_gauge(last)), Remark::NotGauge);
    }
    grown.reset_hint = ResetHint::Gauge;
    compact(&mut grown);
    Ok(grown)
}

/// The coarsest of all schemas; `None` if custom buckets are among others.
fn coarsest(inner: &[HistogramSample], base: &Histogram) -> Option<i32> {
    let custom = base.uses_custom_buckets();
    inner.iter().try_fold(base.schema, |schema, sample| {
        (sample.h.uses_custom_buckets() == custom).then(|| schema.min(sample.h.schema))
    })
}

/// What to subtract: the first histogram, or an empty one if a counter was reset right after, so that the layout of what
/// does not matter does not matter.
fn base<'a>(window: &Window<'a>, growth: Growth) -> Cow<'a, Histogram> {
    let [first, second, ..] = window.histograms else { return Cow::Owned(Histogram::default()) };
    if growth.is_counter() && was_reset(window, first, second, &first.h) {
        return Cow::Owned(Histogram {
            schema: second.h.schema,
            custom_bounds: Arc::clone(&second.h.custom_bounds),
            ..Histogram::default()
        });
    }
    Cow::Borrowed(&first.h)
}

fn taken(window: &Window<'_>, sample: &HistogramSample) -> Taken {
    Taken { start: window.histogram_start(sample), t: sample.t }
}

/// Whether the counter was reset between two samples, `before` being what the first of them counts.
fn was_reset(window: &Window<'_>, previous: &HistogramSample, current: &HistogramSample, before: &Histogram) -> bool {
    is_reset(taken(window, previous), taken(window, current)) || detect_reset(before, &current.h)
}

/// Adds what the counter had before each reset.
fn add_back(grown: &mut Histogram, window: &Window<'_>, base: &Histogram, remarks: &mut Remarks) -> Result<(), Remark> {
    let mut before = base;
    for pair in window.histograms.windows(2) {
        let [previous, current] = pair else { break };
        let overlap = overlaps(taken(window, previous), taken(window, current));
        remarks.insert_if(overlap, Remark::StartOverlaps);
        if was_reset(window, previous, current, before) {
            add(grown, before, remarks)?;
        }
        before = &current.h;
    }
    Ok(())
}
