//! What does not depend on the span is worked out once.

use super::typing;
use crate::ast::{BinaryOp, FieldExpr, Static};
use crate::eval::{Value, binary as apply, negative as negate};

pub(super) fn binary(op: BinaryOp, left: FieldExpr, right: FieldExpr) -> FieldExpr {
    let expr = FieldExpr::Binary(op, Box::new(left), Box::new(right));
    let FieldExpr::Binary(_, left, right) = &expr else { return expr };
    match (&**left, &**right) {
        (FieldExpr::Static(left), FieldExpr::Static(right)) if typing::check(&expr).is_ok() => {
            folded(apply(op, &Value::of(left), &Value::of(right))).unwrap_or(expr)
        }
        _ => expr,
    }
}

pub(super) fn not(of: FieldExpr) -> FieldExpr {
    match of {
        FieldExpr::Static(Static::Bool(b)) => FieldExpr::Static(Static::Bool(!b)),
        of => FieldExpr::Not(Box::new(of)),
    }
}

pub(super) fn negative(of: FieldExpr) -> FieldExpr {
    match &of {
        FieldExpr::Static(value @ (Static::Int(_) | Static::Float(_) | Static::Duration(_))) => {
            folded(negate(&Value::of(value))).unwrap_or(FieldExpr::Negative(Box::new(of)))
        }
        _ => FieldExpr::Negative(Box::new(of)),
    }
}

pub(super) fn exists(exists: bool, of: FieldExpr) -> FieldExpr {
    match of {
        FieldExpr::Static(_) => FieldExpr::Static(Static::Bool(exists)),
        of => FieldExpr::Exists(exists, Box::new(of)),
    }
}

/// What has no result, such as what is divided by zero, stays as it is written.
fn folded(value: Value<'_>) -> Option<FieldExpr> {
    value.to_static().filter(|value| *value != Static::Nil).map(FieldExpr::Static)
}
