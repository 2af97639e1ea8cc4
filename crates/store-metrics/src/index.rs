//! From matchers to series: an inverted index of label pairs.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use aio_types::{Labels, Matcher};
use roaring::{MultiOps as _, RoaringBitmap};

use crate::plan::{Candidate, Keep, Plan, Step, Values};

/// Looking at the labels of one series costs about as much as comparing this many values of a dictionary.
const VALUES_PER_SERIES: u64 = 2;

/// The series of one label.
#[derive(Debug, Clone, Default)]
struct Label {
    by_value: BTreeMap<Box<str>, RoaringBitmap>,
    /// Whatever the value.
    any: RoaringBitmap,
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
            match label.by_value.get_mut(value) {
                Some(ids) => {
                    ids.insert(id);
                }
                None => {
                    label.by_value.insert(value.into(), RoaringBitmap::from_iter([id]));
                }
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

    /// Series that pass all matchers. `passes` looks at the labels of one series: where few are left, that is cheaper
    /// than comparing every value of a label.
    ///
    /// Look-ups go first, the smallest result before all others; then what has to compare values.
    pub(crate) fn select(&self, plan: &Plan<'_>, passes: impl Fn(u32, &Matcher) -> bool) -> RoaringBitmap {
        let (lookups, dear): (Vec<_>, Vec<_>) = plan.steps.iter().partition(|step| step.is_lookup());
        let mut wanted: Vec<_> = lookups.iter().filter_map(|step| self.wanted(step)).collect();
        wanted.extend(dear.iter().filter(|step| step.keep == Keep::WithOther).map(|step| self.having(step)));
        let mut selected = smallest_first(wanted);
        let (narrowing, removing): (Vec<_>, Vec<_>) = dear.into_iter().partition(|step| step.keep == Keep::With);
        for step in lookups.into_iter().filter(|step| step.keep != Keep::With) {
            *selected.get_or_insert_with(|| self.all.clone()) -= &*self.unwanted(step);
        }
        for step in narrowing {
            match &mut selected {
                Some(selected) if self.is_cheaper_by_series(selected, step) => retain(selected, step, &passes),
                Some(selected) => *selected &= &*self.of_pattern(step),
                None => selected = Some(self.of_pattern(step).into_owned()),
            }
        }
        let mut selected = selected.unwrap_or_else(|| self.all.clone());
        for step in removing {
            match self.is_cheaper_by_series(&selected, step) {
                true => retain(&mut selected, step, &passes),
                false => selected -= &*self.unwanted(step),
            }
        }
        selected
    }

    fn is_cheaper_by_series(&self, selected: &RoaringBitmap, step: &Step<'_>) -> bool {
        let values = self.labels.get(&step.matcher.name).map_or(0, |label| label.by_value.len());
        selected.len().saturating_mul(VALUES_PER_SERIES) < values as u64
    }

    /// What a look-up narrows a selection to, if it does.
    fn wanted(&self, step: &Step<'_>) -> Option<Cow<'_, RoaringBitmap>> {
        match step.keep {
            Keep::With => Some(self.of_pattern(step)),
            Keep::WithOther => Some(self.having(step)),
            Keep::Without | Keep::WithOrAbsent => None,
        }
    }

    /// What a step takes away.
    fn unwanted(&self, step: &Step<'_>) -> Cow<'_, RoaringBitmap> {
        match step.keep {
            Keep::WithOrAbsent => Cow::Owned(&*self.having(step) - &*self.of_pattern(step)),
            Keep::With | Keep::Without | Keep::WithOther => self.of_pattern(step),
        }
    }

    /// Series that have the label at all.
    fn having(&self, step: &Step<'_>) -> Cow<'_, RoaringBitmap> {
        self.labels.get(&step.matcher.name).map_or_else(Cow::default, |label| Cow::Borrowed(&label.any))
    }

    /// Series that have the label with a value of the step's pattern.
    fn of_pattern(&self, step: &Step<'_>) -> Cow<'_, RoaringBitmap> {
        let Some(label) = self.labels.get(&step.matcher.name) else { return Cow::default() };
        match &step.values {
            Values::None => Cow::default(),
            Values::All => Cow::Borrowed(&label.any),
            Values::Equal(value) => label.by_value.get(value).map_or_else(Cow::default, Cow::Borrowed),
            Values::Prefix(prefix) => Cow::Owned(label.from(prefix).map(|(_, ids)| ids).union()),
            Values::Among(candidates) => Cow::Owned(label.among(candidates, step).union()),
            Values::Any => {
                let passing = label.by_value.iter().filter(|(value, _)| step.is_pattern(value));
                Cow::Owned(passing.map(|(_, ids)| ids).union())
            }
        }
    }

    /// Series that have all these labels, others beside them perhaps.
    pub(crate) fn with_all(&self, labels: &Labels) -> RoaringBitmap {
        let ids = labels.iter().map(|(name, value)| self.labels.get(name)?.by_value.get(value).map(Cow::Borrowed));
        ids.collect::<Option<Vec<_>>>().and_then(smallest_first).unwrap_or_default()
    }

    /// Label names of which `wanted` accepts the series of at least one value.
    pub(crate) fn names(&self, wanted: impl Fn(&RoaringBitmap) -> bool) -> impl Iterator<Item = &str> {
        self.labels.iter().filter(move |(_, label)| wanted(&label.any)).map(|(name, _)| &**name)
    }

    /// Values of a label of which `wanted` accepts the series.
    pub(crate) fn values(&self, name: &str, wanted: impl Fn(&RoaringBitmap) -> bool) -> impl Iterator<Item = &str> {
        let values = self.labels.get(name).into_iter().flat_map(|label| &label.by_value);
        values.filter(move |(_, ids)| wanted(ids)).map(|(value, _)| &**value)
    }

    /// Every label pair with its series.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str, &RoaringBitmap)> {
        self.labels.iter().flat_map(|(name, label)| Label::pairs(name, label))
    }
}

impl Label {
    fn pairs<'a>(name: &'a str, label: &'a Self) -> impl Iterator<Item = (&'a str, &'a str, &'a RoaringBitmap)> {
        label.by_value.iter().map(move |(value, ids)| (name, &**value, ids))
    }

    /// The values that begin with `prefix`.
    fn from<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a RoaringBitmap)> {
        let from = self.by_value.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.map(|(value, ids)| (&**value, ids)).take_while(move |(value, _)| value.starts_with(prefix))
    }

    /// The series of those values of the candidates that are of the step's pattern.
    fn among<'a>(&'a self, candidates: &'a [Candidate], step: &'a Step<'_>) -> impl Iterator<Item = &'a RoaringBitmap> {
        let found = candidates.iter().flat_map(move |candidate| -> Box<dyn Iterator<Item = (&str, &RoaringBitmap)>> {
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

/// The intersection; `None` of nothing.
fn smallest_first(mut sets: Vec<Cow<'_, RoaringBitmap>>) -> Option<RoaringBitmap> {
    sets.sort_by_key(|ids| ids.len());
    let mut sets = sets.into_iter();
    let mut selected = sets.next()?.into_owned();
    for ids in sets {
        if selected.is_empty() {
            break;
        }
        selected &= &*ids;
    }
    Some(selected)
}

fn retain(selected: &mut RoaringBitmap, step: &Step<'_>, passes: impl Fn(u32, &Matcher) -> bool) {
    *selected = selected.iter().filter(|&id| passes(id, step.matcher)).collect();
}

#[cfg(test)]
mod tests;
