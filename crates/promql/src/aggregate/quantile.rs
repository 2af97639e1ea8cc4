//! `quantile`: between the ranked floats of a group.

use aio_series::numeric::quantile_of;

use super::{Groups, Told};
use crate::Error;
use crate::column::{ABSENT, Column, is_absent};
use crate::eval::Context;
use crate::plan::Aggregate;
use crate::row::Row;

impl Context<'_> {
    pub(super) fn quantile(&self, aggregate: &Aggregate) -> Result<Vec<Row>, Error> {
        let param = self.param(aggregate)?;
        let notes = &self.query.notes;
        if param.has_nan() {
            notes.check_quantile(f64::NAN, aggregate.places.param);
        }
        for extreme in [param.max, param.min].into_iter().filter(|q| !q.is_nan()) {
            notes.check_quantile(extreme, aggregate.places.param);
        }
        let told = Told { context: self, place: aggregate.places.input };
        let mut groups = Groups::new(&aggregate.grouping);
        let mut members: Vec<Vec<Row>> = Vec::new();
        for row in self.rows(&aggregate.input)? {
            told.ignored(&row, "quantile");
            let group = groups.of(&row);
            members.resize_with(members.len().max(group + 1), Vec::new);
            members[group].push(row);
        }
        let mut out = Vec::with_capacity(members.len());
        for ((labels, drop_name), members) in groups.labels.into_iter().zip(members) {
            self.check()?;
            let column = Column::of(quantiles(&members, &param.values));
            out.push(Row { drop_name, ..Row::new(labels, column) });
        }
        out.retain(|row| row.column.has_any());
        Ok(out)
    }
}

fn quantiles(members: &[Row], q: &[f64]) -> Vec<f64> {
    let mut values = Vec::with_capacity(members.len());
    let mut at = |(step, q): (usize, &f64)| {
        values.clear();
        values.extend(members.iter().map(|row| row.column.floats()[step]).filter(|v| !is_absent(*v)));
        if values.is_empty() { ABSENT } else { quantile_of(*q, &mut values) }
    };
    q.iter().enumerate().map(&mut at).collect()
}
