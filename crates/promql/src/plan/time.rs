//! Which times a query looks at.

use aio_types::TimestampMs;

/// The times at which a query or a subquery is evaluated, ascending.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) start: TimestampMs,
    pub(crate) step_ms: i64,
    pub(crate) steps: usize,
}

impl Times {
    /// One moment.
    pub(crate) fn at(start: TimestampMs) -> Self {
        Self { start, step_ms: 1, steps: 1 }
    }

    /// From `start` up to `end`, where that does not lie before it.
    pub(crate) fn until(start: TimestampMs, end: TimestampMs, step_ms: i64) -> Self {
        let span = i128::from(end.0) - i128::from(start.0);
        let steps = if span < 0 { 0 } else { span / i128::from(step_ms.max(1)) + 1 };
        Self { start, step_ms, steps: usize::try_from(steps).unwrap_or(usize::MAX) }
    }

    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = TimestampMs> {
        (0..self.steps).map(move |step| self.get(step))
    }

    pub(crate) fn get(self, step: usize) -> TimestampMs {
        let steps = i64::try_from(step).unwrap_or(i64::MAX);
        self.start.saturating_add(self.step_ms.saturating_mul(steps))
    }

    /// Those after the first few.
    pub(crate) fn after(self, steps: usize) -> Self {
        Self { start: self.get(steps), steps: self.steps.saturating_sub(steps), ..self }
    }

    /// The last; `start` where there is none.
    pub(crate) fn end(self) -> TimestampMs {
        self.get(self.steps.saturating_sub(1))
    }

    /// Those that a shifted selector looks at, seen from these.
    pub(crate) fn shifted(self, shift: Shift) -> Self {
        match shift.at {
            Some(at) => Self { start: at.saturating_add(-shift.offset_ms), step_ms: 0, ..self },
            None => Self { start: self.start.saturating_add(-shift.offset_ms), ..self },
        }
    }
}

/// The modifiers `@` and `offset`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shift {
    pub(crate) offset_ms: i64,
    pub(crate) at: Option<TimestampMs>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_ascend_from_the_start() {
        let times = Times::until(TimestampMs(10), TimestampMs(35), 10);
        assert_eq!(times.iter().map(|t| t.0).collect::<Vec<_>>(), [10, 20, 30]);
        assert_eq!(times.end().0, 30);
        let earlier = times.shifted(Shift { offset_ms: 4, at: None });
        assert_eq!(earlier.iter().map(|t| t.0).collect::<Vec<_>>(), [6, 16, 26]);
        let fixed = times.shifted(Shift { offset_ms: 4, at: Some(TimestampMs(100)) });
        assert_eq!(fixed.iter().map(|t| t.0).collect::<Vec<_>>(), [96, 96, 96]);
        assert_eq!(Times::until(TimestampMs(10), TimestampMs(9), 10).steps, 0);
    }
}
