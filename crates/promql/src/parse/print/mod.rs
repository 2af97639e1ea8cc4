//! From a tree back to text, as Prometheus writes it: in one line, over lines where it is long, and as JSON.
//!
//! Where Prometheus' own text would not parse again (`{}` as the second argument of `info`, durations such as
//! `1s1ms`), ours does.

mod duration;
mod json;
mod pretty;

use std::fmt::{self, Display, Formatter};

use aio_types::{METRIC_NAME, MatchOp, Matcher};

use super::ast::{
    Aggregate, At, Binary, Cardinality, Expr, ExprKind, Extension, Matching, MatrixSelector, Number, Selector, Shift,
    Subquery,
};
use super::duration::{format_duration, literal_ms};
use super::quote::quote;
use crate::format::format_float;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (leftmost, chain) = self.spine();
        write_operand(f, leftmost)?;
        chain.into_iter().try_for_each(|binary| write!(f, " {} {}", BinaryHead(binary), binary.rhs))
    }
}

fn write_operand(f: &mut Formatter<'_>, expr: &Expr) -> fmt::Result {
    match &expr.kind {
        ExprKind::Binary(_) => Ok(()),
        ExprKind::Number(number) => number.fmt(f),
        ExprKind::String(text) => f.write_str(&quote(text)),
        ExprKind::Vector(selector) => selector.fmt(f),
        ExprKind::Matrix(matrix) => matrix.fmt(f),
        ExprKind::Subquery(subquery) => write!(f, "{}{}", subquery.expr, SubquerySuffix(subquery)),
        ExprKind::Call(call) => {
            write!(f, "{}(", call.function.name)?;
            joined(f, &call.args)?;
            f.write_str(")")
        }
        ExprKind::Aggregate(aggregate) => {
            write!(f, "{}(", AggregateHead(aggregate))?;
            if let Some(param) = &aggregate.param {
                write!(f, "{param}, ")?;
            }
            write!(f, "{})", aggregate.expr)
        }
        ExprKind::Unary(op, inner) => write!(f, "{}{inner}", op.as_str()),
        ExprKind::Paren(inner) => write!(f, "({inner})"),
    }
}

fn joined<T: Display>(f: &mut Formatter<'_>, items: &[T]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        f.write_str(if i > 0 { ", " } else { "" })?;
        item.fmt(f)?;
    }
    Ok(())
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_duration {
            return f.write_str(&format_duration(literal_ms(self.value)));
        }
        f.write_str(&format_float(self.value, false))
    }
}

// === selectors ===

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_series(f, self)?;
        write_at(f, self.shift.at)?;
        write_extension(f, self.extension)?;
        write_offset(f, &self.shift)
    }
}

impl Display for MatrixSelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_series(f, &self.selector)?;
        write!(f, "[{}]", self.range)?;
        write_extension(f, self.selector.extension)?;
        write_at(f, self.selector.shift.at)?;
        write_offset(f, &self.selector.shift)
    }
}

/// Name and matchers; these in the order of their texts.
fn write_series(f: &mut Formatter<'_>, selector: &Selector) -> fmt::Result {
    let name = selector.name.as_deref();
    let is_name = |m: &&Matcher| {
        &*m.name == METRIC_NAME && m.op == MatchOp::Equal && name == Some(&*m.value) && !m.value.is_empty()
    };
    let mut matchers: Vec<String> = selector.matchers.iter().filter(|m| !is_name(m)).map(matcher_text).collect();
    matchers.sort_unstable();
    f.write_str(name.unwrap_or_default())?;
    if matchers.is_empty() && name.is_some() {
        return Ok(());
    }
    write!(f, "{{{}}}", matchers.join(","))
}

fn matcher_text(matcher: &Matcher) -> String {
    format!("{}{}{}", Label(&matcher.name), matcher.op.as_str(), quote(&matcher.value))
}

