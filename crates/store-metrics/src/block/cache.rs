//! Decoded parts of blocks that were wanted lately, within a budget that all blocks of the process share: what is open
//! costs little, however many blocks there are.
//!
//! Two generations: what is found in the older one moves to the younger; when the younger is full it becomes the older,
//! and what was left in that one goes.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::Error;

/// Locks that queries running at the same time share.
const SHARDS: usize = 8;

/// The block's own number and an offset in its file.
pub(super) type Key = (u64, u64);

/// Things of one kind.
#[derive(Debug)]
pub(super) struct Cache<V> {
    shards: [Mutex<Generations<V>>; SHARDS],
    /// Of one generation of one shard.
    bytes_max: usize,
}

#[derive(Debug)]
struct Generations<V> {
    young: HashMap<Key, (Arc<V>, usize)>,
    young_bytes: usize,
    old: HashMap<Key, (Arc<V>, usize)>,
}

impl<V> Default for Generations<V> {
    fn default() -> Self {
        Self { young: HashMap::new(), young_bytes: 0, old: HashMap::new() }
    }
}

impl<V> Cache<V> {
    /// Holds about so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), bytes_max: bytes / SHARDS / 2 }
    }

    /// What is kept under `key`, or else what `read` answers along with its size, which is kept.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn get(&self, key: Key, read: impl FnOnce() -> Result<(V, usize), Error>) -> Result<Arc<V>, Error> {
        let shard = &self.shards[usize::from(key.1.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0]) % SHARDS];
        if let Some(found) = shard.lock().find(key, self.bytes_max) {
            return Ok(found);
        }
        let (value, bytes) = read()?;
        let value = Arc::new(value);
        shard.lock().insert(key, (Arc::clone(&value), bytes), self.bytes_max);
        Ok(value)
    }
}

impl<V> Generations<V> {
    fn find(&mut self, key: Key, bytes_max: usize) -> Option<Arc<V>> {
        if let Some((value, _)) = self.young.get(&key) {
            return Some(Arc::clone(value));
        }
        let found = self.old.remove(&key)?;
        let value = Arc::clone(&found.0);
        self.insert(key, found, bytes_max);
        Some(value)
    }

    fn insert(&mut self, key: Key, value: (Arc<V>, usize), bytes_max: usize) {
        let bytes = value.1;
        if self.young_bytes + bytes > bytes_max {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        if let Some((_, replaced)) = self.young.insert(key, value) {
            self.young_bytes -= replaced;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_stays_and_the_budget_holds() {
        let cache = Cache::new(SHARDS * 2 * 10);
        let mut reads = 0;
        for i in 0..10_000_u64 {
            for key in [(0, 0), (1, i)] {
                let found = cache.get(key, || {
                    reads += 1;
                    Ok((key, 1))
                });
                assert_eq!(*found.expect("reads"), key);
            }
        }
        assert_eq!(reads, 10_001, "what is always wanted is read once");
        let held = |shard: &Mutex<Generations<Key>>| {
            let shard = shard.lock();
            shard.young.len() + shard.old.len()
        };
        let held: usize = cache.shards.iter().map(held).sum();
        assert!(held <= SHARDS * 2 * 10, "{held}");
    }
}
