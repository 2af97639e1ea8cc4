//! Operators between scalars and vectors.

mod element;
mod join;
mod labels;
mod scalar;
mod set;

use aio_series::histogram::multiply;
use aio_types::Histogram;

use crate::Error;
use crate::column::Point;
use crate::eval::Context;
use crate::plan::{Binary, Plan};
use crate::row::{Data, Row, merged};

impl Context<'_> {
    pub(crate) fn binary(&self, binary: &Binary) -> Result<Data, Error> {
        let (left, right) = (self.eval(&binary.left)?, self.eval(&binary.right)?);
        Ok(match (left, right) {
            (Data::Scalar(l), Data::Scalar(r)) => {
                Data::Scalar(l.iter().zip(&r).map(|(l, r)| element::scalar(binary.op, *l, *r)).collect())
            }
            (Data::Vector(rows), Data::Scalar(values)) => Data::Vector(self.with_scalar(binary, rows, &values, false)?),
            (Data::Scalar(values), Data::Vector(rows)) => Data::Vector(self.with_scalar(binary, rows, &values, true)?),
            (Data::Vector(l), Data::Vector(r)) if binary.op.is_set() => Data::Vector(self.set(binary, l, r)?),
            (Data::Vector(l), Data::Vector(r)) => Data::Vector(self.join(binary, l, r)?),
            _ => return Err(Error::execution("binary expression must contain only scalar and instant vector types")),
        })
    }

    pub(crate) fn negate(&self, input: &Plan) -> Result<Data, Error> {
        Ok(match self.eval(input)? {
            Data::Scalar(values) => Data::Scalar(values.into_iter().map(|v| -v).collect()),
            other => {
                let mut rows = other.vector()?;
                rows.iter_mut().for_each(negate_row);
                Data::Vector(self.without_name(rows)?)
            }
        })
    }

    /// Rows of a node, where equal ones become one. An instant query with delayed removal of names lets equal rows
    /// stand up to its end.
    fn joined(&self, rows: Vec<Row>) -> Result<Vec<Row>, Error> {
        if self.times.steps == 1 && self.delays_names() { Ok(rows) } else { merged(rows) }
    }
}

fn negate_row(row: &mut Row) {
    let negative: Vec<(usize, Histogram)> = row.column.histograms().map(|(step, h)| (step, (**h).clone())).collect();
    for v in row.column.floats_mut().iter_mut().filter(|v| !crate::column::is_absent(**v)) {
        *v = -*v;
    }
    for (step, mut h) in negative {
        multiply(&mut h, -1.0);
        row.column.set(step, Point::Histogram(h.into()));
    }
}
