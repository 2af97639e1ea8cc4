//! From matchers to series: an inverted index of label pairs.

mod bulk;
mod ids;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::ops::Bound;

use aio_types::{Labels, Matcher};
use roaring::RoaringBitmap;

pub(crate) use self::ids::Ids;
use crate::plan::{Candidate, Plan, Step, Values};
use crate::select::{Dictionary, select};

/// The series of one label.
#[derive(Debug, Clone, Default)]
struct Label {
    by_value: BTreeMap<Box<str>, Ids>,
    /// Whatever the value.
    any: Ids,
}

/// Series by label pair. Ids are positions in the owner's list of series.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    labels: HashMap<Box<str>, Label>,
    all: RoaringBitmap,
}

impl Index {
    pub(crate) fn insert(&mut self, id: u32, labels: &Labels) {
        self.all.insert(id);
        for (name, value) in labels.iter() {
            // Look up before inserting: the common case is a pair that is known, and needs no allocation.
            if !self.labels.contains_key(name) {
                self.labels.insert(name.into(), Label::default());
            }
            let Some(label) = self.labels.get_mut(name) else { continue };
            label.any.insert(id);
            if !label.by_value.contains_key(value) {
                label.by_value.insert(value.into(), Ids::default());
            }
            if let Some(ids) = label.by_value.get_mut(value) {
                ids.insert(id);
            }
        }
    }

    /// Forgets a series that was inserted with these labels.
    pub(crate) fn remove(&mut self, id: u32, labels: &Labels) {
        self.all.remove(id);
        for (name, value) in labels.iter() {
            let Some(label) = self.labels.get_mut(name) else { continue };
            label.any.remove(id);
            if let Some(ids) = label.by_value.get_mut(value) {
                ids.remove(id);
                if ids.is_empty() {
                    label.by_value.remove(value);
                }
            }
            if label.any.is_empty() {
                self.labels.remove(name);
            }
        }
    }

    /// Series that pass all matchers. `passes` looks at the labels of one series.
    pub(crate) fn select(&self, plan: &Plan<'_>, passes: impl Fn(u32, &Matcher) -> bool) -> RoaringBitmap {
        select(&Searched { index: self, passes }, plan).unwrap_or_else(|never| match never {})
    }

    /// Label names of which `wanted` accepts the series of at least one value.
    pub(crate) fn names(&self, wanted: impl Fn(&Ids) -> bool) -> impl Iterator<Item = &str> {
        self.labels.iter().filter(move |(_, label)| wanted(&label.any)).map(|(name, _)| &**name)
    }

    /// Values of a label of which `wanted` accepts the series.
    pub(crate) fn values(&self, name: &str, wanted: impl Fn(&Ids) -> bool) -> impl Iterator<Item = &str> {
        let values = self.labels.get(name).into_iter().flat_map(|label| &label.by_value);
        values.filter(move |(_, ids)| wanted(ids)).map(|(value, _)| &**value)
    }

    /// Every label pair with its series.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str, &Ids)> {
        self.labels.iter().flat_map(|(name, label)| Label::pairs(name, label))
    }
}

impl Label {
    fn pairs<'a>(name: &'a str, label: &'a Self) -> impl Iterator<Item = (&'a str, &'a str, &'a Ids)> {
        label.by_value.iter().map(move |(value, ids)| (name, &**value, ids))
    }

    /// The values that begin with `prefix`.
    fn from<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Ids)> {
        let from = self.by_value.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.map(|(value, ids)| (&**value, ids)).take_while(move |(value, _)| value.starts_with(prefix))
    }

    /// The series of those values of the candidates that are of the step's pattern.
    fn among<'a>(&'a self, candidates: &'a [Candidate], step: &'a Step<'_>) -> impl Iterator<Item = &'a Ids> {
        let found = candidates.iter().flat_map(move |candidate| -> Box<dyn Iterator<Item = (&str, &Ids)>> {
            match candidate {
                Candidate::Exact(value) => {
                    Box::new(self.by_value.get_key_value(value).map(|(v, i)| (&**v, i)).into_iter())
                }
                Candidate::Prefix(prefix) => Box::new(self.from(prefix)),
            }
        });
        found.filter(move |(value, _)| step.is_pattern(value)).map(|(_, ids)| ids)
    }
}

/// An index along with its owner's series.
struct Searched<'a, F> {
    index: &'a Index,
    passes: F,
}

impl<F: Fn(u32, &Matcher) -> bool> Dictionary for Searched<'_, F> {
    type Error = Infallible;

    const VALUES_PER_SERIES: u64 = 2;

    fn all(&self) -> RoaringBitmap {
        self.index.all.clone()
    }

    fn value_count(&self, name: &str) -> Result<u64, Infallible> {
        Ok(self.index.labels.get(name).map_or(0, |label| label.by_value.len() as u64))
    }

    fn having(&self, name: &str) -> Result<Cow<'_, RoaringBitmap>, Infallible> {
        Ok(self.index.labels.get(name).map_or_else(Cow::default, |label| label.any.to_bitmap()))
    }

    fn of_pattern(&self, step: &Step<'_>) -> Result<Cow<'_, RoaringBitmap>, Infallible> {
        let Some(label) = self.index.labels.get(&step.matcher.name) else { return Ok(Cow::default()) };
        Ok(match &step.values {
            Values::None => Cow::default(),
            Values::All => label.any.to_bitmap(),
            Values::Equal(value) => label.by_value.get(value).map_or_else(Cow::default, Ids::to_bitmap),
            Values::Prefix(prefix) => Cow::Owned(Ids::union(label.from(prefix).map(|(_, ids)| ids))),
            Values::Among(candidates) => Cow::Owned(Ids::union(label.among(candidates, step))),
            Values::Any => {
                let passing = label.by_value.iter().filter(|(value, _)| step.is_pattern(value));
                Cow::Owned(Ids::union(passing.map(|(_, ids)| ids)))
            }
        })
    }

    fn passes(&self, id: u32, matcher: &Matcher) -> Result<bool, Infallible> {
        Ok((self.passes)(id, matcher))
    }
}

#[cfg(test)]
mod tests;
