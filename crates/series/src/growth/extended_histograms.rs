//! Growth of histograms between the edges of the range.

use aio_types::{Histogram, HistogramSample, ResetHint, TimestampMs};

use super::extended_floats::{first_and_last, milliseconds};
use super::{Extension, Growth, Outcome, Window, add, subtract};
use crate::histogram::{compact, detect_reset, divide, multiply};
use crate::{Remark, Remarks};

pub(super) fn extended(window: &Window<'_>, growth: Growth, extension: Extension) -> Outcome {
    let mut remarks = Remarks::NONE;
    match grown(window, growth, extension, &mut remarks) {
        Ok(Some(mut grown)) => {
            if growth == Growth::Rate {
                divide(&mut grown, window.seconds());
            }
            grown.reset_hint = ResetHint::Gauge;
            compact(&mut grown);
            Outcome::histogram(grown, remarks)
        }
        Ok(None) => Outcome::nothing(remarks),
        Err(why) => {
            remarks.insert(why);
            Outcome::nothing(remarks)
        }
    }
}

fn grown(
    window: &Window<'_>,
    growth: Growth,
    extension: Extension,
    remarks: &mut Remarks,
) -> Result<Option<Histogram>, Remark> {
    let Some((first, last)) = first_and_last(window.histograms, |s| s.t, window, extension) else { return Ok(None) };
    let smoothed = extension == Extension::Smoothed;
    if smoothed && window.histograms[first].t > window.end {
        return Ok(None);
    }
    let samples = &window.histograms[first..=last];
    check(samples, growth, remarks)?;
    let left = match samples {
        [a, b, ..] if smoothed && a.t < window.start => on_line(a, b, window.start, growth.is_counter(), remarks)?,
        _ => Histogram::clone(&samples[0].h),
    };
    let right = match (last.checked_sub(1).map(|before| &window.histograms[before]), &window.histograms[last]) {
        (Some(a), b) if smoothed && b.t > window.end => on_line(a, b, window.end, growth.is_counter(), remarks)?,
        (_, b) => Histogram::clone(&b.h),
    };
    let is_gauge = |h: &Histogram| h.reset_hint == ResetHint::Gauge;
    let both_gauges = is_gauge(&left) && is_gauge(&right);
    remarks.insert_if(!growth.is_counter() && !both_gauges, Remark::NotGauge);
    let mut grown = right.clone();
    subtract(&mut grown, &left, remarks)?;
    if growth.is_counter() {
        let spans_start = smoothed && samples[0].t < window.start;
        if let Some(lost) = lost(samples, &left, &right, spans_start, remarks)? {
            add(&mut grown, &lost, remarks)?;
        }
    }
    Ok(Some(grown))
}

fn check(samples: &[HistogramSample], growth: Growth, remarks: &mut Remarks) -> Result<(), Remark> {
    let custom = samples.first().is_some_and(|sample| sample.h.uses_custom_buckets());
    for sample in samples {
        if sample.h.uses_custom_buckets() != custom {
            return Err(Remark::MixedLayouts);
        }
        remarks.insert_if(growth.is_counter() && sample.h.reset_hint == ResetHint::Gauge, Remark::NotCounter);
    }
    Ok(())
}

/// The histogram at `t` between two samples, as if each bucket grew evenly; a counter that was reset between them starts
/// at zero.
pub(super) fn on_line(
    a: &HistogramSample,
    b: &HistogramSample,
    t: TimestampMs,
    is_counter: bool,
    remarks: &mut Remarks,
) -> Result<Histogram, Remark> {
    if t == a.t {
        return Ok(Histogram::clone(&a.h));
    }
    let mut at = Histogram::clone(&b.h);
    if t == b.t {
        return Ok(at);
    }
    let part = milliseconds(a.t, t) / milliseconds(a.t, b.t);
    if is_counter && detect_reset(&a.h, &b.h) {
        multiply(&mut at, part);
        return Ok(at);
    }
    subtract(&mut at, &a.h, remarks)?;
    multiply(&mut at, part);
    add(&mut at, &a.h, remarks)?;
    Ok(at)
}

/// What a counter had before each reset between `left` and `right`, which stand for the first and the last of `samples`.
/// `spans_start` says that `left` lies between the first two of them.
fn lost(
    samples: &[HistogramSample],
    left: &Histogram,
    right: &Histogram,
    spans_start: bool,
    remarks: &mut Remarks,
) -> Result<Option<Histogram>, Remark> {
    let mut previous = left;
    let mut inner = samples.split_last().map_or(&[][..], |(_, rest)| rest).get(1..).unwrap_or_default();
    match samples {
        [a, b, ..] if spans_start && detect_reset(&a.h, &b.h) => {
            // Reset before the second one, which `left` knows: what follows is compared with that one. Both edges lie
            // between the same two samples if there are no others.
            let Some(rest) = inner.get(1..) else { return Ok(None) };
            (previous, inner) = (&b.h, rest);
        }
        [_] => return Ok(None),
        _ => {}
    }
    let mut lost: Option<Histogram> = None;
    for h in inner.iter().map(|sample| &*sample.h).chain([right]) {
        if detect_reset(previous, h) {
            match &mut lost {
                Some(lost) => add(lost, previous, remarks)?,
                None => lost = Some(previous.clone()),
            }
        }
        previous = h;
    }
    Ok(lost)
}
