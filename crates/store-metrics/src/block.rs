//! Immutable files of cut-off history.
//!
//! ```text
//!   MIN-MAX-SEQ.block =
//!     magic "AIOMBLK2"
//!     parts     in the order they were written, each: CRC-32 u32 LE | bytes; which are
//!               times of chunks, once for all neighbours that share them | data of chunks | exemplars of a series
//!     index     n series: labels | has exemplars: part, first time, last time
//!               | n chunks: kind, part of the times, part of the data, first time, last time, count
//!     footer    index offset u64 LE | index length u64 LE | CRC-32 of index u32 LE | magic
//! ```
//!
//! Constraints: written whole (temporary file, fsync, rename; see `block_writer`), never changed; the index is read and checked at open,
//! parts are read and checked when a query wants them. A block that fails its checks at open is set aside.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aio_kit::bytes::Reader;
use aio_types::{Exemplar, Labels, Matcher, Samples, TimeRange, TimestampMs};
use roaring::RoaringBitmap;

use crate::chunk::{self, Kind, SAMPLES_MAX, with_scratch};
use crate::error::Error;
use crate::index::Index;
use crate::record::{decode_exemplars, decode_labels};
use crate::series::{Observation, observed_at};

pub(crate) const MAGIC: &[u8; 8] = b"AIOMBLK2";
const FOOTER_BYTES: usize = 8 + 8 + 4 + 8;
pub(crate) const PART_CRC_BYTES: usize = 4;

/// Where a part lies, checksum included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

/// Where a chunk lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChunkRef {
    pub(crate) kind: Kind,
    pub(crate) times: Part,
    pub(crate) data: Part,
    pub(crate) range: TimeRange,
    pub(crate) count: u32,
}

/// One series of a block.
#[derive(Debug)]
pub(crate) struct BlockSeries {
    pub(crate) labels: Labels,
    exemplars: Option<(Part, TimeRange)>,
    /// Of each kind ascending and disjoint.
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
    series: Vec<Arc<BlockSeries>>,
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
        let chunk_ranges = series.iter().flat_map(|s| s.chunks.iter().map(|c| c.range));
        let ranges = chunk_ranges.chain(series.iter().filter_map(|s| s.exemplars.map(|(_, range)| range)));
        let nothing = TimeRange { start: TimestampMs::MAX, end: TimestampMs::MIN };
        let range = ranges.fold(nothing, |a, b| TimeRange { start: a.start.min(b.start), end: a.end.max(b.end) });
        Ok(Self { path: path.to_owned(), file, range, sequence, series, index: by_label })
    }

    /// How many series there are; their positions, in order of their labels, are below that.
    pub(crate) fn series_count(&self) -> u32 {
        u32::try_from(self.series.len()).unwrap_or(u32::MAX)
    }

    /// The series at a position.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn series(&self, id: u32) -> Result<Arc<BlockSeries>, Error> {
        let series = self.series.get(id as usize).cloned();
        series.ok_or_else(|| Error::corrupt(&self.path, 0, format!("there is no series {id}")))
    }

    /// Positions of the series that pass all matchers.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    #[expect(clippy::unnecessary_wraps, reason = "the index may come to be read when it is needed")]
    pub(crate) fn select(&self, matchers: &[Matcher]) -> Result<RoaringBitmap, Error> {
        Ok(self.index.select(matchers))
    }

    /// The series with exactly these labels.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    #[expect(clippy::unnecessary_wraps, reason = "the index may come to be read when it is needed")]
    pub(crate) fn find(&self, labels: &Labels) -> Result<Option<Arc<BlockSeries>>, Error> {
        let candidates = self.index.with_all(labels).into_iter().filter_map(|id| self.series.get(id as usize));
        Ok(candidates.into_iter().find(|series| series.labels == *labels).cloned())
    }

    /// What was observed at exactly `t`. Unreadable chunks hold nothing: whoever reads them will be told.
    pub(crate) fn at(&self, series: &BlockSeries, t: TimestampMs) -> Option<Observation> {
        let mut samples = Samples::default();
        self.read(series, TimeRange { start: t, end: t }, &mut samples).ok()?;
        observed_at(&samples, t)
    }

    /// Appends a series' samples in `range` to `out`, those of each kind ascending.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn read(&self, series: &BlockSeries, range: TimeRange, out: &mut Samples) -> Result<(), Error> {
        for chunk in series.chunks.iter().filter(|c| c.range.overlaps(&range)) {
            let (times, data) = (self.part(chunk.times)?, self.part(chunk.data)?);
            let decoded = with_scratch(|scratch| {
                scratch.read_times(&times, chunk.count as usize)?;
                chunk::decode(chunk.kind, &data, scratch, range, out)
            });
            decoded.ok_or_else(|| Error::corrupt(&self.path, chunk.data.offset, "malformed chunk"))?;
        }
        Ok(())
    }

    /// A series' exemplars, in the order they came.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn exemplars(&self, series: &BlockSeries, range: TimeRange) -> Result<Vec<Exemplar>, Error> {
        let Some((part, _)) = series.exemplars.filter(|(_, own)| own.overlaps(&range)) else { return Ok(Vec::new()) };
        let bytes = self.part(part)?;
        let mut from = Reader(&bytes);
        let exemplars = decode_exemplars(&mut from).filter(|_| from.0.is_empty());
        let mut exemplars = exemplars.ok_or_else(|| Error::corrupt(&self.path, part.offset, "malformed exemplars"))?;
        exemplars.retain(|e| range.contains(e.sample.t));
        Ok(exemplars)
    }

    /// The checked bytes of a part.
    fn part(&self, part: Part) -> Result<Vec<u8>, Error> {
        let corrupt = |reason| Error::corrupt(&self.path, part.offset, reason);
        let mut bytes = vec![0; usize::try_from(part.bytes).map_err(|_| corrupt("part is too large"))?];
        self.file.read_exact_at(&mut bytes, part.offset).map_err(Error::io(&self.path))?;
        let (crc, data) = bytes.split_first_chunk::<PART_CRC_BYTES>().ok_or_else(|| corrupt("part is too short"))?;
        if crc32fast::hash(data) != u32::from_le_bytes(*crc) {
            return Err(corrupt("checksum mismatch"));
        }
        bytes.drain(..PART_CRC_BYTES);
        Ok(bytes)
    }
}

