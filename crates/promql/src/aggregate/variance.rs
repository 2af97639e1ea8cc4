//! `stdvar` and `stddev`: of the population of floats.

use super::{Accumulate, Told};
use crate::column::{ABSENT, Column, is_absent};
use crate::row::Row;

/// A running variance after Welford, without compensation, as the aggregations have it.
#[derive(Clone, Copy, Default)]
struct Welford {
    n: f64,
    mean: f64,
    squares: f64,
}

impl Welford {
    fn add(&mut self, v: f64) {
        self.n += 1.0;
        if self.n == 1.0 {
            (self.mean, self.squares) = (v, if v.is_finite() { 0.0 } else { f64::NAN });
            return;
        }
        let delta = v - self.mean;
        self.mean += delta / self.n;
        self.squares += delta * (v - self.mean);
    }
}

pub(super) struct Variance {
    steps: Vec<Welford>,
    is_deviation: bool,
}

impl Variance {
    pub(super) fn squared(steps: usize) -> Self {
        Self { steps: vec![Welford::default(); steps], is_deviation: false }
    }

    pub(super) fn deviation(steps: usize) -> Self {
        Self { is_deviation: true, ..Self::squared(steps) }
    }
}

impl Accumulate for Variance {
    const STEP_BYTES: usize = size_of::<Welford>();

    fn add(&mut self, row: &Row, told: &Told<'_>) {
        told.ignored(row, if self.is_deviation { "stddev" } else { "stdvar" });
        for (welford, v) in self.steps.iter_mut().zip(row.column.floats()).filter(|(_, v)| !is_absent(**v)) {
            welford.add(*v);
        }
    }

    fn finish(self, _told: &Told<'_>) -> Column {
        let value = |welford: &Welford| {
            let variance = welford.squares / welford.n;
            match (welford.n == 0.0, self.is_deviation) {
                (true, _) => ABSENT,
                (false, true) => variance.sqrt(),
                (false, false) => variance,
            }
        };
        Column::of(self.steps.iter().map(value).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_that_of_the_population() {
        for (values, expected) in
            [(&[7.0][..], 0.0), (&[1.0, 3.0], 1.0), (&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], 4.0)]
        {
            let mut welford = Welford::default();
            values.iter().for_each(|v| welford.add(*v));
            assert_eq!(welford.squares / welford.n, expected);
        }
    }
}
