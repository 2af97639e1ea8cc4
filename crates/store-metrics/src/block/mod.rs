//! Immutable files of cut-off history.
//!
//! ```text
//!   MIN-MAX-SEQ.block =
//!     magic "AIOMBLK3"
//!     parts     each: CRC-32 u32 LE | bytes. In the order they were written:
//!               for every series its exemplars, times of chunks (once for all neighbours that share them), data of chunks;
//!               between them pages of series (`series`); then pages of symbols (`symbols`), when series have samples
//!               (`spans`), for each label its values (`values`), metadata, and the top, which says where these are
//!     footer    (`footer`) where the top is, time range, counts | CRC-32 | magic
//! ```
//!
//! Constraints: written whole (temporary file, fsync, rename; see `writer`), never changed. Only footer and top are read
//! at open, and stay in memory; a block that fails their checks is set aside. All else is read and checked when a query
//! wants it, and a little of it is kept for the next one (`cache`): many blocks cost little memory. A part that fails
//! its checks then fails the query, by file and offset.

mod ahead;
mod cache;
mod footer;
mod raw;
mod search;
mod select;
mod series;
mod sizes;
mod spans;
mod symbols;
#[cfg(test)]
mod tests;
mod times;
mod values;
mod writer;

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use aio_kit::bytes::Reader;
use aio_types::{Exemplar, Labels, Metadata, Samples, TimeRange, TimestampMs};
use roaring::RoaringBitmap;

use self::cache::Cache;
use self::footer::{FOOTER_BYTES, Footer, MAGIC, Top};
pub(crate) use self::raw::LastTimes;
pub(crate) use self::series::BlockSeries;
use self::series::{ChunkRef, PAGE_SERIES, RawSeries};
pub use self::sizes::Sizes;
pub(crate) use self::writer::{BlockBuilder, Finished, TEMPORARY};
use crate::chunk::{self, Scratch, with_scratch};
use crate::error::Error;
use crate::record::{decode_exemplars, decode_metadata, labels_of};
use crate::series::{Observation, observed_at};

const PART_CRC_BYTES: usize = 4;
/// Chunks that lie no further apart are read in one go.
const GAP_BYTES_MAX: u64 = 4096;

static SERIES: LazyLock<Cache<Vec<Arc<BlockSeries>>>> = LazyLock::new(|| Cache::new(8 << 20));
static SYMBOLS: LazyLock<Cache<symbols::Page>> = LazyLock::new(|| Cache::new(2 << 20));
/// How many blocks were opened in this process' life: what is cached of one is told by that.
static OPENED: AtomicU64 = AtomicU64::new(0);

/// Where a part lies, checksum included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    offset: u64,
    bytes: u64,
}

/// An open block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) path: PathBuf,
    pub(crate) range: TimeRange,
    pub(crate) sequence: u64,
    file: File,
    footer: Footer,
    top: Top,
    number: u64,
}

