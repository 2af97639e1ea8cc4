//! The library's part: which operand belongs to which operator. Its tree of placeholders and the reader's parts, both
//! in the order of the text, become our tree at once.

use std::sync::Once;

use promql_parser::parser::value::ValueType as LibraryType;
use promql_parser::parser::{self, Expr as Parsed, Function as LibraryFunction};

use super::ast::{
    Aggregate, Binary, BinaryOp, Call, Cardinality, Expr, ExprKind, Matching, MatrixSelector, Shift, Span, Subquery,
    UnaryOp, ValueType,
};
use super::error::Fault;
use super::read::{Callee, Part, PartKind, SCRIPT_FUNCTION, Script, Suffix};

/// The tree of a script.
pub(super) fn build(script: Script) -> Result<Expr, Fault> {
    register();
    let parsed = parser::parse(&script.text).map_err(|why| internal(&why))?;
    let mut builder = Builder { parts: script.parts.into_iter() };
    let expr = builder.expr(&parsed)?;
    match builder.parts.next() {
        None => Ok(expr),
        Some(_) => Err(internal("a part is left over")),
    }
}

/// The tree of a single operand.
pub(super) fn leaf(part: Part) -> Result<Expr, Fault> {
    match part.kind {
        PartKind::Leaf(kind) => suffixed(Expr { kind, span: part.span }, part.suffixes),
        _ => Err(internal("no operand")),
    }
}

/// The library checks types, but not as Prometheus does; to it everything is a vector, and so are all arguments and
/// the result of the one function that it sees.
fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        const ANY_NUMBER: i32 = -1;
        let call =
            LibraryFunction::new(SCRIPT_FUNCTION, vec![LibraryType::Vector], ANY_NUMBER, LibraryType::Vector, false);
        // It says so if there was a function of this name, and then no call parses, which no test would let pass.
        let _ = parser::register_extra_functions(vec![call]);
    });
}

/// A script is well-formed, so this says that the reader is wrong.
fn internal(why: &str) -> Fault {
    Fault::new(Span::default(), format!("unexpected shape of the expression: {why}"))
}

struct Builder {
    parts: std::vec::IntoIter<Part>,
}

impl Builder {
    fn next(&mut self) -> Result<Part, Fault> {
        self.parts.next().ok_or_else(|| internal("a part is missing"))
    }

    fn expr(&mut self, parsed: &Parsed) -> Result<Expr, Fault> {
        let (mut leftmost, mut chain) = (parsed, Vec::new());
        while let Parsed::Binary(binary) = leftmost {
            chain.push(&*binary.rhs);
            leftmost = &binary.lhs;
        }
        let mut expr = self.operand(leftmost)?;
        for rhs in chain.into_iter().rev() {
            expr = self.binary(expr, rhs)?;
        }
        Ok(expr)
    }

    fn operand(&mut self, parsed: &Parsed) -> Result<Expr, Fault> {
        let part = self.next()?;
        let kind = match (parsed, part.kind) {
            (Parsed::VectorSelector(_), PartKind::Leaf(kind)) => kind,
            (Parsed::Unary(unary), PartKind::Sign(op)) => return Ok(signed(op, part.span, self.expr(&unary.expr)?)),
            (Parsed::Paren(paren), PartKind::Paren) => ExprKind::Paren(Box::new(self.expr(&paren.expr)?)),
            (Parsed::Call(call), PartKind::Call(callee)) => {
                let args = call.args.args.iter().map(|arg| self.expr(arg)).collect::<Result<_, _>>()?;
                called(callee, args)?
            }
            _ => return Err(internal("a part is of another kind")),
        };
        suffixed(Expr { kind, span: part.span }, part.suffixes)
    }

    fn binary(&mut self, lhs: Expr, rhs: &Parsed) -> Result<Expr, Fault> {
        let part = self.next()?;
        let PartKind::Operator(op, modifiers) = part.kind else { return Err(internal("no operator")) };
        let rhs = self.expr(rhs)?;
        let span = lhs.span.to(rhs.span);
        let matching = settled(op, modifiers.matching, [&lhs, &rhs]);
        let (lhs, rhs) = (Box::new(lhs), Box::new(rhs));
        let binary = Binary { op, op_span: part.span, lhs, rhs, matching, return_bool: modifiers.return_bool };
        Ok(Expr { kind: ExprKind::Binary(binary), span })
    }
}

