//! What blocks keep in memory, up to a bound: footers, tables and trace ids for the whole store, row groups for one
//! query.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;

use super::group::Group;
use super::{Block, BlockId, Opened};
use crate::error::Error;

/// The parts of blocks that were used last.
#[derive(Debug)]
pub(crate) struct OpenedCache {
    /// Guards the two maps and the sum together.
    inner: Mutex<Inner>,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Inner {
    opened: HashMap<BlockId, (Arc<Opened>, u64)>,
    /// Which block was used when.
    by_use: BTreeMap<u64, BlockId>,
    uses: u64,
    bytes: usize,
}

impl OpenedCache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { inner: Mutex::default(), bytes_max }
    }

    pub(super) fn get(&self, id: BlockId) -> Option<Arc<Opened>> {
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        let (opened, last) = inner.opened.get_mut(&id)?;
        inner.by_use.remove(last);
        inner.uses += 1;
        *last = inner.uses;
        inner.by_use.insert(inner.uses, id);
        Some(Arc::clone(opened))
    }

    pub(super) fn insert(&self, id: BlockId, opened: &Arc<Opened>) {
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        inner.remove(id);
        inner.uses += 1;
        inner.bytes += opened.bytes;
        inner.by_use.insert(inner.uses, id);
        inner.opened.insert(id, (Arc::clone(opened), inner.uses));
        while inner.bytes > self.bytes_max
            && let Some((_, oldest)) = inner.by_use.first_key_value()
        {
            let oldest = *oldest;
            inner.remove(oldest);
        }
    }

    pub(super) fn remove(&self, id: BlockId) {
        self.inner.lock().remove(id);
    }
}

impl Inner {
    fn remove(&mut self, id: BlockId) {
        if let Some((opened, last)) = self.opened.remove(&id) {
            self.by_use.remove(&last);
            self.bytes -= opened.bytes;
        }
    }
}

/// Row groups that a query used last.
#[derive(Debug, Default)]
pub(crate) struct GroupCache {
    groups: VecDeque<(BlockId, usize, Arc<Group>)>,
}

/// Enough for the few blocks a moment in time is spread over.
const CACHED_GROUPS: usize = 8;

impl GroupCache {
    pub(crate) fn get(&mut self, block: &Block, number: usize) -> Result<Arc<Group>, Error> {
        if let Some(at) = self.groups.iter().position(|(id, n, _)| *n == number && *id == block.id)
            && let Some(found) = self.groups.remove(at)
        {
            let group = Arc::clone(&found.2);
            self.groups.push_front(found);
            return Ok(group);
        }
        let group = Arc::new(block.group(number)?);
        self.groups.push_front((block.id, number, Arc::clone(&group)));
        self.groups.truncate(CACHED_GROUPS);
        Ok(group)
    }
}
