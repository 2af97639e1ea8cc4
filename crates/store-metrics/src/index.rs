//! From matchers to series: an inverted index of label pairs.

use std::collections::{BTreeMap, HashMap};

use aio_types::{Labels, Matcher};
use roaring::RoaringBitmap;

/// Series by label pair. Ids are positions in the owner's list of series.
#[derive(Debug, Default)]
pub(crate) struct Index {
    postings: HashMap<Box<str>, BTreeMap<Box<str>, RoaringBitmap>>,
    all: RoaringBitmap,
}

impl Index {
    pub(crate) fn insert(&mut self, id: u32, labels: &Labels) {
        self.all.insert(id);
        for (name, value) in labels.iter() {
            // Look up before inserting: the common case is a pair that is known, and needs no allocation.
            if !self.postings.contains_key(name) {
                self.postings.insert(name.into(), BTreeMap::new());
            }
            let Some(values) = self.postings.get_mut(name) else { continue };
            match values.get_mut(value) {
                Some(ids) => {
                    ids.insert(id);
                }
                None => {
                    values.insert(value.into(), RoaringBitmap::from_iter([id]));
                }
            }
        }
    }

    /// Series that pass all matchers.
    pub(crate) fn select(&self, matchers: &[Matcher]) -> RoaringBitmap {
        let mut selected: Option<RoaringBitmap> = None;
        for matcher in matchers.iter().filter(|m| !m.matches_empty()) {
            let ids = self.with_value(matcher);
            selected = Some(match selected {
                None => ids,
                Some(so_far) => so_far & ids,
            });
        }
        let mut selected = selected.unwrap_or_else(|| self.all.clone());
        for matcher in matchers.iter().filter(|m| m.matches_empty()) {
            selected -= self.without_value(matcher);
        }
        selected
    }

    /// Series that have the label with a value that passes.
    fn with_value(&self, matcher: &Matcher) -> RoaringBitmap {
        let Some(values) = self.postings.get(&matcher.name) else { return RoaringBitmap::new() };
        if matcher.op == aio_types::MatchOp::Equal {
            return values.get(&matcher.value).cloned().unwrap_or_default();
        }
        values
            .iter()
            .filter(|(value, _)| matcher.matches(value))
            .fold(RoaringBitmap::new(), |ids, (_, more)| ids | more)
    }

    /// Series that have the label with a value that does not pass.
    fn without_value(&self, matcher: &Matcher) -> RoaringBitmap {
        let Some(values) = self.postings.get(&matcher.name) else { return RoaringBitmap::new() };
        values
            .iter()
            .filter(|(value, _)| !matcher.matches(value))
            .fold(RoaringBitmap::new(), |ids, (_, more)| ids | more)
    }
}
