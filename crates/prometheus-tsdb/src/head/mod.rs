//! What was in the memory of a Prometheus: what its next start would find there.
//!
//! ```text
//!   wal  ──scan──> series, deletions, weights ──order, parts──┐
//!   chunks_head ─ chunks in order, chunks of late samples ────┤ gather, part by part
//!   wal ───────── samples in order, exemplars ────────────────┤
//!   wbl ───────── late samples ───────────────────────────────┘──> series by series, in order of labels
//! ```
//!
//! Invariants: of the log a series' samples count only in order, from the end of the blocks on, as memory takes them;
//! late ones count wherever they lie; what was deleted does not come out. Memory holds the labels of all series, and the
//! samples of one part of them: the files are read once more for every part.
//! What is absent: `chunk_snapshot.N`, which repeats what the log has, to start sooner.

mod gather;
mod mapped;
mod table;
#[cfg(test)]
mod tests;
mod weight;

use std::collections::VecDeque;
use std::ops::{AddAssign, Range};
use std::path::{Path, PathBuf};

use aio_types::{Exemplar, Labels, Metadata, Samples, TimeRange, TimestampMs};

use self::gather::Gather;
use self::table::Table;
use crate::cut::{Cut, cut};
use crate::error::Error;
use crate::log::Log;

/// What the samples of a part may take in memory.
const PART_BYTES_MAX: u64 = 128 << 20;

/// The files that memory can be told from.
#[derive(Debug, Clone, Default)]
pub struct HeadFiles {
    wal: Log,
    wbl: Log,
    chunks: Vec<PathBuf>,
}

/// Memory that is being read.
#[derive(Debug)]
pub struct Head {
    files: HeadFiles,
    head_start: TimestampMs,
    table: Table,
    order: Vec<u32>,
    parts: VecDeque<Range<usize>>,
    ready: std::vec::IntoIter<HeadSeries>,
    remarks: Vec<String>,
}

/// One series of memory.
#[derive(Debug, Default)]
pub struct HeadSeries {
    /// Its labels.
    pub labels: Labels,
    /// Its samples: those in order first, then those that came late.
    pub samples: Samples,
    /// Its exemplars.
    pub exemplars: Vec<Exemplar>,
    /// How many samples there were in all files together.
    pub read: Cut,
    /// Those that are not among `samples`.
    pub lost: Lost,
}

/// Why samples do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// They are in a block.
    pub in_blocks: Cut,
    /// They were deleted.
    pub deleted: Cut,
    /// They lie in the log behind newer ones of their series: memory took them as late ones, and noted that elsewhere,
    /// or not at all.
    pub not_taken: Cut,
    /// The log has them, and a mapped chunk has them, too.
    pub mapped_too: Cut,
}

impl AddAssign for Lost {
    fn add_assign(&mut self, other: Self) {
        self.in_blocks += other.in_blocks;
        self.deleted += other.deleted;
        self.not_taken += other.not_taken;
        self.mapped_too += other.mapped_too;
    }
}

// === impl HeadFiles ===

impl HeadFiles {
    /// Those of the data directory `dir`; `None` where there is no log.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn find(dir: &Path) -> Result<Option<Self>, Error> {
        let (wal, wbl) = (Log::find(&dir.join("wal"))?, Log::find(&dir.join("wbl"))?);
        let chunks = mapped::files(&dir.join("chunks_head"))?;
        Ok((!wal.paths().is_empty()).then_some(Self { wal, wbl, chunks }))
    }

    /// A number that is another one when the files are.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let all = self.wal.paths().iter().chain(self.wbl.paths()).chain(&self.chunks);
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        all.fold(0xcbf2_9ce4_8422_2325, |hash, path| {
            let len = std::fs::metadata(path).map_or(0, |file| file.len());
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            name.iter().chain(&len.to_be_bytes()).fold(hash, step)
        })
    }
}

// === impl Head ===

