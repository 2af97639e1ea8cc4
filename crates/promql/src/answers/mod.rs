//! Answers of range queries that are kept: a dashboard asks the same again a little later, and only what is new is
//! evaluated then.
//!
//! ```text
//!   asked    |------------------|          kept:  values of every step, the mark of the source
//!   later        |------------------|
//!                 kept        | new        up to the oldest time that changed since the mark
//! ```
//!
//! Invariants: a kept value is that which evaluation would yield. It is taken only for the same text on the same grid,
//! where nothing that it may depend on changed since, and only of queries whose values at a step depend on nothing after
//! it or beside it (`reusable`). Answers with notes or histograms are not kept.

mod kept;
mod reusable;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aio_source::MetricsSource;
use aio_types::TimestampMs;

pub(crate) use self::kept::Kept;
pub(crate) use self::reusable::is_reusable;
use crate::outcome::Series;
use crate::plan::Times;

/// More answers are not kept, however small.
const ANSWERS_MAX: usize = 1024;

/// What an answer is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    history: u64,
    text: String,
    step_ms: i64,
    /// Where the grid lies.
    phase_ms: i64,
    lookback_ms: i64,
}

impl Key {
    /// `None` where the source does not say what changes.
    pub(crate) fn new(source: &dyn MetricsSource, text: &str, times: Times, lookback_ms: i64) -> Option<Self> {
        let (history, text) = (source.mark()?.history, text.to_owned());
        let (step_ms, phase_ms) = (times.step_ms, times.start.0.rem_euclid(times.step_ms));
        Some(Self { history, text, step_ms, phase_ms, lookback_ms })
    }
}

/// What is known of a query's steps already.
#[derive(Debug)]
pub(crate) struct Known {
    kept: Arc<Kept>,
    /// Which step of what is kept is the query's first.
    from: usize,
    /// How many of the query's first steps are known: one at least.
    pub(crate) steps: usize,
}

impl Known {
    /// The answer: what is known, and behind it what the steps after that came to.
    pub(crate) fn followed_by(&self, rest: Vec<Series>) -> Vec<Series> {
        self.kept.joined(self.from..self.from + self.steps, rest)
    }

    /// How many values are known.
    pub(crate) fn values(&self) -> usize {
        self.kept.series_count() * self.steps
    }
}

/// The answers that are kept, within a limit of bytes: what was not asked for longest goes first.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    bytes_max: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// With when they were asked for last.
    answers: HashMap<Key, (Arc<Kept>, u64)>,
    bytes: usize,
    asked: u64,
}

impl Answers {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, held: Mutex::default() }
    }

    pub(crate) fn are_kept(&self) -> bool {
        self.bytes_max > 0
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What of a query is known.
    pub(crate) fn find(&self, key: &Key, source: &dyn MetricsSource, times: Times) -> Option<Known> {
        let kept = self.held().get(key)?;
        let changed = source.unchanged_before(kept.mark());
        let from = kept.times().position(times.start)?;
        let last = kept.times().end().min(times.end()).min(changed.saturating_add(-1));
        let steps = last.0.saturating_sub(times.start.0).checked_div(times.step_ms)?;
        let steps = usize::try_from(steps).ok().filter(|_| last >= times.start)? + 1;
        Some(Known { kept, from, steps })
    }

    /// Keeps an answer, if it is not too large, in place of what was kept of that query.
    pub(crate) fn keep(&self, key: Key, source: &dyn MetricsSource, times: Times, answer: &[Series]) {
        // One dashboard's panels should fit, not one query alone.
        let bytes_max = self.bytes_max / 4;
        let Some(mark) = source.mark() else { return };
        let Some(kept) = Kept::of(mark, times, answer, bytes_max) else { return };
        self.held().insert(key, kept, self.bytes_max);
    }
}

impl Held {
    fn get(&mut self, key: &Key) -> Option<Arc<Kept>> {
        self.asked += 1;
        let (kept, asked) = self.answers.get_mut(key)?;
        *asked = self.asked;
        Some(Arc::clone(kept))
    }

    fn insert(&mut self, key: Key, kept: Kept, bytes_max: usize) {
        self.remove(&key);
        self.bytes += kept.bytes();
        self.asked += 1;
        self.answers.insert(key, (Arc::new(kept), self.asked));
        while self.bytes > bytes_max || self.answers.len() > ANSWERS_MAX {
            let oldest = self.answers.iter().min_by_key(|(_, (_, asked))| *asked).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some((kept, _)) = self.answers.remove(key) {
            self.bytes -= kept.bytes();
        }
    }
}

impl Times {
    /// Which of these a time is.
    fn position(self, t: TimestampMs) -> Option<usize> {
        let distance = t.0.checked_sub(self.start.0).filter(|distance| *distance >= 0)?;
        let is_one = distance % self.step_ms == 0 && t <= self.end();
        usize::try_from(distance / self.step_ms).ok().filter(|_| is_one)
    }
}

#[cfg(test)]
mod tests;
