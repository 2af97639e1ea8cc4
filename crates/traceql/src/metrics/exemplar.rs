//! Spans that stand for others: at most so many, spread over time.

use aio_types::{TimestampNs, TraceId};

use super::{Exemplar, Grid, Series};
use crate::ast::Static;

/// Most exemplars close to each other.
const NEIGHBOURS_MAX: usize = 2;

#[derive(Debug)]
pub(super) struct Spread {
    left: usize,
    /// How many each part of the range has.
    parts: Vec<usize>,
    start: i64,
    part_ns: i64,
}

impl Spread {
    pub(super) fn new(most: usize, grid: &Grid) -> Self {
        let (start, end) = grid.bounds();
        let parts = (most / NEIGHBOURS_MAX).max(1);
        let len = end.0.saturating_sub(start.0);
        let part_ns = (len / i64::try_from(parts).unwrap_or(i64::MAX)).max(1);
        Self { left: most, parts: vec![0; parts], start: start.0, part_ns }
    }

    /// Whether one of this moment is wanted; it counts then.
    pub(super) fn take(&mut self, time: TimestampNs) -> bool {
        let part = usize::try_from(time.0.saturating_sub(self.start) / self.part_ns).unwrap_or(0);
        let part = part.min(self.parts.len() - 1);
        let is_wanted = self.left > 0 && self.parts[part] < NEIGHBOURS_MAX;
        self.left -= usize::from(is_wanted);
        self.parts[part] += usize::from(is_wanted);
        is_wanted
    }
}

/// The label of an exemplar that leads to its trace; ids have no leading zeros.
pub(super) fn trace_label(id: TraceId) -> (String, Static) {
    ("trace:id".to_owned(), Static::String(id.to_string().trim_start_matches('0').into()))
}

/// Those without a value of their own are told with that of their series; those of steps without a number are not told.
pub(super) fn complete(series: &mut Series, grid: &Grid) {
    let values = &series.values;
    let value = |exemplar: &Exemplar| grid.place(exemplar.time).and_then(|place| values.get(place)).copied();
    series.exemplars.retain(|exemplar| value(exemplar).is_some_and(|value| !value.is_nan()));
    for exemplar in &mut series.exemplars {
        if exemplar.value.is_nan() {
            exemplar.value = value(exemplar).unwrap_or_default();
        }
    }
    series.exemplars.sort_by_key(|exemplar| exemplar.time);
}
