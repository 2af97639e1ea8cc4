//! Writing a block: series by series, so that memory holds one series' chunks at a time, beside what the labels of all
//! come to.
//!
//! What is written lies under a temporary name until [`Finished::publish`]: a crash leaves such files behind, and the
//! next start removes them.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aio_kit::bytes::Writer;
use aio_types::{Exemplar, Labels, Metadata, Samples, TimeRange, TimestampMs};

use super::footer::{Footer, MAGIC, Top};
use super::series::{self, Before, ChunkRef, PAGE_SERIES};
use super::symbols::Symbols;
use super::values::{self, Directory, FEW, Postings};
use super::{Block, PART_CRC_BYTES, Part, spans};
use crate::chunk::{Chunk, chunks_of};
use crate::error::Error;
use crate::record::{encode_exemplars, encode_metadata};

/// Files of this extension are not published.
pub(crate) const TEMPORARY: &str = "tmp";
/// How many different times chunks can choose from; then the choice begins anew.
const TIMES_MAX: usize = 4096;
const BUFFER_BYTES: usize = 1 << 16;

/// A block that is being written. Series come sorted by labels, each once. Dropped before it is finished, it leaves
/// nothing.
#[derive(Debug)]
pub(crate) struct BlockBuilder {
    out: Output,
    /// Series of the page that is being filled.
    page: Writer,
    before: Before,
    top: Top,
    symbols: Symbols,
    /// Series by numbers of name and value.
    postings: HashMap<u32, HashMap<u32, Vec<u32>>>,
    /// When each series has samples.
    spans: Vec<Option<TimeRange>>,
    counts: (u64, u64),
    range: Option<TimeRange>,
    /// Where times lie that later chunks may share.
    times: HashMap<Arc<[u8]>, Part>,
    metadata: Vec<(String, Metadata)>,
}

