//! `min` and `max`: of the floats, NaN only where all are.

use super::{Accumulate, Told};
use crate::column::{ABSENT, Column, is_absent};
use crate::row::Row;

pub(super) struct Extreme {
    values: Vec<f64>,
    highest: bool,
}

impl Extreme {
    pub(super) fn lowest(steps: usize) -> Self {
        Self { values: vec![ABSENT; steps], highest: false }
    }

    pub(super) fn highest(steps: usize) -> Self {
        Self { values: vec![ABSENT; steps], highest: true }
    }
}

impl Accumulate for Extreme {
    const STEP_BYTES: usize = size_of::<f64>();

    fn add(&mut self, row: &Row, told: &Told<'_>) {
        told.ignored(row, if self.highest { "max" } else { "min" });
        if self.highest {
            fold(&mut self.values, row.column.floats(), |extreme, v| v > extreme);
        } else {
            fold(&mut self.values, row.column.floats(), |extreme, v| v < extreme);
        }
    }

    fn finish(self, _told: &Told<'_>) -> Column {
        Column::of(self.values)
    }
}

/// What stands for nothing is a NaN too, which gives way to everything.
fn fold(extremes: &mut [f64], values: &[f64], beyond: impl Fn(f64, f64) -> bool) {
    for (extreme, v) in extremes.iter_mut().zip(values) {
        if !is_absent(*v) && (extreme.is_nan() || beyond(*extreme, *v)) {
            *extreme = *v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_gives_way() {
        let mut extremes = vec![ABSENT; 4];
        fold(&mut extremes, &[f64::NAN, 1.0, ABSENT, f64::NAN], |a, b| b > a);
        fold(&mut extremes, &[2.0, 0.0, ABSENT, f64::NAN], |a, b| b > a);
        assert_eq!(extremes[..2], [2.0, 1.0]);
        assert!(is_absent(extremes[2]) && extremes[3].is_nan() && !is_absent(extremes[3]));
    }
}
