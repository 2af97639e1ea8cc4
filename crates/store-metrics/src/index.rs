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

    /// Series that have all these labels, others beside them perhaps.
    pub(crate) fn with_all(&self, labels: &Labels) -> RoaringBitmap {
        let mut selected: Option<RoaringBitmap> = None;
        for (name, value) in labels.iter() {
            let Some(ids) = self.postings.get(name).and_then(|values| values.get(value)) else {
                return RoaringBitmap::new();
            };
            selected = Some(selected.map_or_else(|| ids.clone(), |so_far| so_far & ids));
        }
        selected.unwrap_or_default()
    }

    /// Label names of which `wanted` accepts the series of at least one value.
    pub(crate) fn names(&self, wanted: impl Fn(&RoaringBitmap) -> bool) -> impl Iterator<Item = &str> {
        self.postings.iter().filter(move |(_, values)| values.values().any(&wanted)).map(|(name, _)| &**name)
    }

    /// Values of a label of which `wanted` accepts the series.
    pub(crate) fn values(&self, name: &str, wanted: impl Fn(&RoaringBitmap) -> bool) -> impl Iterator<Item = &str> {
        let values = self.postings.get(name).into_iter().flatten();
        values.filter(move |(_, ids)| wanted(ids)).map(|(value, _)| &**value)
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

#[cfg(test)]
mod tests {
    use aio_types::MatchOp;

    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        for (id, pairs) in [
            [("__name__", "up"), ("job", "a")].as_slice(),
            &[("__name__", "up"), ("job", "b"), ("zone", "x")],
            &[("__name__", "down"), ("job", "a")],
        ]
        .into_iter()
        .enumerate()
        {
            index.insert(u32::try_from(id).expect("small"), &Labels::from_pairs(pairs.iter().copied()));
        }
        index
    }

    #[test]
    fn matchers_narrow_and_an_absent_label_is_empty() {
        use MatchOp::{Equal, NotEqual, NotRegex, Regex};
        for (matchers, expected) in [
            (vec![("__name__", Equal, "up")], vec![0, 1]),
            (vec![("zone", Equal, "")], vec![0, 2]),
            (vec![("zone", NotEqual, "x"), ("job", Equal, "a")], vec![0, 2]),
            (vec![("zone", Regex, "x|")], vec![0, 1, 2]),
            (vec![("job", NotRegex, "b.*"), ("__name__", Regex, "u.")], vec![0]),
            (vec![("nope", Equal, "y")], vec![]),
            (vec![], vec![0, 1, 2]),
        ] {
            let matchers: Vec<_> =
                matchers.into_iter().map(|(n, op, v)| Matcher::new(n, op, v).expect("valid")).collect();
            assert_eq!(index().select(&matchers).into_iter().collect::<Vec<_>>(), expected, "{matchers:?}");
        }
    }

    #[test]
    fn names_and_values_of_a_selection() {
        let (index, first) = (index(), RoaringBitmap::from_iter([0]));
        let wanted = |ids: &RoaringBitmap| !ids.is_disjoint(&first);
        let mut names: Vec<_> = index.names(wanted).collect();
        names.sort_unstable();
        assert_eq!(names, ["__name__", "job"]);
        assert_eq!(index.values("job", wanted).collect::<Vec<_>>(), ["a"]);
        assert_eq!(index.with_all(&Labels::from_pairs([("job", "a")])).into_iter().collect::<Vec<_>>(), [0, 2]);
    }
}
