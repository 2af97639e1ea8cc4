//! Instant selectors whose values lie on lines between samples.

use aio_series::Remarks;
use aio_series::growth;
use aio_types::{Labels, Samples, TimeRange};

use super::Read;
use super::prepare::{remove_buckets, remove_stale};
use crate::Error;
use crate::column::Column;
use crate::eval::Context;
use crate::plan::Selector;
use crate::row::Row;
use crate::window::{Frames, told};

impl Context<'_> {
    pub(super) fn smoothed(&self, selector: &Selector) -> Result<Vec<Row>, Error> {
        if self.times.steps == 0 {
            return Ok(Vec::new());
        }
        let times = self.times.shifted(selector.shift);
        let lookback_ms = self.query.lookback_ms;
        let start = times.start.saturating_add(-lookback_ms).saturating_add(1);
        let span = TimeRange { start, end: times.end().saturating_add(lookback_ms) };
        let make = |labels: &Labels, samples: &mut Samples| self.smoothed_row(selector, labels, samples);
        let mut rows = Vec::new();
        for batch in self.select(&selector.matchers, span)?.chunks(self.batch_series()) {
            rows.extend(self.held(self.read_each(batch, span, Read::All, &make)?.into_iter().flatten().collect())?);
        }
        Ok(rows)
    }

    fn smoothed_row(&self, selector: &Selector, labels: &Labels, samples: &mut Samples) -> Result<Option<Row>, Error> {
        if selector.stats_only {
            remove_buckets(&mut samples.histograms);
        }
        remove_stale(samples);
        let lookback_ms = self.query.lookback_ms;
        let mut frames = Frames::new(samples, lookback_ms, (0, lookback_ms));
        let mut column = Column::absent(self.times.steps);
        let mut remarks = Remarks::NONE;
        for (step, t) in self.times.shifted(selector.shift).iter().enumerate() {
            let (point, more) = told(growth::smoothed_at(&frames.at(t, t).window, t));
            remarks.extend(more);
            column.set(step, point);
        }
        self.query.notes.add_remarks(selector.place, remarks, labels.metric_name());
        self.row_of(labels, column)
    }
}
