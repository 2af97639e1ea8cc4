//! One pipeline and the series of its spans.

use aio_types::TraceId;

use super::compare::Compare;
use super::exemplar::{Spread, trace_label};
use super::function::{Cells, Observed};
use super::group::Groups;
use super::{Exemplar, Grid, MetricsRequest, Series};
use crate::ast::{FirstStage, Function, Pipeline, Static};
use crate::error::Error;
use crate::eval::{Plan, Trace};

#[derive(Debug)]
pub(super) struct Leaf {
    plan: Plan,
    grid: Grid,
    spread: Spread,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Grouped(Grouped),
    Compare(Compare),
}

impl Leaf {
    pub(super) fn new(spans: &Pipeline, first: &FirstStage, request: &MetricsRequest) -> Self {
        let kind = match &first.function {
            Function::Compare { selection, top, start, end } => {
                Kind::Compare(Compare::new(selection, *top, (*start, *end), request.grid.len()))
            }
            _ => Kind::Grouped(Grouped::new(first)),
        };
        Self { plan: Plan::new(spans), grid: request.grid, spread: Spread::new(request.exemplars, &request.grid), kind }
    }

    /// Numbers it holds.
    pub(super) fn cells(&self) -> usize {
        let series = match &self.kind {
            Kind::Grouped(grouped) => grouped.series.len(),
            Kind::Compare(compare) => compare.len(),
        };
        series * self.grid.len()
    }

    pub(super) fn observe(&mut self, id: TraceId, trace: &Trace<'_>) -> Result<(), Error> {
        let mut has_exemplar = false;
        for at in self.plan.run(trace)?.into_iter().flat_map(|set| set.spans) {
            let start = trace.spans[at].start;
            let Some(place) = self.grid.place(start) else { continue };
            // One of a trace is enough; asked for only where the span counts.
            let mut exemplar = || {
                let is_wanted = !has_exemplar && self.spread.take(start);
                has_exemplar |= is_wanted;
                is_wanted.then_some(id)
            };
            match &mut self.kind {
                Kind::Grouped(grouped) => grouped.observe(trace, at, place, self.grid.len(), exemplar),
                Kind::Compare(compare) => compare.observe(trace, at, place, exemplar()),
            }
        }
        Ok(())
    }

    pub(super) fn series(self) -> Vec<Series> {
        match self.kind {
            Kind::Grouped(grouped) => grouped.finish(&self.grid),
            Kind::Compare(compare) => compare.finish(),
        }
    }
}

#[derive(Debug)]
struct Grouped {
    function: Function,
    observed: Observed,
    groups: Groups,
    is_grouped: bool,
    series: Vec<(Cells, Vec<Exemplar>)>,
}

impl Grouped {
    fn new(first: &FirstStage) -> Self {
        Self {
            function: first.function.clone(),
            observed: Observed::new(&first.function),
            groups: Groups::new(&first.by),
            is_grouped: !first.by.is_empty(),
            series: Vec::new(),
        }
    }

    fn observe(
        &mut self,
        trace: &Trace<'_>,
        at: usize,
        place: usize,
        len: usize,
        exemplar: impl FnOnce() -> Option<TraceId>,
    ) {
        let Some(value) = self.observed.of(trace, at) else { return };
        let bucket = matches!(self.function, Function::Histogram(_)).then_some(Static::Float(value));
        let series = self.groups.place(trace, at, bucket.as_ref());
        while self.series.len() <= series {
            self.series.push((Cells::new(&self.function, len), Vec::new()));
        }
        let (cells, exemplars) = &mut self.series[series];
        cells.add(place, value);
        if let Some(id) = exemplar() {
            let mut labels = vec![trace_label(id)];
            labels.extend(self.groups.labels_of(trace, at));
            let value = match self.function {
                Function::Histogram(_) => f64::NAN,
                _ => self.observed.of_exemplar(trace, at),
            };
            exemplars.push(Exemplar { labels, value, time: trace.spans[at].start });
        }
    }

    fn finish(mut self, grid: &Grid) -> Vec<Series> {
        // Counts without labels are there even of nothing.
        let is_count = matches!(self.function, Function::Rate | Function::Count);
        if self.series.is_empty() && is_count && !self.is_grouped {
            self.series.push((Cells::new(&self.function, grid.len()), Vec::new()));
        }
        let bucket = matches!(self.function, Function::Histogram(_)).then_some("__bucket");
        let mut out = Vec::new();
        for (place, (cells, exemplars)) in self.series.into_iter().enumerate() {
            let finished = cells.finish(&self.function, grid.step_seconds());
            let has_quantiles = finished.iter().any(|(label, _)| label.is_some());
            let mut labels = self.groups.labels(place, bucket, !has_quantiles);
            if labels.is_empty() && !has_quantiles {
                labels.push(("__name__".to_owned(), Static::String(self.function.name().into())));
            }
            let last = finished.len();
            for (nth, (quantile, values)) in finished.into_iter().enumerate() {
                let mut labels = labels.clone();
                labels.extend(quantile.map(|q| ("p".to_owned(), q)));
                // The highest quantile has what is worth looking at.
                let exemplars = if nth + 1 == last { exemplars.clone() } else { Vec::new() };
                out.push(Series { labels, values, exemplars });
            }
        }
        debug_assert!(self.groups.len() <= out.len());
        out
    }
}
