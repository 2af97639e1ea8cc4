//! Functions of whole vectors.

use aio_types::Labels;

use crate::eval::Row;

/// The one element of each step, or NaN.
pub(crate) fn scalar(rows: &[Row], steps: usize) -> Vec<f64> {
    let at = |i: usize| {
        let mut present = rows.iter().filter_map(|row| row.values[i]);
        match (present.next(), present.next()) {
            (Some(v), None) => v,
            _ => f64::NAN,
        }
    };
    (0..steps).map(at).collect()
}

/// 1 at the steps where nothing is.
pub(crate) fn absent(rows: &[Row], labels: &Labels, steps: usize) -> Vec<Row> {
    let at = |i: usize| rows.iter().all(|row| row.values[i].is_none()).then_some(1.0);
    let row = Row { labels: labels.clone(), values: (0..steps).map(at).collect() };
    if row.has_any() { vec![row] } else { Vec::new() }
}

/// By value, NaN last in both directions; rows of one step.
pub(crate) fn sort(rows: &mut [Row], descending: bool) {
    let value = |row: &Row| row.values.first().copied().flatten().unwrap_or(f64::NAN);
    rows.sort_by(|a, b| {
        let (a, b) = (value(a), value(b));
        let ordered = if descending { b.partial_cmp(&a) } else { a.partial_cmp(&b) };
        ordered.unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f64]) -> Vec<Row> {
        values.iter().map(|v| Row { labels: Labels::default(), values: vec![Some(*v)] }).collect()
    }

    #[test]
    fn nan_sorts_last_in_both_directions() {
        for (descending, expected) in [(false, "[-1.0, 2.0, inf, NaN]"), (true, "[inf, 2.0, -1.0, NaN]")] {
            let mut rows = rows(&[f64::NAN, 2.0, f64::INFINITY, -1.0]);
            sort(&mut rows, descending);
            let values: Vec<f64> = rows.iter().filter_map(|row| row.values[0]).collect();
            assert_eq!(format!("{values:?}"), expected);
        }
    }

    #[test]
    fn a_scalar_needs_exactly_one_element() {
        assert!(scalar(&rows(&[1.0, 2.0]), 1)[0].is_nan() && scalar(&[], 1)[0].is_nan());
        assert_eq!(scalar(&rows(&[7.0]), 1), [7.0]);
    }
}
