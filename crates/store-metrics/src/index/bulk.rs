//! Inserting many series at once, as a start does: values are looked up by hash and sorted once, label by label.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use aio_types::Labels;

use super::{Index, Label};

impl Index {
    /// As inserting each; ids ascend.
    pub(crate) fn insert_all<'a>(&mut self, series: impl Iterator<Item = (u32, &'a Labels)> + Clone) {
        let names: BTreeSet<_> = series.clone().flat_map(|(_, labels)| labels.iter().map(|(name, _)| name)).collect();
        for name in names {
            let label = self.labels.entry(name.into()).or_default();
            let values = series.clone().map(|(id, labels)| (id, labels.get(name)));
            label.insert_all(values.filter(|(_, value)| !value.is_empty()));
        }
        self.all.extend(series.map(|(id, _)| id));
    }
}

impl Label {
    fn insert_all<'a>(&mut self, values: impl Iterator<Item = (u32, &'a str)>) {
        let mut found = HashMap::new();
        for (id, value) in values {
            self.any.insert(id);
            let ids = match found.entry(value) {
                Entry::Occupied(ids) => ids.into_mut(),
                Entry::Vacant(place) => place.insert(self.by_value.remove(value).unwrap_or_default()),
            };
            ids.insert(id);
        }
        let mut sorted: Vec<_> = found.into_iter().map(|(value, ids)| (value.into(), ids)).collect();
        sorted.sort_unstable_by(|(a, _): &(Box<str>, _), (b, _)| a.cmp(b));
        if self.by_value.is_empty() {
            // Built from the bottom up.
            self.by_value = sorted.into_iter().collect();
        } else {
            self.by_value.extend(sorted);
        }
    }
}
