//! The moments a query is evaluated at.

use aio_types::TimestampNs;

/// Equally spaced moments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    start: i64,
    step: i64,
    len: usize,
}

impl Grid {
    pub(crate) fn instant(at: TimestampNs) -> Self {
        Self { start: at.0, step: 1, len: 1 }
    }

    /// Steps are multiples of their width, whatever the range is: the start is rounded down, the end up.
    pub(crate) fn range(start: TimestampNs, end: TimestampNs, step: i64) -> Self {
        let step = step.max(1);
        let first = start.0.div_euclid(step).saturating_mul(step);
        let last = end.0.saturating_add(step - 1).div_euclid(step).saturating_mul(step);
        let len = usize::try_from(last.saturating_sub(first) / step).map_or(0, |n| n + 1);
        Self { start: first, step, len }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The steps whose windows of `range` hold `ts`: a window is open on the left and closed on the right.
    pub(crate) fn windows_of(&self, ts: i64, range: i64) -> Option<(usize, usize)> {
        let steps_to = |t: i64| {
            let ahead = i128::from(t) - i128::from(self.start);
            let steps = ahead.div_euclid(i128::from(self.step));
            steps + i128::from(ahead.rem_euclid(i128::from(self.step)) != 0)
        };
        let first = usize::try_from(steps_to(ts)).unwrap_or(0);
        let after = usize::try_from(steps_to(ts.saturating_add(range))).unwrap_or(0).min(self.len);
        (first < after).then(|| (first, after - 1))
    }

    #[expect(clippy::cast_possible_wrap, reason = "below len, which came from an i64")]
    pub(crate) fn at(&self, i: usize) -> TimestampNs {
        TimestampNs(self.start.saturating_add(self.step.saturating_mul(i as i64)))
    }
}
