//! Patterns of many places as one.

use std::collections::BTreeMap;

use aio_patterns::Miner;
use aio_source::{LogsPattern, LogsPatterns, PATTERN_STEP_NS};
use aio_types::{LogEntry, TimestampNs};

use super::Summary;
use crate::chunk::LEVEL;

/// Patterns by level; those of chunks are mined again, as the lines they are.
#[derive(Debug)]
pub(crate) struct Joined {
    /// In units of [`PATTERN_STEP_NS`].
    first: i64,
    end: i64,
    step: i64,
    levels: BTreeMap<String, Level>,
}

#[derive(Debug, Default)]
struct Level {
    miner: Miner,
    counts: BTreeMap<u32, BTreeMap<i64, u64>>,
}

impl Joined {
    pub(crate) fn new(asked: &LogsPatterns) -> Self {
        Self {
            first: asked.start.0.div_euclid(PATTERN_STEP_NS),
            end: asked.end.0.saturating_add(-1).div_euclid(PATTERN_STEP_NS),
            step: (asked.step_ns / PATTERN_STEP_NS).max(1),
            levels: BTreeMap::new(),
        }
    }

    pub(crate) fn summary(&mut self, summary: &Summary) {
        for (level, pattern, counts) in &summary.patterns {
            self.add(level, pattern, counts.iter().map(|(time, lines)| (*time, *lines)));
        }
    }

    pub(crate) fn entry(&mut self, entry: &LogEntry) {
        let time = entry.ts.0.div_euclid(PATTERN_STEP_NS);
        self.add(entry.metadata.get(LEVEL), &entry.line, [(time, 1)].into_iter());
    }

    fn add(&mut self, level: &str, line: &str, counts: impl Iterator<Item = (i64, u64)>) {
        let (first, end) = (self.first, self.end);
        let mut within = counts.filter(|(time, _)| (first..=end).contains(time)).peekable();
        if within.peek().is_none() {
            return;
        }
        if !self.levels.contains_key(level) {
            self.levels.insert(level.to_owned(), Level::default());
        }
        let Some(found) = self.levels.get_mut(level) else { return };
        let Some(id) = found.miner.add(line) else { return };
        let counts = found.counts.entry(id).or_default();
        for (time, lines) in within {
            *counts.entry(time.div_euclid(self.step) * self.step).or_default() += lines;
        }
    }

    /// The most frequent first.
    pub(crate) fn finish(self) -> Vec<LogsPattern> {
        let mut all = Vec::new();
        for (level, Level { miner, counts }) in self.levels {
            for (id, counts) in counts {
                let Some(pattern) = miner.pattern(id) else { continue };
                let time = |time: i64| TimestampNs(time.saturating_mul(PATTERN_STEP_NS));
                let counts = counts.into_iter().map(|(t, lines)| (time(t), lines)).collect();
                all.push(LogsPattern { pattern, level: level.clone(), counts });
            }
        }
        let lines = |pattern: &LogsPattern| pattern.counts.values().sum::<u64>();
        all.sort_by(|a, b| lines(b).cmp(&lines(a)).then_with(|| a.pattern.cmp(&b.pattern)));
        all
    }
}
