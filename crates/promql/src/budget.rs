//! What a query may hold in memory, and what it has looked at.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::{Error, Stats};

/// Counts samples as upstream does: those held at once against a limit, and those that expressions looked at.
#[derive(Debug)]
pub(crate) struct Budget {
    max: usize,
    held: AtomicUsize,
    peak: AtomicUsize,
    looked_at: AtomicU64,
    read: AtomicU64,
    /// `looked_at` by step of the query, where that was asked for.
    per_step: Option<Mutex<Vec<u64>>>,
}

impl Budget {
    pub(crate) fn new(max: usize, steps: Option<usize>) -> Self {
        Self {
            max,
            held: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            looked_at: AtomicU64::new(0),
            read: AtomicU64::new(0),
            per_step: steps.map(|steps| Mutex::new(vec![0; steps])),
        }
    }

    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Holds `samples` more.
    ///
    /// # Errors
    /// [`Error::TooManySamples`].
    pub(crate) fn hold(&self, samples: usize) -> Result<(), Error> {
        let held = self.held.fetch_add(samples, Ordering::Relaxed).saturating_add(samples);
        self.peak.fetch_max(held, Ordering::Relaxed);
        if held > self.max { Err(Error::TooManySamples) } else { Ok(()) }
    }

    pub(crate) fn release(&self, samples: usize) {
        self.held.fetch_sub(samples, Ordering::Relaxed);
    }

    /// A node is done, before which `before` samples were held: what it took in is let go, its outcome of `samples` is
    /// kept.
    ///
    /// # Errors
    /// [`Error::TooManySamples`].
    pub(crate) fn settle(&self, before: usize, samples: usize) -> Result<(), Error> {
        let with_inputs = self.held().max(before + samples);
        self.peak.fetch_max(with_inputs, Ordering::Relaxed);
        self.held.store(before + samples, Ordering::Relaxed);
        if before + samples > self.max { Err(Error::TooManySamples) } else { Ok(()) }
    }

    pub(crate) fn counts_steps(&self) -> bool {
        self.per_step.is_some()
    }

    /// So many samples came from the source.
    pub(crate) fn add_read(&self, samples: usize) {
        self.read.fetch_add(samples as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_looked_at(&self, samples: u64) {
        self.looked_at.fetch_add(samples, Ordering::Relaxed);
    }

    /// Of the steps of the query from the first on; what lies beyond its last is counted there.
    pub(crate) fn add_to_steps(&self, counts: &[u64]) {
        let Some(per_step) = &self.per_step else { return };
        let mut per_step = per_step.lock().unwrap_or_else(PoisonError::into_inner);
        let last = per_step.len().saturating_sub(1);
        for (step, count) in counts.iter().enumerate() {
            if let Some(sum) = per_step.get_mut(step.min(last)) {
                *sum += count;
            }
        }
    }

    pub(crate) fn into_stats(self) -> Stats {
        Stats {
            samples: self.looked_at.into_inner(),
            samples_read: self.read.into_inner(),
            samples_peak: self.peak.into_inner(),
            samples_per_step: self.per_step.map(|m| m.into_inner().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_held_up_to_the_limit() {
        let budget = Budget::new(10, None);
        assert!(budget.hold(6).is_ok() && budget.hold(4).is_ok() && budget.hold(1).is_err());
        budget.release(1);
        assert!(budget.settle(0, 3).is_ok() && budget.settle(0, 11).is_err());
        assert_eq!(budget.into_stats().samples_peak, 11);
    }
}
