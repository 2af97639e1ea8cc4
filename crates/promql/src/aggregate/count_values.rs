//! `count_values`: one series per distinct value, named by it.

use std::collections::HashMap;

use super::Groups;
use crate::Error;
use crate::budget::Weight;
use crate::column::{ABSENT, Column, Point, is_absent};
use crate::eval::Context;
use crate::plan::{Aggregate, Plan};
use crate::row::Row;

/// A value's text by its bits, so that each is written once.
#[derive(Default)]
struct Texts(HashMap<u64, String>);

impl Texts {
    /// In plain decimal, or a histogram as it is shown.
    fn of(&mut self, point: &Point) -> Option<String> {
        match point {
            Point::Absent => None,
            Point::Histogram(h) => Some(aio_series::histogram::text(h)),
            Point::Float(v) => {
                Some(self.0.entry(v.to_bits()).or_insert_with(|| crate::format_float(*v, false)).clone())
            }
        }
    }
}

impl Context<'_> {
    pub(super) fn count_values(&self, aggregate: &Aggregate) -> Result<Vec<Row>, Error> {
        let Some(Plan::Text(label)) = &aggregate.param else {
            return Err(Error::execution("expected type string in aggregation expression"));
        };
        let mut groups = Groups::new(&aggregate.grouping);
        let mut counts: Vec<Vec<f64>> = Vec::new();
        let mut texts = Texts::default();
        for row in self.rows(&aggregate.input)? {
            self.check()?;
            let mut groups_of_row: HashMap<String, usize> = HashMap::new();
            for step in 0..row.column.steps() {
                let Some(text) = texts.of(&row.column.point(step)) else { continue };
                let group = *groups_of_row
                    .entry(text)
                    .or_insert_with_key(|text| groups.of(&Row::new(row.labels.with(label, text), Column::default())));
                if group == counts.len() {
                    self.query.budget.hold(Weight::of_samples(self.times.steps))?;
                    counts.push(vec![ABSENT; self.times.steps]);
                }
                let count = &mut counts[group][step];
                *count = if is_absent(*count) { 1.0 } else { *count + 1.0 };
            }
        }
        let rows =
            groups.labels.into_iter().zip(counts).map(|((labels, _), counts)| Row::new(labels, Column::of(counts)));
        Ok(rows.collect())
    }
}
