//! Lines of a query, taken together by series.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use aio_source::{LogsBatch, LogsCount, LogsCounted, LogsSelect, LogsSource};
use aio_types::{Labels, LogEntry};

use super::cells::Cells;
use super::samples::Samples;
use super::{Evaluation, Grid, Series, count, grouped, key, too_many_samples};
use crate::ahead;
use crate::error::Error;
use crate::line::{LineLabels, Scratch};
use crate::parse::ast::RangeOp;
use crate::plan::{Window, select};

/// How many lines are looked at between two looks at the stop flag.
const LINES_PER_LOOK: usize = 1024;

/// What is selected for a window, and whether it is enough to count it.
pub(crate) fn reads(source: &dyn LogsSource, window: &Window, grid: Grid) -> Result<(LogsSelect, bool), Error> {
    let (first, last) = (grid.at(0), grid.at(grid.len() - 1));
    let shift = window.offset_ns.saturating_neg();
    let start = first.saturating_add(shift).saturating_add(window.range_ns.saturating_neg()).saturating_add(1);
    let end = last.saturating_add(shift).saturating_add(1);
    let select = select(&window.log, start, end, false)?;
    let is_counted = count::suffices(source, window, &select)?;
    Ok((select, is_counted))
}

/// The series of a window.
pub(super) fn collect(evaluation: &Evaluation<'_>, window: &Window) -> Result<Series, Error> {
    let (select, is_counted) = reads(evaluation.source, window, evaluation.grid)?;
    let mut collector = Collector::new(evaluation, window);
    if is_counted {
        collector.count(select)?;
        return collector.finish();
    }
    let mut fault = None;
    let read = ahead::select(evaluation.source, &select, &mut |batch| match collector.add(&batch) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            fault = Some(error);
            ControlFlow::Break(())
        }
    })?;
    evaluation.account.borrow_mut().add(read, 0);
    fault.map_or(Ok(()), Err)?;
    collector.finish()
}

/// What is known of a series.
enum Kept {
    Cells(Cells),
    Samples(Samples),
}

struct Collector<'a> {
    evaluation: &'a Evaluation<'a>,
    window: &'a Window,
    by_key: HashMap<Box<[u8]>, usize>,
    series: Vec<(Labels, Kept)>,
    scratch: Scratch,
    key: Vec<u8>,
    /// The labels of the last line that no stage changed, and its series.
    last: Option<(Labels, Labels, usize)>,
    /// Cells and samples over all series.
    held: usize,
    passed: u64,
}

impl<'a> Collector<'a> {
    fn new(evaluation: &'a Evaluation<'a>, window: &'a Window) -> Self {
        Self {
            evaluation,
            window,
            by_key: HashMap::new(),
            series: Vec::new(),
            scratch: Scratch::at((evaluation.config.now)()),
            key: Vec::new(),
            last: None,
            held: 0,
            passed: 0,
        }
    }

    fn add(&mut self, batch: &LogsBatch) -> Result<(), Error> {
        for entries in batch.entries.chunks(LINES_PER_LOOK) {
            if self.evaluation.stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            entries.iter().try_for_each(|entry| self.line(&batch.labels, entry))?;
        }
        Ok(())
    }

    fn line(&mut self, stream: &Labels, entry: &LogEntry) -> Result<(), Error> {
        let Window { op, pipeline, unwrap, range_ns, offset_ns, needed, .. } = self.window;
        let ts = entry.ts.0.saturating_add(*offset_ns);
        let Some(windows) = self.evaluation.grid.windows_of(ts, *range_ns) else { return Ok(()) };
        if !pipeline.passes(stream, entry, needed, &mut self.scratch) {
            return Ok(());
        }
        let mut value = 1.0;
        if let Some(unwrap) = unwrap {
            let mut labels = LineLabels::resume(stream, entry, needed, &mut self.scratch.labels);
            let Some(unwrapped) = unwrap.value(&mut labels) else { return Ok(()) };
            value = unwrapped;
        }
        self.passed += 1;
        let series = self.series_of(stream, entry)?;
        let size = match op {
            RangeOp::Bytes | RangeOp::BytesRate => self.scratch.text(&entry.line).len() as u64,
            _ => 1,
        };
        self.held += match &mut self.series[series].1 {
            Kept::Cells(cells) => cells.add(windows, 1, size),
            Kept::Samples(samples) => samples.add(ts, value),
        };
        self.check_held()
    }

