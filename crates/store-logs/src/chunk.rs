//! A chunk: consecutive lines of one stream, as one blob.
//!
//! ```text
//!   chunk = version 1 | CRC-32 of the rest, u32 LE | rest
//!   rest  = n | bloom | times: first, then deltas | zstd(lines) | zstd(n sets: pairs | n: set of each line)
//! ```

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use aio_kit::bytes::{Reader, Writer};
use aio_types::{Labels, LogEntry, TimestampNs};

use crate::record::{labels, read_labels};
use crate::tokens::{Bloom, Class, class_of, hash, tokens};

const VERSION: u8 = 1;
const ZSTD_LEVEL: i32 = 1;
/// Guards against damage that a checksum missed: no section of a chunk grows beyond this.
const SECTION_BYTES_MAX: u64 = 512 << 20;
/// Longer values go to the bloom filter, whatever they look like.
const TERM_BYTES_MAX: usize = 512;

/// The pair of structured metadata that has a column of its own.
pub(crate) const LEVEL: &str = "detected_level";

/// The bit of a level in a chunk's bitmap; all words that are no level share one.
pub(crate) fn level_bit(level: &str) -> u64 {
    let levels = ["unknown", "trace", "debug", "info", "warn", "error", "critical", "fatal"];
    1 << levels.iter().position(|l| *l == level).unwrap_or(levels.len())
}

/// What the index is told about a chunk.
#[derive(Debug, Default)]
pub(crate) struct Terms<'a> {
    /// Unique words of the lines.
    pub(crate) words: BTreeSet<&'a str>,
    /// Unique `name=value` of structured metadata.
    pub(crate) pairs: BTreeSet<String>,
    /// Hashes of everything that looks like an id.
    ids: BTreeSet<u64>,
    /// Bits of all levels.
    pub(crate) levels: u64,
}

impl<'a> Terms<'a> {
    pub(crate) fn of(entries: &'a [LogEntry]) -> Self {
        let mut terms = Self::default();
        for entry in entries {
            for token in tokens(&entry.line) {
                match class_of(token) {
                    Class::Word => terms.words.insert(token),
                    Class::Id => terms.ids.insert(hash(&[token])),
                };
            }
            for (name, value) in entry.metadata.iter() {
                match pair(name, value) {
                    _ if name == LEVEL => {
                        terms.levels |= level_bit(value);
                        true
                    }
                    Pair::Term(term) => terms.pairs.insert(term),
                    Pair::Id(id) => terms.ids.insert(id),
                };
            }
        }
        terms
    }
}

/// Where a pair of structured metadata is looked up.
pub(crate) enum Pair {
    Term(String),
    Id(u64),
}

pub(crate) fn pair(name: &str, value: &str) -> Pair {
    let is_word = name.len() + value.len() <= TERM_BYTES_MAX && tokens(value).all(|t| class_of(t) == Class::Word);
    if is_word { Pair::Term(format!("{name}={value}")) } else { Pair::Id(hash(&[name, "=", value])) }
}

/// `entries` ascend in time.
pub(crate) fn encode(entries: &[LogEntry], terms: &Terms<'_>) -> std::io::Result<Vec<u8>> {
    let mut rest = Writer::default();
    rest.uint(entries.len() as u64);
    rest.blob(&Bloom::build(terms.ids.iter().copied()));
    let mut times = Writer::default();
    let mut previous = 0_i64;
    for entry in entries {
        times.int(entry.ts.0.wrapping_sub(previous));
        previous = entry.ts.0;
    }
    rest.blob(&times.0);
    let mut lines = Writer::default();
    entries.iter().for_each(|e| lines.text(&e.line));
    rest.blob(&zstd::bulk::compress(&lines.0, ZSTD_LEVEL)?);
    rest.blob(&zstd::bulk::compress(&metadata(entries), ZSTD_LEVEL)?);
    let mut out = vec![VERSION];
    out.extend_from_slice(&crc32fast::hash(&rest.0).to_le_bytes());
    out.extend_from_slice(&rest.0);
    Ok(out)
}

fn metadata(entries: &[LogEntry]) -> Vec<u8> {
    let mut sets: Vec<&Labels> = Vec::new();
    let mut numbers: HashMap<&Labels, u64> = HashMap::new();
    let mut column = Writer::default();
    for entry in entries {
        let number = *numbers.entry(&entry.metadata).or_insert_with(|| {
            sets.push(&entry.metadata);
            sets.len() as u64 - 1
        });
        column.uint(number);
    }
    let mut out = Writer::default();
    out.uint(sets.len() as u64);
    sets.iter().for_each(|set| labels(&mut out, set));
    out.0.extend_from_slice(&column.0);
    out.0
}

/// A chunk whose checksum was right.
#[derive(Debug)]
pub(crate) struct Chunk<'a> {
    pub(crate) len: usize,
    pub(crate) bloom: Bloom<'a>,
    times: &'a [u8],
    lines: &'a [u8],
    metadata: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// `None` for damaged bytes.
    pub(crate) fn open(bytes: &'a [u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        if from.byte()? != VERSION {
            return None;
        }
        let crc = from.take(4)?;
        if crc32fast::hash(from.0).to_le_bytes() != crc {
            return None;
        }
        let len = usize::try_from(from.uint()?).ok()?;
        let bloom = Bloom(from.blob()?);
        Some(Self { len, bloom, times: from.blob()?, lines: from.blob()?, metadata: from.blob()? })
    }

    pub(crate) fn entries(&self) -> Option<Vec<LogEntry>> {
        let (lines, metadata) = (unzstd(self.lines)?, unzstd(self.metadata)?);
        let (mut times, mut lines, mut metadata) = (Reader(self.times), Reader(&lines), Reader(&metadata));
        let sets: Vec<Labels> = (0..metadata.count()?).map(|_| read_labels(&mut metadata)).collect::<Option<_>>()?;
        let mut ts = 0_i64;
        let mut out = Vec::with_capacity(self.len.min(times.0.len()));
        for _ in 0..self.len {
            ts = ts.wrapping_add(times.int()?);
            let set = sets.get(usize::try_from(metadata.uint()?).ok()?)?.clone();
            out.push(LogEntry { ts: TimestampNs(ts), line: lines.text()?.into(), metadata: set });
        }
        Some(out)
    }
}

fn unzstd(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    zstd::stream::read::Decoder::new(bytes).ok()?.take(SECTION_BYTES_MAX).read_to_end(&mut out).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries() -> impl Strategy<Value = Vec<LogEntry>> {
        let entry = (any::<i64>(), "\\PC{0,20}", proptest::collection::vec(("[a-c]", "[a-z0-9]{1,5}"), 0..3));
        proptest::collection::vec(entry, 1..20).prop_map(|rows| {
            let mut out: Vec<LogEntry> = rows
                .into_iter()
                .map(|(ts, line, pairs)| LogEntry {
                    ts: TimestampNs(ts),
                    line: line.into(),
                    metadata: Labels::from_pairs(pairs),
                })
                .collect();
            out.sort_by_key(|e| e.ts);
            out
        })
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_and_any_flip_is_noticed(entries in entries(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
            let mut bytes = encode(&entries, &Terms::of(&entries)).expect("encodes");
            prop_assert_eq!(Chunk::open(&bytes).and_then(|c| c.entries()), Some(entries));
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            prop_assert!(Chunk::open(&bytes).is_none());
        }
    }
}
