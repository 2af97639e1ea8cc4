//! Bytes to lines.

use std::collections::HashMap;

use aio_kit::bytes::Reader;
use aio_types::{Labels, LogEntry, TimestampNs};

use super::terms::Quick;
use super::text::Sections;
use super::{LEVEL, VERSION, unzstd};
use crate::line_filter::{LineFilter, Places};
use crate::record::read_labels;

/// A chunk whose columns have their checksum.
#[derive(Debug)]
pub(crate) struct Chunk<'a> {
    pub(crate) len: usize,
    columns: &'a [u8],
    rest_crc: [u8; 4],
    rest: &'a [u8],
}

/// What a chunk's columns tell about one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) ts: TimestampNs,
    /// Bytes of the line.
    pub(crate) line: u64,
    /// Number of its level in [`Brief::levels`].
    pub(crate) level: u32,
    set: u32,
}

/// A chunk without its lines.
#[derive(Debug, Default)]
pub(crate) struct Brief {
    pub(crate) rows: Vec<Row>,
    /// Levels that occur, one of which may be none.
    pub(crate) levels: Vec<String>,
    /// Bytes of each set of structured metadata.
    sets: Vec<u64>,
}

impl Brief {
    /// The level of a line, empty where it has none.
    pub(crate) fn level(&self, row: &Row) -> &str {
        &self.levels[row.level as usize]
    }

    /// Bytes of a line's structured metadata, its level included.
    pub(crate) fn metadata_bytes(&self, row: &Row) -> u64 {
        let level = self.level(row).len() as u64;
        self.sets[row.set as usize] + if level > 0 { LEVEL.len() as u64 + level } else { 0 }
    }
}

impl<'a> Chunk<'a> {
    /// `None` for damaged bytes.
    pub(crate) fn open(bytes: &'a [u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        if from.byte()? != VERSION {
            return None;
        }
        let (columns_crc, rest_crc) = (from.take(4)?, from.take(4)?.try_into().ok()?);
        let columns = from.blob()?;
        if crc32fast::hash(columns).to_le_bytes() != columns_crc {
            return None;
        }
        let mut inner = Reader(columns);
        let len = usize::try_from(inner.uint()?).ok()?;
        Some(Self { len, columns: inner.blob()?, rest_crc, rest: from.0 })
    }

    /// Everything but lines and pairs; every number in it has been checked.
    pub(crate) fn brief(&self) -> Option<Brief> {
        let columns = unzstd(self.columns)?;
        let mut from = Reader(&columns);
        // Each line takes at least four bytes of columns.
        if self.len > columns.len() {
            return None;
        }
        let mut ts = 0_i64;
        let mut rows = Vec::with_capacity(self.len);
        for _ in 0..self.len {
            ts = ts.wrapping_add(from.int()?);
            rows.push(Row { ts: TimestampNs(ts), line: 0, level: 0, set: 0 });
        }
        for row in &mut rows {
            row.line = from.uint()?;
        }
        let levels: Vec<String> = (0..from.count()?).map(|_| from.text().map(str::to_owned)).collect::<Option<_>>()?;
        for row in &mut rows {
            row.level = below(from.uint()?, levels.len())?;
        }
        let sets: Vec<u64> = (0..from.count()?).map(|_| from.uint()).collect::<Option<_>>()?;
        for row in &mut rows {
            row.set = below(from.uint()?, sets.len())?;
        }
        Some(Brief { rows, levels, sets })
    }

    /// Those of the chunk's newest lines, as many as `brief` has rows from `first` on, that `filter` keeps in a stream of
    /// these labels; they ascend.
    pub(crate) fn entries(
        &self,
        brief: &Brief,
        first: usize,
        labels: &Labels,
        filter: &LineFilter,
    ) -> Option<Vec<LogEntry>> {
        if crc32fast::hash(self.rest).to_le_bytes() != self.rest_crc {
            return None;
        }
        let mut rest = Reader(self.rest);
        let pairs = unzstd(rest.blob()?)?;
        let mut pairs = Reader(&pairs);
        let sets: Vec<Labels> = (0..pairs.count()?).map(|_| read_labels(&mut pairs)).collect::<Option<_>>()?;
        let mut at = 0_usize;
        let mut ends = Vec::with_capacity(brief.rows.len() - first);
        for row in brief.rows[first..].iter().rev() {
            at = at.checked_add(usize::try_from(row.line).ok()?)?;
            ends.push(at);
        }
        let text = String::from_utf8(Sections::read(&mut rest)?.unpack(&ends)?).ok()?;
        let mut sets = Sets { brief, sets, complete: HashMap::default(), last: None };
        let mut out = Vec::new();
        for i in Places::of(filter, &text, &ends) {
            let row = brief.rows.iter().nth_back(i)?;
            let start = if i == 0 { 0 } else { *ends.get(i - 1)? };
            let line = text.get(start..*ends.get(i)?)?;
            let metadata = sets.of(row)?;
            if filter.keeps(labels, line, &metadata) {
                out.push(LogEntry { ts: row.ts, line: line.into(), metadata });
            }
        }
        out.reverse();
        Some(out)
    }
}

/// Sets of structured metadata, with the level that is kept apart from them.
struct Sets<'a> {
    brief: &'a Brief,
    sets: Vec<Labels>,
    complete: HashMap<u64, Labels, Quick>,
    /// Neighbours often share theirs.
    last: Option<(u64, Labels)>,
}

impl Sets<'_> {
    fn of(&mut self, row: &Row) -> Option<Labels> {
        let key = u64::from(row.set) << 32 | u64::from(row.level);
        if let Some((_, found)) = self.last.as_ref().filter(|(last, _)| *last == key) {
            return Some(found.clone());
        }
        let found = match self.complete.get(&key) {
            Some(found) => found.clone(),
            None => self.complete(row, key)?,
        };
        self.last = Some((key, found.clone()));
        Some(found)
    }

    fn complete(&mut self, row: &Row, key: u64) -> Option<Labels> {
        let set = self.sets.get(row.set as usize)?;
        let made = match self.brief.level(row) {
            "" => set.clone(),
            level => Labels::from_pairs(set.iter().chain([(LEVEL, level)])),
        };
        self.complete.insert(key, made.clone());
        Some(made)
    }
}

fn below(number: u64, len: usize) -> Option<u32> {
    u32::try_from(number).ok().filter(|n| (*n as usize) < len)
}
