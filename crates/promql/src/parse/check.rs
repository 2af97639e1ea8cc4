//! What is well-formed but means nothing: wrong types, wrong numbers of arguments, selectors of everything.

use aio_types::METRIC_NAME;

use super::ParseOptions;
use super::ast::{Aggregate, Binary, Call, Cardinality, Expr, ExprKind, Matching, Selector, Span, ValueType};
use super::error::Fault;
use super::function::{Function, Variadic};
use super::quote::quote;

/// Checks a tree from the left to the right, operands before what is made of them.
///
/// # Errors
/// The first fault in this order.
pub(super) fn check(expr: &Expr, options: &ParseOptions) -> Result<ValueType, Fault> {
    let (leftmost, chain) = expr.spine();
    let mut value_type = check_operand(leftmost, options)?;
    for binary in chain {
        value_type = check_binary(binary, value_type, options)?;
    }
    Ok(value_type)
}

fn check_operand(expr: &Expr, options: &ParseOptions) -> Result<ValueType, Fault> {
    let span = expr.span;
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Binary(_) => {}
        ExprKind::Vector(selector) => check_selector(selector, span)?,
        ExprKind::Matrix(matrix) => check_selector(&matrix.selector, span)?,
        ExprKind::Paren(inner) => return check(inner, options),
        ExprKind::Unary(_, inner) => return check_unary(inner, span, options),
        ExprKind::Subquery(subquery) => check_subquery(&subquery.expr, span, options)?,
        ExprKind::Aggregate(aggregate) => check_aggregate(aggregate, options)?,
        ExprKind::Call(call) => return check_call(call, span, options),
    }
    Ok(expr.value_type())
}

/// A selector without a name must have a matcher that not everything passes.
pub(super) fn check_selector(selector: &Selector, span: Span) -> Result<(), Fault> {
    let Some(name) = &selector.name else {
        if selector.matchers.iter().all(aio_types::Matcher::matches_empty) {
            return Err(Fault::new(span, "vector selector must contain at least one non-empty matcher"));
        }
        return Ok(());
    };
    let in_braces = selector.matchers.len().saturating_sub(1);
    match selector.matchers.iter().take(in_braces).find(|matcher| &*matcher.name == METRIC_NAME) {
        None => Ok(()),
        Some(other) => {
            let names = format!("{} or {}", quote(name), quote(&other.value));
            Err(Fault::new(span, format!("metric name must not be set twice: {names}")))
        }
    }
}

fn check_unary(inner: &Expr, span: Span, options: &ParseOptions) -> Result<ValueType, Fault> {
    match check(inner, options)? {
        value_type @ (ValueType::Scalar | ValueType::Vector) => Ok(value_type),
        other => {
            let got = quote(other.documented());
            let why = "unary expression only allowed on expressions of type scalar or instant vector";
            Err(Fault::new(span, format!("{why}, got {got}")))
        }
    }
}

fn check_subquery(inner: &Expr, span: Span, options: &ParseOptions) -> Result<(), Fault> {
    match check(inner, options)? {
        ValueType::Vector => Ok(()),
        other => {
            let got = other.as_str();
            Err(Fault::new(span, format!("subquery is only allowed on instant vector, got {got} instead")))
        }
    }
}

fn expect(expr: &Expr, wanted: ValueType, context: &str, options: &ParseOptions) -> Result<(), Fault> {
    let got = check(expr, options)?;
    if got == wanted { Ok(()) } else { Err(mismatch(expr.span, wanted, context, got)) }
}

fn mismatch(span: Span, wanted: ValueType, context: &str, got: ValueType) -> Fault {
    let (wanted, got) = (wanted.documented(), got.documented());
    Fault::new(span, format!("expected type {wanted} in {context}, got {got}"))
}

fn check_aggregate(aggregate: &Aggregate, options: &ParseOptions) -> Result<(), Fault> {
    expect(&aggregate.expr, ValueType::Vector, "aggregation expression", options)?;
    if let (Some(wanted), Some(param)) = (aggregate.op.param_type(), &aggregate.param) {
        expect(param, wanted, "aggregation parameter", options)?;
    }
    Ok(())
}

// === operators ===

