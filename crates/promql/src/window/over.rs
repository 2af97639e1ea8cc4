//! Functions over the windows of series.

use aio_series::growth::Growth;
use aio_series::{Remark, Remarks};

use super::counter::Counter;
use super::cut::{Cut, cuts};
use super::slide::Sliding;
use super::{Frame, Frames};
use crate::Error;
use crate::budget::Counts;
use crate::column::{ABSENT, Column, Point, stored};
use crate::eval::Context;
use crate::labels::{Distinct, RowLabels};
use crate::notes::Note;
use crate::plan::{OverWindow, WindowSource};
use crate::row::Row;
use crate::select::Input;

/// After so many samples it is asked whether anybody still waits.
const CHECK_SAMPLES: u64 = 1 << 17;

/// What is counted while windows are gone through.
#[derive(Default)]
struct Counted {
    looked_at: Counts,
    since_check: u64,
    remarks: Remarks,
    overlaps: usize,
}

impl Context<'_> {
    pub(crate) fn over_window(&self, over: &OverWindow) -> Result<Vec<Row>, Error> {
        let mut out = Vec::new();
        self.window_batches(over, &mut |mut rows| {
            out.append(&mut rows);
            Ok(())
        })?;
        Ok(out)
    }

    pub(crate) fn window_batches(
        &self,
        over: &OverWindow,
        see: &mut dyn FnMut(Vec<Row>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let params = over.params.iter().map(|p| self.scalars(p)).collect::<Result<Vec<_>, _>>()?;
        let make = |input: &Input<'_>| self.window_row(over, &params, input);
        let mut distinct = match &over.window.source {
            WindowSource::Stored { .. } => Distinct::of_different(),
            WindowSource::Subquery { .. } => Distinct::of_any(),
        };
        self.per_series(&over.window, &make, &mut |batch| {
            let rows: Vec<Row> = batch.into_iter().flatten().collect();
            // Without their names series may have equal labels, which upstream refuses at once.
            if !self.delays_names() && !rows.iter().all(|row| distinct.insert(&row.labels)) {
                return Err(Error::duplicate_labels());
            }
            see(self.held(rows)?)
        })
    }

    fn window_row(&self, over: &OverWindow, params: &[Vec<f64>], input: &Input<'_>) -> Result<Option<Row>, Error> {
        let mut counted = Counted { looked_at: self.counts(), ..Counted::default() };
        let column = self.window_column(over, params, input, &mut counted)?;
        self.count(&counted.looked_at);
        let name = input.labels.metric_name();
        self.tell(over, &counted, name);
        if !column.has_any() {
            return Ok(None);
        }
        if over.function.wants_counter() && !name.is_empty() && column.has_floats() {
            self.tell_no_counter(over, &input.labels);
        }
        let mut row = Row::new(input.labels.clone(), column);
        row.drop_name = input.drop_name || !over.function.keeps_name();
        if row.drop_name && !self.delays_names() {
            row.labels.hide_metadata();
        }
        Ok(Some(row))
    }

    /// The growth of plain floats, of which nothing is told.
    fn growth_column(&self, over: &OverWindow, growth: Growth, input: &Input<'_>, counted: &mut Counted) -> Column {
        let floats = &input.samples.floats;
        let mut counter = Counter::new(growth, floats);
        let mut at = |cut: Cut| {
            counted.looked_at.push(cut.len() as u64);
            counter.grown(cut).unwrap_or(ABSENT)
        };
        Column::of(cuts(floats, over.window.range_ms, input.ends).map(&mut at).collect())
    }

    /// A function of plain floats whose windows overlap.
    fn sliding_column(
        &self,
        over: &OverWindow,
        sliding: Sliding,
        input: &Input<'_>,
        counted: &mut Counted,
    ) -> Result<Column, Error> {
        let floats = &input.samples.floats;
        let mut cut = Vec::with_capacity(input.ends.steps);
        cut.extend(cuts(floats, over.window.range_ms, input.ends));
        cut.iter().for_each(|cut| counted.looked_at.push(cut.len() as u64));
        Ok(Column::of(sliding.column(floats, &cut, &|| self.check())?))
    }

    fn window_column(
        &self,
        over: &OverWindow,
        params: &[Vec<f64>],
        input: &Input<'_>,
        counted: &mut Counted,
    ) -> Result<Column, Error> {
        let uses_starts = over.function.uses_starts() && self.query.config.start_timestamps;
        let is_plain = input.samples.histograms.is_empty() && (!uses_starts || input.samples.starts.is_empty());
        if is_plain && over.window.extension.is_none() {
            if let Some(growth) = over.function.growth() {
                return Ok(self.growth_column(over, growth, input, counted));
            }
            if let Some(sliding) = Sliding::of(over.function) {
                return self.sliding_column(over, sliding, input, counted);
            }
        }
        let mut frames = Frames::new(input.samples, over.window.range_ms, self.margins(&over.window));
        if uses_starts {
            frames = frames.with_starts();
        }
        let mut column = Column::absent(self.times.steps);
        let mut of_step = vec![0.0; params.len()];
        for (step, end) in input.ends.iter().enumerate() {
            let frame = frames.at(end, self.step_time(step));
            counted.looked_at.push(frame.size());
            if frame.is_empty() {
                continue;
            }
            of_step.iter_mut().zip(params).for_each(|(p, values)| *p = values[step]);
            match self.window_point(over, &frame, &of_step, counted)? {
                Point::Float(v) => column.floats_mut()[step] = stored(v),
                other => column.set(step, other),
            }
        }
        Ok(column)
    }

    /// What a window that is not empty comes to.
    fn window_point(
        &self,
        over: &OverWindow,
        frame: &Frame<'_>,
        params: &[f64],
        counted: &mut Counted,
    ) -> Result<Point, Error> {
        counted.since_check += frame.size();
        if counted.since_check > CHECK_SAMPLES {
            counted.since_check = 0;
            self.check()?;
        }
        let (point, remarks) = over.function.apply(frame, params, over.window.extension)?;
        counted.remarks.extend(remarks);
        counted.overlaps += usize::from(remarks.contains(Remark::StartOverlaps));
        self.note_quantile(over, params, !frame.window.floats.is_empty());
        Ok(point)
    }

    fn note_quantile(&self, over: &OverWindow, params: &[f64], has_floats: bool) {
        if let Some(q) = over.function.quantile(params).filter(|_| has_floats) {
            self.query.notes.check_quantile(q, over.place);
        }
    }

    fn tell(&self, over: &OverWindow, counted: &Counted, name: &str) {
        if counted.remarks.is_empty() {
            return;
        }
        let others = counted.remarks.iter().filter(|remark| *remark != Remark::StartOverlaps);
        others.for_each(|remark| self.query.notes.add_remarks(over.place, remark.into(), name));
        if counted.overlaps > 0 {
            self.query.notes.add_overlaps(over.place, name, counted.overlaps);
        }
    }

    fn tell_no_counter(&self, over: &OverWindow, labels: &RowLabels) {
        let name = labels.metric_name();
        if self.query.config.type_and_unit_labels {
            let kind = labels.get("__type__");
            if !matches!(kind, "counter" | "histogram") {
                let note = Note::NoCounterType(kind.to_owned(), name.to_owned());
                self.query.notes.add(over.place, note);
            }
        } else if !["_total", "_sum", "_count", "_bucket"].iter().any(|suffix| name.ends_with(suffix)) {
            self.query.notes.add(over.place, Note::NoCounterName(name.to_owned()));
        }
    }
}