    fn check_held(&self) -> Result<(), Error> {
        let most = self.evaluation.config.samples_max;
        if self.held > most { Err(too_many_samples(most)) } else { Ok(()) }
    }

    /// Takes lines together that were counted, not read.
    fn count(&mut self, select: LogsSelect) -> Result<(), Error> {
        let Window { op, pipeline, range_ns, offset_ns, needed, .. } = self.window;
        let grid = self.evaluation.grid;
        let count = LogsCount { matchers: select.matchers, edges: count::edges(grid, self.window), by_level: true };
        let (counted, read) = self.evaluation.source.count(&count)?;
        self.evaluation.account.borrow_mut().add(read, 0);
        for LogsCounted { labels, level, buckets } in &counted {
            if self.evaluation.stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            let entry = count::of_level(level);
            if !pipeline.passes(labels, &entry, needed, &mut self.scratch) {
                continue;
            }
            for (stretch, bucket) in buckets {
                let ts = count.edges[*stretch].0.saturating_add(*offset_ns);
                let Some(windows) = grid.windows_of(ts, *range_ns) else { continue };
                self.passed += bucket.lines;
                let size =
                    if matches!(op, RangeOp::Bytes | RangeOp::BytesRate) { bucket.line_bytes } else { bucket.lines };
                let series = self.series_of(labels, &entry)?;
                if let Kept::Cells(cells) = &mut self.series[series].1 {
                    self.held += cells.add(windows, bucket.lines, size);
                }
                self.check_held()?;
            }
        }
        Ok(())
    }

    /// The number of the line's series.
    fn series_of(&mut self, stream: &Labels, entry: &LogEntry) -> Result<usize, Error> {
        let Window { grouping, drops_empty, needed, tolerates_faults, .. } = self.window;
        let labels = LineLabels::resume(stream, entry, needed, &mut self.scratch.labels);
        let is_tolerated = |kind: &&str| *tolerates_faults && matches!(*kind, "JSONParserErr" | "LogfmtParserErr");
        if let Some(kind) = labels.error().filter(|kind| !is_tolerated(kind)) {
            return Err(Error::Pipeline { kind: kind.to_owned(), series: labels.merged().to_string() });
        }
        let is_plain = labels.is_as_stored();
        if let (true, Some((s, m, last))) = (is_plain, &self.last)
            && s == stream
            && *m == entry.metadata
        {
            return Ok(*last);
        }
        key::write(&labels, grouping.as_ref(), *drops_empty, &mut self.key);
        let series = match self.by_key.get(self.key.as_slice()) {
            Some(series) => *series,
            None => {
                let merged = labels.merged();
                let labels = match grouping {
                    None => merged,
                    Some(grouping) if *drops_empty => grouped(&merged, grouping),
                    Some(grouping) => merged.filter(|name| grouping.keeps(name)),
                };
                self.new_series(labels)?
            }
        };
        if is_plain {
            self.last = Some((stream.clone(), entry.metadata.clone(), series));
        }
        Ok(series)
    }

    fn new_series(&mut self, labels: Labels) -> Result<usize, Error> {
        let most = self.evaluation.config.samples_max;
        if (self.series.len() + 1).saturating_mul(self.evaluation.grid.len()) > most {
            return Err(too_many_samples(most));
        }
        let series = self.series.len();
        let counts = self.window.unwrap.is_none() || self.window.op == RangeOp::Absent;
        let kept = if counts { Kept::Cells(Cells::default()) } else { Kept::Samples(Samples::default()) };
        self.series.push((labels, kept));
        self.by_key.insert(self.key.as_slice().into(), series);
        Ok(series)
    }

    fn finish(self) -> Result<Series, Error> {
        let Evaluation { grid, stop, account, .. } = self.evaluation;
        account.borrow_mut().passed += self.passed;
        let mut out = Series::new();
        for (labels, kept) in self.series {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            let values = match kept {
                Kept::Cells(cells) => cells.values(grid.len(), self.window),
                Kept::Samples(samples) => samples.values(grid, self.window),
            };
            out.insert(labels, values);
        }
        Ok(out)
    }
}
