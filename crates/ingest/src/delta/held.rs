//! How much is remembered, over all tenants.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Refusal;

/// Counts, and their bounds.
#[derive(Debug)]
pub(super) struct Held {
    streams: AtomicUsize,
    bytes: AtomicUsize,
    streams_max: usize,
    bytes_max: usize,
}

impl Held {
    pub(super) fn new(streams_max: usize, bytes_max: usize) -> Self {
        Self { streams: AtomicUsize::new(0), bytes: AtomicUsize::new(0), streams_max, bytes_max }
    }

    pub(super) fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }

    /// Takes room for more streams and bytes, or for neither.
    pub(super) fn reserve(&self, streams: usize, bytes: usize) -> Result<(), Refusal> {
        if !take(&self.streams, streams, self.streams_max) {
            return Err(Refusal::TooManyStreams { limit: self.streams_max });
        }
        if !take(&self.bytes, bytes, self.bytes_max) {
            self.streams.fetch_sub(streams, Ordering::Relaxed);
            return Err(Refusal::TooLarge { limit: self.bytes_max });
        }
        Ok(())
    }

    /// Gives back what was taken.
    pub(super) fn release(&self, streams: usize, bytes: usize) {
        self.streams.fetch_sub(streams, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

fn take(held: &AtomicUsize, more: usize, max: usize) -> bool {
    let fits = |held: usize| held.checked_add(more).filter(|sum| more == 0 || *sum <= max);
    held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
}
