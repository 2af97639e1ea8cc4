//! Where windows cut the floats of a series.

use aio_types::{Sample, TimestampMs};

use crate::plan::Times;

/// One window: its samples are those of the positions from `from` up to, but not, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) from: usize,
    pub(super) to: usize,
    /// What lies before it, or at it, is not part of the window.
    pub(super) start: TimestampMs,
    pub(super) end: TimestampMs,
}

impl Cut {
    pub(super) fn len(self) -> usize {
        self.to - self.from
    }

    pub(super) fn of(self, floats: &[Sample]) -> &[Sample] {
        &floats[self.from..self.to]
    }
}

/// The windows `(end - range_ms, end]` for ends that never go back.
pub(super) fn cuts(floats: &[Sample], range_ms: i64, ends: Times) -> impl Iterator<Item = Cut> {
    let (mut from, mut to) = (0, 0);
    ends.iter().map(move |end| {
        let start = end.saturating_add(-range_ms);
        while floats.get(to).is_some_and(|s| s.t <= end) {
            to += 1;
        }
        while from < to && floats[from].t <= start {
            from += 1;
        }
        Cut { from, to, start, end }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_open_at_their_start() {
        let floats: Vec<Sample> = (0..6).map(|i| Sample { t: TimestampMs(i * 10), v: 0.0 }).collect();
        let ends = Times::until(TimestampMs(0), TimestampMs(80), 20);
        let found: Vec<_> = cuts(&floats, 20, ends).map(|cut| (cut.from, cut.to, cut.len())).collect();
        assert_eq!(found, [(0, 1, 1), (1, 3, 2), (3, 5, 2), (5, 6, 1), (6, 6, 0)]);
    }
}
