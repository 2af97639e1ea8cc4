//! `compare({ … })`: which values of attributes selected spans have, and the others.

use std::collections::HashMap;

use aio_types::{Attributes, TraceId};

use super::exemplar::trace_label;
use super::{Exemplar, Series};
use crate::ast::{Field, FieldExpr, Intrinsic, Scope, Static};
use crate::eval::{Expr, Trace, Value};

/// Properties whose values tell something; durations and ids do not.
const INTRINSICS: [Intrinsic; 9] = [
    Intrinsic::Name,
    Intrinsic::Status,
    Intrinsic::StatusMessage,
    Intrinsic::Kind,
    Intrinsic::RootName,
    Intrinsic::RootService,
    Intrinsic::ChildCount,
    Intrinsic::ScopeName,
    Intrinsic::ScopeVersion,
];

#[derive(Debug)]
pub(super) struct Compare {
    selection: Expr,
    intrinsics: Vec<(Field, Expr)>,
    top: usize,
    /// Nanoseconds; spans are selected if they start after the first and not after the second.
    window: Option<(i64, i64)>,
    steps: usize,
    baseline: Side,
    selected: Side,
}

/// Counts by attribute and value.
#[derive(Debug, Default)]
struct Side {
    attributes: HashMap<Field, Counts>,
    exemplars: Vec<Exemplar>,
    values: usize,
}

#[derive(Debug, Default)]
struct Counts {
    places: HashMap<Vec<u8>, usize>,
    values: Vec<(Static, Vec<f64>)>,
    total: Vec<f64>,
}

impl Compare {
    pub(super) fn new(selection: &FieldExpr, top: i64, window: (i64, i64), steps: usize) -> Self {
        let intrinsic = |of| {
            let field = Field::Intrinsic(of);
            (field.clone(), Expr::new(&FieldExpr::Field(field)))
        };
        Self {
            selection: Expr::new(selection),
            intrinsics: INTRINSICS.map(intrinsic).into(),
            top: usize::try_from(top).unwrap_or(0),
            window: (window != (0, 0)).then_some(window),
            steps,
            baseline: Side::default(),
            selected: Side::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.baseline.values + self.selected.values
    }

    pub(super) fn observe(&mut self, trace: &Trace<'_>, at: usize, place: usize, exemplar: Option<TraceId>) {
        let span = &trace.spans[at];
        let in_window = self.window.is_none_or(|(start, end)| span.start.0 > start && span.start.0 <= end);
        let is_selected = in_window && self.selection.holds(trace, at);
        let (side, steps) = (if is_selected { &mut self.selected } else { &mut self.baseline }, self.steps);
        for (field, expr) in &self.intrinsics {
            let value = expr.value(trace, at);
            // Most spans have no scope to speak of.
            let is_scope = matches!(field, Field::Intrinsic(Intrinsic::ScopeName | Intrinsic::ScopeVersion));
            if !(is_scope && value == Value::Text("".into())) {
                side.add(field, &value, place, steps);
            }
        }
        let mut all = |scope: Scope, attributes: &Attributes| {
            for (name, value) in attributes {
                let value = Value::of_attribute(value);
                if !matches!(value, Value::Nil | Value::Opaque) {
                    side.add(&Field::Attribute(scope, name.to_string()), &value, place, steps);
                }
            }
        };
        all(Scope::Span, &span.attributes);
        all(Scope::Resource, &span.resource.attributes);
        all(Scope::Instrumentation, &span.scope.attributes);
        span.events.iter().for_each(|event| all(Scope::Event, &event.attributes));
        span.links.iter().for_each(|link| all(Scope::Link, &link.attributes));
        if let Some(id) = exemplar {
            side.exemplars.push(Exemplar { labels: vec![trace_label(id)], value: f64::NAN, time: span.start });
        }
    }

    pub(super) fn finish(self) -> Vec<Series> {
        let mut out = Vec::new();
        let mut crowded: Vec<Field> = Vec::new();
        for (side, name, total) in
            [(self.baseline, "baseline", "baseline_total"), (self.selected, "selection", "selection_total")]
        {
            for (field, counts) in side.attributes {
                if counts.values.len() > self.top && !crowded.contains(&field) {
                    crowded.push(field.clone());
                }
                let exemplars = side.exemplars.clone();
                out.push(Series { labels: labels(total, &field, Static::Nil), values: counts.total, exemplars });
                for (value, values) in largest(counts.values, self.top) {
                    out.push(Series { labels: labels(name, &field, value), values, exemplars: Vec::new() });
                }
            }
        }
        // It has no number to tell but that it is there.
        for field in crowded {
            let error = ("__meta_error".to_owned(), Static::String("__too_many_values__".into()));
            let labels = vec![error, (field.to_string(), Static::Nil)];
            out.push(Series { labels, values: vec![0.0; self.steps], exemplars: Vec::new() });
        }
        out
    }
}

impl Side {
    fn add(&mut self, field: &Field, value: &Value<'_>, place: usize, steps: usize) {
        if !self.attributes.contains_key(field) {
            self.attributes.insert(field.clone(), Counts { total: vec![0.0; steps], ..Counts::default() });
            self.values += 1;
        }
        let Some(counts) = self.attributes.get_mut(field) else { return };
        let mut key = Vec::new();
        value.write_key(&mut key);
        let at = *counts.places.entry(key).or_insert_with(|| {
            counts.values.push((value.to_label(), vec![0.0; steps]));
            self.values += 1;
            counts.values.len() - 1
        });
        counts.values[at].1[place] += 1.0;
        counts.total[place] += 1.0;
    }
}

/// Those that occur most; of equals those that come first by name.
fn largest(mut values: Vec<(Static, Vec<f64>)>, top: usize) -> Vec<(Static, Vec<f64>)> {
    let sum = |counts: &[f64]| counts.iter().sum::<f64>();
    values.sort_by_cached_key(|(value, _)| value.to_string());
    values.sort_by(|(_, a), (_, b)| sum(b).total_cmp(&sum(a)));
    values.truncate(top);
    values
}

fn labels(kind: &str, field: &Field, value: Static) -> Vec<(String, Static)> {
    vec![("__meta_type".to_owned(), Static::String(kind.into())), (field.to_string(), value)]
}
