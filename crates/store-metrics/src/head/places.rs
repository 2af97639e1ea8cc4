//! Where the series of a head are, by their labels.
//!
//! Hashes are kept beside the places: a table that grows need not look at the labels of all series again, and a look-up
//! hardly ever looks at those of another series.

use std::hash::BuildHasher;

use aio_types::LabelsRef;
use hashbrown::HashTable;

use crate::hash::Folded;

/// The places of all series.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    table: HashTable<Place>,
    hasher: Folded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    hash: u32,
    id: u32,
}

impl Places {
    pub(super) fn hash(&self, labels: LabelsRef<'_>) -> u32 {
        u32::try_from(self.hasher.hash_one(labels) >> 32).unwrap_or(0)
    }

    /// The series of that hash which `is_it`.
    #[inline]
    pub(super) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.table.find(wide(hash), |place| place.hash == hash && is_it(place.id)).map(|place| place.id)
    }

    pub(super) fn insert(&mut self, hash: u32, id: u32) {
        self.table.insert_unique(wide(hash), Place { hash, id }, |place| wide(place.hash));
    }

    pub(super) fn remove(&mut self, hash: u32, id: u32) {
        if let Ok(found) = self.table.find_entry(wide(hash), |place| place.id == id) {
            found.remove();
        }
    }
}

/// The table looks at the lowest bits and at the highest.
fn wide(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_until_they_are_removed() {
        let mut places = Places::default();
        // Some of them share their hash.
        (0..1000).for_each(|id| places.insert(id % 300, id));
        let find = |places: &Places, id| places.find(id % 300, |found| found == id);
        assert!((0..1000).all(|id| find(&places, id) == Some(id)));
        (0..500).for_each(|id| places.remove(id % 300, id));
        assert!((0..1000).all(|id| find(&places, id).is_some() == (id >= 500)));
    }
}
