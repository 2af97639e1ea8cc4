//! Immutable files of cut-off history.
//!
//! ```text
//!   MIN-MAX-SEQ.block =
//!     magic "AIOMBLK1"
//!     chunks    each: CRC-32 u32 LE | XOR data
//!     index     n series: labels | exemplars | n chunks: offset length start end count
//!     footer    index offset u64 LE | index length u64 LE | CRC-32 of index u32 LE | magic
//! ```
//!
//! Constraints: written whole (temporary file, fsync, rename; see `block_writer`), never changed; the index is read and checked at open,
//! chunks are read and checked when a query wants them. A block that fails its checks at open is set aside.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use aio_types::{Exemplar, Labels, Sample, TimeRange, TimestampMs};

use crate::chunk::{Chunk, SAMPLES_MAX};
use crate::error::Error;
use crate::index::Index;
use crate::plan::Plan;
use crate::record::{decode_exemplars, decode_labels};
use aio_kit::bytes::Reader;
use roaring::RoaringBitmap;

pub(crate) const MAGIC: &[u8; 8] = b"AIOMBLK1";
const FOOTER_BYTES: usize = 8 + 8 + 4 + 8;
pub(crate) const CHUNK_CRC_BYTES: usize = 4;

/// Where a chunk lies.
#[derive(Debug)]
struct ChunkRef {
    offset: u64,
    bytes: usize,
    range: TimeRange,
    count: usize,
}

/// One series of a block.
#[derive(Debug)]
pub(crate) struct BlockSeries {
    pub(crate) labels: Labels,
    pub(crate) exemplars: Vec<Exemplar>,
    chunks: Vec<ChunkRef>,
}

impl BlockSeries {
    /// When its newest sample was observed.
    pub(crate) fn newest(&self) -> Option<TimestampMs> {
        self.chunks.iter().map(|c| c.range.end).max()
    }

    pub(crate) fn touches(&self, range: TimeRange) -> bool {
        self.chunks.iter().any(|c| c.range.overlaps(&range))
    }
}

/// An open block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) path: PathBuf,
    file: File,
    pub(crate) range: TimeRange,
    pub(crate) sequence: u64,
    pub(crate) series: Vec<BlockSeries>,
    pub(crate) index: Index,
}

impl Block {
    /// Opens and checks a block's index.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let sequence = name.rsplit('-').next().and_then(|s| s.parse().ok());
        let sequence = sequence.ok_or_else(|| Error::corrupt(path, 0, "the file's name is no block's"))?;
        let file = File::open(path).map_err(Error::io(path))?;
        let len = file.metadata().map_err(Error::io(path))?.len();
        let (offset, index) = read_index(path, &file, len)?;
        let series = decode_series(&index, offset).ok_or_else(|| Error::corrupt(path, offset, "malformed index"))?;
        let mut by_label = Index::default();
        for (id, one) in (0_u32..).zip(&series) {
            by_label.insert(id, &one.labels);
        }
        let chunk_ranges = || series.iter().flat_map(|s| s.chunks.iter().map(|c| c.range));
        let exemplar_times = || series.iter().flat_map(|s| s.exemplars.iter().map(|e| e.sample.t));
        let start = chunk_ranges().map(|r| r.start).chain(exemplar_times()).min().unwrap_or(TimestampMs::MAX);
        let end = chunk_ranges().map(|r| r.end).chain(exemplar_times()).max().unwrap_or(TimestampMs::MIN);
        Ok(Self { path: path.to_owned(), file, range: TimeRange { start, end }, sequence, series, index: by_label })
    }

    /// How many chunks and samples.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let chunks = || self.series.iter().flat_map(|series| &series.chunks);
        (chunks().count() as u64, chunks().map(|chunk| chunk.count as u64).sum())
    }

    /// The series that pass all matchers.
    pub(crate) fn select(&self, plan: &Plan<'_>) -> RoaringBitmap {
        let labels = |id: u32| self.series.get(id as usize).map(|series| &series.labels);
        self.index.select(plan, |id, matcher| labels(id).is_some_and(|labels| matcher.matches_labels(labels)))
    }

    /// The series with exactly these labels.
    pub(crate) fn find(&self, labels: &Labels) -> Option<&BlockSeries> {
        let candidates = self.index.with_all(labels);
        candidates.into_iter().filter_map(|id| self.series.get(id as usize)).find(|s| s.labels == *labels)
    }

    /// The sample at exactly `t`. Unreadable chunks hold none: whoever reads them will be told.
    pub(crate) fn at(&self, series: &BlockSeries, t: TimestampMs) -> Option<Sample> {
        let mut samples = Vec::new();
        self.read(series, TimeRange { start: t, end: t }, &mut samples).ok()?;
        samples.into_iter().find(|s| s.t == t)
    }

    /// Appends the samples of a series' chunks that overlap `range` to `out`.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn read(&self, series: &BlockSeries, range: TimeRange, out: &mut Vec<Sample>) -> Result<(), Error> {
        for chunk in series.chunks.iter().filter(|c| c.range.overlaps(&range)) {
            let corrupt = |reason| Error::corrupt(&self.path, chunk.offset, reason);
            let mut bytes = vec![0; chunk.bytes];
            self.file.read_exact_at(&mut bytes, chunk.offset).map_err(Error::io(&self.path))?;
            let (crc, data) =
                bytes.split_first_chunk::<CHUNK_CRC_BYTES>().ok_or_else(|| corrupt("chunk is too short"))?;
            if crc32fast::hash(data) != u32::from_le_bytes(*crc) {
                return Err(corrupt("chunk checksum mismatch"));
            }
            let decoded = Chunk { range: chunk.range, count: chunk.count, data: data.to_vec() }.decode(out);
            decoded.ok_or_else(|| corrupt("malformed chunk"))?;
        }
        Ok(())
    }
}