/// The index' offset and its checked bytes.
fn read_index(path: &Path, file: &File, len: u64) -> Result<(u64, Vec<u8>), Error> {
    let footer_at = len.checked_sub(FOOTER_BYTES as u64).filter(|&at| at >= MAGIC.len() as u64);
    let footer_at = footer_at.ok_or_else(|| Error::corrupt(path, 0, "file is too short"))?;
    let mut magic = [0; 8];
    file.read_exact_at(&mut magic, 0).map_err(Error::io(path))?;
    if magic[..7] == MAGIC[..7] && magic[7] != MAGIC[7] {
        return Err(Error::corrupt(path, 0, format!("version {:?} is not known here", char::from(magic[7]))));
    }
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

/// `limit` is where the parts end.
pub(crate) fn decode_series(index: &[u8], limit: u64) -> Option<Vec<Arc<BlockSeries>>> {
    let mut from = Reader(index);
    let mut all = Vec::new();
    for _ in 0..from.count()? {
        let labels = decode_labels(&mut from)?;
        let exemplars = match from.byte()? {
            0 => None,
            1 => Some((decode_part(&mut from, limit)?, decode_range(&mut from)?)),
            _ => return None,
        };
        let chunks = (0..from.count()?).map(|_| decode_chunk_ref(&mut from, limit)).collect::<Option<_>>()?;
        all.push(Arc::new(BlockSeries { labels, exemplars, chunks }));
    }
    from.0.is_empty().then_some(all)
}

fn decode_chunk_ref(from: &mut Reader<'_>, limit: u64) -> Option<ChunkRef> {
    let kind = match from.byte()? {
        0 => Kind::Floats,
        1 => Kind::Histograms,
        _ => return None,
    };
    let (times, data) = (decode_part(from, limit)?, decode_part(from, limit)?);
    let range = decode_range(from)?;
    let count = u32::try_from(from.uint()?).ok().filter(|&c| c as usize <= SAMPLES_MAX)?;
    Some(ChunkRef { kind, times, data, range, count })
}

fn decode_part(from: &mut Reader<'_>, limit: u64) -> Option<Part> {
    let (offset, bytes) = (from.uint()?, from.uint()?);
    offset.checked_add(bytes).filter(|&end| end <= limit)?;
    Some(Part { offset, bytes })
}

fn decode_range(from: &mut Reader<'_>) -> Option<TimeRange> {
    Some(TimeRange { start: TimestampMs(from.int()?), end: TimestampMs(from.int()?) })
}
