//! Evaluates queries.

use std::cell::RefCell;
use std::sync::atomic::AtomicBool;

use aio_source::{LogsRead, LogsSource};
use aio_types::{Labels, TimestampNs};

use crate::error::Error;
use crate::line::Categorized;
use crate::lines;
use crate::metric::{Evaluation, Grid};
use crate::parse::ast::Expr;
use crate::plan::{Lines, Plan};

/// How queries are evaluated, and within which limits.
#[derive(Debug, Clone)]
pub struct Config {
    /// Most numbers a metric query may hold in memory at once.
    pub samples_max: usize,
    /// Most series of an answer.
    pub series_max: usize,
    /// Most bytes of lines of an answer.
    pub line_bytes_max: usize,
    /// Most lines of an answer, for callers to check what they are asked for.
    pub lines_max: usize,
    /// Longest range of a query in nanoseconds, zero for any; for callers to check.
    pub range_ns_max: i64,
    /// Whether trace ids in the text of lines are shown as structured metadata.
    pub shows_trace_ids: bool,
    /// What `now` is in templates.
    pub now: fn() -> TimestampNs,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            samples_max: 10_000_000,
            series_max: 500,
            line_bytes_max: 64 << 20,
            lines_max: 5000,
            range_ns_max: 721 * 3_600_000_000_000,
            shows_trace_ids: false,
            now: || TimestampNs(0),
        }
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
    /// Nanoseconds that must lie between lines; 0 for all of them.
    pub interval_ns: i64,
    /// Whether of too many series some are wanted rather than an error.
    pub partial: bool,
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

/// What a query read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// As the source tells it.
    pub read: LogsRead,
    /// Lines that passed all stages; those that were only counted among them.
    pub passed: u64,
}

impl Account {
    pub(crate) fn add(&mut self, read: LogsRead, passed: u64) {
        self.read += read;
        self.passed += passed;
    }
}

/// An answer and what is to be said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The answer.
    pub answer: Answer,
    /// What was read for it.
    pub account: Account,
    /// Whether there were more series than the answer has.
    pub is_partial: bool,
}

/// Evaluates queries.
#[derive(Debug, Clone, Default)]
pub struct Engine {
    config: Config,
}

impl Engine {
    /// An engine that evaluates so.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// How it evaluates.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
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
    ) -> Result<Outcome, Error> {
        if let Expr::Log(log) = expr {
            let (streams, account) = lines::select(&Lines::new(log)?, source, request, &self.config, stop)?;
            return Ok(Outcome { answer: Answer::Streams(streams), account, is_partial: false });
        }
        let plan = Plan::new(expr)?;
        if plan.is_approximate() {
            let text = "approx_topk is only supported on instant queries";
            return Err(Error::Refused(text.to_owned()));
        }
        let grid = Grid::range(request.start, request.end, request.step_ns);
        let (series, account, is_partial) = self.series(&plan, source, grid, request.partial, stop)?;
        Ok(Outcome { answer: Answer::Matrix(series), account, is_partial })
    }

    /// Evaluates at one moment; `partial` as in [`RangeRequest`].
    ///
    /// # Errors
    /// [`Error::LogQueryAsInstant`] for log queries, else [`Error`].
    pub fn instant(
        &self,
        expr: &Expr,
        source: &dyn LogsSource,
        at: TimestampNs,
        partial: bool,
        stop: &AtomicBool,
    ) -> Result<Outcome, Error> {
        let plan = Plan::new(expr)?;
        if let Some(value) = plan.constant() {
            return Ok(Outcome { answer: Answer::Scalar(value), account: Account::default(), is_partial: false });
        }
        let (series, account, is_partial) = self.series(&plan, source, Grid::instant(at), partial, stop)?;
        let value = |s: MetricSeries| s.points.first().map(|(_, v)| (s.labels.clone(), *v));
        let mut vector: Vec<(Labels, f64)> = series.into_iter().filter_map(value).collect();
        if let Some(descends) = plan.descends() {
            // Stable: equal values stay in the order of their labels. NaN comes last either way.
            vector.sort_by(|(_, a), (_, b)| match (a.is_nan(), b.is_nan()) {
                (false, false) if descends => b.total_cmp(a),
                (false, false) => a.total_cmp(b),
                (a, b) => a.cmp(&b),
            });
        }
        Ok(Outcome { answer: Answer::Vector(vector), account, is_partial })
    }

    fn series(
        &self,
        plan: &Plan,
        source: &dyn LogsSource,
        grid: Grid,
        partial: bool,
        stop: &AtomicBool,
    ) -> Result<(Vec<MetricSeries>, Account, bool), Error> {
        let account = RefCell::default();
        let mut series = Evaluation { source, grid, config: &self.config, stop, account: &account }.run(plan)?;
        let is_too_much = series.len() > self.config.series_max;
        if is_too_much && !partial {
            return Err(Error::TooManySeries(self.config.series_max));
        }
        series.truncate(self.config.series_max);
        Ok((series, account.into_inner(), is_too_much))
    }
}

#[cfg(test)]
mod tests;
