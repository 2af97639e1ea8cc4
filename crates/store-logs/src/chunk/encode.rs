//! Lines to bytes.

use std::collections::HashMap;
use std::hash::Hash;

use aio_kit::bytes::Writer;
use aio_types::{Labels, LogEntry};

use super::terms::{Quick, Terms};
use super::text::{self, Symbols};
use super::{LEVEL, VERSION, zstd};
use crate::record::labels;

/// A chunk, and what the index is told about it. `entries` ascend in time.
pub(crate) fn encode(entries: &[LogEntry]) -> std::io::Result<(Vec<u8>, Terms<'_>)> {
    let (mut symbols, mut terms) = (Symbols::default(), Terms::default());
    // Readers most often want the newest lines, and read no further than they must.
    let lines = || entries.iter().rev().map(|entry| &*entry.line);
    lines().for_each(|line| symbols.line(line, |token| terms.opaque(token)));
    terms.add(entries, &symbols);
    let whole = Numbered::of(entries.iter().map(|e| &e.metadata));
    let sets = Numbered::of(whole.unique.iter().map(|set| set.filter(|name| name != LEVEL))).through(&whole.numbers);
    let mut columns = Writer::default();
    columns.uint(entries.len() as u64);
    columns.blob(&zstd(&columns_of(entries, &sets))?);
    let mut pairs = Writer::default();
    pairs.uint(sets.unique.len() as u64);
    sets.unique.iter().for_each(|set| labels(&mut pairs, set));
    let mut rest = Writer::default();
    rest.blob(&zstd(&pairs.0)?);
    rest.0.extend_from_slice(&text::pack(lines(), &symbols)?);
    let mut out = Writer::default();
    out.byte(VERSION);
    out.0.extend_from_slice(&crc32fast::hash(&columns.0).to_le_bytes());
    out.0.extend_from_slice(&crc32fast::hash(&rest.0).to_le_bytes());
    out.blob(&columns.0);
    out.0.extend_from_slice(&rest.0);
    Ok((out.0, terms))
}

fn columns_of(entries: &[LogEntry], sets: &Numbered<Labels>) -> Vec<u8> {
    let mut out = Writer::default();
    let mut previous = 0_i64;
    for entry in entries {
        out.int(entry.ts.0.wrapping_sub(previous));
        previous = entry.ts.0;
    }
    entries.iter().for_each(|e| out.uint(e.line.len() as u64));
    let levels = Numbered::of(entries.iter().map(|e| e.metadata.get(LEVEL)));
    out.uint(levels.unique.len() as u64);
    levels.unique.iter().for_each(|level| out.text(level));
    levels.numbers.iter().for_each(|n| out.uint(*n));
    out.uint(sets.unique.len() as u64);
    sets.unique.iter().for_each(|set| out.uint(set.iter().map(|(n, v)| (n.len() + v.len()) as u64).sum()));
    sets.numbers.iter().for_each(|n| out.uint(*n));
    out.0
}

/// A column of few different values.
struct Numbered<T> {
    unique: Vec<T>,
    numbers: Vec<u64>,
}

impl<T: Hash + Eq + Clone> Numbered<T> {
    fn of(values: impl Iterator<Item = T>) -> Self {
        let (mut unique, mut seen) = (Vec::new(), HashMap::with_hasher(Quick::default()));
        let numbers = values
            .map(|value| {
                *seen.entry(value).or_insert_with_key(|value: &T| {
                    unique.push(value.clone());
                    unique.len() as u64 - 1
                })
            })
            .collect();
        Self { unique, numbers }
    }

    /// The column that has, for each of these numbers, the value of that number.
    fn through(mut self, numbers: &[u64]) -> Self {
        let of = |n: &u64| usize::try_from(*n).ok().and_then(|n| self.numbers.get(n)).copied().unwrap_or(0);
        self.numbers = numbers.iter().map(of).collect();
        self
    }
}
