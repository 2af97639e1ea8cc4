//! Spans to series.
//!
//! ```text
//!   traces ──Plan──> spans ──Leaf (by labels, by step)──> series ──second stages, math──> series
//! ```
//! A span counts at its start.

mod compare;
mod exemplar;
mod function;
mod grid;
mod group;
mod leaf;
mod math;
mod second;
mod top;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::{TraceSpans, TracesSelect, TracesSource};
use aio_types::TimestampNs;

use crate::ast::{Metrics, Query, Root, SecondStage, Static};
use crate::error::Error;
use crate::eval::Trace;
use crate::hints::hints;
use crate::search::Inspected;
use leaf::Leaf;

pub use grid::Grid;

/// Most numbers that a query holds.
const CELLS_MAX: usize = 20_000_000;

/// What to count.
#[derive(Debug, Clone)]
pub struct MetricsRequest {
    /// Of what.
    pub query: Query,
    /// When.
    pub grid: Grid,
    /// Most exemplars.
    pub exemplars: usize,
    /// Most series.
    pub series_max: usize,
}

/// Numbers over time with the same labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// In the order of the query.
    pub labels: Vec<(String, Static)>,
    /// One for each step; NaN where there is none.
    pub values: Vec<f64>,
    /// By time.
    pub exemplars: Vec<Exemplar>,
}

/// A span that stands for others.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// Its trace and what it was grouped by.
    pub labels: Vec<(String, Static)>,
    /// Its value, or that of its series.
    pub value: f64,
    /// Its start.
    pub time: TimestampNs,
}

/// What a query comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricsAnswer {
    /// Sorted by labels.
    pub series: Vec<Series>,
    /// Whether there would have been more.
    pub is_partial: bool,
    /// How much was looked at.
    pub inspected: Inspected,
}

/// Evaluates a query of metrics. `stop` is looked at often.
///
/// # Errors
/// [`Error::Unfit`] for queries of spans, [`Error::Evaluation`], [`Error::Stopped`], [`Error::Storage`].
pub fn metrics(source: &dyn TracesSource, request: &MetricsRequest, stop: &AtomicBool) -> Result<MetricsAnswer, Error> {
    let Root::Metrics(metrics) = &request.query.root else {
        return Err(Error::Unfit("a metrics query needs a function such as rate() at its end".to_owned()));
    };
    let mut leaves: Vec<Leaf> =
        metrics.leaves().into_iter().map(|(spans, first)| Leaf::new(spans, first, request)).collect();
    let inspected = observe(source, &select(metrics, &request.grid), &mut leaves, stop)?;
    let mut leaves = leaves.into_iter().map(Leaf::series);
    let mut series = evaluate(metrics, &mut leaves);
    series.retain(|series| series.values.iter().any(|value| !value.is_nan()));
    series.sort_by_cached_key(|series| group::text(&series.labels));
    let is_partial = series.len() > request.series_max;
    series.truncate(request.series_max);
    series.iter_mut().for_each(|series| exemplar::complete(series, &request.grid));
    Ok(MetricsAnswer { series, is_partial, inspected })
}

/// Traces under way while spans can count; what every leaf needs narrows it, where there is one only.
fn select(metrics: &Metrics, grid: &Grid) -> TracesSelect {
    let (start, end) = grid.bounds();
    let mut select = TracesSelect { start, end, services: Vec::new(), names: Vec::new() };
    if let [(spans, _)] = metrics.leaves().as_slice() {
        hints(spans, &mut select);
    }
    select
}

fn observe(
    source: &dyn TracesSource,
    select: &TracesSelect,
    leaves: &mut [Leaf],
    stop: &AtomicBool,
) -> Result<Inspected, Error> {
    let mut inspected = Inspected::default();
    let mut failed = None;
    let mut one = |trace: &TraceSpans| {
        inspected.traces += 1;
        inspected.spans += trace.spans.len() as u64;
        let whole = Trace::new(&trace.spans);
        leaves.iter_mut().try_for_each(|leaf| leaf.observe(trace.trace_id, &whole))?;
        if leaves.iter().map(Leaf::cells).sum::<usize>() > CELLS_MAX {
            return Err(Error::Evaluation(format!(
                "the query makes more than {CELLS_MAX} numbers: group by less, or take longer steps"
            )));
        }
        Ok(())
    };
    source.select(select, &mut |trace, _bound| {
        let result = if stop.load(Ordering::Relaxed) { Err(Error::Stopped) } else { one(&trace) };
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    failed.map_or(Ok(inspected), Err)
}

/// Leaves come in the order in which the query has them.
fn evaluate(of: &Metrics, leaves: &mut impl Iterator<Item = Vec<Series>>) -> Vec<Series> {
    match of {
        Metrics::Spans(..) => leaves.next().unwrap_or_default(),
        Metrics::Then(inner, stage) => {
            let series = evaluate(inner, leaves);
            match stage {
                SecondStage::TopK(n) => top::top(series, *n, true),
                SecondStage::BottomK(n) => top::top(series, *n, false),
                SecondStage::Filter(op, value) => second::filter(series, *op, value),
                SecondStage::Scalar { op, value, is_left } => second::scalar(series, *op, *value, *is_left),
            }
        }
        Metrics::Math(op, left, right) => {
            let left = evaluate(left, leaves);
            math::math(*op, &left, &evaluate(right, leaves))
        }
    }
}
