//! Growth of floats between the edges of the range.

use aio_types::{Sample, TimestampMs};

use super::{Extension, Growth, Window};

/// The sample before or at the start, else the first one, and the last one that matters: the last one of all, or the
/// first one at or behind the end if values are smoothed. `None` if none of them lies behind the start.
pub(super) fn first_and_last<S>(
    samples: &[S],
    time: impl Fn(&S) -> TimestampMs,
    window: &Window<'_>,
    extension: Extension,
) -> Option<(usize, usize)> {
    let mut last = samples.len().checked_sub(1)?;
    let first = samples[..last].partition_point(|s| time(s) <= window.start).saturating_sub(1);
    if extension == Extension::Smoothed {
        last = samples[..last].partition_point(|s| time(s) < window.end);
    }
    (time(&samples[last]) > window.start).then_some((first, last))
}

/// The value at `t` on the line between two samples; a counter that was reset between them starts at zero.
pub(super) fn on_line(a: Sample, b: Sample, t: TimestampMs, is_counter: bool) -> f64 {
    let from = if is_counter && b.v < a.v { 0.0 } else { a.v };
    from + (b.v - from) * milliseconds(a.t, t) / milliseconds(a.t, b.t)
}

#[expect(clippy::cast_precision_loss, reason = "intervals are far below 2^53 milliseconds")]
pub(super) fn milliseconds(from: TimestampMs, to: TimestampMs) -> f64 {
    to.0.saturating_sub(from.0) as f64
}

/// The values at both edges of the range.
pub(super) fn left_and_right(
    window: &Window<'_>,
    (first, last): (usize, usize),
    extension: Extension,
    is_counter: bool,
) -> [f64; 2] {
    let floats = window.floats;
    let smoothed = extension == Extension::Smoothed;
    let left = match floats.get(first + 1) {
        Some(next) if smoothed && floats[first].t < window.start => {
            on_line(floats[first], *next, window.start, is_counter)
        }
        _ => floats[first].v,
    };
    let right = if smoothed && last > 0 && floats[last].t > window.end {
        on_line(floats[last - 1], floats[last], window.end, is_counter)
    } else {
        floats[last].v
    };
    [left, right]
}

/// How much the floats grew from edge to edge; of a counter, what it had before each reset is added.
pub(super) fn grown(window: &Window<'_>, growth: Growth, extension: Extension) -> Option<f64> {
    let floats = window.floats;
    let (first, last) = first_and_last(floats, |s| s.t, window, extension)?;
    if extension == Extension::Smoothed && floats[first].t > window.end {
        return None;
    }
    let [left, right] = left_and_right(window, (first, last), extension, growth.is_counter());
    if !growth.is_counter() {
        return Some(right - left);
    }
    // Resets across an edge are part of the values there.
    let from = first + usize::from(floats[first].t <= window.start);
    let to = last + usize::from(floats[last].t < window.end);
    let inner = floats.get(from..to).unwrap_or_default();
    Some(right - left + lost(left, right, inner))
}

/// What a counter had before each reset between `left` and `right`.
fn lost(left: f64, right: f64, inner: &[Sample]) -> f64 {
    let mut lost = 0.0;
    let mut previous = left;
    for v in inner.iter().map(|s| s.v).chain([right]) {
        if v < previous {
            lost += previous;
        }
        previous = v;
    }
    lost
}