impl Block {
    /// Opens a block and checks its top.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let sequence = name.rsplit('-').next().and_then(|s| s.parse().ok());
        let sequence = sequence.ok_or_else(|| Error::corrupt(path, 0, "the file's name is no block's"))?;
        let file = File::open(path).map_err(Error::io(path))?;
        let footer = read_footer(path, &file)?;
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let (path, range, top) = (path.to_owned(), footer.range, Top::default());
        let mut block = Self { path, range, sequence, file, footer, top, number };
        let top = block.part(footer.top)?;
        let pages = footer.series.div_ceil(PAGE_SERIES as u64);
        let top = Top::decode(&top, footer.top.offset).filter(|top| top.series.len() as u64 == pages);
        block.top = top.ok_or_else(|| block.corrupt(footer.top, "malformed top"))?;
        Ok(block)
    }

    /// How many series there are; their positions, in order of their labels, are below that.
    pub(crate) fn series_count(&self) -> u32 {
        u32::try_from(self.footer.series).unwrap_or(u32::MAX)
    }

    /// How many chunks and samples.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.footer.chunks, self.footer.samples)
    }

    /// The series at a position.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn series(&self, id: u32) -> Result<Arc<BlockSeries>, Error> {
        let (page, position) = (id as usize / PAGE_SERIES, id as usize % PAGE_SERIES);
        self.page(page)?.get(position).cloned().ok_or_else(|| self.corrupt(self.footer.top, "there is no such series"))
    }

    /// Visits the series at these positions, in their order.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn for_each(
        &self,
        ids: &RoaringBitmap,
        mut visit: impl FnMut(u32, &Arc<BlockSeries>),
    ) -> Result<(), Error> {
        let mut last: Option<(usize, Arc<Vec<Arc<BlockSeries>>>)> = None;
        for id in ids {
            let (number, position) = (id as usize / PAGE_SERIES, id as usize % PAGE_SERIES);
            let page = match last.take() {
                Some((known, page)) if known == number => page,
                _ => self.page(number)?,
            };
            let series = page.get(position).ok_or_else(|| self.corrupt(self.footer.top, "there is no such series"))?;
            visit(id, series);
            last = Some((number, page));
        }
        Ok(())
    }

    /// The series with exactly these labels.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn find(&self, labels: &Labels) -> Result<Option<Arc<BlockSeries>>, Error> {
        let (mut low, mut high) = (0, self.top.series.len());
        while low < high {
            let middle = low.midpoint(high);
            let page = self.page(middle)?;
            match page.binary_search_by(|series| series.labels.cmp(labels)) {
                Ok(at) => return Ok(page.get(at).cloned()),
                Err(0) => high = middle,
                Err(at) if at < page.len() => return Ok(None),
                Err(_) => low = middle + 1,
            }
        }
        Ok(None)
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
        let wanted = |chunk: &&ChunkRef| chunk.range.overlaps(&range);
        let Some(first) = series.chunks.iter().position(|c| wanted(&c)) else { return Ok(()) };
        let near = |a: &ChunkRef, b: &ChunkRef| {
            b.data.offset.checked_sub(a.data.offset + a.data.bytes).is_some_and(|gap| gap <= GAP_BYTES_MAX)
        };
        let rest = series.chunks.get(first..).unwrap_or_default();
        rest.chunk_by(|a, b| near(a, b) && wanted(&b)).try_for_each(|run| self.read_run(run, range, out))
    }

    /// Reads chunks that lie near each other, of which only the first may be beside `range`.
    fn read_run(&self, run: &[ChunkRef], range: TimeRange, out: &mut Samples) -> Result<(), Error> {
        let (Some(first), Some(last)) = (run.iter().find(|c| c.range.overlaps(&range)), run.last()) else {
            return Ok(());
        };
        let begin = first.data.offset;
        let whole = Part { offset: begin, bytes: last.data.offset + last.data.bytes - begin };
        let mut decode = |bytes: &[u8], scratch: &mut Scratch| {
            for chunk in run.iter().filter(|c| c.range.overlaps(&range)) {
                let data = usize::try_from(chunk.data.offset - begin).ok().and_then(|at| bytes.get(at..));
                let data = self.checked(chunk.data, data.unwrap_or_default())?;
                let times = self.times(chunk)?;
                let decoded = chunk::decode(chunk.kind, data, &times, scratch, range, out);
                decoded.ok_or_else(|| self.corrupt(chunk.data, "malformed chunk"))?;
            }
            Ok(())
        };
        with_scratch(|scratch| self.with_raw(whole, |bytes| decode(bytes, scratch)))
    }

    /// A series' exemplars in `range`, in the order they came.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn exemplars(&self, series: &BlockSeries, range: TimeRange) -> Result<Vec<Exemplar>, Error> {
        let Some((part, _)) = series.exemplars.filter(|(_, own)| own.overlaps(&range)) else { return Ok(Vec::new()) };
        let bytes = self.part(part)?;
        let mut from = Reader(&bytes);
        let exemplars = decode_exemplars(&mut from).filter(|_| from.0.is_empty());
        let mut exemplars = exemplars.ok_or_else(|| self.corrupt(part, "malformed exemplars"))?;
        exemplars.retain(|e| range.contains(e.sample.t));
        Ok(exemplars)
    }

    /// What was known of metric families when the block was written.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn metadata(&self) -> Result<Vec<(String, Metadata)>, Error> {
        let Some(part) = self.top.metadata else { return Ok(Vec::new()) };
        decode_metadata(&mut Reader(&self.part(part)?)).ok_or_else(|| self.corrupt(part, "malformed metadata"))
    }

    /// A page of series.
    fn page(&self, page: usize) -> Result<Arc<Vec<Arc<BlockSeries>>>, Error> {
        let part = self.top.series.get(page).ok_or_else(|| self.corrupt(self.footer.top, "there is no such page"))?;
        SERIES.get((self.number, part.offset), || {
            let raw = series::decode(&self.part(*part)?, self.footer.top.offset);
            let raw = raw.filter(|raw| raw.len() <= PAGE_SERIES);
            let raw = raw.ok_or_else(|| self.corrupt(*part, "malformed series"))?;
            let series = self.named(raw, *part)?;
            let bytes = series.iter().map(|series| series.bytes() + 32).sum();
            Ok((series, bytes))
        })
    }

    /// Gives series their labels.
    fn named(&self, raw: Vec<RawSeries>, part: Part) -> Result<Vec<Arc<BlockSeries>>, Error> {
        let mut pages: HashMap<usize, Arc<symbols::Page>> = HashMap::new();
        for number in raw.iter().flat_map(|raw| raw.labels.iter().flat_map(|(name, value)| [*name, *value])) {
            let page = number as usize / symbols::PAGE_SYMBOLS;
            if let std::collections::hash_map::Entry::Vacant(place) = pages.entry(page) {
                place.insert(self.symbols(page)?);
            }
        }
        let text = |number: u32| {
            let number = number as usize;
            pages.get(&(number / symbols::PAGE_SYMBOLS))?.get(number % symbols::PAGE_SYMBOLS)
        };
        let mut named = |raw: RawSeries| {
            let pair = |(name, value): &(u32, u32)| Some((text(*name)?, text(*value)?));
            let labels = raw.labels.iter().map(pair).collect::<Option<Vec<_>>>()?;
            let labels = labels_of(&labels)?;
            Some(Arc::new(BlockSeries { labels, exemplars: raw.exemplars, chunks: raw.chunks }))
        };
        let series = raw.into_iter().map(&mut named).collect::<Option<Vec<_>>>();
        series.ok_or_else(|| self.corrupt(part, "labels without text"))
    }

    fn symbols(&self, page: usize) -> Result<Arc<symbols::Page>, Error> {
        let part =
            self.top.symbols.get(page).ok_or_else(|| self.corrupt(self.footer.top, "there is no such symbol"))?;
        SYMBOLS.get((self.number, part.offset), || {
            let page = symbols::Page::decode(&self.part(*part)?);
            let page = page.ok_or_else(|| self.corrupt(*part, "malformed symbols"))?;
            let bytes = page.bytes() + 64;
            Ok((page, bytes))
        })
    }

    fn corrupt(&self, part: Part, reason: &str) -> Error {
        Error::corrupt(&self.path, part.offset, reason)
    }

    /// The checked bytes of a part.
    fn part(&self, part: Part) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.read_raw(part, &mut bytes)?;
        self.checked(part, &bytes)?;
        bytes.drain(..PART_CRC_BYTES);
        Ok(bytes)
    }

    fn read_raw(&self, part: Part, bytes: &mut Vec<u8>) -> Result<(), Error> {
        bytes.clear();
        bytes.resize(usize::try_from(part.bytes).map_err(|_| self.corrupt(part, "part is too large"))?, 0);
        self.file.read_exact_at(bytes, part.offset).map_err(Error::io(&self.path))
    }

    /// What of `bytes`, which begin with a part, is its content.
    fn checked<'a>(&self, part: Part, bytes: &'a [u8]) -> Result<&'a [u8], Error> {
        let bytes = usize::try_from(part.bytes).ok().and_then(|len| bytes.get(..len));
        let (crc, data) = bytes
            .and_then(<[u8]>::split_first_chunk::<PART_CRC_BYTES>)
            .ok_or_else(|| self.corrupt(part, "part is too short"))?;
        let is_sound = crc32fast::hash(data) == u32::from_le_bytes(*crc);
        if is_sound { Ok(data) } else { Err(self.corrupt(part, "checksum mismatch")) }
    }
}

