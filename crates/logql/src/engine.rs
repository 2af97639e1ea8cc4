//! Evaluates queries.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::LogsSource;
use aio_types::{Labels, TimestampNs};

use crate::ast::{Expr, LogExpr};
use crate::error::Error;
use crate::pipeline::{self, Categorized};
use crate::{hints, metric};

/// Limits of one query.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most samples of a metric query in memory.
    pub samples_max: usize,
    /// Most series of an answer.
    pub series_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { samples_max: 50_000_000, series_max: 5000 }
    }
}

/// Which lines come first, and are kept when there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

/// A query over a range.
#[derive(Debug, Clone, Copy)]
pub struct RangeRequest {
    /// First nanosecond.
    pub start: TimestampNs,
    /// For lines the first nanosecond after the range; for metrics the last step.
    pub end: TimestampNs,
    /// Nanoseconds between steps of a metric query; positive.
    pub step_ns: i64,
    /// Most lines.
    pub limit: usize,
    /// Order of lines.
    pub direction: Direction,
}

/// A line of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// When.
    pub ts: TimestampNs,
    /// What.
    pub line: Box<str>,
}

/// Lines that share all their labels, in the direction asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamLines {
    /// The stream's own labels.
    pub stream: Labels,
    /// Structured metadata.
    pub metadata: Labels,
    /// What the pipeline extracted.
    pub parsed: Labels,
    /// The lines.
    pub lines: Vec<LogLine>,
}

impl StreamLines {
    /// All labels as one set.
    #[must_use]
    pub fn merged(&self) -> Labels {
        let (stream, metadata, parsed) = (self.stream.clone(), self.metadata.clone(), self.parsed.clone());
        Categorized { stream, metadata, parsed }.merged()
    }
}

/// Values of one label set, ascending in time.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSeries {
    /// Its labels.
    pub labels: Labels,
    /// Time and value.
    pub points: Vec<(TimestampNs, f64)>,
}

/// What a query yields.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Lines.
    Streams(Vec<StreamLines>),
    /// Values over time, by label set.
    Matrix(Vec<MetricSeries>),
    /// One value per label set.
    Vector(Vec<(Labels, f64)>),
    /// One value.
    Scalar(f64),
}

/// Evaluates queries within limits.
#[derive(Debug, Clone, Default)]
pub struct Engine {
    limits: Limits,
}

impl Engine {
    /// An engine with these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }

    /// Evaluates over a range. `stop` is looked at often.
    ///
    /// # Errors
    /// [`Error`].
    pub fn range(
        &self,
        expr: &Expr,
        source: &dyn LogsSource,
        request: &RangeRequest,
        stop: &AtomicBool,
    ) -> Result<Answer, Error> {
        if let Expr::Log(log) = expr {
            return lines(log, source, request, stop).map(Answer::Streams);
        }
        let grid = metric::Grid::range(request.start, request.end, request.step_ns);
        let series = metric::Evaluation { source, grid, limits: &self.limits, stop }.run(expr)?;
        Ok(Answer::Matrix(series))
    }

    /// Evaluates at one moment.
    ///
    /// # Errors
    /// [`Error::LogQueryAsInstant`] for log queries, else [`Error`].
    pub fn instant(
        &self,
        expr: &Expr,
        source: &dyn LogsSource,
        at: TimestampNs,
        stop: &AtomicBool,
    ) -> Result<Answer, Error> {
        if matches!(expr, Expr::Log(_)) {
            return Err(Error::LogQueryAsInstant);
        }
        if let Some(value) = metric::constant(expr) {
            return Ok(Answer::Scalar(value));
        }
        let series = metric::Evaluation { source, grid: metric::Grid::instant(at), limits: &self.limits, stop };
        let value = |s: MetricSeries| s.points.first().map(|(_, v)| (s.labels.clone(), *v));
        Ok(Answer::Vector(series.run(expr)?.into_iter().filter_map(value).collect()))
    }
}

/// Orders lines the way the answer does: the greatest is the first to go when there are too many.
type Key = (i64, u64);

fn lines(
    log: &LogExpr,
    source: &dyn LogsSource,
    request: &RangeRequest,
    stop: &AtomicBool,
) -> Result<Vec<StreamLines>, Error> {
    let backward = request.direction == Direction::Backward;
    let key = |ts: TimestampNs, number: u64| -> Key {
        if backward { (ts.0.saturating_neg(), u64::MAX - number) } else { (ts.0, number) }
    };
    let select = hints::select(log, request.start, request.end, backward);
    let mut kept: BTreeMap<Key, (Categorized, LogLine)> = BTreeMap::new();
    let mut number = 0_u64;
    let mut stopped = false;
    source.select(&select, &mut |batch| {
        if stop.load(Ordering::Relaxed) {
            stopped = true;
            return ControlFlow::Break(());
        }
        let full = kept.len() >= request.limit;
        if full && kept.last_key_value().is_none_or(|(worst, _)| key(batch.frontier, 0).0 > worst.0) {
            return ControlFlow::Break(());
        }
        for entry in batch.entries {
            number += 1;
            let key = key(entry.ts, number);
            if kept.len() >= request.limit && kept.last_key_value().is_none_or(|(worst, _)| key > *worst) {
                continue;
            }
            let Some(labels) = pipeline::apply(&log.stages, &batch.labels, &entry) else { continue };
            kept.insert(key, (labels, LogLine { ts: entry.ts, line: entry.line }));
            if kept.len() > request.limit {
                kept.pop_last();
            }
        }
        ControlFlow::Continue(())
    })?;
    if stopped {
        return Err(Error::Stopped);
    }
    Ok(group(kept.into_values()))
}

fn group(lines: impl Iterator<Item = (Categorized, LogLine)>) -> Vec<StreamLines> {
    let mut groups: BTreeMap<Categorized, Vec<LogLine>> = BTreeMap::new();
    for (labels, line) in lines {
        groups.entry(labels).or_default().push(line);
    }
    let stream = |(labels, lines): (Categorized, _)| StreamLines {
        stream: labels.stream,
        metadata: labels.metadata,
        parsed: labels.parsed,
        lines,
    };
    groups.into_iter().map(stream).collect()
}

/// Refuses answers with more series than allowed.
pub(crate) fn check_series(labels: &BTreeSet<Labels>, limits: &Limits) -> Result<(), Error> {
    if labels.len() <= limits.series_max {
        return Ok(());
    }
    Err(Error::TooMuch(format!(
        "maximum number of series ({}) reached for a single query; consider reducing query cardinality by adding more \
         specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() \
         or topk()",
        limits.series_max
    )))
}
