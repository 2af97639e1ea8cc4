//! Aggregations: many series to one per group, or to some of each group.

mod count;
mod count_values;
mod extreme;
mod limit;
mod param;
mod quantile;
mod sum;
mod topk;
mod variance;

use rayon::prelude::*;

use crate::Error;
use crate::budget::Weight;
use crate::column::Column;
use crate::eval::Context;
use crate::labels::{LabelNames, OrdinalMap, RowLabels};
use crate::notes::Position;
use crate::parse::AggregateOp;
use crate::plan::Aggregate;
use crate::row::Row;

/// Fewer values than this are aggregated by the calling thread.
const PARALLEL_MIN_VALUES: usize = 1 << 14;

/// What one group comes to, taken in row by row.
trait Accumulate: Send {
    /// What it keeps of a step, about.
    const STEP_BYTES: usize;

    /// Takes in a row.
    fn add(&mut self, row: &Row, told: &Told<'_>);

    /// The group's values.
    fn finish(self, told: &Told<'_>) -> Column;
}

/// Where accumulators put their notes.
struct Told<'a> {
    context: &'a Context<'a>,
    place: Position,
}

impl Told<'_> {
    fn note(&self, note: crate::notes::Note) {
        self.context.query.notes.add(self.place, note);
    }

    /// Histograms were left out of an aggregation.
    fn ignored(&self, row: &Row, aggregation: &'static str) {
        if row.column.has_histograms() && row.column.histograms().next().is_some() {
            self.note(crate::notes::Note::IgnoredInAggregation(aggregation));
        }
    }
}

/// Groups in order of appearance.
struct Groups<'a> {
    names: &'a LabelNames,
    ordinals: OrdinalMap<'a>,
    /// With whether the group's name is to go.
    labels: Vec<(RowLabels, bool)>,
}

impl<'a> Groups<'a> {
    fn new(names: &'a LabelNames) -> Self {
        Self { names, ordinals: OrdinalMap::new(names), labels: Vec::new() }
    }

    fn of(&mut self, row: &Row) -> usize {
        let group = self.ordinals.ordinal(&row.labels);
        if group == self.labels.len() {
            self.labels.push((self.names.of(&row.labels), false));
        }
        self.labels[group].1 |= row.drop_name;
        group
    }
}

/// Adds rows to the accumulators of their groups: of several groups at once, to each in the order of the rows, so that
/// sums do not depend on who was faster.
fn add_rows<A: Accumulate>(accumulators: &mut [A], rows: &[Row], members: &[usize], told: &Told<'_>) {
    let values = rows.len() * rows.first().map_or(0, |row| row.column.steps());
    if accumulators.len() == 1 || values < PARALLEL_MIN_VALUES {
        rows.iter().zip(members).for_each(|(row, group)| accumulators[*group].add(row, told));
        return;
    }
    let mut rows_of: Vec<Vec<&Row>> = vec![Vec::new(); accumulators.len()];
    rows.iter().zip(members).for_each(|(row, group)| rows_of[*group].push(row));
    let add = |(accumulator, rows): (&mut A, &Vec<&Row>)| rows.iter().for_each(|row| accumulator.add(row, told));
    accumulators.par_iter_mut().zip(&rows_of).for_each(add);
}

impl Context<'_> {
    pub(crate) fn aggregate(&self, aggregate: &Aggregate) -> Result<Vec<Row>, Error> {
        use AggregateOp as Op;
        let steps = self.times.steps;
        match aggregate.op {
            Op::Sum => self.grouped(aggregate, || sum::Sum::new(steps)),
            Op::Avg => self.grouped(aggregate, || sum::Avg::new(steps)),
            Op::Min => self.grouped(aggregate, || extreme::Extreme::lowest(steps)),
            Op::Max => self.grouped(aggregate, || extreme::Extreme::highest(steps)),
            Op::Count => self.grouped(aggregate, || count::Count::new(steps)),
            Op::Group => self.grouped(aggregate, || count::Group::new(steps)),
            Op::Stddev => self.grouped(aggregate, || variance::Variance::deviation(steps)),
            Op::Stdvar => self.grouped(aggregate, || variance::Variance::squared(steps)),
            Op::Quantile => self.quantile(aggregate),
            Op::Topk | Op::Bottomk => self.topk(aggregate),
            Op::Limitk => self.limitk(aggregate),
            Op::LimitRatio => self.limit_ratio(aggregate),
            Op::CountValues => self.count_values(aggregate),
        }
    }

    fn weight_of_groups<A: Accumulate>(&self, groups: usize) -> Weight {
        let samples = groups.saturating_mul(self.times.steps);
        Weight { samples, bytes: samples.saturating_mul(A::STEP_BYTES) }
    }

    fn grouped<A: Accumulate>(&self, aggregate: &Aggregate, new: impl Fn() -> A) -> Result<Vec<Row>, Error> {
        let told = Told { context: self, place: aggregate.places.input };
        let mut groups = Groups::new(&aggregate.grouping);
        let mut accumulators: Vec<A> = Vec::new();
        let held = self.query.budget.held();
        self.for_each_batch(&aggregate.input, &mut |rows| {
            self.check()?;
            let members: Vec<usize> = rows.iter().map(|row| groups.of(row)).collect();
            accumulators.resize_with(groups.labels.len(), &new);
            add_rows(&mut accumulators, &rows, &members, &told);
            self.query.budget.settle(held, self.weight_of_groups::<A>(accumulators.len()))
        })?;
        let rows = groups.labels.into_iter().zip(accumulators).map(|((labels, drop_name), accumulator)| {
            let column = accumulator.finish(&told);
            Row { drop_name, ..Row::new(labels, column) }
        });
        Ok(rows.filter(|row| row.column.has_any()).collect())
    }
}
