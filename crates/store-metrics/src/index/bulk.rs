//! Inserting many series at once, as a start does: values are looked up by hash and sorted once, label by label.

use std::collections::HashMap;

use aio_types::Labels;

use super::{Ids, Index, Label};
use crate::hash::Folded;

impl Index {
    /// As inserting each; ids ascend.
    pub(crate) fn insert_all<'a>(&mut self, series: impl Iterator<Item = (u32, &'a Labels)>) {
        let mut found = Found::default();
        for (id, labels) in series {
            found.add(id, labels);
            self.all.insert(id);
        }
        for name in found.names {
            self.labels.entry(name.name.into()).or_default().insert_all(name);
        }
    }
}

/// All labels of many series.
#[derive(Default)]
struct Found<'a> {
    names: Vec<Name<'a>>,
    by_name: HashMap<&'a str, usize, Folded>,
    /// Where the names of the series before are.
    before: Vec<usize>,
}

/// One label.
struct Name<'a> {
    name: &'a str,
    any: Vec<u32>,
    values: Vec<(&'a str, Ids)>,
    by_value: HashMap<&'a str, usize, Folded>,
    /// The value of the series before.
    last: usize,
}

impl<'a> Found<'a> {
    fn add(&mut self, id: u32, labels: &'a Labels) {
        let before = std::mem::take(&mut self.before);
        for (position, (name, value)) in labels.iter().enumerate() {
            let guess = before.get(position).copied().filter(|at| self.names[*at].name == name);
            let at = guess.unwrap_or_else(|| self.place(name));
            self.before.push(at);
            self.names[at].add(id, value);
        }
    }

    fn place(&mut self, name: &'a str) -> usize {
        let Self { names, by_name, .. } = self;
        *by_name.entry(name).or_insert_with(|| {
            let by_value = HashMap::default();
            names.push(Name { name, any: Vec::new(), values: Vec::new(), by_value, last: 0 });
            names.len() - 1
        })
    }
}

impl<'a> Name<'a> {
    fn add(&mut self, id: u32, value: &'a str) {
        self.any.push(id);
        if self.values.get(self.last).is_none_or(|(last, _)| *last != value) {
            let values = &mut self.values;
            self.last = *self.by_value.entry(value).or_insert_with(|| {
                values.push((value, Ids::default()));
                values.len() - 1
            });
        }
        self.values[self.last].1.insert(id);
    }
}

impl Label {
    fn insert_all(&mut self, mut found: Name<'_>) {
        self.any.insert_all(&found.any);
        found.values.sort_unstable_by_key(|(value, _)| *value);
        if self.by_value.is_empty() {
            // Built from the bottom up.
            self.by_value = found.values.into_iter().map(|(value, ids)| (value.into(), ids)).collect();
            return;
        }
        for (value, ids) in found.values {
            match self.by_value.get_mut(value) {
                Some(known) => known.union_with(ids),
                None => {
                    self.by_value.insert(value.into(), ids);
                }
            }
        }
    }
}
