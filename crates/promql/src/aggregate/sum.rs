//! `sum` and `avg`, of floats or of histograms.

use aio_series::Remark;
use aio_series::histogram::{self, Aggregated, IncompatibleLayouts, Mean, Total};
use aio_series::numeric::{Average, Kahan};
use aio_types::Histogram;

use super::{Accumulate, Told};
use crate::column::{ABSENT, Column, Point, is_absent};
use crate::notes::Note;
use crate::row::Row;

/// Of floats: a compensated sum, or nothing yet where its sum is absent.
pub(super) struct Sum {
    floats: Vec<Kahan>,
    histograms: Histograms<Total>,
}

/// Of floats: an average, of nothing at first.
pub(super) struct Avg {
    floats: Vec<Average>,
    histograms: Histograms<Mean>,
}

impl Sum {
    pub(super) fn new(steps: usize) -> Self {
        Self { floats: vec![Kahan::of(ABSENT); steps], histograms: Histograms::default() }
    }
}

impl Avg {
    pub(super) fn new(steps: usize) -> Self {
        Self { floats: vec![Average::default(); steps], histograms: Histograms::default() }
    }
}

impl Accumulate for Sum {
    fn add(&mut self, row: &Row, told: &Told<'_>) {
        self.histograms.add(row, told, |step| !is_absent(self.floats[step].sum));
        for (step, (sum, v)) in self.floats.iter_mut().zip(row.column.floats()).enumerate() {
            if is_absent(*v) || self.histograms.is_incompatible(step) {
            } else if is_absent(sum.sum) {
                *sum = Kahan::of(*v);
            } else {
                sum.add(*v);
            }
        }
    }

    fn finish(self, told: &Told<'_>) -> Column {
        let floats = self.floats.into_iter().map(|sum| if is_absent(sum.sum) { ABSENT } else { sum.total() });
        self.histograms.finish(floats.collect(), told)
    }
}

impl Accumulate for Avg {
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

/// A sum or a mean of histograms.
trait Running {
    fn of(first: &Histogram) -> Self;
    fn add(&mut self, h: &Histogram) -> Result<(), IncompatibleLayouts>;
    fn met(&self) -> Aggregated;
    fn finish(self) -> Histogram;
}

impl Running for Total {
    fn of(first: &Histogram) -> Self {
        Self::of(first)
    }

    fn add(&mut self, h: &Histogram) -> Result<(), IncompatibleLayouts> {
        self.add(h)
    }

    fn met(&self) -> Aggregated {
        self.met()
    }

    fn finish(self) -> Histogram {
        self.finish()
    }
}

impl Running for Mean {
    fn of(first: &Histogram) -> Self {
        Self::of(first)
    }

    fn add(&mut self, h: &Histogram) -> Result<(), IncompatibleLayouts> {
        self.add(h)
    }

    fn met(&self) -> Aggregated {
        self.met()
    }

    fn finish(self) -> Histogram {
        self.finish()
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

impl<R: Running> Histograms<R> {
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
