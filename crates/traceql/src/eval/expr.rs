//! Expressions on one span, made ready once for a query.

use regex::Regex;

use super::field::Row;
use super::{Trace, Value, binary, negative};
use crate::ast::{BinaryOp, CompareOp, Field, FieldExpr, Intrinsic, Scope, Static};
use crate::parse::compile_pattern;

/// More pairs of an event and a link of one span are not looked at.
const PAIRS_MAX: usize = 100_000;

#[derive(Debug)]
pub(crate) struct Expr {
    node: Node,
    /// Whether it may differ between events, and between links.
    of_events: bool,
    of_links: bool,
}

#[derive(Debug)]
enum Node {
    Static(Static),
    Field(Field),
    Binary(BinaryOp, Box<Node>, Box<Node>),
    Match(Box<Node>, Regex, bool),
    Not(Box<Node>),
    Negative(Box<Node>),
    Exists(Box<Node>),
    /// What no event or link has is missing; one that lacks it is no sign of that.
    Missing(Box<Expr>),
}

impl Expr {
    pub(crate) fn new(of: &FieldExpr) -> Self {
        let (mut of_events, mut of_links) = (false, false);
        of.each_field(&mut |field| match field {
            Field::Attribute(Scope::Event, _) | Field::Intrinsic(Intrinsic::EventName | Intrinsic::EventTime) => {
                of_events = true;
            }
            Field::Attribute(Scope::Link, _) | Field::Intrinsic(Intrinsic::LinkTraceId | Intrinsic::LinkSpanId) => {
                of_links = true;
            }
            _ => {}
        });
        Self { node: Node::new(of), of_events, of_links }
    }

    /// Whether it holds for the span, or for any pair of an event and a link of it that the query looks at.
    pub(crate) fn holds(&self, trace: &Trace<'_>, at: usize) -> bool {
        self.rows(trace, at).any(|row| self.node.eval(&row).is_true())
    }

    /// Every value that there is, one for each event or link it is of.
    pub(crate) fn values<'a>(&'a self, trace: &'a Trace<'a>, at: usize) -> impl Iterator<Item = Value<'a>> {
        self.rows(trace, at).map(|row| self.node.eval(&row)).filter(|value| *value != Value::Nil)
    }

    /// The first value that there is; nil where there is none.
    pub(crate) fn value<'a>(&'a self, trace: &'a Trace<'a>, at: usize) -> Value<'a> {
        self.values(trace, at).next().unwrap_or(Value::Nil)
    }

    /// The event and the link for which it holds, where it depends on them.
    pub(crate) fn row<'a>(&self, trace: &'a Trace<'a>, at: usize) -> Option<Row<'a>> {
        let depends = self.of_events || self.of_links;
        self.rows(trace, at).filter(|_| depends).find(|row| self.node.eval(row).is_true())
    }

    /// The value there; the first that there is where there is none.
    pub(crate) fn value_in<'a>(&'a self, row: &Row<'a>) -> Value<'a> {
        match self.node.eval(row) {
            Value::Nil => self.value(row.trace, row.at),
            value => value,
        }
    }

    fn rows<'a>(&self, trace: &'a Trace<'a>, at: usize) -> impl Iterator<Item = Row<'a>> + use<'a> {
        let first = Row::first(trace, at);
        let more = |wanted: bool, len: usize| if wanted { len.max(1) } else { 1 };
        let events = more(self.of_events, first.span.events.len());
        let links = more(self.of_links, first.span.links.len());
        let pairs = (0..events).flat_map(move |event| (0..links).map(move |link| (event, link)));
        pairs.take(PAIRS_MAX).map(move |(event, link)| Row {
            event: first.span.events.get(event),
            link: first.span.links.get(link),
            ..first
        })
    }
}

impl Node {
    fn new(of: &FieldExpr) -> Self {
        let node = |of: &FieldExpr| Box::new(Self::new(of));
        match of {
            FieldExpr::Static(value) => Self::Static(value.clone()),
            FieldExpr::Field(field) => Self::Field(field.clone()),
            FieldExpr::Binary(BinaryOp::Match(is_match), left, right) => match &**right {
                FieldExpr::Static(Static::String(text)) => match compile_pattern(text) {
                    Ok(pattern) => Self::Match(node(left), pattern, *is_match),
                    // Checked queries have none.
                    Err(_) => Self::Static(Static::Bool(false)),
                },
                _ => Self::Static(Static::Bool(false)),
            },
            FieldExpr::Binary(op @ BinaryOp::Compare(_), left, right) => {
                Self::Binary(*op, Box::new(with_whole_ids(left, right)), Box::new(with_whole_ids(right, left)))
            }
            FieldExpr::Binary(op, left, right) => Self::Binary(*op, node(left), node(right)),
            FieldExpr::Not(of) => Self::Not(node(of)),
            FieldExpr::Negative(of) => Self::Negative(node(of)),
            FieldExpr::Exists(true, of) => Self::Exists(node(of)),
            FieldExpr::Exists(false, of) => Self::Missing(Box::new(Expr::new(of))),
        }
    }

    fn eval<'a>(&'a self, row: &Row<'a>) -> Value<'a> {
        match self {
            Self::Static(value) => Value::of(value),
            Self::Field(field) => row.get(field),
            Self::Binary(BinaryOp::And, left, right) => {
                Value::Bool(left.eval(row).is_true() && right.eval(row).is_true())
            }
            Self::Binary(BinaryOp::Or, left, right) => {
                Value::Bool(left.eval(row).is_true() || right.eval(row).is_true())
            }
            Self::Binary(op, left, right) => binary(*op, &left.eval(row), &right.eval(row)),
            Self::Match(of, pattern, is_match) => Value::Bool(of.eval(row).matches(pattern, *is_match)),
            Self::Not(of) => match of.eval(row) {
                Value::Bool(b) => Value::Bool(!b),
                _ => Value::Nil,
            },
            Self::Negative(of) => negative(&of.eval(row)),
            Self::Exists(of) => Value::Bool(of.eval(row) != Value::Nil),
            Self::Missing(of) => Value::Bool(of.value(row.trace, row.at) == Value::Nil),
        }
    }
}

/// A constant that stands opposite an id may lack leading zeros, and be in capitals.
fn with_whole_ids(of: &FieldExpr, opposite: &FieldExpr) -> Node {
    let FieldExpr::Static(Static::String(text)) = of else { return Node::new(of) };
    let FieldExpr::Field(Field::Intrinsic(intrinsic)) = opposite else { return Node::new(of) };
    let id = text.to_ascii_lowercase();
    Node::Static(Static::String(match intrinsic {
        Intrinsic::TraceId | Intrinsic::LinkTraceId => id.trim_start_matches('0').into(),
        Intrinsic::SpanId | Intrinsic::ParentId | Intrinsic::LinkSpanId => format!("{id:0>16}").into(),
        _ => text.clone(),
    }))
}

/// What must be the case for a condition to hold: comparisons that are joined by `&&`.
pub(crate) fn conjuncts<'a>(of: &'a FieldExpr, visit: &mut impl FnMut(&'a Field, CompareOp, &'a Static)) {
    match of {
        FieldExpr::Binary(BinaryOp::And, left, right) => {
            conjuncts(left, visit);
            conjuncts(right, visit);
        }
        FieldExpr::Binary(BinaryOp::Compare(op), left, right) => match (&**left, &**right) {
            (FieldExpr::Field(field), FieldExpr::Static(value)) => visit(field, *op, value),
            (FieldExpr::Static(value), FieldExpr::Field(field)) => visit(field, op.reversed(), value),
            _ => {}
        },
        _ => {}
    }
}
