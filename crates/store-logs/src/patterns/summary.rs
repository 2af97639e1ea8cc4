//! The patterns of one chunk's lines.
//!
//! ```text
//!   summary = version 1 | zstd(n patterns: level | pattern | n buckets: time since the last | lines)
//! ```
//!
//! Times are in units of [`PATTERN_STEP_NS`].

use std::collections::BTreeMap;

use aio_kit::bytes::{Reader, Writer};
use aio_patterns::Miner;
use aio_source::PATTERN_STEP_NS;
use aio_types::LogEntry;

use crate::chunk::{LEVEL, zstd};

const VERSION: u8 = 1;
/// A summary of fewer lines would not be shorter than they are.
const LINES_MIN: usize = 16;
/// No summary grows beyond this.
const BYTES_MAX: usize = 16 << 20;

/// Lines by pattern and time.
type Counts = BTreeMap<u32, BTreeMap<i64, u64>>;

/// Patterns by level, and lines by time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) patterns: Vec<(String, String, BTreeMap<i64, u64>)>,
}

impl Summary {
    pub(crate) fn of(entries: &[LogEntry]) -> Self {
        let mut levels: BTreeMap<&str, (Miner, Counts)> = BTreeMap::new();
        for entry in entries {
            let (miner, counts) = levels.entry(entry.metadata.get(LEVEL)).or_default();
            if let Some(id) = miner.add(&entry.line) {
                *counts.entry(id).or_default().entry(entry.ts.0.div_euclid(PATTERN_STEP_NS)).or_default() += 1;
            }
        }
        let mut patterns = Vec::new();
        for (level, (miner, counts)) in levels {
            let known = counts.into_iter().filter_map(|(id, counts)| Some((miner.pattern(id)?, counts)));
            patterns.extend(known.map(|(pattern, counts)| (level.to_owned(), pattern, counts)));
        }
        Self { patterns }
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, packed) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let unpacked = zstd::bulk::decompress(packed, BYTES_MAX).ok()?;
        let mut from = Reader(&unpacked);
        let mut patterns = Vec::new();
        for _ in 0..from.count()? {
            let (level, pattern) = (from.text()?.to_owned(), from.text()?.to_owned());
            let (mut counts, mut time) = (BTreeMap::new(), 0_i64);
            for _ in 0..from.count()? {
                time = time.checked_add(from.int()?)?;
                counts.insert(time, from.uint()?);
            }
            patterns.push((level, pattern, counts));
        }
        Some(Self { patterns })
    }

    fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Writer::default();
        out.uint(self.patterns.len() as u64);
        for (level, pattern, counts) in &self.patterns {
            out.text(level);
            out.text(pattern);
            out.uint(counts.len() as u64);
            let mut last = 0;
            for (time, lines) in counts {
                out.int(time - last);
                out.uint(*lines);
                last = *time;
            }
        }
        let mut packed = zstd(&out.0).ok().filter(|_| out.0.len() <= BYTES_MAX)?;
        packed.insert(0, VERSION);
        Some(packed)
    }
}

/// The summary of a chunk's lines, `None` where they are read instead.
pub(crate) fn encode(entries: &[LogEntry]) -> Option<Vec<u8>> {
    if entries.len() < LINES_MIN { None } else { Summary::of(entries).encode() }
}

#[cfg(test)]
mod tests {
    use aio_types::{Labels, TimestampNs};

    use super::*;

    #[test]
    fn a_summary_comes_back() {
        let entry = |i: i64| LogEntry {
            ts: TimestampNs(i * 1_000_000_000 - 5_000_000_000),
            line: format!("user {i} came").into(),
            metadata: Labels::from_pairs([(LEVEL, if i % 2 == 0 { "info" } else { "warn" })]),
        };
        let entries: Vec<_> = (0..40).map(entry).collect();
        let summary = Summary::of(&entries);
        let told: Vec<_> = summary.patterns.iter().map(|(l, p, c)| (l.as_str(), p.as_str(), c.len())).collect();
        assert_eq!(told, [("info", "user <_> came", 5), ("warn", "user <_> came", 5)]);
        let bytes = encode(&entries).expect("enough lines");
        assert_eq!(Summary::decode(&bytes), Some(summary));
        assert!(encode(&entries[..5]).is_none());
        for len in 0..bytes.len() {
            assert_eq!(Summary::decode(&bytes[..len]), None);
        }
    }
}
