//! `sum` and `avg`, of floats or of histograms.

use aio_series::Remark;
use aio_series::histogram::{self, Aggregate, Mean, Total};
use aio_series::numeric::{Average, Kahan};

use super::{Accumulate, Told};
use crate::column::{ABSENT, Column, Point, is_absent};
use crate::notes::Note;
use crate::row::Row;

/// Of floats: compensated sums, and what plain addition lost, apart so that several are added to at once. Nothing yet
/// where the sum is absent.
pub(super) struct Sum {
    sums: Vec<f64>,
    lost: Vec<f64>,
    histograms: Histograms<Total>,
}

/// Of floats: an average, of nothing at first.
pub(super) struct Avg {
    floats: Vec<Average>,
    histograms: Histograms<Mean>,
}

impl Sum {
    pub(super) fn new(steps: usize) -> Self {
        Self { sums: vec![ABSENT; steps], lost: vec![0.0; steps], histograms: Histograms::default() }
    }
}

impl Avg {
    pub(super) fn new(steps: usize) -> Self {
        Self { floats: vec![Average::default(); steps], histograms: Histograms::default() }
    }
}

/// Adds a value, which may be nothing, to a sum, which may be nothing yet.
#[inline]
fn add_float(sum: &mut f64, lost: &mut f64, v: f64) {
    let mut next = Kahan { sum: *sum, compensation: *lost };
    next.add(v);
    let (begins, is_nothing) = (is_absent(*sum), is_absent(v));
    let next = if begins { Kahan::of(v) } else { next };
    *sum = if is_nothing { *sum } else { next.sum };
    *lost = if is_nothing { *lost } else { next.compensation };
}

impl Accumulate for Sum {
    const STEP_BYTES: usize = 2 * size_of::<f64>();

    fn add(&mut self, row: &Row, told: &Told<'_>) {
        self.histograms.add(row, told, |step| !is_absent(self.sums[step]));
        let sums = self.sums.iter_mut().zip(&mut self.lost).zip(row.column.floats());
        if self.histograms.0.is_empty() {
            sums.for_each(|((sum, lost), v)| add_float(sum, lost, *v));
            return;
        }
        for (step, ((sum, lost), v)) in sums.enumerate() {
            if !self.histograms.is_incompatible(step) {
                add_float(sum, lost, *v);
            }
        }
    }

    fn finish(self, told: &Told<'_>) -> Column {
        let total = |(sum, lost): (f64, f64)| if is_absent(sum) { ABSENT } else { sum + lost };
        self.histograms.finish(self.sums.into_iter().zip(self.lost).map(total).collect(), told)
    }
}

impl Accumulate for Avg {
    const STEP_BYTES: usize = size_of::<Average>();

    fn add(&mut self, row: &Row, told: &Told<'_>) {
        self.histograms.add(row, told, |step| self.floats[step].value().is_some());
        for (step, (average, v)) in self.floats.iter_mut().zip(row.column.floats()).enumerate() {
            if !is_absent(*v) && !self.histograms.is_incompatible(step) {
                average.add(*v);
            }
        }
    }

    fn finish(self, told: &Told<'_>) -> Column {
        let floats = self.floats.iter().map(|average| average.value().unwrap_or(ABSENT));
        self.histograms.finish(floats.collect(), told)
    }
}

/// What the histograms of one step come to.
enum Cell<R> {
    Nothing,
    Some(Box<R>),
    /// Histograms that came after floats: the step yields nothing.
    Mixed,
    /// Exponential and custom buckets: the step yields nothing, and nothing more is looked at.
    Incompatible,
}

/// By step; empty as long as there is none.
struct Histograms<R>(Vec<Cell<R>>);

impl<R> Default for Histograms<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Aggregate + Send> Histograms<R> {
    fn is_incompatible(&self, step: usize) -> bool {
        matches!(self.0.get(step), Some(Cell::Incompatible))
    }

    fn add(&mut self, row: &Row, told: &Told<'_>, has_float: impl Fn(usize) -> bool) {
        for (step, h) in row.column.histograms() {
            if self.0.is_empty() {
                self.0.resize_with(row.column.steps(), || Cell::Nothing);
            }
            let cell = &mut self.0[step];
            match cell {
                Cell::Nothing if has_float(step) => *cell = Cell::Mixed,
                Cell::Nothing => *cell = Cell::Some(Box::new(R::of(h))),
                Cell::Some(running) => {
                    if running.add(h).is_err() {
                        told.note(Note::MixedLayouts(row.labels.metric_name().to_owned()));
                        self.remark(step, told);
                        self.0[step] = Cell::Incompatible;
                    }
                }
                Cell::Mixed | Cell::Incompatible => {}
            }
        }
    }

    /// Tells that bounds were reconciled.
    fn remark(&self, step: usize, told: &Told<'_>) {
        if let Some(Cell::Some(running)) = self.0.get(step)
            && running.met().remarks().contains(Remark::BoundsReconciledAggregating)
        {
            told.note(Note::BoundsReconciled(crate::notes::Operation::Aggregation));
        }
    }

    fn finish(self, floats: Vec<f64>, told: &Told<'_>) -> Column {
        let mut column = Column::of(floats);
        for (step, cell) in self.0.into_iter().enumerate() {
            let has_float = !is_absent(column.floats()[step]);
            match cell {
                Cell::Nothing => {}
                Cell::Some(running) if !has_float => {
                    told.context.query.notes.add_remarks(told.place, running.met().remarks(), "");
                    let mut h = running.finish();
                    histogram::compact(&mut h);
                    column.set(step, Point::Histogram(h.into()));
                }
                Cell::Incompatible if !has_float => {}
                Cell::Some(_) | Cell::Mixed | Cell::Incompatible => {
                    told.note(Note::MixedKindsInAggregation);
                    column.clear(step);
                }
            }
        }
        column
    }
}
