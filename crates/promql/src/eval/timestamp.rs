//! When samples were taken.

use crate::Error;
use crate::eval::Context;
use crate::plan::Plan;
use crate::row::Row;
use crate::select::Newest;

impl Context<'_> {
    /// A stored sample's own time; the time of evaluation for anything that is computed.
    pub(crate) fn timestamp(&self, input: &Plan) -> Result<Vec<Row>, Error> {
        if let Plan::Selector(selector) = input {
            let rows = self.newest_as(selector, &|newest| Some(newest.time().as_secs_f64()))?;
            return self.without_name(rows);
        }
        let mut rows = self.rows(input)?;
        for row in &mut rows {
            for step in 0..self.times.steps {
                if row.column.is_present(step) {
                    row.column.set(step, crate::column::Point::Float(self.step_time(step).as_secs_f64()));
                }
            }
        }
        self.without_name(rows)
    }

    /// Since when a stored sample counts; nothing of anything that is computed, or where start times are not used.
    pub(crate) fn start_timestamp(&self, input: &Plan) -> Result<Vec<Row>, Error> {
        match input {
            Plan::Selector(selector) if self.query.config.start_timestamps => {
                let rows = self.newest_as(selector, &|newest: &Newest<'_>| Some(newest.start().as_secs_f64()))?;
                self.without_name(rows)
            }
            _ => {
                self.rows(input)?;
                Ok(Vec::new())
            }
        }
    }
}
