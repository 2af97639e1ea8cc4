//! What is well-formed but means nothing: wrong types, wrong numbers of arguments, selectors of everything.

use aio_types::METRIC_NAME;

use super::ParseOptions;
use super::ast::{Aggregate, Binary, Call, Cardinality, Expr, ExprKind, Matching, Selector, Span, ValueType};
use super::error::Fault;
use super::function::{Function, Variadic};
use super::quote::quote;

/// Checks a tree from the left to the right, operands before what is made of them, and settles how operands meet:
/// only vectors do, and those of set operators many to many.
///
/// # Errors
/// The first fault in this order.
pub(super) fn check(expr: &mut Expr, options: &ParseOptions) -> Result<ValueType, Fault> {
    let span = expr.span;
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => {}
        ExprKind::Vector(selector) => check_selector(selector, span)?,
        ExprKind::Matrix(matrix) => check_selector(&matrix.selector, span)?,
        ExprKind::Paren(inner) => return check(inner, options),
        ExprKind::Unary(_, inner) => return check_unary(inner, span, options),
        ExprKind::Subquery(subquery) => match check(&mut subquery.expr, options)? {
            ValueType::Vector => {}
            other => {
                let got = other.as_str();
                return Err(Fault::new(span, format!("subquery is only allowed on instant vector, got {got} instead")));
            }
        },
        ExprKind::Aggregate(aggregate) => check_aggregate(aggregate, options)?,
        ExprKind::Binary(binary) => return check_binary(binary, span, options),
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

fn check_unary(inner: &mut Expr, span: Span, options: &ParseOptions) -> Result<ValueType, Fault> {
    match check(inner, options)? {
        value_type @ (ValueType::Scalar | ValueType::Vector) => Ok(value_type),
        other => {
            let got = quote(other.documented());
            let why = "unary expression only allowed on expressions of type scalar or instant vector";
            Err(Fault::new(span, format!("{why}, got {got}")))
        }
    }
}

fn expect(expr: &mut Expr, wanted: ValueType, context: &str, options: &ParseOptions) -> Result<(), Fault> {
    let got = check(expr, options)?;
    if got == wanted { Ok(()) } else { Err(mismatch(expr.span, wanted, context, got)) }
}

fn mismatch(span: Span, wanted: ValueType, context: &str, got: ValueType) -> Fault {
    let (wanted, got) = (wanted.documented(), got.documented());
    Fault::new(span, format!("expected type {wanted} in {context}, got {got}"))
}

fn check_aggregate(aggregate: &mut Aggregate, options: &ParseOptions) -> Result<(), Fault> {
    expect(&mut aggregate.expr, ValueType::Vector, "aggregation expression", options)?;
    if let (Some(wanted), Some(param)) = (aggregate.op.param_type(), &mut aggregate.param) {
        expect(param, wanted, "aggregation parameter", options)?;
    }
    Ok(())
}

// === operators ===

fn check_binary(binary: &mut Binary, span: Span, options: &ParseOptions) -> Result<ValueType, Fault> {
    let has_fill = |m: &Matching| m.fill_left.is_some() || m.fill_right.is_some();
    if !options.fill_modifiers && binary.matching.as_ref().is_some_and(has_fill) {
        return Err(Fault::new(span, "binop fill modifiers are experimental and not enabled"));
    }
    let lhs = check(&mut binary.lhs, options)?;
    let rhs = check(&mut binary.rhs, options)?;
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

fn check_matching(binary: &mut Binary, span: Span, are_vectors: bool) -> Result<(), Fault> {
    let Some(matching) = &mut binary.matching else { return Ok(()) };
    let fault = |why: &str| Err(Fault::new(span, why));
    let has_fill = matching.fill_left.is_some() || matching.fill_right.is_some();
    let op = quote(binary.op.as_str());
    if !are_vectors {
        if !matching.labels.is_empty() {
            return fault("vector matching only allowed between instant vectors");
        }
        if has_fill {
            return fault("filling in missing series only allowed between instant vectors");
        }
        if binary.op.is_set() {
            return fault(&format!("set operator {op} not allowed in binary scalar expression"));
        }
        binary.matching = None;
    } else if binary.op.is_set() {
        if matching.cardinality != Cardinality::OneToOne {
            return fault(&format!("no grouping allowed for {op} operation"));
        }
        if has_fill {
            return fault("filling in missing series not allowed for set operators");
        }
        matching.cardinality = Cardinality::ManyToMany;
    }
    Ok(())
}

// === calls ===

fn check_call(call: &mut Call, span: Span, options: &ParseOptions) -> Result<ValueType, Fault> {
    let function = call.function;
    check_count(function, call.args.len(), span)?;
    let context = format!("call to function {}", quote(function.name));
    let is_info = function.name == "info";
    for (i, arg) in call.args.iter_mut().enumerate() {
        let Some(wanted) = function.arg_types.get(i).or(function.arg_types.last()) else { break };
        if is_info && i == 1 {
            check_info_selector(arg, span, &context)?;
        } else {
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
