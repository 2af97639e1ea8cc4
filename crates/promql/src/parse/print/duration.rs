//! Durations as text.

use std::fmt::{self, Display, Formatter};

use crate::parse::duration::{DurationExpr, DurationKind, DurationOp, format_duration};

impl Display for DurationExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            DurationKind::Literal(ms) => f.write_str(&format_duration(*ms)),
            DurationKind::Number(number) => number.fmt(f),
            DurationKind::Step => f.write_str("step()"),
            DurationKind::Range => f.write_str("range()"),
            DurationKind::Plus(inner) => write!(f, "+{inner}"),
            DurationKind::Negate(inner) => write!(f, "-{inner}"),
            DurationKind::Paren(inner) => write!(f, "({inner})"),
            DurationKind::Binary(op @ (DurationOp::MinOf | DurationOp::MaxOf), lhs, rhs) => {
                write!(f, "{}({lhs}, {rhs})", op.as_str())
            }
            DurationKind::Binary(op, lhs, rhs) => write!(f, "{lhs} {} {rhs}", op.as_str()),
        }
    }
}
