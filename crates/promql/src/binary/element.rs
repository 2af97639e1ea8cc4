//! Operators between two elements.

use std::sync::Arc;

use aio_series::histogram::{self, Combined, IncompatibleLayouts, Keep};
use aio_types::{Histogram, ResetHint};

use crate::column::Point;
use crate::notes::{Note, Operation};
use crate::parse::BinaryOp;

/// What an operator yields.
pub(super) struct Yield {
    pub(super) point: Point,
    /// Whether a comparison holds; true for everything else.
    pub(super) keeps: bool,
    pub(super) note: Option<Note>,
}

impl Yield {
    fn of(point: Point) -> Self {
        Self { point, keeps: true, note: None }
    }
}

/// Of two floats, where the operator is no comparison.
#[inline]
pub(super) fn arithmetic(op: BinaryOp, l: f64, r: f64) -> f64 {
    match op {
        BinaryOp::Add => l + r,
        BinaryOp::Sub => l - r,
        BinaryOp::Mul => l * r,
        BinaryOp::Div => l / r,
        BinaryOp::Mod => l % r,
        BinaryOp::Pow => power(l, r),
        BinaryOp::Atan2 => l.atan2(r),
        _ => f64::NAN,
    }
}

/// As Go's `math.Pow`, which is the C library's but for this.
fn power(base: f64, exponent: f64) -> f64 {
    if base == -1.0 && exponent.is_infinite() { 1.0 } else { base.powf(exponent) }
}

/// Of two floats, where the operator is a comparison.
#[inline]
pub(super) fn holds(op: BinaryOp, l: f64, r: f64) -> bool {
    match op {
        BinaryOp::Equal => l == r,
        BinaryOp::NotEqual => l != r,
        BinaryOp::Greater => l > r,
        BinaryOp::Less => l < r,
        BinaryOp::GreaterEqual => l >= r,
        BinaryOp::LessEqual => l <= r,
        _ => false,
    }
}

/// Of two scalars; comparisons yield 0 or 1.
pub(super) fn scalar(op: BinaryOp, l: f64, r: f64) -> f64 {
    if op.is_comparison() { f64::from(u8::from(holds(op, l, r))) } else { arithmetic(op, l, r) }
}

/// Of any two elements that are there.
///
/// # Errors
/// What to note where the operator yields nothing of these.
pub(super) fn apply(op: BinaryOp, left: &Point, right: &Point) -> Result<Yield, Note> {
    match (left, right) {
        (Point::Float(l), Point::Float(r)) => floats(op, *l, *r),
        (Point::Float(l), Point::Histogram(r)) if op == BinaryOp::Mul => Ok(scaled(r, |h| histogram::multiply(h, *l))),
        (Point::Histogram(l), Point::Float(r)) => with_float(op, l, *r),
        (Point::Histogram(l), Point::Histogram(r)) => histograms(op, l, r),
        (Point::Float(_), _) => Err(Note::IncompatibleKinds("float", op.as_str(), "histogram")),
        _ => Ok(Yield::of(Point::Absent)),
    }
}

fn floats(op: BinaryOp, l: f64, r: f64) -> Result<Yield, Note> {
    match op {
        BinaryOp::TrimLower | BinaryOp::TrimUpper => Err(Note::IncompatibleKinds("float", op.as_str(), "float")),
        _ if op.is_comparison() => Ok(Yield { keeps: holds(op, l, r), ..Yield::of(Point::Float(l)) }),
        _ => Ok(Yield::of(Point::Float(arithmetic(op, l, r)))),
    }
}

fn scaled(h: &Histogram, change: impl FnOnce(&mut Histogram)) -> Yield {
    let mut h = h.clone();
    change(&mut h);
    histogram::compact(&mut h);
    Yield::of(Point::Histogram(h.into()))
}

fn with_float(op: BinaryOp, h: &Arc<Histogram>, v: f64) -> Result<Yield, Note> {
    let trimmed = |keep| {
        let mut h = (**h).clone();
        histogram::trim(&mut h, keep, v);
        Yield::of(Point::Histogram(h.into()))
    };
    match op {
        BinaryOp::Mul => Ok(scaled(h, |h| histogram::multiply(h, v))),
        BinaryOp::Div => Ok(scaled(h, |h| histogram::divide(h, v))),
        BinaryOp::TrimUpper => Ok(trimmed(Keep::Below)),
        BinaryOp::TrimLower => Ok(trimmed(Keep::Above)),
        _ => Err(Note::IncompatibleKinds("histogram", op.as_str(), "float")),
    }
}

fn histograms(op: BinaryOp, l: &Arc<Histogram>, r: &Arc<Histogram>) -> Result<Yield, Note> {
    let kept = |keeps| Ok(Yield { keeps, ..Yield::of(Point::Histogram(Arc::clone(l))) });
    match op {
        BinaryOp::Add => combined(op, l, r, histogram::add, Operation::Addition),
        BinaryOp::Sub => combined(op, l, r, histogram::subtract, Operation::Subtraction),
        BinaryOp::Equal => kept(histogram::equal(l, r)),
        BinaryOp::NotEqual => kept(!histogram::equal(l, r)),
        _ => Err(Note::IncompatibleKinds("histogram", op.as_str(), "histogram")),
    }
}

fn combined(
    op: BinaryOp,
    l: &Histogram,
    r: &Histogram,
    combine: fn(&mut Histogram, &Histogram) -> Result<Combined, IncompatibleLayouts>,
    operation: Operation,
) -> Result<Yield, Note> {
    let mut h = l.clone();
    let combined = combine(&mut h, r).map_err(|_| Note::IncompatibleLayouts(op.as_str()))?;
    if combined.resets_collide {
        return Err(Note::ResetsCollide(operation));
    }
    if op == BinaryOp::Sub {
        h.reset_hint = ResetHint::Gauge;
    }
    histogram::compact(&mut h);
    let note = combined.bounds_reconciled.then_some(Note::BoundsReconciled(operation));
    Ok(Yield { note, ..Yield::of(Point::Histogram(h.into())) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_that_do_not_go_together_are_noted() {
        let h = Point::Histogram(Arc::new(Histogram::default()));
        let f = Point::Float(2.0);
        for (op, l, r, fine) in [
            (BinaryOp::Mul, &f, &h, true),
            (BinaryOp::Div, &h, &f, true),
            (BinaryOp::Div, &f, &h, false),
            (BinaryOp::Add, &h, &f, false),
            (BinaryOp::Add, &h, &h, true),
            (BinaryOp::Mul, &h, &h, false),
            (BinaryOp::TrimLower, &f, &f, false),
        ] {
            assert_eq!(apply(op, l, r).is_ok(), fine, "{op:?}");
        }
    }

    #[test]
    fn powers_are_those_of_go() {
        assert_eq!(arithmetic(BinaryOp::Pow, -1.0, f64::INFINITY), 1.0);
        assert_eq!(arithmetic(BinaryOp::Mod, -7.0, 3.0), -1.0);
    }
}
