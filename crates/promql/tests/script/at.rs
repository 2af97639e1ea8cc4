//! Cases with `@` put on all selectors, which must answer the same at any time.

use aio_promql::parse::{At, Expr, ExprKind, ParseOptions, Shift, parse};

/// Functions that answer otherwise at another time, whatever their arguments.
const VARYING: &[&str] = &[
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "end",
    "hour",
    "minute",
    "month",
    "predict_linear",
    "range",
    "start",
    "step",
    "time",
    "timestamp",
    "year",
];

/// Other times at which to evaluate.
pub(super) fn times(at: i64) -> Vec<i64> {
    if at == 0 { vec![-1000, 0, 1000] } else { vec![-10 * at, 0, at / 5, at, 10 * at] }
}

/// The query with `@ at` on all that has no `@`; `None` where its answer depends on the time all the same, and where it
/// has bytes that are no UTF-8, which a tree does not keep.
pub(super) fn pinned(query: &str, at: i64) -> Option<String> {
    let mut expr = parse(query, &ParseOptions::default()).ok()?;
    let text = pin(&mut expr, at).then(|| expr.to_string())?;
    (query.contains("\\ufffd") || !text.contains("\\ufffd")).then_some(text)
}

fn pin_shift(shift: &mut Shift, at: i64) {
    shift.at.get_or_insert(At::Time(at));
}

/// Whether nothing below depends on the time.
fn pin(expr: &mut Expr, at: i64) -> bool {
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::Vector(selector) => {
            pin_shift(&mut selector.shift, at);
            true
        }
        ExprKind::Matrix(matrix) => {
            pin_shift(&mut matrix.selector.shift, at);
            true
        }
        // What is inside looks at the times of the subquery.
        ExprKind::Subquery(subquery) => {
            pin_shift(&mut subquery.shift, at);
            true
        }
        ExprKind::Call(call) => {
            let args = call.args.iter_mut().map(|arg| pin(arg, at)).fold(true, |all, one| all & one);
            args && !VARYING.contains(&call.function.name)
        }
        ExprKind::Aggregate(aggregate) => {
            let param = aggregate.param.as_mut().is_none_or(|param| pin(param, at));
            pin(&mut aggregate.expr, at) && param
        }
        ExprKind::Binary(binary) => pin(&mut binary.lhs, at) & pin(&mut binary.rhs, at),
        ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => pin(inner, at),
    }
}
