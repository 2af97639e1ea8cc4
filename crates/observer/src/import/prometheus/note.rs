//! What was done already: a note for every unit, kept by the store with what it brought.

use std::collections::{BTreeMap, HashSet};

use aio_store_metrics::MetricsStore;
use aio_types::{TenantId, TimeRange};
use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::tally::Tally;
use super::unit::{Outcome, Unit};

/// What was done of one unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    start_ms: i64,
    end_ms: i64,
    /// The blocks cut from memory that went into it.
    sources: Vec<String>,
    pub(super) tally: Tally,
}

impl Note {
    pub(super) fn new(unit: &Unit<'_>, range: TimeRange, tally: Tally) -> Self {
        Self { start_ms: range.start.0, end_ms: range.end.0, sources: unit.sources.clone(), tally }
    }

    pub(super) fn to_text(&self) -> anyhow::Result<String> {
        serde_json::to_string(self).context("writing the note of an import")
    }

    /// Whether it was done for all of a range.
    fn covers(&self, range: TimeRange) -> bool {
        self.start_ms <= range.start.0 && range.end.0 <= self.end_ms
    }
}

/// All notes of a tenant.
#[derive(Debug)]
pub(super) struct Notes(BTreeMap<String, Note>);

impl Notes {
    /// Notes of other kinds of imports are passed over.
    pub(super) fn load(store: &MetricsStore, tenant: &TenantId) -> anyhow::Result<Self> {
        let all = store.imported(tenant).context("reading what was imported before")?;
        Ok(Self(all.into_iter().filter_map(|(key, text)| Some((key, serde_json::from_str(&text).ok()?))).collect()))
    }

    pub(super) fn add(&mut self, unit: &Unit<'_>, range: TimeRange, tally: Tally) {
        self.0.insert(unit.key.clone(), Note::new(unit, range, tally));
    }

    /// What a unit was done as: by itself, or as the blocks it was made of. Prometheus makes larger blocks of smaller
    /// ones as time goes by.
    pub(super) fn find(&self, unit: &Unit<'_>, wanted: TimeRange) -> Option<Outcome> {
        let range = TimeRange { start: wanted.start.max(unit.range.start), end: wanted.end.min(unit.range.end) };
        if let Some(own) = self.0.get(&unit.key).filter(|note| note.covers(range)) {
            return Some(Outcome::Done(own.tally.clone()));
        }
        let covering = self.0.values().filter(|note| note.covers(range));
        let done: HashSet<&String> = covering.flat_map(|note| &note.sources).collect();
        let is_done = !unit.sources.is_empty() && unit.sources.iter().all(|source| done.contains(source));
        is_done.then_some(Outcome::DoneInParts)
    }
}
