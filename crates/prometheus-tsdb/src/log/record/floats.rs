//! Floats.
//!
//! ```text
//!   series u64, time i64 of the first | each: series less that, time less that varint, value 64 bits
//!   with start times (`WithStart`): each: series, time, start, value 64 bits
//! ```

use aio_types::{Sample, TimestampMs};

use super::{Base, RefFloat, WithStart};
use crate::bytes::Bytes;

pub(super) fn decode(mut from: Bytes<'_>) -> Option<Vec<RefFloat>> {
    if from.is_empty() {
        return Some(Vec::new());
    }
    let base = Base::read(&mut from)?;
    let mut all = Vec::with_capacity(from.0.len() / 10);
    while !from.is_empty() {
        let (series, t) = base.next(&mut from)?;
        all.push(RefFloat { series, sample: Sample { t, v: from.float()? }, start: TimestampMs(0) });
    }
    Some(all)
}

pub(super) fn decode_with_starts(mut from: Bytes<'_>) -> Option<Vec<RefFloat>> {
    let (mut all, mut state) = (Vec::with_capacity(from.0.len() / 10), WithStart::default());
    while !from.is_empty() {
        let (series, t, start) = state.next(&mut from)?;
        all.push(RefFloat { series, sample: Sample { t, v: from.float()? }, start });
    }
    Some(all)
}
