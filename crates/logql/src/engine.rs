//! Evaluates queries.

use std::sync::atomic::AtomicBool;

use aio_source::LogsSource;
use aio_types::{Labels, TimestampNs};

use crate::ast::Expr;
use crate::error::Error;
use crate::pipeline::Categorized;
use crate::{lines, metric};

/// Limits of one query.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most numbers a metric query may hold in memory at once.
    pub samples_max: usize,
    /// Most series of an answer.
    pub series_max: usize,
    /// Most bytes of lines of an answer.
    pub line_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { samples_max: 10_000_000, series_max: 5000, line_bytes_max: 64 << 20 }
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
            return lines::select(log, source, request, &self.limits, stop).map(Answer::Streams);
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

#[cfg(test)]
mod tests;