fn write_at(f: &mut Formatter<'_>, at: Option<At>) -> fmt::Result {
    match at {
        None => Ok(()),
        Some(At::Start) => f.write_str(" @ start()"),
        Some(At::End) => f.write_str(" @ end()"),
        Some(At::Time(ms)) => write!(f, " @ {:.3}", seconds(ms)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "times of queries are far below 2^53")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

fn write_extension(f: &mut Formatter<'_>, extension: Option<Extension>) -> fmt::Result {
    extension.map_or(Ok(()), |extension| write!(f, " {}", extension.as_str()))
}

fn write_offset(f: &mut Formatter<'_>, shift: &Shift) -> fmt::Result {
    shift.offset.as_ref().map_or(Ok(()), |offset| write!(f, " offset {offset}"))
}

struct SubquerySuffix<'a>(&'a Subquery);

impl Display for SubquerySuffix<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "[{}:", self.0.range)?;
        if let Some(step) = &self.0.step {
            step.fmt(f)?;
        }
        f.write_str("]")?;
        write_at(f, self.0.shift.at)?;
        write_offset(f, &self.0.shift)
    }
}

// === heads ===

/// An aggregation up to its arguments.
struct AggregateHead<'a>(&'a Aggregate);

impl Display for AggregateHead<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.op.as_str())?;
        if !self.0.without && self.0.grouping.is_empty() {
            return Ok(());
        }
        f.write_str(if self.0.without { " without (" } else { " by (" })?;
        write_labels(f, &self.0.grouping)?;
        f.write_str(") ")
    }
}

/// An operator with its modifiers.
struct BinaryHead<'a>(&'a Binary);

impl Display for BinaryHead<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.op.as_str())?;
        f.write_str(if self.0.return_bool { " bool" } else { "" })?;
        self.0.matching.as_ref().map_or(Ok(()), |matching| write_matching(f, matching))
    }
}

fn write_matching(f: &mut Formatter<'_>, matching: &Matching) -> fmt::Result {
    let group = match matching.cardinality {
        Cardinality::ManyToOne => Some("left"),
        Cardinality::OneToMany => Some("right"),
        Cardinality::OneToOne | Cardinality::ManyToMany => None,
    };
    if !matching.labels.is_empty() || matching.on || group.is_some() {
        f.write_str(if matching.on { " on (" } else { " ignoring (" })?;
        write_labels(f, &matching.labels)?;
        f.write_str(")")?;
    }
    if let Some(side) = group {
        write!(f, " group_{side} (")?;
        write_labels(f, &matching.include)?;
        f.write_str(")")?;
    }
    write_fill(f, matching)
}

fn write_fill(f: &mut Formatter<'_>, matching: &Matching) -> fmt::Result {
    let value = general_float;
    match (matching.fill_left, matching.fill_right) {
        (Some(left), Some(right)) if left == right => write!(f, " fill ({})", value(left)),
        (left, right) => {
            left.map_or(Ok(()), |left| write!(f, " fill_left ({})", value(left)))?;
            right.map_or(Ok(()), |right| write!(f, " fill_right ({})", value(right)))
        }
    }
}

/// As Go prints floats by default: with an exponent below 1e-4 already.
fn general_float(value: f64) -> String {
    let magnitude = value.abs();
    if value.is_finite() && magnitude > 0.0 && magnitude < 1e-4 {
        let text = format!("{value:e}");
        let (mantissa, power) = text.split_once("e-").unwrap_or((&text, "0"));
        return format!("{mantissa}e-{power:0>2}");
    }
    format_float(value, true)
}

fn write_labels(f: &mut Formatter<'_>, labels: &[String]) -> fmt::Result {
    for (i, label) in labels.iter().enumerate() {
        write!(f, "{}{}", if i > 0 { ", " } else { "" }, Label(label))?;
    }
    Ok(())
}

/// The name of a label, quoted where it must be.
struct Label<'a>(&'a str);

impl Display for Label<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let is_plain = |(i, c): (usize, char)| c == '_' || c.is_ascii_alphabetic() || (i > 0 && c.is_ascii_digit());
        if !self.0.is_empty() && self.0.char_indices().all(is_plain) {
            return f.write_str(self.0);
        }
        f.write_str(&quote(self.0))
    }
}