fn check_binary(binary: &Binary, lhs: ValueType, options: &ParseOptions) -> Result<ValueType, Fault> {
    let span = binary.lhs.span.to(binary.rhs.span);
    let has_fill = |m: &Matching| m.fill_left.is_some() || m.fill_right.is_some();
    if !options.fill_modifiers && binary.matching.as_ref().is_some_and(has_fill) {
        return Err(Fault::new(span, "binop fill modifiers are experimental and not enabled"));
    }
    let rhs = check(&binary.rhs, options)?;
    check_operator(binary, lhs, rhs)?;
    for (side, value_type) in [(&binary.lhs, lhs), (&binary.rhs, rhs)] {
        if !matches!(value_type, ValueType::Scalar | ValueType::Vector) {
            return Err(Fault::new(side.span, "binary expression must contain only scalar and instant vector types"));
        }
    }
    check_matching(binary, span, lhs == ValueType::Vector && rhs == ValueType::Vector)?;
    let is_scalar = lhs == ValueType::Scalar && rhs == ValueType::Scalar;
    Ok(if is_scalar { ValueType::Scalar } else { ValueType::Vector })
}

fn check_operator(binary: &Binary, lhs: ValueType, rhs: ValueType) -> Result<(), Fault> {
    let fault = |why: String| Err(Fault::new(binary.op_span, why));
    if binary.return_bool && !binary.op.is_comparison() {
        return fault("bool modifier can only be used on comparison operators".to_owned());
    }
    let are_scalars = lhs == ValueType::Scalar && rhs == ValueType::Scalar;
    if are_scalars && binary.op.is_comparison() && !binary.return_bool {
        return fault("comparisons between scalars must use BOOL modifier".to_owned());
    }
    let Some(matching) = binary.matching.as_ref().filter(|matching| matching.on) else { return Ok(()) };
    match matching.labels.iter().find(|label| matching.include.contains(label)) {
        None => Ok(()),
        Some(label) => fault(format!("label {} must not occur in ON and GROUP clause at once", quote(label))),
    }
}

fn check_matching(binary: &Binary, span: Span, are_vectors: bool) -> Result<(), Fault> {
    let fault = |why: &str| Err(Fault::new(span, why));
    let op = quote(binary.op.as_str());
    if let Some(matching) = &binary.matching {
        let has_fill = matching.fill_left.is_some() || matching.fill_right.is_some();
        if !are_vectors && !matching.labels.is_empty() {
            return fault("vector matching only allowed between instant vectors");
        }
        if !are_vectors && has_fill {
            return fault("filling in missing series only allowed between instant vectors");
        }
        if binary.op.is_set() && matching.cardinality != Cardinality::ManyToMany && are_vectors {
            return fault(&format!("no grouping allowed for {op} operation"));
        }
        if binary.op.is_set() && has_fill {
            return fault("filling in missing series not allowed for set operators");
        }
    }
    if binary.op.is_set() && !are_vectors {
        return fault(&format!("set operator {op} not allowed in binary scalar expression"));
    }
    Ok(())
}

// === calls ===

fn check_call(call: &Call, span: Span, options: &ParseOptions) -> Result<ValueType, Fault> {
    let function = call.function;
    check_count(function, call.args.len(), span)?;
    let context = format!("call to function {}", quote(function.name));
    let is_info = function.name == "info";
    if let Some(selector) = call.args.get(1).filter(|_| is_info) {
        check_info_selector(selector, span, &context)?;
    }
    for (i, arg) in call.args.iter().enumerate() {
        let Some(wanted) = function.arg_types.get(i).or(function.arg_types.last()) else { break };
        if !(is_info && i == 1) {
            expect(arg, *wanted, &context, options)?;
        }
    }
    Ok(function.return_type)
}

fn check_count(function: &Function, count: usize, span: Span) -> Result<(), Fault> {
    let types = function.arg_types.len();
    let least = types.saturating_sub(1);
    let (bound, number) = match function.variadic {
        Variadic::No if count != types => ("", types),
        Variadic::UpTo(_) | Variadic::Any if count < least => ("at least ", least),
        Variadic::UpTo(more) if count > least + more => ("at most ", least + more),
        _ => return Ok(()),
    };
    let name = quote(function.name);
    Err(Fault::new(span, format!("expected {bound}{number} argument(s) in call to {name}, got {count}")))
}

/// The second argument of `info` is a selector of labels only, which may select everything.
fn check_info_selector(arg: &Expr, span: Span, context: &str) -> Result<(), Fault> {
    let got = arg.value_type();
    if got != ValueType::Vector {
        return Err(mismatch(span, ValueType::Vector, context, got));
    }
    match &arg.kind {
        ExprKind::Vector(selector) if selector.name.is_none() => Ok(()),
        ExprKind::Vector(_) => Err(Fault::new(arg.span, "expected label selectors only, got vector selector instead")),
        _ => Err(Fault::new(arg.span, "expected label selectors only")),
    }
}
