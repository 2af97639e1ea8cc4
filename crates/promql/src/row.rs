//! What a node of a plan yields: rows of one series each, or a scalar per step.

use std::collections::HashMap;

use aio_types::Labels;

use crate::Error;
use crate::budget::Weight;
use crate::column::Column;
use crate::labels::RowLabels;

/// One series over the steps.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) labels: RowLabels,
    pub(crate) column: Column,
    /// The name goes at the end, where names are removed with delay.
    pub(crate) drop_name: bool,
}

impl Row {
    pub(crate) fn new(labels: impl Into<RowLabels>, column: Column) -> Self {
        Self { labels: labels.into(), column, drop_name: false }
    }

    pub(crate) fn weight(&self) -> Weight {
        self.column.weight() + Weight { samples: 0, bytes: size_of::<Self>() }
    }
}

/// What a node yields.
#[derive(Debug)]
pub(crate) enum Data {
    Scalar(Vec<f64>),
    Vector(Vec<Row>),
    Text(String),
}

impl Data {
    pub(crate) fn vector(self) -> Result<Vec<Row>, Error> {
        match self {
            Self::Vector(rows) => Ok(rows),
            _ => Err(Error::execution("expected type instant vector")),
        }
    }

    pub(crate) fn scalar(self) -> Result<Vec<f64>, Error> {
        match self {
            Self::Scalar(values) => Ok(values),
            _ => Err(Error::execution("expected type scalar")),
        }
    }

    /// A scalar as a row without labels.
    pub(crate) fn into_rows(self) -> Result<Vec<Row>, Error> {
        match self {
            Self::Scalar(values) => Ok(vec![Row::new(Labels::default(), Column::of(values))]),
            other => other.vector(),
        }
    }

    pub(crate) fn weight(&self) -> Weight {
        match self {
            Self::Scalar(values) => Weight::of_samples(values.len()),
            Self::Vector(rows) => rows.iter().map(Row::weight).sum(),
            Self::Text(_) => Weight::default(),
        }
    }
}

/// Makes one row of those with equal labels, which may take turns but not have values at the same step.
///
/// # Errors
/// When they do.
pub(crate) fn merged(rows: Vec<Row>) -> Result<Vec<Row>, Error> {
    let mut places: HashMap<RowLabels, usize> = HashMap::with_capacity(rows.len());
    let mut out: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match places.get(&row.labels) {
            Some(place) => absorb(&mut out[*place].column, &row.column)?,
            None => {
                places.insert(row.labels.clone(), out.len());
                out.push(row);
            }
        }
    }
    Ok(out)
}

fn absorb(into: &mut Column, other: &Column) -> Result<(), Error> {
    for step in (0..other.steps()).filter(|step| other.is_present(*step)) {
        if into.is_present(step) {
            return Err(Error::duplicate_labels());
        }
        into.set(step, other.point(step));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::ABSENT;

    fn row(values: &[f64]) -> Row {
        Row::new(Labels::default(), Column::of(values.to_vec()))
    }

    #[test]
    fn equal_rows_may_take_turns() {
        let rows = merged(vec![row(&[1.0, ABSENT]), row(&[ABSENT, 2.0])]).expect("no step has two");
        assert_eq!(rows[0].column.floats(), [1.0, 2.0]);
        assert!(merged(vec![row(&[1.0]), row(&[2.0])]).is_err());
    }
}
