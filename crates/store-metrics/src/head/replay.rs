//! A head that is read from the log.

use std::collections::HashMap;

use super::{Head, Intake};
use crate::record::{OwnedEntry, Record};

/// What is known while the log is read.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    epochs: HashMap<u64, References>,
    last_epoch: u64,
    /// How many series can be found.
    indexed: u32,
    /// A crash while the log before a block was being removed leaves records without the labels before them.
    pub(super) unknown: u64,
}

/// What the references of one head mean: positions there, so that they are dense.
#[derive(Debug, Default)]
struct References(Vec<Option<u32>>);

impl References {
    /// More than any head has.
    const MAX: u32 = 1 << 25;

    fn get(&self, reference: u32) -> Option<u32> {
        self.0.get(reference as usize).copied().flatten()
    }

    fn insert(&mut self, reference: u32, id: u32) -> Result<(), String> {
        if reference > Self::MAX {
            return Err(format!("reference {reference} is absurd"));
        }
        let position = reference as usize;
        if self.0.len() <= position {
            self.0.resize(position + 1, None);
        }
        self.0[position] = Some(id);
        Ok(())
    }
}

impl Head {
    /// Takes in a record of the log; the same one twice changes nothing. References are looked up in `known`.
    ///
    /// # Errors
    /// Where a reference has no meaning.
    pub(crate) fn replay(&mut self, record: &Record, known: &mut Replay) -> Result<(), String> {
        self.learn(&record.metadata);
        known.last_epoch = known.last_epoch.max(record.epoch);
        let references = known.epochs.entry(record.epoch).or_default();
        for entry in &record.series {
            if let Some(labels) = &entry.labels {
                let hash = self.places.hash(labels.borrowed());
                let place = self.find(hash, labels.borrowed());
                let id = place.or_else(|| self.place(hash, labels)).ok_or("too many series")?;
                references.insert(entry.reference, id)?;
            }
            match references.get(entry.reference) {
                Some(id) => self.take_again(id, entry),
                None => known.unknown += 1,
            }
        }
        Ok(())
    }

    /// Lets the series that were read so far be found.
    pub(crate) fn index_replayed(&mut self, known: &mut Replay) {
        let indexed = known.indexed as usize;
        let series = self.view.series.iter().skip(indexed);
        self.view.index.write().insert_all((known.indexed..).zip(series.map(|series| &series.labels)));
        known.indexed = self.count();
    }

    /// From here on this is a head of its own, of which the log knows no labels yet.
    pub(crate) fn finish_replay(&mut self, known: &mut Replay) {
        self.index_replayed(known);
        self.forget_empty();
        self.epoch = known.last_epoch + 1;
        self.unlogged.insert_range(0..self.count());
        if known.unknown > 0 {
            tracing::warn!(series = known.unknown, "records of history that is in blocks were passed over");
        }
    }

    /// Gives a series what it does not have yet of an entry.
    fn take_again(&mut self, id: u32, entry: &OwnedEntry) {
        let Self { view, times, samples, oldest_taken, .. } = self;
        let Some(series) = view.series.get_mut(id) else { return };
        let mut intake = Intake { times, samples, range: &mut view.range, oldest_taken };
        intake.take(series, entry.samples.borrowed(), &entry.exemplars, |series, t| series.at(t).is_some());
    }
}