impl BlockBuilder {
    /// Begins a block in `dir`; `name` tells it from others that are written there at the same time.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub(crate) fn create(dir: &Path, name: &str) -> Result<Self, Error> {
        aio_kit::fs::create_dir(dir).map_err(Error::io(dir))?;
        Ok(Self {
            out: Output::create(dir.join(format!("{name}.{TEMPORARY}")))?,
            page: Writer::default(),
            before: Before::default(),
            top: Top::default(),
            symbols: Symbols::default(),
            postings: HashMap::new(),
            spans: Vec::new(),
            counts: (0, 0),
            range: None,
            times: HashMap::new(),
            metadata: Vec::new(),
        })
    }

    /// Adds a series with samples, those of each kind ascending, each time once.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn add<'a>(
        &mut self,
        labels: &Labels,
        samples: &Samples,
        exemplars: impl ExactSizeIterator<Item = &'a Exemplar> + Clone,
    ) -> Result<(), Error> {
        let chunks: Vec<_> = chunks_of(samples).collect();
        self.add_chunks(labels, &chunks, exemplars)
    }

    /// Adds a series with chunks, those of each kind ascending and disjoint. A series of nothing is passed over.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn add_chunks<'a>(
        &mut self,
        labels: &Labels,
        chunks: &[Chunk],
        exemplars: impl ExactSizeIterator<Item = &'a Exemplar> + Clone,
    ) -> Result<(), Error> {
        if chunks.is_empty() && exemplars.len() == 0 {
            return Ok(());
        }
        let exemplars = self.exemplars(exemplars)?;
        let refs = chunks.iter().map(|chunk| self.chunk(chunk)).collect::<Result<Vec<_>, _>>()?;
        let numbers = self.note_labels(labels);
        series::encode(&mut self.page, &mut self.before, numbers, exemplars, &refs);
        let own = refs.iter().map(|chunk| chunk.range).reduce(union);
        for range in own.into_iter().chain(exemplars.map(|(_, range)| range)) {
            self.range = Some(self.range.map_or(range, |all| union(all, range)));
        }
        self.spans.push(own);
        if self.spans.len().is_multiple_of(PAGE_SERIES) {
            self.end_page()?;
        }
        Ok(())
    }

    /// What is known of metric families.
    pub(crate) fn set_metadata(&mut self, metadata: Vec<(String, Metadata)>) {
        self.metadata = metadata;
    }

    /// Ends the block; `None` where it would be empty.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn finish(mut self) -> Result<Option<Finished>, Error> {
        let Some(range) = self.range else { return Ok(None) };
        self.end_page()?;
        for page in self.symbols.pages() {
            self.top.symbols.push(self.out.part(&page)?);
        }
        for page in self.spans.chunks(spans::PAGE_SERIES) {
            let page: Vec<u8> = page.iter().flat_map(|own| spans::encode(*own, range)).collect();
            self.top.spans.push(self.out.part(&page)?);
        }
        self.labels()?;
        if !self.metadata.is_empty() {
            let mut out = Writer::default();
            encode_metadata(&mut out, &self.metadata);
            self.top.metadata = Some(self.out.part(&out.0)?);
        }
        let top = self.out.part(&self.top.encode())?;
        let (chunks, samples) = self.counts;
        self.out.bytes(&Footer { top, range, series: self.spans.len() as u64, chunks, samples }.encode())?;
        Ok(Some(Finished { temporary: self.out.finish()?, range }))
    }

    fn chunk(&mut self, chunk: &Chunk) -> Result<ChunkRef, Error> {
        let times = match self.times.get(&chunk.times) {
            Some(part) => *part,
            None => self.new_times(&chunk.times)?,
        };
        let Chunk { kind, count, range, .. } = *chunk;
        self.counts = (self.counts.0 + 1, self.counts.1 + u64::from(count));
        Ok(ChunkRef { kind, times, data: self.out.part(&chunk.data)?, range, count })
    }

    fn new_times(&mut self, times: &Arc<[u8]>) -> Result<Part, Error> {
        let part = self.out.part(times)?;
        if self.times.len() == TIMES_MAX {
            self.times.clear();
        }
        self.times.insert(Arc::clone(times), part);
        Ok(part)
    }

    fn exemplars<'a>(
        &mut self,
        exemplars: impl ExactSizeIterator<Item = &'a Exemplar> + Clone,
    ) -> Result<Option<(Part, TimeRange)>, Error> {
        let times = || exemplars.clone().map(|e| e.sample.t);
        let (Some(start), Some(end)) = (times().min(), times().max()) else { return Ok(None) };
        let mut bytes = Writer::default();
        encode_exemplars(&mut bytes, exemplars);
        Ok(Some((self.out.part(&bytes.0)?, TimeRange { start, end })))
    }

    /// The numbers of a new series' labels.
    fn note_labels(&mut self, labels: &Labels) -> Vec<(u32, u32)> {
        let id = u32::try_from(self.spans.len()).unwrap_or(u32::MAX);
        let Self { symbols, postings, .. } = self;
        let note = |(name, value): (&str, &str)| {
            let (name, value) = (symbols.number(name), symbols.number(value));
            postings.entry(name).or_default().entry(value).or_default().push(id);
            (name, value)
        };
        labels.iter().map(note).collect()
    }

    fn end_page(&mut self) -> Result<(), Error> {
        if !self.page.0.is_empty() {
            self.top.series.push(self.out.part(&self.page.0)?);
            self.page.0.clear();
            self.before = Before::default();
        }
        Ok(())
    }

    /// Writes which series have which labels.
    fn labels(&mut self) -> Result<(), Error> {
        let postings = std::mem::take(&mut self.postings);
        let names: BTreeMap<_, _> =
            postings.into_iter().map(|(name, values)| (self.symbols.text(name).to_owned(), values)).collect();
        for (name, values) in names {
            let directory = label(&mut self.out, &self.symbols, values)?;
            let part = self.out.part(&directory.encode())?;
            self.top.labels.push((name.into(), part));
        }
        Ok(())
    }
}

