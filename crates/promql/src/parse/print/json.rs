//! The tree as JSON, as the web UI of Prometheus reads it.

use aio_types::Matcher;
use serde_json::{Value, json};

use crate::format::format_float;
use crate::parse::ast::{Aggregate, At, Binary, Call, Expr, ExprKind, Extension, Number, Selector, Shift, Subquery};
use crate::parse::duration::{DurationExpr, DurationKind};

impl Expr {
    /// The tree as `/api/v1/parse_query` answers it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (leftmost, chain) = self.spine();
        chain.into_iter().fold(operand_json(leftmost), |lhs, binary| binary_json(binary, lhs))
    }
}

fn operand_json(expr: &Expr) -> Value {
    match &expr.kind {
        ExprKind::Binary(_) => Value::Null,
        ExprKind::Number(number) => json!({"type": "numberLiteral", "val": format_float(number.value, false)}),
        ExprKind::String(text) => json!({"type": "stringLiteral", "val": text}),
        ExprKind::Vector(selector) => selector_json(selector, "vectorSelector", None),
        ExprKind::Matrix(matrix) => selector_json(&matrix.selector, "matrixSelector", Some(&matrix.range)),
        ExprKind::Subquery(subquery) => subquery_json(subquery),
        ExprKind::Call(call) => call_json(call),
        ExprKind::Aggregate(aggregate) => aggregate_json(aggregate),
        ExprKind::Unary(op, inner) => json!({"type": "unaryExpr", "op": op.as_str(), "expr": inner.to_json()}),
        ExprKind::Paren(inner) => json!({"type": "parenExpr", "expr": inner.to_json()}),
    }
}

fn selector_json(selector: &Selector, kind: &str, range: Option<&DurationExpr>) -> Value {
    let mut out = json!({
        "type": kind,
        "name": selector.name.as_deref().unwrap_or_default(),
        "matchers": selector.matchers.iter().map(matcher_json).collect::<Vec<_>>(),
        "anchored": selector.extension == Some(Extension::Anchored),
        "smoothed": selector.extension == Some(Extension::Smoothed),
    });
    shift_json(&mut out, &selector.shift);
    if let Some(range) = range {
        duration_json(&mut out, "range", Some(range));
    }
    out
}

fn matcher_json(matcher: &Matcher) -> Value {
    json!({"name": matcher.name, "value": matcher.value, "type": matcher.op.as_str()})
}

fn subquery_json(subquery: &Subquery) -> Value {
    let mut out = json!({"type": "subquery", "expr": subquery.expr.to_json()});
    shift_json(&mut out, &subquery.shift);
    duration_json(&mut out, "range", Some(&subquery.range));
    duration_json(&mut out, "step", subquery.step.as_ref());
    out
}

fn call_json(call: &Call) -> Value {
    let function = call.function;
    json!({
        "type": "call",
        "func": {
            "name": function.name,
            "argTypes": function.arg_types.iter().map(|t| t.as_str()).collect::<Vec<_>>(),
            "variadic": function.variadic.code(),
            "returnType": function.return_type.as_str(),
        },
        "args": call.args.iter().map(Expr::to_json).collect::<Vec<_>>(),
    })
}

fn aggregate_json(aggregate: &Aggregate) -> Value {
    json!({
        "type": "aggregation",
        "op": aggregate.op.as_str(),
        "expr": aggregate.expr.to_json(),
        "param": aggregate.param.as_ref().map(|param| param.to_json()),
        "grouping": aggregate.grouping,
        "without": aggregate.without,
    })
}

fn binary_json(binary: &Binary, lhs: Value) -> Value {
    let matching = binary.matching.as_ref().map(|matching| {
        json!({
            "card": matching.cardinality.as_str(),
            "labels": matching.labels,
            "on": matching.on,
            "include": matching.include,
            "fillValues": {"lhs": matching.fill_left, "rhs": matching.fill_right},
        })
    });
    json!({
        "type": "binaryExpr",
        "op": binary.op.as_str(),
        "lhs": lhs,
        "rhs": binary.rhs.to_json(),
        "matching": matching,
        "bool": binary.return_bool,
    })
}

fn shift_json(out: &mut Value, shift: &Shift) {
    duration_json(out, "offset", shift.offset.as_ref());
    let (timestamp, edge) = match shift.at {
        None => (None, None),
        Some(At::Time(ms)) => (Some(ms), None),
        Some(At::Start) => (None, Some("start")),
        Some(At::End) => (None, Some("end")),
    };
    out["timestamp"] = json!(timestamp);
    out["startOrEnd"] = json!(edge);
}

/// A literal is a member of this name; an expression has a member of its own.
fn duration_json(out: &mut Value, name: &str, duration: Option<&DurationExpr>) {
    let (ms, expr) = match duration {
        None => (0, Value::Null),
        Some(DurationExpr { kind: DurationKind::Literal(ms), .. }) => (*ms, Value::Null),
        Some(DurationExpr { kind: DurationKind::Number(_), .. }) => (0, Value::Null),
        Some(expr) => (0, duration_expr_json(expr)),
    };
    out[name] = json!(ms);
    out[format!("{name}Expr")] = expr;
}

fn duration_expr_json(duration: &DurationExpr) -> Value {
    let node = |op: &str, lhs: Value, rhs: Value| json!({"type": "durationExpr", "op": op, "lhs": lhs, "rhs": rhs, "wrapped": false});
    match &duration.kind {
        DurationKind::Literal(ms) => number_json(&Number { value: super::seconds(*ms), is_duration: true }),
        DurationKind::Number(number) => number_json(number),
        DurationKind::Step => node("step", Value::Null, Value::Null),
        DurationKind::Range => node("range", Value::Null, Value::Null),
        DurationKind::Plus(inner) => duration_expr_json(inner),
        DurationKind::Negate(inner) => node("-", Value::Null, duration_expr_json(inner)),
        DurationKind::Binary(op, lhs, rhs) => node(op.as_str(), duration_expr_json(lhs), duration_expr_json(rhs)),
        DurationKind::Paren(inner) => {
            let inner_json = duration_expr_json(inner);
            // Only expressions can say that they are in parentheses; a literal becomes one.
            let mut wrapped = match inner.kind {
                DurationKind::Number(_) | DurationKind::Literal(_) => node("+", Value::Null, inner_json),
                _ => inner_json,
            };
            wrapped["wrapped"] = json!(true);
            wrapped
        }
    }
}

fn number_json(number: &Number) -> Value {
    json!({"type": "numberLiteral", "val": format_float(number.value, false), "duration": number.is_duration})
}
