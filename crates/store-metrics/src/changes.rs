//! From when on what is stored became different: whoever keeps answers asks what of them still holds.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use aio_source::Mark;
use aio_types::TimestampMs;

/// More is not told apart: of changes that lie close together the oldest time counts for both.
const TOLD_APART_MAX: usize = 64;

/// Tells the histories of tenants apart.
static HISTORIES: AtomicU64 = AtomicU64::new(0);

/// The changes of one tenant, in this process' life.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    history: u64,
    count: u64,
    /// The number of a change, and the oldest time that it or any later one was about: both ascend.
    oldest: VecDeque<(u64, TimestampMs)>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { history: HISTORIES.fetch_add(1, Ordering::Relaxed), count: 0, oldest: VecDeque::new() }
    }
}

impl Changes {
    /// What was observed from that time on may be different now.
    pub(crate) fn note(&mut self, from: TimestampMs) {
        self.count += 1;
        while self.oldest.back().is_some_and(|(_, oldest)| *oldest >= from) {
            self.oldest.pop_back();
        }
        self.oldest.push_back((self.count, from));
        if self.oldest.len() > TOLD_APART_MAX
            && let Some((_, from)) = self.oldest.pop_front()
            && let Some(second) = self.oldest.front_mut()
        {
            second.1 = from;
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { history: self.history, change: self.count }
    }

    /// Before when nothing has changed since a mark.
    pub(crate) fn unchanged_before(&self, mark: Mark) -> TimestampMs {
        if mark.history != self.history {
            return TimestampMs::MIN;
        }
        self.oldest.iter().find(|(number, _)| *number > mark.change).map_or(TimestampMs::MAX, |(_, oldest)| *oldest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_change_is_missed(times in prop::collection::vec(0_i64..1000, 0..200)) {
            let (mut changes, mut marks) = (Changes::default(), Vec::new());
            for (i, t) in times.iter().enumerate() {
                marks.push(changes.mark());
                changes.note(TimestampMs(*t + i64::try_from(i).expect("few")));
                let oldest = |from: usize| (from..=i).map(|j| times[j] + i64::try_from(j).expect("few")).min();
                for (from, mark) in marks.iter().enumerate() {
                    let told = changes.unchanged_before(*mark).0;
                    prop_assert!(told <= oldest(from).expect("some"));
                }
                prop_assert_eq!(Some(changes.unchanged_before(marks[i]).0), oldest(i));
            }
            prop_assert_eq!(changes.unchanged_before(changes.mark()), TimestampMs::MAX);
            prop_assert_eq!(Changes::default().unchanged_before(changes.mark()), TimestampMs::MIN);
        }
    }
}
