//! The times of chunks, which neighbours share: decoded once for a thread, and once in a while for all.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use super::Block;
use super::cache::{Cache, Key};
use super::series::ChunkRef;
use crate::chunk::{self, SAMPLES_MAX};
use crate::error::Error;
use crate::recent::Recent;

static TIMES: LazyLock<Cache<Vec<i64>>> = LazyLock::new(|| Cache::new(2 << 20));

impl Block {
    pub(super) fn times(&self, chunk: &ChunkRef) -> Result<Arc<Vec<i64>>, Error> {
        thread_local! {
            static RECENT: RefCell<Recent<Key, Vec<i64>>> = RefCell::default();
        }
        // Regular times are the same bytes however many they are.
        let place = chunk.times.offset.wrapping_mul(SAMPLES_MAX as u64 + 1).wrapping_add(chunk.count.into());
        let key = (self.number, place);
        RECENT.with(|recent| recent.borrow_mut().get(place, key, || self.read_times(chunk, key)))
    }

    fn read_times(&self, chunk: &ChunkRef, key: Key) -> Result<Arc<Vec<i64>>, Error> {
        TIMES.get(key, || {
            let times = chunk::decode_times(&self.part(chunk.times)?, chunk.count as usize);
            let times = times.ok_or_else(|| self.corrupt(chunk.times, "malformed times"))?;
            let bytes = times.len() * size_of::<i64>() + 64;
            Ok((times, bytes))
        })
    }
}
