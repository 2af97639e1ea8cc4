//! What a search result tells of a span: everything the query asked about.

use crate::ast::{Field, FieldExpr, Intrinsic, Pipeline};
use crate::eval::{Expr, Row, Trace};
use crate::search::MatchedSpan;

/// Fields the query mentions, in its order.
pub(crate) struct Shown {
    /// By name as it is shown.
    fields: Vec<(String, Expr)>,
    /// Conditions, which tell the event and the link that are meant.
    conditions: Vec<Expr>,
    has_name: bool,
}

impl Shown {
    pub(crate) fn of(pipeline: &Pipeline) -> Self {
        let mut conditions = Vec::new();
        pipeline.each_condition(&mut |condition| conditions.push(Expr::new(condition)));
        let mut shown = Self { fields: Vec::new(), conditions, has_name: false };
        pipeline.each_field(&mut |field| {
            shown.has_name |= *field == Field::Intrinsic(Intrinsic::Name);
            if let Some(key) = key(field)
                && shown.fields.iter().all(|(known, _)| *known != key)
            {
                shown.fields.push((key, Expr::new(&FieldExpr::Field(field.clone()))));
            }
        });
        shown
    }

    pub(crate) fn span(&self, trace: &Trace<'_>, at: usize) -> MatchedSpan {
        let span = &trace.spans[at];
        let row = self.conditions.iter().find_map(|condition| condition.row(trace, at));
        let row = row.unwrap_or_else(|| Row::first(trace, at));
        let attribute = |(key, field): &(String, Expr)| Some((key.clone(), field.value_in(&row).shown()?));
        MatchedSpan {
            span_id: span.span_id,
            name: self.has_name.then(|| span.name.clone()),
            start: span.start,
            duration_ns: span.duration_ns(),
            attributes: self.fields.iter().filter_map(attribute).collect(),
        }
    }
}

/// Names are shown without their scope. What a result tells anyway has none.
fn key(field: &Field) -> Option<String> {
    match field {
        Field::Attribute(_, name) => Some(name.clone()),
        Field::Intrinsic(
            Intrinsic::Name
            | Intrinsic::Duration
            | Intrinsic::TraceDuration
            | Intrinsic::RootName
            | Intrinsic::RootService
            | Intrinsic::TraceId
            | Intrinsic::SpanId
            | Intrinsic::Parent,
        )
        | Field::Parent(_) => None,
        Field::Intrinsic(intrinsic) => Some(intrinsic.name().to_owned()),
    }
}