/// The index' offset and its checked bytes.
fn read_index(path: &Path, file: &File, len: u64) -> Result<(u64, Vec<u8>), Error> {
    let footer_at = len.checked_sub(FOOTER_BYTES as u64).filter(|&at| at >= MAGIC.len() as u64);
    let footer_at = footer_at.ok_or_else(|| Error::corrupt(path, 0, "file is too short"))?;
    let mut magic = [0; 8];
    file.read_exact_at(&mut magic, 0).map_err(Error::io(path))?;
    if magic != *MAGIC {
        return Err(Error::corrupt(path, 0, "bad magic"));
    }
    let mut footer = [0; FOOTER_BYTES];
    file.read_exact_at(&mut footer, footer_at).map_err(Error::io(path))?;
    let field = |at: usize| footer[at..].first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b));
    let crc = footer[16..].first_chunk::<4>().map_or(0, |b| u32::from_le_bytes(*b));
    let (offset, index_len) = (field(0), field(8));
    if footer[20..] != *MAGIC || offset.checked_add(index_len) != Some(footer_at) {
        return Err(Error::corrupt(path, footer_at, "malformed footer"));
    }
    let bytes = usize::try_from(index_len).map_err(|_| Error::corrupt(path, footer_at, "index is too large"))?;
    let mut index = vec![0; bytes];
    file.read_exact_at(&mut index, offset).map_err(Error::io(path))?;
    if crc32fast::hash(&index) != crc {
        return Err(Error::corrupt(path, offset, "index checksum mismatch"));
    }
    Ok((offset, index))
}

/// `limit` is where the chunks end.
pub(crate) fn decode_series(index: &[u8], limit: u64) -> Option<Vec<BlockSeries>> {
    let mut from = Reader(index);
    let mut all = Vec::new();
    for _ in 0..from.count()? {
        let labels = decode_labels(&mut from)?;
        let exemplars = decode_exemplars(&mut from)?;
        let chunks = (0..from.count()?).map(|_| decode_chunk_ref(&mut from, limit)).collect::<Option<_>>()?;
        all.push(BlockSeries { labels, exemplars, chunks });
    }
    from.0.is_empty().then_some(all)
}

fn decode_chunk_ref(from: &mut Reader<'_>, limit: u64) -> Option<ChunkRef> {
    let (offset, bytes) = (from.uint()?, from.uint()?);
    let range = TimeRange { start: TimestampMs(from.int()?), end: TimestampMs(from.int()?) };
    let count = usize::try_from(from.uint()?).ok().filter(|&c| c <= SAMPLES_MAX)?;
    offset.checked_add(bytes).filter(|&end| end <= limit)?;
    Some(ChunkRef { offset, bytes: usize::try_from(bytes).ok()?, range, count })
}
