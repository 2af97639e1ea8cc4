//! What a query may hold in memory, and what it has looked at.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::{Config, Error, Stats};

/// What a histogram or a few floats take, as upstream counts it: in samples of 16 bytes.
pub(crate) const SAMPLE_BYTES: usize = 16;

/// What something takes: in samples as upstream counts them, and in bytes. A row of many steps and few values is few
/// samples and many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Weight {
    pub(crate) samples: usize,
    pub(crate) bytes: usize,
}

impl Weight {
    /// Of so many samples that are kept as such.
    pub(crate) fn of_samples(samples: usize) -> Self {
        Self { samples, bytes: samples.saturating_mul(SAMPLE_BYTES) }
    }
}

impl Add for Weight {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { samples: self.samples.saturating_add(other.samples), bytes: self.bytes.saturating_add(other.bytes) }
    }
}

impl AddAssign for Weight {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Weight {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { samples: self.samples.saturating_sub(other.samples), bytes: self.bytes.saturating_sub(other.bytes) }
    }
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Self::add)
    }
}

/// Samples that were looked at, by step where that is asked for.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sum: u64,
    /// From the first step on; empty where it is not asked for.
    pub(crate) by_step: Vec<u64>,
    counts_steps: bool,
}

impl Counts {
    pub(crate) fn new(counts_steps: bool) -> Self {
        Self { counts_steps, ..Self::default() }
    }

    /// All at once, of no step in particular.
    pub(crate) fn of(sum: u64) -> Self {
        Self { sum, ..Self::default() }
    }

    /// So many at the next step.
    #[inline]
    pub(crate) fn push(&mut self, samples: u64) {
        self.sum += samples;
        if self.counts_steps {
            self.by_step.push(samples);
        }
    }
}

/// Counts what is held at once against limits, and the samples that expressions looked at.
#[derive(Debug)]
pub(crate) struct Budget {
    max: Weight,
    samples: AtomicUsize,
    bytes: AtomicUsize,
    /// Most samples that were held at once.
    peak: AtomicUsize,
    looked_at: AtomicU64,
    read: AtomicU64,
    /// `looked_at` by step of the query, where that was asked for.
    per_step: Option<Mutex<Vec<u64>>>,
}

impl Budget {
    pub(crate) fn new(config: &Config, steps: Option<usize>) -> Self {
        Self {
            max: Weight { samples: config.max_samples, bytes: config.max_bytes },
            samples: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            looked_at: AtomicU64::new(0),
            read: AtomicU64::new(0),
            per_step: steps.map(|steps| Mutex::new(vec![0; steps])),
        }
    }

    pub(crate) fn held(&self) -> Weight {
        Weight { samples: self.samples.load(Ordering::Relaxed), bytes: self.bytes.load(Ordering::Relaxed) }
    }

    /// Holds so much more.
    ///
    /// # Errors
    /// [`Error::TooManySamples`].
    pub(crate) fn hold(&self, more: Weight) -> Result<(), Error> {
        let samples = self.samples.fetch_add(more.samples, Ordering::Relaxed).saturating_add(more.samples);
        let bytes = self.bytes.fetch_add(more.bytes, Ordering::Relaxed).saturating_add(more.bytes);
        self.peak.fetch_max(samples, Ordering::Relaxed);
        self.check(Weight { samples, bytes })
    }

    pub(crate) fn release(&self, less: Weight) {
        self.samples.fetch_sub(less.samples, Ordering::Relaxed);
        self.bytes.fetch_sub(less.bytes, Ordering::Relaxed);
    }

    /// A node is done, before which `before` was held: what it took in is let go, its outcome is kept.
    ///
    /// # Errors
    /// [`Error::TooManySamples`].
    pub(crate) fn settle(&self, before: Weight, outcome: Weight) -> Result<(), Error> {
        let held = before + outcome;
        self.peak.fetch_max(self.held().samples.max(held.samples), Ordering::Relaxed);
        self.samples.store(held.samples, Ordering::Relaxed);
        self.bytes.store(held.bytes, Ordering::Relaxed);
        self.check(held)
    }

    fn check(&self, held: Weight) -> Result<(), Error> {
        let fits = held.samples <= self.max.samples && held.bytes <= self.max.bytes;
        if fits { Ok(()) } else { Err(Error::TooManySamples) }
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

    fn budget(max_samples: usize, max_bytes: usize) -> Budget {
        Budget::new(&Config { max_samples, max_bytes, ..Config::default() }, None)
    }

    #[test]
    fn samples_are_held_up_to_the_limit() {
        let budget = budget(10, usize::MAX);
        let of = Weight::of_samples;
        assert!(budget.hold(of(6)).is_ok() && budget.hold(of(4)).is_ok() && budget.hold(of(1)).is_err());
        budget.release(of(1));
        assert!(budget.settle(of(0), of(3)).is_ok() && budget.settle(of(0), of(11)).is_err());
        assert_eq!(budget.into_stats().samples_peak, 11);
    }

    #[test]
    fn bytes_have_a_limit_of_their_own() {
        let budget = budget(usize::MAX, 100);
        let row = Weight { samples: 1, bytes: 60 };
        assert!(budget.hold(row).is_ok() && budget.hold(row).is_err());
        budget.release(row);
        assert_eq!(budget.held(), row);
        assert!(budget.settle(row, Weight { samples: 0, bytes: 40 }).is_ok() && budget.settle(row, row).is_err());
    }
}