/// Writes the values of one label.
fn label(out: &mut Output, symbols: &Symbols, values: HashMap<u32, Vec<u32>>) -> Result<Directory, Error> {
    let mut sorted: Vec<(&str, Vec<u32>)> = values.into_iter().map(|(value, ids)| (symbols.text(value), ids)).collect();
    sorted.sort_unstable();
    let count = sorted.len() as u64;
    let mut any: Vec<u32> = sorted.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    any.sort_unstable();
    let any = out.bitmap(&any)?;
    let (mut pages, mut page, mut first) = (Vec::new(), Writer::default(), "");
    for (value, ids) in sorted {
        if page.0.is_empty() {
            first = value;
        }
        let postings = if ids.len() > FEW { Postings::Part(out.bitmap(&ids)?) } else { Postings::Few(ids[..].into()) };
        values::encode_value(&mut page, value, ids.len(), &postings);
        if page.0.len() >= values::PAGE_BYTES {
            pages.push((first.into(), out.part(&page.0)?));
            page.0.clear();
        }
    }
    if !page.0.is_empty() {
        pages.push((first.into(), out.part(&page.0)?));
    }
    Ok(Directory { count, any, pages })
}

fn union(a: TimeRange, b: TimeRange) -> TimeRange {
    TimeRange { start: a.start.min(b.start), end: a.end.max(b.end) }
}

/// The file, and how far it has come.
#[derive(Debug)]
struct Output {
    temporary: Temporary,
    file: BufWriter<File>,
    offset: u64,
}

impl Output {
    fn create(path: PathBuf) -> Result<Self, Error> {
        let temporary = Temporary(path);
        let file = File::create(&temporary.0).map_err(Error::io(&temporary.0))?;
        let mut out = Self { temporary, file: BufWriter::with_capacity(BUFFER_BYTES, file), offset: 0 };
        out.bytes(MAGIC)?;
        Ok(out)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.offset += bytes.len() as u64;
        self.file.write_all(bytes).map_err(Error::io(&self.temporary.0))
    }

    fn part(&mut self, bytes: &[u8]) -> Result<Part, Error> {
        let part = Part { offset: self.offset, bytes: (bytes.len() + PART_CRC_BYTES) as u64 };
        self.bytes(&crc32fast::hash(bytes).to_le_bytes())?;
        self.bytes(bytes)?;
        Ok(part)
    }

    fn bitmap(&mut self, ids: &[u32]) -> Result<Part, Error> {
        let bytes = values::encode_bitmap(ids).map_err(Error::io(&self.temporary.0))?;
        self.part(&bytes)
    }

    fn finish(self) -> Result<Temporary, Error> {
        let Self { temporary, file, .. } = self;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).map_err(Error::io(&temporary.0))?;
        Ok(temporary)
    }
}

/// A whole block that nobody sees yet. Goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Finished {
    temporary: Temporary,
    range: TimeRange,
}

impl Finished {
    /// Opens the block under the name it has now: to look at it before anybody sees it.
    ///
    /// # Errors
    /// As [`Block::open`].
    pub(crate) fn open(&self) -> Result<Block, Error> {
        Block::open(&self.temporary.0)
    }

    /// Gives the block its name and opens it.
    ///
    /// # Errors
    /// When the file cannot be renamed or read.
    pub(crate) fn publish(mut self, sequence: u64) -> Result<Block, Error> {
        let TimeRange { start: TimestampMs(start), end: TimestampMs(end) } = self.range;
        let path = self.temporary.0.with_file_name(format!("{start}-{end}-{sequence}.block"));
        std::fs::rename(&self.temporary.0, &path).map_err(Error::io(&path))?;
        self.temporary.0.clear();
        let dir = path.parent().unwrap_or(Path::new("."));
        let opened = aio_kit::fs::sync_dir(dir).map_err(Error::io(dir)).and_then(|()| Block::open(&path));
        if opened.is_err() {
            // A block that nobody in this process knows must not be there after a restart.
            let _best_effort = std::fs::remove_file(&path);
        }
        opened
    }
}

/// A file that goes when it is dropped, unless it was renamed and has no name here any more.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            let _best_effort = std::fs::remove_file(&self.0);
        }
    }
}
