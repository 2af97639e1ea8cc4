//! What says that nothing is there.

use aio_types::Labels;

use crate::Error;
use crate::column::{ABSENT, Column};
use crate::eval::Context;
use crate::plan::{Plan, Window};
use crate::row::Row;

impl Context<'_> {
    /// 1 at the steps where nothing is.
    pub(crate) fn absent(&self, input: &Plan, labels: &Labels) -> Result<Vec<Row>, Error> {
        let mut missing = vec![1.0; self.times.steps];
        for row in self.rows(input)? {
            for (step, missing) in missing.iter_mut().enumerate() {
                if row.column.is_present(step) {
                    *missing = ABSENT;
                }
            }
        }
        Ok(one_row(labels, missing))
    }

    /// 1 at the steps in whose window no series has a sample.
    pub(crate) fn absent_over_time(&self, window: &Window, labels: &Labels) -> Result<Vec<Row>, Error> {
        let mut missing = vec![1.0; self.times.steps];
        self.for_each_full_window(window, &mut |step| missing[step] = ABSENT)?;
        Ok(one_row(labels, missing))
    }
}

fn one_row(labels: &Labels, values: Vec<f64>) -> Vec<Row> {
    let row = Row::new(labels.clone(), Column::of(values));
    if row.column.has_any() { vec![row] } else { Vec::new() }
}
