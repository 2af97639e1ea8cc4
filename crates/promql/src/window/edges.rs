//! The first and the last sample of a window, of whatever kind, and how many there are.

use std::sync::Arc;

use aio_series::growth::Window;
use aio_series::numeric;
use aio_types::{HistogramSample, Sample, TimestampMs};

use crate::column::Point;

pub(super) fn count(window: &Window<'_>) -> f64 {
    numeric::count(window.floats.len() + window.histograms.len())
}

fn point(float: Option<&Sample>, histogram: Option<&HistogramSample>, takes_float: bool) -> Point {
    match (float, histogram) {
        (Some(float), None) => Point::Float(float.v),
        (Some(float), Some(_)) if takes_float => Point::Float(float.v),
        (_, Some(sample)) => Point::Histogram(Arc::clone(&sample.h)),
        (None, None) => Point::Absent,
    }
}

pub(super) fn first(window: &Window<'_>) -> Point {
    let (float, histogram) = (window.floats.first(), window.histograms.first());
    point(float, histogram, float.map(|s| s.t) < histogram.map(|s| s.t))
}

pub(super) fn last(window: &Window<'_>) -> Point {
    let (float, histogram) = (window.floats.last(), window.histograms.last());
    point(float, histogram, float.map(|s| s.t) > histogram.map(|s| s.t))
}

pub(super) fn time_of_first(window: &Window<'_>) -> Option<f64> {
    let times = [window.floats.first().map(|s| s.t), window.histograms.first().map(|s| s.t)];
    times.into_iter().flatten().min().map(TimestampMs::as_secs_f64)
}

pub(super) fn time_of_last(window: &Window<'_>) -> Option<f64> {
    let times = [window.floats.last().map(|s| s.t), window.histograms.last().map(|s| s.t)];
    times.into_iter().flatten().max().map(TimestampMs::as_secs_f64)
}
