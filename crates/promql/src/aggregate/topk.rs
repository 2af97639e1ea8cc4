//! `topk` and `bottomk`: the floats of a group that rank first at a step, with their labels. NaN ranks last in both.

use super::param::counts;
use super::{Groups, Told};
use crate::Error;
use crate::column::{ABSENT, Column, Point, is_absent};
use crate::eval::Context;
use crate::parse::AggregateOp;
use crate::plan::Aggregate;
use crate::row::Row;

/// A value and which row it is of.
type Ranked = (f64, usize);

/// The best values of one group at one step: a heap with the worst of them on top, kept as upstream keeps it, so that
/// of equal values the same ones stay.
#[derive(Default, Clone)]
struct Best {
    heap: Vec<Ranked>,
}

/// Whether `a` is to leave before `b`.
fn is_worse(a: f64, b: f64, highest: bool) -> bool {
    a.is_nan() || if highest { a < b } else { a > b }
}

impl Best {
    fn offer(&mut self, k: usize, candidate: Ranked, highest: bool) {
        if self.heap.len() < k {
            self.heap.push(candidate);
            self.rise(highest);
            return;
        }
        let Some(worst) = self.heap.first_mut() else { return };
        let beats = if highest { worst.0 < candidate.0 } else { worst.0 > candidate.0 };
        if beats || (worst.0.is_nan() && !candidate.0.is_nan()) {
            *worst = candidate;
            self.sink(highest);
        }
    }

    /// Moves the last one up to its place.
    fn rise(&mut self, highest: bool) {
        let mut at = self.heap.len() - 1;
        while at > 0 {
            let parent = (at - 1) / 2;
            if !is_worse(self.heap[at].0, self.heap[parent].0, highest) {
                return;
            }
            self.heap.swap(at, parent);
            at = parent;
        }
    }

    /// Moves the first one down to its place.
    fn sink(&mut self, highest: bool) {
        let (mut at, n) = (0, self.heap.len());
        while 2 * at + 1 < n {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let mut worst = left;
            if right < n && is_worse(self.heap[right].0, self.heap[left].0, highest) {
                worst = right;
            }
            if !is_worse(self.heap[worst].0, self.heap[at].0, highest) {
                return;
            }
            self.heap.swap(at, worst);
            at = worst;
        }
    }

    /// From the best to the worst.
    fn ranked(mut self, highest: bool) -> Vec<Ranked> {
        self.heap.sort_by(|a, b| {
            let order = if highest { b.0.partial_cmp(&a.0) } else { a.0.partial_cmp(&b.0) };
            order.unwrap_or_else(|| a.0.is_nan().cmp(&b.0.is_nan()))
        });
        self.heap
    }
}

impl Context<'_> {
    pub(super) fn topk(&self, aggregate: &Aggregate) -> Result<Vec<Row>, Error> {
        let param = self.param(aggregate)?;
        let rows = self.rows(&aggregate.input)?;
        let Some(counts) = counts(&param)? else { return Ok(Vec::new()) };
        let highest = aggregate.op == AggregateOp::Topk;
        let told = Told { context: self, place: aggregate.places.whole };
        let mut groups = Groups::new(&aggregate.grouping);
        let mut best: Vec<Vec<Best>> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            self.check()?;
            told.ignored(row, aggregate.op.as_str());
            let group = groups.of(row);
            if group == best.len() {
                best.push(vec![Best::default(); counts.len()]);
            }
            for (step, v) in row.column.floats().iter().enumerate().filter(|(_, v)| !is_absent(**v)) {
                best[group][step].offer(counts[step].min(rows.len()), (*v, index), highest);
            }
        }
        Ok(kept(rows, best, highest))
    }
}

/// The rows with what is left of them: of one step in order of rank, of several in the order they had.
fn kept(rows: Vec<Row>, best: Vec<Vec<Best>>, highest: bool) -> Vec<Row> {
    let steps = best.first().map_or(0, Vec::len);
    let mut columns: Vec<Column> = vec![Column::default(); rows.len()];
    let mut order = Vec::new();
    for (step, one) in best.into_iter().flat_map(|group| group.into_iter().enumerate()) {
        for (v, index) in one.ranked(highest) {
            if columns[index].steps() == 0 {
                columns[index] = Column::of(vec![ABSENT; steps]);
                order.push(index);
            }
            columns[index].set(step, Point::Float(v));
        }
    }
    if steps > 1 {
        order.sort_unstable();
    }
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    let take = |index: usize| {
        let row = rows[index].take()?;
        Some(Row { column: std::mem::take(&mut columns[index]), ..row })
    };
    order.into_iter().filter_map(take).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(k: usize, values: &[f64], highest: bool) -> String {
        let mut best = Best::default();
        values.iter().enumerate().for_each(|(i, v)| best.offer(k, (*v, i), highest));
        format!("{:?}", best.ranked(highest).into_iter().map(|(v, _)| v).collect::<Vec<_>>())
    }

    #[test]
    fn the_best_stay_and_nan_is_never_better() {
        let values = [3.0, f64::NAN, 1.0, 7.0, 5.0, -2.0];
        assert_eq!(ranked(3, &values, true), "[7.0, 5.0, 3.0]");
        assert_eq!(ranked(3, &values, false), "[-2.0, 1.0, 3.0]");
        assert_eq!(ranked(9, &values, true), "[7.0, 5.0, 3.0, 1.0, -2.0, NaN]");
        assert_eq!(ranked(0, &values, true), "[]");
    }
}
