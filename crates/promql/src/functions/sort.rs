//! Order, which only instant queries have.

use std::cmp::Ordering;

use super::natural;
use crate::Error;
use crate::eval::Context;
use crate::labels::RowLabels;
use crate::notes::Note;
use crate::plan::Sort;
use crate::row::Row;

impl Context<'_> {
    pub(crate) fn sort(&self, sort: &Sort) -> Result<Vec<Row>, Error> {
        let mut rows = self.rows(&sort.input)?;
        if sort.labels.is_none() {
            // Histograms have no order.
            rows.iter_mut().for_each(|row| row.column.map_floats(|v| v));
            rows.retain(|row| row.column.has_any());
        }
        if self.times.steps != 1 {
            self.query.notes.add(sort.place, Note::UselessSort);
            return Ok(rows);
        }
        match &sort.labels {
            None => by_value(&mut rows, sort.descending),
            Some(names) => {
                rows.sort_by(|a, b| {
                    let order = by_labels(names, &a.labels, &b.labels);
                    if sort.descending { order.reverse() } else { order }
                });
            }
        }
        Ok(rows)
    }
}

/// NaN last in both directions; rows of one step.
fn by_value(rows: &mut [Row], descending: bool) {
    let value = |row: &Row| row.column.floats().first().copied().unwrap_or(f64::NAN);
    rows.sort_by(|a, b| {
        let (a, b) = (value(a), value(b));
        let order = if descending { b.partial_cmp(&a) } else { a.partial_cmp(&b) };
        order.unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    });
}

/// By these labels one after the other, then by all.
fn by_labels(names: &[String], a: &RowLabels, b: &RowLabels) -> Ordering {
    let order = names.iter().map(|name| natural::compare(a.get(name), b.get(name)));
    order.fold(Ordering::Equal, Ordering::then).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use aio_types::Labels;

    use super::*;
    use crate::column::Column;

    #[test]
    fn nan_sorts_last_in_both_directions() {
        for (descending, expected) in [(false, "[-1.0, 2.0, inf, NaN]"), (true, "[inf, 2.0, -1.0, NaN]")] {
            let mut rows: Vec<Row> = [f64::NAN, 2.0, f64::INFINITY, -1.0]
                .iter()
                .map(|v| Row::new(Labels::default(), Column::of(vec![*v])))
                .collect();
            by_value(&mut rows, descending);
            let values: Vec<f64> = rows.iter().map(|row| row.column.floats()[0]).collect();
            assert_eq!(format!("{values:?}"), expected);
        }
    }
}
