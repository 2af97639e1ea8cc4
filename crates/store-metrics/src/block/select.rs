//! Finding series by a plan: what of a block's values is read for it.

use std::borrow::Cow;
use std::sync::Arc;

use aio_types::Matcher;
use roaring::RoaringBitmap;

use super::Block;
use super::values::Postings;
use crate::error::Error;
use crate::plan::{Candidate, Plan, Step, Values};
use crate::select::{Dictionary, select};

impl Block {
    /// Positions of the series that pass all matchers.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn select(&self, plan: &Plan<'_>) -> Result<RoaringBitmap, Error> {
        select(self, plan)
    }

    /// Positions of the series that pass one of the plans.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub(crate) fn select_any(&self, plans: &[Plan<'_>]) -> Result<RoaringBitmap, Error> {
        plans.iter().try_fold(RoaringBitmap::new(), |ids, plan| Ok(ids | self.select(plan)?))
    }

    /// Every series.
    pub(crate) fn all(&self) -> RoaringBitmap {
        let mut all = RoaringBitmap::new();
        all.insert_range(0..self.series_count());
        all
    }

    /// Adds the series of values that begin with `prefix` and pass.
    fn add_from(
        &self,
        name: &str,
        prefix: &str,
        passes: impl Fn(&str) -> bool,
        ids: &mut RoaringBitmap,
    ) -> Result<(), Error> {
        self.values_from(name, prefix, |value, postings: &Postings| {
            if !value.starts_with(prefix) {
                return Ok(false);
            }
            if passes(value) {
                self.add(postings, ids)?;
            }
            Ok(true)
        })
    }

    fn add_candidate(&self, candidate: &Candidate, step: &Step<'_>, ids: &mut RoaringBitmap) -> Result<(), Error> {
        let name = &step.matcher.name;
        match candidate {
            Candidate::Exact(value) if step.is_pattern(value) => {
                self.equal(name, value)?.into_iter().for_each(|found| *ids |= &*found);
                Ok(())
            }
            Candidate::Exact(_) => Ok(()),
            Candidate::Prefix(prefix) => self.add_from(name, prefix, |value| step.is_pattern(value), ids),
        }
    }
}

fn owned(ids: Option<Arc<RoaringBitmap>>) -> Cow<'static, RoaringBitmap> {
    ids.map_or_else(Cow::default, |ids| Cow::Owned(Arc::unwrap_or_clone(ids)))
}

impl Dictionary for Block {
    type Error = Error;

    /// They are read by pages, which cost as much as many values.
    const VALUES_PER_SERIES: u64 = 8;

    fn all(&self) -> RoaringBitmap {
        self.all()
    }

    fn value_count(&self, name: &str) -> Result<u64, Error> {
        Ok(self.label(name)?.map_or(0, |label| label.count))
    }

    fn having(&self, name: &str) -> Result<Cow<'_, RoaringBitmap>, Error> {
        Ok(owned(self.label(name)?.map(|label| self.bitmap(label.any)).transpose()?))
    }

    fn of_pattern(&self, step: &Step<'_>) -> Result<Cow<'_, RoaringBitmap>, Error> {
        let (name, mut ids) = (&step.matcher.name, RoaringBitmap::new());
        match &step.values {
            Values::None => (),
            Values::All => return self.having(name),
            Values::Equal(value) => return Ok(owned(self.equal(name, value)?)),
            Values::Prefix(prefix) => self.add_from(name, prefix, |_| true, &mut ids)?,
            Values::Among(candidates) => {
                candidates.iter().try_for_each(|candidate| self.add_candidate(candidate, step, &mut ids))?;
            }
            Values::Any => self.add_from(name, "", |value| step.is_pattern(value), &mut ids)?,
        }
        Ok(Cow::Owned(ids))
    }

    fn passes(&self, id: u32, matcher: &Matcher) -> Result<bool, Error> {
        Ok(matcher.matches_labels(&self.series(id)?.labels))
    }
}
