//! Long expressions over several lines: what is wider than a line is taken apart at its outermost level.

use std::fmt::{self, Display, Write};

use super::{AggregateHead, BinaryHead, SubquerySuffix};
use crate::parse::ast::{Expr, ExprKind};

const LINE_BYTES_MAX: usize = 100;
const INDENT: &str = "  ";

impl Expr {
    /// The expression laid out over lines of 100 bytes where that can be.
    #[must_use]
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        write(&mut out, self, 0);
        out
    }
}

/// A chain of operators that is too wide steps down to the left; what is not too wide stays on its line.
fn write(out: &mut String, expr: &Expr, level: usize) {
    let (mut leftmost, mut chain) = (expr, Vec::new());
    while let ExprKind::Binary(binary) = &leftmost.kind
        && is_wide(leftmost)
    {
        chain.push(binary);
        leftmost = &binary.lhs;
    }
    write_operand(out, leftmost, level + chain.len());
    for (above, binary) in chain.into_iter().enumerate().rev() {
        line(out, level + above);
        append(out, BinaryHead(binary));
        out.push('\n');
        write(out, &binary.rhs, level + above + 1);
    }
}

fn write_operand(out: &mut String, expr: &Expr, level: usize) {
    match &expr.kind {
        ExprKind::Subquery(subquery) if is_wide(expr) => {
            write(out, &subquery.expr, level);
            append(out, SubquerySuffix(subquery));
        }
        // Not even indented, as Prometheus has it.
        ExprKind::Subquery(_) => append(out, expr),
        ExprKind::Unary(op, inner) => {
            let mut child = String::new();
            write(&mut child, inner, level);
            indent(out, level);
            append(out, op.as_str());
            append(out, child.trim());
        }
        _ => {
            indent(out, level);
            if is_wide(expr) { write_wide(out, expr, level) } else { append(out, expr) }
        }
    }
}

fn write_wide(out: &mut String, expr: &Expr, level: usize) {
    match &expr.kind {
        ExprKind::Aggregate(aggregate) => {
            append(out, AggregateHead(aggregate));
            enclosed(out, aggregate.param.iter().chain([&aggregate.expr]).map(|arg| &**arg), level);
        }
        ExprKind::Call(call) => {
            append(out, call.function.name);
            enclosed(out, call.args.iter(), level);
        }
        ExprKind::Paren(inner) => enclosed(out, std::iter::once(&**inner), level),
        _ => append(out, expr),
    }
}

/// Each on a line of its own, in parentheses.
fn enclosed<'a>(out: &mut String, inner: impl Iterator<Item = &'a Expr>, level: usize) {
    out.push('(');
    for (i, expr) in inner.enumerate() {
        out.push_str(if i > 0 { ",\n" } else { "\n" });
        write(out, expr, level + 1);
    }
    line(out, level);
    out.push(')');
}

fn line(out: &mut String, level: usize) {
    out.push('\n');
    indent(out, level);
}

fn indent(out: &mut String, level: usize) {
    for _ in 0..level {
        out.push_str(INDENT);
    }
}

fn append(out: &mut String, what: impl Display) {
    write!(out, "{what}").expect("a string takes everything");
}

/// Whether an expression is wider than a line; looks at no more of it than that.
fn is_wide(expr: &Expr) -> bool {
    write!(Line { left: LINE_BYTES_MAX }, "{expr}").is_err()
}

/// Takes as much as a line has room for.
struct Line {
    left: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.left = self.left.checked_sub(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}
