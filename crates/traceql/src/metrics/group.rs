//! Which series a span belongs to.

use std::collections::HashMap;

use crate::ast::{Field, FieldExpr, Static};
use crate::eval::{Expr, Trace, Value};

/// Series by the values of fields, each found by the bytes of its values.
#[derive(Debug)]
pub(super) struct Groups {
    by: Vec<(String, Expr)>,
    places: HashMap<Box<[u8]>, usize>,
    /// Values of each series, in the order of [`Self::by`].
    values: Vec<Vec<Static>>,
    /// Reused from span to span.
    key: Vec<u8>,
}

impl Groups {
    pub(super) fn new(by: &[Field]) -> Self {
        let named = |field: &Field| (field.to_string(), Expr::new(&FieldExpr::Field(field.clone())));
        Self { by: by.iter().map(named).collect(), places: HashMap::new(), values: Vec::new(), key: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The series of a span; `more` tells apart what its fields do not.
    pub(super) fn place(&mut self, trace: &Trace<'_>, at: usize, more: Option<&Static>) -> usize {
        self.key.clear();
        for (_, field) in &self.by {
            field.value(trace, at).write_key(&mut self.key);
        }
        if let Some(more) = more {
            Value::of(more).write_key(&mut self.key);
        }
        if let Some(place) = self.places.get(self.key.as_slice()) {
            return *place;
        }
        let value = |(_, field): &(String, Expr)| field.value(trace, at).to_label();
        let values = self.by.iter().map(value).chain(more.cloned()).collect();
        self.values.push(values);
        self.places.insert(self.key.as_slice().into(), self.values.len() - 1);
        self.values.len() - 1
    }

    /// Labels of a series. What is missing has no label, but for the first where all is and no other label follows.
    pub(super) fn labels(&self, place: usize, more: Option<&str>, is_all: bool) -> Vec<(String, Static)> {
        let names = self.by.iter().map(|(name, _)| name.as_str()).chain(more);
        let all: Vec<(String, Static)> =
            names.map(str::to_owned).zip(self.values.get(place).into_iter().flatten().cloned()).collect();
        let known: Vec<_> = all.iter().filter(|(_, value)| *value != Static::Nil).cloned().collect();
        if known.is_empty() && is_all { all.into_iter().take(1).collect() } else { known }
    }

    /// What a span was grouped by, for an exemplar of it.
    pub(super) fn labels_of(&self, trace: &Trace<'_>, at: usize) -> Vec<(String, Static)> {
        let label = |(name, field): &(String, Expr)| (name.clone(), field.value(trace, at).to_label());
        self.by.iter().map(label).filter(|(_, value)| *value != Static::Nil).collect()
    }
}

/// Labels as text, to sort by.
pub(super) fn text(labels: &[(String, Static)]) -> String {
    labels.iter().map(|(name, value)| format!("{name}={value},")).collect()
}
