//! A set of series. Of most label values there are very few series, and a bitmap of its own would weigh ten times as much
//! as they do.

use std::borrow::Cow;

use roaring::{MultiOps as _, RoaringBitmap};

/// So many ids are kept in place.
const FEW: usize = 4;

/// A set of series.
#[derive(Debug, Clone)]
pub(crate) enum Ids {
    /// The first of them, ascending.
    Few(u8, [u32; FEW]),
    /// Any number.
    Many(RoaringBitmap),
}

impl Default for Ids {
    fn default() -> Self {
        Self::Few(0, [0; FEW])
    }
}

impl Ids {
    pub(crate) fn insert(&mut self, id: u32) {
        match self {
            Self::Many(ids) => {
                // Mostly it is a new series.
                if ids.try_push(id).is_err() {
                    ids.insert(id);
                }
            }
            Self::Few(count, ids) => {
                let known = &mut ids[..usize::from(*count)];
                let Err(at) = known.binary_search(&id) else { return };
                if known.len() == FEW {
                    *self = Self::Many(known.iter().copied().chain([id]).collect());
                    return;
                }
                ids.copy_within(at..usize::from(*count), at + 1);
                ids[at] = id;
                *count += 1;
            }
        }
    }

    /// Adds ascending ids.
    pub(crate) fn insert_all(&mut self, ids: &[u32]) {
        let room = FEW - self.few().len();
        match self {
            Self::Few(..) if ids.len() <= room => ids.iter().for_each(|id| self.insert(*id)),
            Self::Few(..) => {
                let mut many = RoaringBitmap::from_sorted_iter(ids.iter().copied()).unwrap_or_default();
                many.extend(self.few());
                *self = Self::Many(many);
            }
            Self::Many(many) => many.extend(ids),
        }
    }

    /// Adds the ids of another set.
    pub(crate) fn union_with(&mut self, other: Self) {
        match other {
            Self::Few(..) => other.few().iter().for_each(|id| self.insert(*id)),
            Self::Many(mut many) => {
                many |= &*self.to_bitmap();
                *self = Self::Many(many);
            }
        }
    }

    pub(crate) fn remove(&mut self, id: u32) {
        match self {
            Self::Many(ids) => {
                ids.remove(id);
            }
            Self::Few(count, ids) => {
                if let Ok(at) = ids[..usize::from(*count)].binary_search(&id) {
                    ids.copy_within(at + 1..usize::from(*count), at);
                    *count -= 1;
                }
            }
        }
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Few(..) => self.few().len() as u64,
            Self::Many(ids) => ids.len(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The smallest.
    pub(crate) fn min(&self) -> Option<u32> {
        match self {
            Self::Few(..) => self.few().first().copied(),
            Self::Many(ids) => ids.min(),
        }
    }

    pub(crate) fn is_disjoint(&self, other: &RoaringBitmap) -> bool {
        match self {
            Self::Few(..) => !self.few().iter().any(|id| other.contains(*id)),
            Self::Many(ids) => ids.is_disjoint(other),
        }
    }

    pub(crate) fn to_bitmap(&self) -> Cow<'_, RoaringBitmap> {
        match self {
            Self::Few(..) => Cow::Owned(self.few().iter().copied().collect()),
            Self::Many(ids) => Cow::Borrowed(ids),
        }
    }

    /// All that are in one of the sets.
    pub(crate) fn union<'a>(sets: impl Iterator<Item = &'a Self>) -> RoaringBitmap {
        let (mut few, mut many) = (Vec::new(), Vec::new());
        for set in sets {
            match set {
                Self::Few(..) => few.extend_from_slice(set.few()),
                Self::Many(ids) => many.push(ids),
            }
        }
        few.sort_unstable();
        let few = few.into_iter().collect::<RoaringBitmap>();
        many.into_iter().chain([&few]).union()
    }

    fn few(&self) -> &[u32] {
        match self {
            Self::Few(count, ids) => &ids[..usize::from(*count)],
            Self::Many(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_is_a_set_however_many_there_are(steps in prop::collection::vec((any::<bool>(), 0_u32..12), 0..40)) {
            let (mut ids, mut model) = (Ids::default(), BTreeSet::new());
            for (add, id) in steps {
                if add || id > 8 {
                    ids.insert(id);
                    model.insert(id);
                } else {
                    ids.remove(id);
                    model.remove(&id);
                }
                prop_assert_eq!(ids.to_bitmap().iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!((ids.len(), ids.min(), ids.is_empty()), (model.len() as u64, model.first().copied(), model.is_empty()));
                let other = RoaringBitmap::from_iter([3, 5]);
                prop_assert_eq!(ids.is_disjoint(&other), !model.contains(&3) && !model.contains(&5));
            }
            let both = Ids::union([&ids, &Ids::Few(1, [100, 0, 0, 0])].into_iter());
            prop_assert_eq!(both.len(), ids.len() + 1);
        }
    }
}
