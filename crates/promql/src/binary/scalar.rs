//! Operators between a vector and a scalar.

use super::element::{apply, arithmetic, holds};
use crate::Error;
use crate::column::{ABSENT, Column, Point, is_absent};
use crate::eval::Context;
use crate::parse::BinaryOp;
use crate::plan::Binary;
use crate::row::Row;

impl Context<'_> {
    /// `swapped` where the scalar stands on the left. A filter keeps the element's value on whichever side it stands.
    pub(super) fn with_scalar(
        &self,
        binary: &Binary,
        mut rows: Vec<Row>,
        scalars: &[f64],
        swapped: bool,
    ) -> Result<Vec<Row>, Error> {
        let op = binary.op;
        for row in &mut rows {
            if row.column.has_histograms() || matches!(op, BinaryOp::TrimLower | BinaryOp::TrimUpper) {
                self.any_with_scalar(binary, &mut row.column, scalars, swapped);
            } else {
                floats_with_scalar(binary, row.column.floats_mut(), scalars, swapped);
            }
        }
        rows.retain(|row| row.column.has_any());
        let changes = binary.return_bool || super::labels::changes_meaning(op);
        if changes { self.without_name(rows) } else { Ok(rows) }
    }

    fn any_with_scalar(&self, binary: &Binary, column: &mut Column, scalars: &[f64], swapped: bool) {
        for (step, scalar) in scalars.iter().enumerate().filter(|(_, s)| !is_absent(**s)) {
            let (element, scalar) = (column.point(step), Point::Float(*scalar));
            if matches!(element, Point::Absent) {
                continue;
            }
            let (left, right) = if swapped { (&scalar, &element) } else { (&element, &scalar) };
            let point = match apply(binary.op, left, right) {
                Err(note) => {
                    self.query.notes.add(binary.place, note);
                    Point::Absent
                }
                Ok(yielded) if binary.return_bool => Point::Float(f64::from(u8::from(yielded.keeps))),
                Ok(yielded) if !yielded.keeps => Point::Absent,
                Ok(_) if binary.op.is_comparison() => element,
                Ok(yielded) => yielded.point,
            };
            column.set(step, point);
        }
    }
}

fn floats_with_scalar(binary: &Binary, values: &mut [f64], scalars: &[f64], swapped: bool) {
    let op = binary.op;
    let order = |v: f64, s: f64| if swapped { (s, v) } else { (v, s) };
    let present = values.iter_mut().zip(scalars).filter(|(v, _)| !is_absent(**v));
    for (v, scalar) in present {
        let (l, r) = order(*v, *scalar);
        *v = if !op.is_comparison() {
            arithmetic(op, l, r)
        } else if binary.return_bool {
            f64::from(u8::from(holds(op, l, r)))
        } else if holds(op, l, r) {
            *v
        } else {
            ABSENT
        };
    }
}
