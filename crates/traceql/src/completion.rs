//! For completion: the values a field has, and what is usable of a query that is being typed.

use aio_source::{TraceSpans, TracesSelect};
use aio_types::{AttributeValue, Span, TimestampNs};

use crate::ast::{Condition, Expr, Field};
use crate::engine::hints;
use crate::eval::{Trace, Value};
use crate::lexer::{Token, tokens};
use crate::parser::{field, parse};

/// A field by its name in a query.
#[derive(Debug, Clone)]
pub struct Attribute(Field);

impl Attribute {
    /// Reads `resource.service.name`, `span."a b"`, `name`, `event:name`; a bare name is an attribute of any scope.
    /// `None` for what is in the language but not evaluated yet.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name = match tokens(text).as_deref() {
            Ok([(Token::Name(name), _), (Token::End, _)]) => name.clone(),
            _ => text.to_owned(),
        };
        let known = field(&name).ok()?;
        Some(Self(known.unwrap_or_else(|| Field::Any(name.strip_prefix('.').unwrap_or(&name).to_owned()))))
    }

    /// What the matching spans of a trace have; elements of lists one by one.
    #[must_use]
    pub fn values(&self, trace: &TraceSpans, filter: &Expr) -> Vec<AttributeValue> {
        let whole = Trace::new(&trace.spans);
        let matched = whole.matched(filter);
        let spans = matched.iter().filter_map(|&i| trace.spans.get(i));
        spans.flat_map(|span| whole.values(&self.0, span)).flat_map(plain).collect()
    }
}

/// Durations, states and kinds are not completed from data.
fn plain(value: Value<'_>) -> Vec<AttributeValue> {
    match value {
        Value::Attribute(AttributeValue::Array(items)) => items.clone(),
        Value::Attribute(value) => vec![value.clone()],
        Value::Text(text) if text.is_empty() => Vec::new(),
        Value::Text(text) => vec![AttributeValue::String((&*text).into())],
        Value::Duration(_) | Value::Status(_) | Value::Kind(_) => Vec::new(),
    }
}

/// The spans of a trace that match.
#[must_use]
pub fn matching<'a>(trace: &'a TraceSpans, filter: &Expr) -> Vec<&'a Span> {
    Trace::new(&trace.spans).matched(filter).into_iter().filter_map(|i| trace.spans.get(i)).collect()
}

/// What to read for a filter.
#[must_use]
pub fn selection(filter: &Expr, start: TimestampNs, end: TimestampNs) -> TracesSelect {
    let mut select = TracesSelect { start, end, services: Vec::new(), names: Vec::new() };
    hints(filter, &mut select);
    select
}

/// A query that may be half typed: conditions that do not parse are left out, and what is no query filters nothing.
#[must_use]
pub fn parse_incomplete(text: &str) -> Expr {
    if let Ok(expr) = parse(text) {
        return expr;
    }
    let inside = text.trim().strip_prefix('{').map(|t| t.trim_end().strip_suffix('}').unwrap_or(t));
    let whole = inside.unwrap_or_default().split("&&").filter_map(|part| match parse(&format!("{{{part}}}")) {
        Ok(Expr::Spans(condition)) => Some(condition),
        _ => None,
    });
    Expr::Spans(whole.reduce(|a, b| Condition::And(Box::new(a), Box::new(b))).unwrap_or(Condition::True))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_in_queries() {
        let get = |text: &str| Attribute::parse(text).map(|a| a.0);
        assert_eq!(get("resource.service.name"), Some(Field::Resource("service.name".to_owned())));
        assert_eq!(get("span.\"x y\".z"), Some(Field::Span("x y.z".to_owned())));
        assert_eq!(get(".a/b"), Some(Field::Any("a/b".to_owned())));
        assert_eq!(get("service.name"), Some(Field::Any("service.name".to_owned())));
        assert_eq!(get("nestedSetLeft"), None);
    }

    #[test]
    fn half_typed_queries_keep_their_good_part() {
        let show = |text: &str| format!("{:?}", parse_incomplete(text));
        assert_eq!(show("{ resource.a = }"), show("{}"));
        assert_eq!(show("{ .a = 1 && .b = }"), show("{ .a = 1 }"));
        assert_eq!(show("{ .a = 1 && .b"), show("{ .a = 1 && .b }"));
        assert_eq!(show("nonsense"), show("{}"));
    }
}
