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

use crate::Error;
use crate::column::Column;
use crate::eval::Context;
use crate::labels::{LabelNames, OrdinalMap, RowLabels};
use crate::notes::Position;
use crate::parse::AggregateOp;
use crate::plan::Aggregate;
use crate::row::Row;

/// What one group comes to, taken in row by row.
trait Accumulate {
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

    fn grouped<A: Accumulate>(&self, aggregate: &Aggregate, new: impl Fn() -> A) -> Result<Vec<Row>, Error> {
        let told = Told { context: self, place: aggregate.places.input };
        let mut groups = Groups::new(&aggregate.grouping);
        let mut accumulators: Vec<A> = Vec::new();
        let held = self.query.budget.held();
        self.for_each_batch(&aggregate.input, &mut |rows| {
            for row in rows {
                let group = groups.of(&row);
                if group == accumulators.len() {
                    self.check()?;
                    accumulators.push(new());
                }
                accumulators[group].add(&row, &told);
            }
            self.query.budget.settle(held, accumulators.len() * self.times.steps)
        })?;
        let rows = groups.labels.into_iter().zip(accumulators).map(|((labels, drop_name), accumulator)| {
            let column = accumulator.finish(&told);
            Row { drop_name, ..Row::new(labels, column) }
        });
        Ok(rows.filter(|row| row.column.has_any()).collect())
    }
}
