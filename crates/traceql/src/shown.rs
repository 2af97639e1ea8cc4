//! What a search result tells of a span: everything the query asked about.

use aio_types::{AttributeValue, Span};

use crate::ast::{Condition, Expr, Field, Intrinsic};
use crate::engine::MatchedSpan;
use crate::eval::{Trace, Value};

/// Fields the query mentions, in its order.
pub(crate) struct Shown(Vec<Field>);

impl Shown {
    pub(crate) fn of(expr: &Expr) -> Self {
        let mut fields = Vec::new();
        of_expr(expr, &mut fields);
        Self(fields)
    }

    pub(crate) fn span(&self, trace: &Trace<'_>, span: &Span) -> MatchedSpan {
        let mut attributes: Vec<(String, AttributeValue)> = Vec::new();
        for field in &self.0 {
            let Some(key) = key(field) else { continue };
            if attributes.iter().any(|(known, _)| *known == key) {
                continue;
            }
            attributes.extend(trace.values(field, span).first().and_then(shown).map(|value| (key, value)));
        }
        let asked_for_name = self.0.contains(&Field::Intrinsic(Intrinsic::Name));
        MatchedSpan {
            span_id: span.span_id,
            name: asked_for_name.then(|| span.name.clone()),
            start: span.start,
            duration_ns: span.duration_ns(),
            attributes,
        }
    }
}

/// Names are shown without their scope. What a result tells anyway has none.
fn key(field: &Field) -> Option<String> {
    Some(match field {
        Field::Span(name)
        | Field::Resource(name)
        | Field::Instrumentation(name)
        | Field::Event(name)
        | Field::Link(name)
        | Field::Any(name) => name.clone(),
        Field::Intrinsic(intrinsic) => match intrinsic {
            Intrinsic::Status => "status",
            Intrinsic::StatusMessage => "statusMessage",
            Intrinsic::Kind => "kind",
            Intrinsic::ParentId => "span:parentID",
            Intrinsic::EventName => "event:name",
            Intrinsic::EventTime => "event:timeSinceStart",
            Intrinsic::LinkTraceId => "link:traceID",
            Intrinsic::LinkSpanId => "link:spanID",
            Intrinsic::ScopeName => "instrumentation:name",
            Intrinsic::ScopeVersion => "instrumentation:version",
            Intrinsic::Name
            | Intrinsic::Duration
            | Intrinsic::TraceDuration
            | Intrinsic::RootName
            | Intrinsic::RootService
            | Intrinsic::TraceId
            | Intrinsic::SpanId => return None,
        }
        .to_owned(),
    })
}

/// `None` for values that clients of a search cannot read.
fn shown(value: &Value<'_>) -> Option<AttributeValue> {
    Some(match value {
        Value::Attribute(AttributeValue::Empty | AttributeValue::Bytes(_) | AttributeValue::Map(_)) => return None,
        Value::Attribute(value) => (*value).clone(),
        Value::Text(text) => AttributeValue::String((&**text).into()),
        Value::Duration(ns) => AttributeValue::String(go_duration(*ns).into()),
        Value::Status(code) => {
            AttributeValue::String(["unset", "ok", "error"].get(usize::from(*code)).copied().unwrap_or("unset").into())
        }
        Value::Kind(kind) => {
            let kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];
            AttributeValue::String(kinds.get(usize::from(*kind)).copied().unwrap_or("unspecified").into())
        }
    })
}

/// A duration as Go prints it: `1h2m3.5s`, `1.5ms`, `0s`.
fn go_duration(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    let small = [("ns", 1), ("µs", 1000), ("ms", 1_000_000)];
    if ns == 0 {
        return "0s".to_owned();
    }
    if ns < 1_000_000_000 {
        let (unit, size) = small.into_iter().rev().find(|(_, size)| ns >= *size).unwrap_or(("ns", 1));
        return format!("{sign}{}{unit}", decimal(ns, size));
    }
    let (minutes, rest) = (ns / 60_000_000_000, ns % 60_000_000_000);
    let seconds = decimal(rest, 1_000_000_000);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

fn decimal(ns: u64, unit: u64) -> String {
    let (whole, part) = (ns / unit, ns % unit);
    if part == 0 {
        return whole.to_string();
    }
    let digits = unit.ilog10() as usize;
    format!("{whole}.{}", format!("{part:0digits$}").trim_end_matches('0'))
}

fn of_expr(expr: &Expr, out: &mut Vec<Field>) {
    match expr {
        Expr::Spans(condition) => of_condition(condition, out),
        Expr::And(left, right) | Expr::Or(left, right) => {
            of_expr(left, out);
            of_expr(right, out);
        }
    }
}

fn of_condition(condition: &Condition, out: &mut Vec<Field>) {
    match condition {
        Condition::True | Condition::False => {}
        Condition::Compare(field, ..) | Condition::Truthy(field) => out.push(field.clone()),
        Condition::And(left, right) | Condition::Or(left, right) => {
            of_condition(left, out);
            of_condition(right, out);
        }
        Condition::Not(inner) => of_condition(inner, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_printed_as_go_does() {
        for (ns, want) in [
            (0, "0s"),
            (1, "1ns"),
            (1500, "1.5µs"),
            (2_000_000, "2ms"),
            (1_500_000_000, "1.5s"),
            (90_000_000_000, "1m30s"),
            (3_600_000_000_000, "1h0m0s"),
            (-1_000_000, "-1ms"),
        ] {
            assert_eq!(go_duration(ns), want);
        }
    }
}
