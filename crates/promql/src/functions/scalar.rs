//! Between scalars and vectors, and functions that make scalars.

use aio_types::{Labels, TimestampMs};

use super::math::{larger, smaller};
use crate::Error;
use crate::column::{Column, is_absent};
use crate::eval::Context;
use crate::plan::Plan;
use crate::row::Row;

impl Context<'_> {
    pub(crate) fn time(&self) -> Vec<f64> {
        self.times.iter().map(TimestampMs::as_secs_f64).collect()
    }

    /// The only float of each step, or NaN.
    pub(crate) fn scalar_of(&self, input: &Plan) -> Result<Vec<f64>, Error> {
        Ok(only_floats(&self.rows(input)?, self.times.steps))
    }

    pub(crate) fn vector_of(&self, input: &Plan) -> Result<Vec<Row>, Error> {
        Ok(vec![Row::new(Labels::default(), Column::of(self.scalars(input)?))])
    }

    pub(crate) fn extreme(&self, is_larger: bool, sides: &[Plan; 2]) -> Result<Vec<f64>, Error> {
        let [left, right] = sides;
        let (left, right) = (self.scalars(left)?, self.scalars(right)?);
        let pick = if is_larger { larger } else { smaller };
        Ok(left.into_iter().zip(right).map(|(l, r)| pick(l, r)).collect())
    }
}

fn only_floats(rows: &[Row], steps: usize) -> Vec<f64> {
    let mut counts = vec![0_u8; steps];
    let mut values = vec![f64::NAN; steps];
    for row in rows {
        for ((v, value), count) in row.column.floats().iter().zip(&mut values).zip(&mut counts) {
            if !is_absent(*v) {
                *count = count.saturating_add(1);
                *value = if *count == 1 { *v } else { f64::NAN };
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::ABSENT;

    #[test]
    fn a_scalar_needs_exactly_one_element() {
        let row = |values: &[f64]| Row::new(Labels::default(), Column::of(values.to_vec()));
        let got = only_floats(&[row(&[7.0, 1.0, ABSENT]), row(&[ABSENT, 2.0, ABSENT])], 3);
        assert_eq!(got[0], 7.0);
        assert!(got[1].is_nan() && got[2].is_nan());
    }
}
