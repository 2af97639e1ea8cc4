//! Queries as text. What is printed parses to the same query.

use std::fmt::{Display, Formatter, Result};

use crate::ast::{
    Aggregate, Field, FieldExpr, FirstStage, Function, Intrinsic, Metrics, Pipeline, Query, Root, Scalar, Scope,
    SecondStage, SpansetExpr, Stage, Static, kind_name, status_name,
};
use crate::parse::is_in_names;
use crate::text::{go_duration, go_float};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.root {
            Root::Spans(pipeline) => write!(f, "{pipeline}")?,
            Root::Metrics(metrics) => write!(f, "{metrics}")?,
        }
        if self.hints.is_empty() {
            return Ok(());
        }
        f.write_str(" with(")?;
        list(f, self.hints.iter(), ",", |f, (name, value)| write!(f, "{name}={value}"))?;
        f.write_str(")")
    }
}

impl Display for Pipeline {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        list(f, self.stages.iter(), " | ", |f, stage| write!(f, "{stage}"))
    }
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Spans(expr) => write!(f, "{expr}"),
            Self::Filter(left, op, right) => write!(f, "{left} {} {right}", op.text()),
            Self::By(of) => write!(f, "by({of})"),
            Self::Coalesce => f.write_str("coalesce()"),
            Self::Select(fields) => {
                f.write_str("select(")?;
                list(f, fields.iter(), ", ", |f, field| write!(f, "{field}"))?;
                f.write_str(")")
            }
        }
    }
}

impl Display for SpansetExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Filter(of) => write!(f, "{{ {of} }}"),
            Self::Pipeline(of) => write!(f, "({of})"),
            Self::Operation(op, left, right) => {
                let is_operation = |side: &Self| matches!(side, Self::Operation(..));
                sides(f, op.text(), (&**left, is_operation(left)), (&**right, is_operation(right)))
            }
        }
    }
}

impl Display for Scalar {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Aggregate(of) => write!(f, "{of}"),
            Self::Static(value) => write!(f, "{value}"),
            Self::Pipeline(pipeline, of) => write!(f, "({pipeline} | {of})"),
            Self::Operation(op, left, right) => {
                let is_operation = |side: &Self| matches!(side, Self::Operation(..));
                sides(f, op.text(), (&**left, is_operation(left)), (&**right, is_operation(right)))
            }
        }
    }
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.of {
            Some(of) => write!(f, "{}({of})", self.op.name()),
            None => write!(f, "{}()", self.op.name()),
        }
    }
}

impl Display for FieldExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // Signs take in what follows.
        let is_negative =
            |side: &Self| matches!(side, Self::Static(value) if value.number().is_some_and(f64::is_sign_negative));
        let wrapped = |side: &Self| !matches!(side, Self::Static(_) | Self::Field(_)) || is_negative(side);
        match self {
            Self::Static(value) => write!(f, "{value}"),
            Self::Field(field) => write!(f, "{field}"),
            Self::Binary(op, left, right) => sides(f, op.text(), (&**left, wrapped(left)), (&**right, wrapped(right))),
            Self::Not(of) => write!(f, "!{}", Wrapped(&**of, wrapped(of))),
            Self::Negative(of) => write!(f, "-{}", Wrapped(&**of, wrapped(of))),
            Self::Exists(exists, of) => {
                write!(f, "{} {} nil", Wrapped(&**of, wrapped(of)), if *exists { "!=" } else { "=" })
            }
        }
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Attribute(scope, name) => write!(f, "{}.{}", scope.name(), Name(name)),
            Self::Intrinsic(intrinsic) => f.write_str(intrinsic.name()),
            Self::Parent(of) if matches!(**of, Self::Attribute(Scope::Any, _)) => write!(f, "parent{of}"),
            Self::Parent(of) => write!(f, "parent.{of}"),
        }
    }
}