/// Only series of vectors meet, those of set operators many to many. Modifiers that may not be there stay, to be found
/// by the check of the tree.
fn settled(op: BinaryOp, mut matching: Matching, operands: [&Expr; 2]) -> Option<Matching> {
    if operands.iter().all(|operand| operand.value_type() == ValueType::Vector) {
        if op.is_set() && matching.cardinality == Cardinality::OneToOne {
            matching.cardinality = Cardinality::ManyToMany;
        }
        return Some(matching);
    }
    let is_plain = matching.labels.is_empty() && matching.fill_left.is_none() && matching.fill_right.is_none();
    (!is_plain).then_some(matching)
}

/// A sign is part of a literal number.
fn signed(op: UnaryOp, at: Span, inner: Expr) -> Expr {
    let span = at.to(inner.span);
    let kind = match inner.kind {
        ExprKind::Number(mut number) => {
            number.value = if op == UnaryOp::Minus { -number.value } else { number.value };
            ExprKind::Number(number)
        }
        kind => ExprKind::Unary(op, Box::new(Expr { kind, span: inner.span })),
    };
    Expr { kind, span }
}

fn called(callee: Callee, args: Vec<Expr>) -> Result<ExprKind, Fault> {
    let (op, grouping, without) = match callee {
        Callee::Function(function) => return Ok(ExprKind::Call(Call { function, args })),
        Callee::Aggregate { op, grouping, without } => (op, grouping, without),
    };
    let mut args = args.into_iter().rev().map(Box::new);
    let expr = args.next().ok_or_else(|| internal("an aggregation of nothing"))?;
    Ok(ExprKind::Aggregate(Aggregate { op, expr, param: args.next(), grouping, without }))
}

fn suffixed(mut expr: Expr, suffixes: Vec<Suffix>) -> Result<Expr, Fault> {
    for suffix in suffixes {
        expr = with_suffix(expr, suffix)?;
    }
    Ok(expr)
}

fn with_suffix(expr: Expr, suffix: Suffix) -> Result<Expr, Fault> {
    let Expr { kind, mut span } = expr;
    let kind = match (kind, suffix) {
        (ExprKind::Vector(selector), Suffix::Range(range, close)) => {
            let selector_span = span;
            span.end = close.end;
            ExprKind::Matrix(MatrixSelector { selector, selector_span, range })
        }
        (kind, Suffix::Subquery { range, step, close }) => {
            let inner = Box::new(Expr { kind, span });
            span.end = close.end;
            ExprKind::Subquery(Subquery { expr: inner, range, step, shift: Shift::default() })
        }
        (mut kind, Suffix::Offset(offset, last)) => {
            shift_of(&mut kind)?.offset = Some(offset);
            span.end = last.end;
            kind
        }
        (mut kind, Suffix::At(at, last)) => {
            shift_of(&mut kind)?.at = Some(at);
            span.end = last.end;
            kind
        }
        (ExprKind::Vector(mut selector), Suffix::Extension(extension)) => {
            selector.extension = Some(extension);
            ExprKind::Vector(selector)
        }
        (ExprKind::Matrix(mut matrix), Suffix::Extension(extension)) => {
            matrix.selector.extension = Some(extension);
            ExprKind::Matrix(matrix)
        }
        _ => return Err(internal("a suffix of another kind")),
    };
    Ok(Expr { kind, span })
}

fn shift_of(kind: &mut ExprKind) -> Result<&mut Shift, Fault> {
    match kind {
        ExprKind::Vector(selector) => Ok(&mut selector.shift),
        ExprKind::Matrix(matrix) => Ok(&mut matrix.selector.shift),
        ExprKind::Subquery(subquery) => Ok(&mut subquery.shift),
        _ => Err(internal("a shift of another kind")),
    }
}
