//! Growth of floats between the first and the last one.

use super::starts::{Taken, is_reset, overlaps};
use super::{Growth, Window};
use crate::{Remark, Remarks};

/// The difference of the last and the first float; of a counter, what it had before each reset is added.
pub(super) fn growth(window: &Window<'_>, growth: Growth) -> (f64, Remarks) {
    let floats = window.floats;
    let (Some(first), Some(last)) = (floats.first(), floats.last()) else { return (0.0, Remarks::NONE) };
    let mut grown = last.v - first.v;
    if !growth.is_counter() {
        return (grown, Remarks::NONE);
    }
    if !window.uses_starts || window.starts.is_empty() {
        for pair in floats.windows(2).filter(|pair| pair[1].v < pair[0].v) {
            grown += pair[0].v;
        }
        return (grown, Remarks::NONE);
    }
    let mut remarks = Remarks::NONE;
    for (i, pair) in floats.windows(2).enumerate() {
        let previous = Taken { start: window.float_start(i), t: pair[0].t };
        let current = Taken { start: window.float_start(i + 1), t: pair[1].t };
        remarks.insert_if(overlaps(previous, current), Remark::StartOverlaps);
        if pair[1].v < pair[0].v || is_reset(previous, current) {
            grown += pair[0].v;
        }
    }
    (grown, remarks)
}