impl Intrinsic {
    /// As queries write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

/// A name of an attribute, in quotes where it needs them.
struct Name<'a>(&'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0.chars().all(|c| is_in_names(c) && c != '"') && !self.0.is_empty() {
            return f.write_str(self.0);
        }
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

impl Display for Static {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Nil => f.write_str("nil"),
            // Raw, unless the text has what a raw one cannot have.
            Self::String(text) if text.contains(['`', '\r']) => f.write_str(&aio_types::quoted::quote(text)),
            Self::String(text) => write!(f, "`{text}`"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Float(n) => f.write_str(&go_float(*n)),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Duration(ns) => f.write_str(&go_duration(*ns)),
            Self::Status(code) => f.write_str(status_name(*code)),
            Self::Kind(kind) => f.write_str(kind_name(*kind)),
        }
    }
}

impl Display for Metrics {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Spans(pipeline, first) => write!(f, "{pipeline} | {first}"),
            // Only what is in parentheses can be calculated with.
            Self::Then(of, SecondStage::Scalar { op, value, is_left: true }) => {
                write!(f, "{} {} {}", go_float(*value), op.text(), in_parens(of))
            }
            Self::Then(of, SecondStage::Scalar { op, value, is_left: false }) => {
                write!(f, "{} {} {}", in_parens(of), op.text(), go_float(*value))
            }
            Self::Then(of, stage) => {
                let is_math = matches!(&**of, Self::Math(..) | Self::Then(_, SecondStage::Scalar { .. }));
                if is_math { write!(f, "({of}) {stage}") } else { write!(f, "{of} {stage}") }
            }
            Self::Math(op, left, right) => write!(f, "{} {} {}", in_parens(left), op.text(), in_parens(right)),
        }
    }
}

fn in_parens(of: &Metrics) -> String {
    format!("({of})")
}

impl Display for SecondStage {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::TopK(n) => write!(f, "| topk({n})"),
            Self::BottomK(n) => write!(f, "| bottomk({n})"),
            Self::Filter(op, value) => write!(f, "{} {value}", op.text()),
            Self::Scalar { op, value, .. } => write!(f, "{} {}", op.text(), go_float(*value)),
        }
    }
}

impl Display for FirstStage {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", self.function)?;
        if self.by.is_empty() {
            return Ok(());
        }
        f.write_str(" by(")?;
        list(f, self.by.iter(), ",", |f, field| write!(f, "{field}"))?;
        f.write_str(")")
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}(", self.name())?;
        match self {
            Self::Rate | Self::Count => {}
            Self::Min(of) | Self::Max(of) | Self::Sum(of) | Self::Avg(of) | Self::Histogram(of) => write!(f, "{of}")?,
            Self::Quantile(of, quantiles) => {
                write!(f, "{of}")?;
                quantiles.iter().try_for_each(|q| write!(f, ",{}", go_float(*q)))?;
            }
            Self::Compare { selection, top, start, end } => {
                write!(f, "{{ {selection} }},{top}")?;
                if (*start, *end) != (0, 0) {
                    write!(f, ",{start},{end}")?;
                }
            }
        }
        f.write_str(")")
    }
}

/// In parentheses, if it must be.
struct Wrapped<T>(T, bool);

impl<T: Display> Display for Wrapped<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.1 { write!(f, "({})", self.0) } else { write!(f, "{}", self.0) }
    }
}

fn sides<T: Display>(f: &mut Formatter<'_>, op: &str, left: (T, bool), right: (T, bool)) -> Result {
    write!(f, "{} {op} {}", Wrapped(left.0, left.1), Wrapped(right.0, right.1))
}

fn list<T>(
    f: &mut Formatter<'_>,
    items: impl Iterator<Item = T>,
    between: &str,
    each: impl Fn(&mut Formatter<'_>, T) -> Result,
) -> Result {
    for (place, item) in items.enumerate() {
        if place > 0 {
            f.write_str(between)?;
        }
        each(f, item)?;
    }
    Ok(())
}
