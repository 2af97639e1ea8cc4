//! For completion: the values a field has, and what is usable of a query that is being typed.

use aio_source::{TraceSpans, TracesSelect};
use aio_types::{AttributeValue, Span, TimestampNs};

use crate::ast::{BinaryOp, Field, FieldExpr, Pipeline, Query, Root, Scope, SpansetExpr, Stage, Static};
use crate::eval::{Expr, Plan, Trace, Value};
use crate::hints::hints;
use crate::parse::{everything, parse, parse_field};

/// A field by its name in a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute(Field);

impl Attribute {
    /// Reads `resource.service.name`, `span."a b"`, `name`, `event:name`; a bare name is an attribute of any scope.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let bare = || Field::Attribute(Scope::Any, text.strip_prefix('.').unwrap_or(text).to_owned());
        Self(parse_field(text).unwrap_or_else(|_| bare()))
    }

    /// What the matching spans of a trace have; elements of lists one by one.
    #[must_use]
    pub fn values(&self, trace: &TraceSpans, filter: &Filter) -> Vec<AttributeValue> {
        let whole = Trace::new(&trace.spans);
        let field = Expr::new(&FieldExpr::Field(self.0.clone()));
        filter.matched(&whole).into_iter().flat_map(|at| field.values(&whole, at)).flat_map(plain).collect()
    }
}

/// Durations, states and kinds are not completed from data.
fn plain(value: Value<'_>) -> Vec<AttributeValue> {
    match value {
        Value::Array(items) => items.to_vec(),
        Value::Text(text) if text.is_empty() => Vec::new(),
        Value::Duration(_) | Value::Status(_) | Value::Kind(_) => Vec::new(),
        value => value.shown().into_iter().collect(),
    }
}

/// Which spans count for a completion.
#[derive(Debug)]
pub struct Filter {
    pipeline: Pipeline,
    plan: Plan,
}

impl Filter {
    /// Of a query that may be half typed: conditions that do not parse are left out, and what is no query filters
    /// nothing.
    #[must_use]
    pub fn of_incomplete(text: &str) -> Self {
        let Root::Spans(pipeline) = incomplete(text).root else { return Self::of_incomplete("") };
        Self { plan: Plan::new(&pipeline), pipeline }
    }

    /// What to read for it.
    #[must_use]
    pub fn selection(&self, start: TimestampNs, end: TimestampNs) -> TracesSelect {
        let mut select = TracesSelect { start, end, services: Vec::new(), names: Vec::new() };
        hints(&self.pipeline, &mut select);
        select
    }

    /// The spans of a trace that match.
    #[must_use]
    pub fn matching<'a>(&self, trace: &'a TraceSpans) -> Vec<&'a Span> {
        self.matched(&Trace::new(&trace.spans)).into_iter().filter_map(|at| trace.spans.get(at)).collect()
    }

    fn matched(&self, trace: &Trace<'_>) -> Vec<usize> {
        self.plan.run(trace).unwrap_or_default().into_iter().flat_map(|set| set.spans).collect()
    }
}

fn incomplete(text: &str) -> Query {
    if let Ok(query) = parse(text) {
        return query;
    }
    let inside = text.trim().strip_prefix('{').map(|t| t.trim_end().strip_suffix('}').unwrap_or(t));
    let parts = inside.unwrap_or_default().split("&&").filter_map(|part| sole_condition(&format!("{{{part}}}")));
    let and = |a, b| FieldExpr::Binary(BinaryOp::And, Box::new(a), Box::new(b));
    match parts.filter(|part| *part != FieldExpr::Static(Static::Bool(true))).reduce(and) {
        Some(condition) => {
            let stage = Stage::Spans(SpansetExpr::Filter(condition));
            Query { root: Root::Spans(Pipeline { stages: vec![stage] }), hints: Vec::new() }
        }
        None => everything(),
    }
}

fn sole_condition(text: &str) -> Option<FieldExpr> {
    let Root::Spans(Pipeline { mut stages }) = parse(text).ok()?.root else { return None };
    match (stages.pop(), stages.is_empty()) {
        (Some(Stage::Spans(SpansetExpr::Filter(condition))), true) => Some(condition),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_in_queries() {
        let get = |text: &str| Attribute::parse(text).0.to_string();
        assert_eq!(get("resource.service.name"), "resource.service.name");
        assert_eq!(get("span.\"x y\".z"), "span.\"x y.z\"");
        assert_eq!(get(".a/b"), ".a/b");
        assert_eq!(get("service.name"), ".service.name");
        assert_eq!(get("nestedSetLeft"), "nestedSetLeft");
        assert_eq!(get("event:name"), "event:name");
    }

    #[test]
    fn half_typed_queries_keep_their_good_part() {
        let show = |text: &str| incomplete(text).to_string();
        assert_eq!(show("{ resource.a = }"), show("{}"));
        assert_eq!(show("{ .a = 1 && .b = }"), show("{ .a = 1 }"));
        assert_eq!(show("{ .a = 1 && .b"), show("{ .a = 1 && .b }"));
        assert_eq!(show("nonsense"), show("{}"));
    }
}
