//! When series have numbers.

use aio_types::TimestampNs;

/// Steps of equal length, each without its first moment and with its last, which it is named by; or one that has both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    start: i64,
    end: i64,
    /// Nanoseconds; `None` for one step.
    step: Option<i64>,
}

impl Grid {
    /// Steps that cover the range, and one before. `step` is in nanoseconds and more than 0.
    #[must_use]
    pub fn range(start: TimestampNs, end: TimestampNs, step: i64) -> Self {
        let down = |ns: i64| ns.saturating_sub(ns.rem_euclid(step));
        let end_down = down(end.0);
        let end = if end_down == end.0 { end.0 } else { end_down.saturating_add(step) };
        Self { start: down(start.0).saturating_sub(step), end, step: Some(step) }
    }

    /// One number for the whole range, both of its ends inside.
    #[must_use]
    pub fn instant(start: TimestampNs, end: TimestampNs) -> Self {
        Self { start: start.0, end: end.0, step: None }
    }

    /// How many numbers a series has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.step {
            Some(step) => usize::try_from(self.end.saturating_sub(self.start) / step).unwrap_or(0),
            None => 1,
        }
    }

    /// Whether there is no step.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a step is named by.
    #[must_use]
    pub fn time(&self, place: usize) -> TimestampNs {
        let steps = i64::try_from(place).unwrap_or(i64::MAX).saturating_add(1);
        TimestampNs(self.step.map_or(self.end, |step| self.start.saturating_add(steps.saturating_mul(step))))
    }

    /// The step a moment is in.
    pub(crate) fn place(&self, time: TimestampNs) -> Option<usize> {
        let Some(step) = self.step else { return (self.start..=self.end).contains(&time.0).then_some(0) };
        let is_inside = time.0 > self.start && time.0 <= self.end;
        is_inside.then(|| usize::try_from((time.0 - self.start - 1) / step).ok()).flatten()
    }

    /// Seconds of a step.
    #[expect(clippy::cast_precision_loss, reason = "lengths of steps are far below 2^53 microseconds")]
    pub(crate) fn step_seconds(&self) -> f64 {
        self.step.unwrap_or(self.end.saturating_sub(self.start)) as f64 / 1e9
    }

    /// First nanosecond inside, and the first after it.
    pub(crate) fn bounds(&self) -> (TimestampNs, TimestampNs) {
        let start = if self.step.is_some() { self.start.saturating_add(1) } else { self.start };
        (TimestampNs(start), TimestampNs(self.end.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    #[test]
    fn steps_cover_the_range_and_one_before() {
        let grid = Grid::range(TimestampNs(61 * S), TimestampNs(781 * S), 60 * S);
        assert_eq!(grid.len(), 14);
        assert_eq!(grid.time(0), TimestampNs(60 * S));
        assert_eq!(grid.time(13), TimestampNs(840 * S));
        assert_eq!(Grid::range(TimestampNs(60 * S), TimestampNs(780 * S), 60 * S).len(), 13);
        for (ns, place) in [(0, None), (1, Some(0)), (60 * S, Some(0)), (60 * S + 1, Some(1)), (840 * S + 1, None)] {
            assert_eq!(grid.place(TimestampNs(ns)), place, "{ns}");
        }
    }

    #[test]
    fn an_instant_has_both_ends() {
        let grid = Grid::instant(TimestampNs(10), TimestampNs(20));
        assert_eq!((grid.len(), grid.time(0)), (1, TimestampNs(20)));
        assert_eq!([9, 10, 20, 21].map(|ns| grid.place(TimestampNs(ns))), [None, Some(0), Some(0), None]);
    }
}