impl Head {
    /// Reads which series there are. What is before `head_start` is in blocks.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset, where a log is damaged before its end; [`Error::Io`].
    pub fn open(files: HeadFiles, head_start: TimestampMs) -> Result<Self, Error> {
        let (mut table, mut remarks) = (Table::default(), Vec::new());
        remarks.extend(files.wal.for_each(&mut |record| table.note(record, head_start))?);
        remarks.extend(files.wbl.for_each(&mut |record| table.weigh_samples(&record, TimestampMs::MIN))?);
        for path in &files.chunks {
            remarks.extend(weigh_chunks(path, head_start, &mut table)?);
        }
        let order = table.sorted();
        let parts = parts(&table, &order);
        Ok(Self { files, head_start, table, order, parts, ready: Vec::new().into_iter(), remarks })
    }

    /// The next series, in order of labels; `None` after the last one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn next_series(&mut self) -> Result<Option<HeadSeries>, Error> {
        loop {
            if let Some(series) = self.ready.next() {
                return Ok(Some(series));
            }
            let Some(part) = self.parts.pop_front() else { return Ok(None) };
            self.ready = self.gather(part)?.into_iter();
        }
    }

    fn gather(&self, part: Range<usize>) -> Result<Vec<HeadSeries>, Error> {
        let mut gather = Gather::new(&self.table, &self.order, part, self.head_start);
        for path in &self.files.chunks {
            // What is damaged was told when it was weighed.
            mapped::for_each(path, &mut |chunk| gather.map(chunk))?;
        }
        self.files.wal.for_each(&mut |record| gather.log(record))?;
        self.files.wbl.for_each(&mut |record| gather.log_late(record))?;
        Ok(gather.finish())
    }

    /// The time all of it lies in; `None` where there is nothing.
    #[must_use]
    pub fn range(&self) -> Option<TimeRange> {
        self.table.range
    }

    /// About how many samples there are.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.table.samples
    }

    /// What is known of metric families.
    #[must_use]
    pub fn metadata(&self) -> Vec<(String, Metadata)> {
        self.table.metadata.iter().map(|(name, metadata)| (name.clone(), metadata.clone())).collect()
    }

    /// Samples and exemplars of series that the log does not name.
    #[must_use]
    pub fn unknown(&self) -> (Cut, u64) {
        (self.table.unknown, self.table.unknown_exemplars)
    }

    /// What is odd about the files, in words.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

/// What the chunks of a file will take, and what is damaged in it.
fn weigh_chunks(path: &Path, head_start: TimestampMs, table: &mut Table) -> Result<Option<String>, Error> {
    let mut samples = Samples::default();
    let damage = mapped::for_each(path, &mut |chunk| {
        samples.clear();
        chunk.decode(&mut samples)?;
        table.samples += samples.len() as u64;
        if !chunk.is_late {
            cut(&mut samples, |t| t < head_start);
        }
        let histograms: u64 = samples.histograms.iter().map(|sample| weight::histogram(&sample.h)).sum();
        let is_known = table.weigh_mapped(chunk.series, samples.floats.len() as u64 * weight::FLOAT + histograms);
        if !is_known {
            table.unknown += Cut::of(&samples);
        } else {
            samples.times().for_each(|t| table.reach(t));
        }
        Ok(())
    })?;
    Ok(damage.map(|damage| format!("{damage}; the rest of the file was passed over")))
}

/// Neighbours in order that together take not too much; those of the same labels stay together.
fn parts(table: &Table, order: &[u32]) -> VecDeque<Range<usize>> {
    let known = |at: usize| order.get(at).and_then(|position| table.series.get(*position as usize));
    let (mut parts, mut begin, mut weight) = (VecDeque::new(), 0, 0);
    for at in 0..order.len() {
        let Some(series) = known(at) else { continue };
        let repeats = at > 0 && known(at - 1).is_some_and(|before| before.labels == series.labels);
        if weight + series.weight() > PART_BYTES_MAX && at > begin && !repeats {
            parts.push_back(begin..at);
            (begin, weight) = (at, 0);
        }
        weight += series.weight();
    }
    if begin < order.len() {
        parts.push_back(begin..order.len());
    }
    parts
}
