//! One tenant's data.

use std::sync::Arc;

use aio_types::TimestampMs;
use parking_lot::Mutex;

use crate::block::Block;
use crate::head::Head;

/// What belongs together at any one moment.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Takes writes.
    pub(crate) head: Head,
    /// The head before this one, while it is being written to a block.
    pub(crate) sealed: Option<Arc<Head>>,
    /// Oldest first. Replaced as a whole, so that readers keep what they took.
    pub(crate) blocks: Arc<Vec<Arc<Block>>>,
    /// When the head was last sealed, in this process' life.
    pub(crate) sealed_at: Option<TimestampMs>,
}

/// One tenant.
#[derive(Debug, Default)]
pub(crate) struct Tenant {
    /// Held for the time of one append or of taking a view, never over the writing of a block.
    pub(crate) memory: Mutex<Memory>,
}
