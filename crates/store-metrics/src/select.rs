//! From a plan to series, whatever keeps the dictionary of label values: memory or a block.

use std::borrow::Cow;

use aio_types::Matcher;
use roaring::RoaringBitmap;

use crate::plan::{Keep, Plan, Step};

/// Series by label and value. A label that nobody has holds nothing.
pub(crate) trait Dictionary {
    /// Why it cannot be read.
    type Error;

    /// Looking at the labels of one series costs about as much as comparing so many values.
    const VALUES_PER_SERIES: u64;

    /// Every series.
    fn all(&self) -> RoaringBitmap;

    /// How many values a label has.
    fn value_count(&self, name: &str) -> Result<u64, Self::Error>;

    /// Series that have the label at all.
    fn having(&self, name: &str) -> Result<Cow<'_, RoaringBitmap>, Self::Error>;

    /// Series that have the label with a value of the step's pattern.
    fn of_pattern(&self, step: &Step<'_>) -> Result<Cow<'_, RoaringBitmap>, Self::Error>;

    /// Whether one series passes a matcher.
    fn passes(&self, id: u32, matcher: &Matcher) -> Result<bool, Self::Error>;
}

/// Series that pass all matchers.
///
/// Look-ups go first, the smallest result before all others; then what has to compare values, unless so few series are
/// left that it is cheaper to look at each.
pub(crate) fn select<D: Dictionary>(dictionary: &D, plan: &Plan<'_>) -> Result<RoaringBitmap, D::Error> {
    let (lookups, dear): (Vec<_>, Vec<_>) = plan.steps.iter().partition(|step| step.is_lookup());
    let mut wanted = Vec::new();
    for step in &lookups {
        match step.keep {
            Keep::With => wanted.push(dictionary.of_pattern(step)?),
            Keep::WithOther => wanted.push(dictionary.having(&step.matcher.name)?),
            Keep::Without | Keep::WithOrAbsent => (),
        }
    }
    for step in dear.iter().filter(|step| step.keep == Keep::WithOther) {
        wanted.push(dictionary.having(&step.matcher.name)?);
    }
    let mut selected = smallest_first(wanted);
    for step in lookups.into_iter().filter(|step| step.keep != Keep::With) {
        *selected.get_or_insert_with(|| dictionary.all()) -= &*unwanted(dictionary, step)?;
    }
    let (narrowing, removing): (Vec<_>, Vec<_>) = dear.into_iter().partition(|step| step.keep == Keep::With);
    for step in narrowing {
        match &mut selected {
            Some(selected) if is_cheaper_by_series(dictionary, selected, step)? => retain(dictionary, selected, step)?,
            Some(selected) => *selected &= &*dictionary.of_pattern(step)?,
            None => selected = Some(dictionary.of_pattern(step)?.into_owned()),
        }
    }
    let mut selected = selected.unwrap_or_else(|| dictionary.all());
    for step in removing {
        match is_cheaper_by_series(dictionary, &selected, step)? {
            true => retain(dictionary, &mut selected, step)?,
            false => selected -= &*unwanted(dictionary, step)?,
        }
    }
    Ok(selected)
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

/// What a step takes away.
fn unwanted<'a, D: Dictionary>(dictionary: &'a D, step: &Step<'_>) -> Result<Cow<'a, RoaringBitmap>, D::Error> {
    let of_pattern = dictionary.of_pattern(step)?;
    match step.keep {
        Keep::WithOrAbsent => Ok(Cow::Owned(&*dictionary.having(&step.matcher.name)? - &*of_pattern)),
        Keep::With | Keep::Without | Keep::WithOther => Ok(of_pattern),
    }
}

fn is_cheaper_by_series<D: Dictionary>(
    dictionary: &D,
    selected: &RoaringBitmap,
    step: &Step<'_>,
) -> Result<bool, D::Error> {
    let values = dictionary.value_count(&step.matcher.name)?;
    Ok(selected.len().saturating_mul(D::VALUES_PER_SERIES) < values)
}

fn retain<D: Dictionary>(dictionary: &D, selected: &mut RoaringBitmap, step: &Step<'_>) -> Result<(), D::Error> {
    let mut kept = RoaringBitmap::new();
    for id in &*selected {
        if dictionary.passes(id, step.matcher)? {
            kept.insert(id);
        }
    }
    *selected = kept;
    Ok(())
}