fn read_footer(path: &Path, file: &File) -> Result<Footer, Error> {
    let len = file.metadata().map_err(Error::io(path))?.len();
    let at = len.checked_sub(FOOTER_BYTES as u64).filter(|&at| at >= MAGIC.len() as u64);
    let at = at.ok_or_else(|| Error::corrupt(path, 0, "file is too short"))?;
    let mut magic = [0; 8];
    file.read_exact_at(&mut magic, 0).map_err(Error::io(path))?;
    if magic[..7] == MAGIC[..7] && magic[7] != MAGIC[7] && magic[7].is_ascii_digit() {
        return Err(Error::Version { path: path.to_owned(), version: magic[7].into() });
    }
    if magic != *MAGIC {
        return Err(Error::corrupt(path, 0, "bad magic"));
    }
    let mut footer = [0; FOOTER_BYTES];
    file.read_exact_at(&mut footer, at).map_err(Error::io(path))?;
    Footer::decode(&footer, at).ok_or_else(|| Error::corrupt(path, at, "malformed footer"))
}

/// Hostile bytes for every kind of page, below the checksums.
pub(crate) fn decode_anything(bytes: &[u8]) {
    let limit = 1 << 20;
    let _any_answer_will_do = (
        series::decode(bytes, limit).map(|series| series.len()),
        symbols::Page::decode(bytes).map(|page| page.get(0).map(str::len)),
        values::Page::decode(bytes, limit).map(|page| page.bytes()),
        values::Directory::decode(bytes, limit).map(|directory| directory.bytes()),
        values::decode_bitmap(bytes, limit).map(|bitmap| bitmap.len()),
        Top::decode(bytes, limit).is_some(),
    );
}
