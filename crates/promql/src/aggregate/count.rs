//! `count` and `group`: of floats and histograms alike.

use super::{Accumulate, Told};
use crate::column::{ABSENT, Column, is_absent};
use crate::row::Row;

pub(super) struct Count {
    counts: Vec<f64>,
}

impl Count {
    pub(super) fn new(steps: usize) -> Self {
        Self { counts: vec![0.0; steps] }
    }
}

impl Accumulate for Count {
    const STEP_BYTES: usize = size_of::<f64>();

    fn add(&mut self, row: &Row, _told: &Told<'_>) {
        for (count, v) in self.counts.iter_mut().zip(row.column.floats()) {
            *count += f64::from(u8::from(!is_absent(*v)));
        }
        row.column.histograms().for_each(|(step, _)| self.counts[step] += 1.0);
    }

    fn finish(mut self, _told: &Told<'_>) -> Column {
        self.counts.iter_mut().filter(|count| **count == 0.0).for_each(|count| *count = ABSENT);
        Column::of(self.counts)
    }
}

pub(super) struct Group(Count);

impl Group {
    pub(super) fn new(steps: usize) -> Self {
        Self(Count::new(steps))
    }
}

impl Accumulate for Group {
    const STEP_BYTES: usize = Count::STEP_BYTES;

    fn add(&mut self, row: &Row, told: &Told<'_>) {
        self.0.add(row, told);
    }

    fn finish(self, told: &Told<'_>) -> Column {
        let mut column = self.0.finish(told);
        column.map_floats(|_| 1.0);
        column
    }
}
