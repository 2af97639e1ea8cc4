//! Writing a block: series by series, so that memory holds one series' chunks at a time beside the index.
//!
//! What is written lies under a temporary name until [`Finished::publish`]: a crash leaves such files behind, and the
//! next start removes them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aio_kit::bytes::Writer;
use aio_types::{Exemplar, Labels, Samples, TimeRange, TimestampMs};

use crate::block::{Block, ChunkRef, MAGIC, PART_CRC_BYTES, Part};
use crate::chunk::{Chunk, Kind, SAMPLES_MAX, histogram_runs};
use crate::error::Error;
use crate::head::HeadView;
use crate::record::{encode_exemplars, encode_labels};
use crate::series::Content;

/// Files of this extension are not published.
pub(crate) const TEMPORARY: &str = "tmp";
/// How many different times chunks can choose from; then the choice begins anew.
const TIMES_MAX: usize = 4096;

/// Writes all of a head as a block and opens it. `None` where there is nothing to write.
///
/// # Errors
/// When a file cannot be written; then nothing is published.
pub(crate) fn write(dir: &Path, sequence: u64, head: &HeadView) -> Result<Option<Block>, Error> {
    let mut builder = BlockBuilder::create(dir, "head")?;
    for series in head.sorted() {
        match series.content() {
            Content::Chunks(chunks) => builder.add_chunks(&series.labels, &chunks, series.exemplars())?,
            Content::Samples(samples) => builder.add(&series.labels, &samples, series.exemplars())?,
        }
    }
    let finished = builder.finish()?;
    finished.map(|finished| finished.publish(sequence)).transpose()
}

/// A block that is being written. Series come sorted by labels, each once.
#[derive(Debug)]
pub(crate) struct BlockBuilder {
    temporary: Temporary,
    out: BufWriter<File>,
    offset: u64,
    index: Writer,
    series: u64,
    range: Option<TimeRange>,
    /// Where times lie that later chunks may share.
    times: HashMap<Arc<[u8]>, Part>,
}

impl BlockBuilder {
    /// Begins a block in `dir`; `name` tells it from others that are written there at the same time.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub(crate) fn create(dir: &Path, name: &str) -> Result<Self, Error> {
        std::fs::create_dir_all(dir).map_err(Error::io(dir))?;
        let temporary = Temporary(dir.join(format!("{name}.{TEMPORARY}")));
        let file = File::create(&temporary.0).map_err(Error::io(&temporary.0))?;
        let out = BufWriter::with_capacity(1 << 16, file);
        let (index, times) = (Writer::default(), HashMap::new());
        let mut builder = Self { temporary, out, offset: 0, index, series: 0, range: None, times };
        builder.bytes(MAGIC)?;
        Ok(builder)
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
        let starts = |i: usize| samples.starts.chunks(SAMPLES_MAX).nth(i).unwrap_or_default();
        let floats = samples.floats.chunks(SAMPLES_MAX).enumerate();
        let floats = floats.filter_map(|(i, run)| Chunk::floats(run, starts(i)));
        let histograms = histogram_runs(&samples.histograms, SAMPLES_MAX).filter_map(Chunk::histograms);
        let chunks: Vec<_> = floats.chain(histograms).map(Arc::new).collect();
        self.add_chunks(labels, &chunks, exemplars)
    }

    /// Adds a series with chunks, those of each kind ascending and disjoint.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn add_chunks<'a>(
        &mut self,
        labels: &Labels,
        chunks: &[Arc<Chunk>],
        exemplars: impl ExactSizeIterator<Item = &'a Exemplar> + Clone,
    ) -> Result<(), Error> {
        if chunks.is_empty() && exemplars.len() == 0 {
            return Ok(());
        }
        self.series += 1;
        encode_labels(&mut self.index, labels);
        self.exemplars(exemplars)?;
        self.index.uint(chunks.len() as u64);
        chunks.iter().try_for_each(|chunk| self.chunk(chunk))
    }

    /// Ends the block; `None` where it would be empty.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn finish(mut self) -> Result<Option<Finished>, Error> {
        let Some(range) = self.range else { return Ok(None) };
        let mut index = Writer::default();
        index.uint(self.series);
        index.0.append(&mut self.index.0);
        let (offset, index) = (self.offset, index.0);
        self.bytes(&index)?;
        self.bytes(&offset.to_le_bytes())?;
        self.bytes(&(index.len() as u64).to_le_bytes())?;
        self.bytes(&crc32fast::hash(&index).to_le_bytes())?;
        self.bytes(MAGIC)?;
        let Self { temporary, out, .. } = self;
        let file = out.into_inner().map_err(std::io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).map_err(Error::io(&temporary.0))?;
        Ok(Some(Finished { temporary, range }))
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.offset += bytes.len() as u64;
        self.out.write_all(bytes).map_err(Error::io(&self.temporary.0))
    }

    fn part(&mut self, bytes: &[u8]) -> Result<Part, Error> {
        let part = Part { offset: self.offset, bytes: (bytes.len() + PART_CRC_BYTES) as u64 };
        self.bytes(&crc32fast::hash(bytes).to_le_bytes())?;
        self.bytes(bytes)?;
        Ok(part)
    }

    fn chunk(&mut self, chunk: &Chunk) -> Result<(), Error> {
        let times = match self.times.get(&chunk.times) {
            Some(part) => *part,
            None => self.new_times(&chunk.times)?,
        };
        let Chunk { kind, count, range, .. } = *chunk;
        let at = ChunkRef { kind, times, data: self.part(&chunk.data)?, range, count };
        encode_chunk_ref(&mut self.index, &at);
        self.widen(range);
        Ok(())
    }

    fn new_times(&mut self, times: &Arc<[u8]>) -> Result<Part, Error> {
        let part = self.part(times)?;
        if self.times.len() == TIMES_MAX {
            self.times.clear();
        }
        self.times.insert(Arc::clone(times), part);
        Ok(part)
    }

    fn exemplars<'a>(&mut self, exemplars: impl ExactSizeIterator<Item = &'a Exemplar> + Clone) -> Result<(), Error> {
        let times = || exemplars.clone().map(|e| e.sample.t);
        let (Some(start), Some(end)) = (times().min(), times().max()) else {
            self.index.byte(0);
            return Ok(());
        };
        let mut bytes = Writer::default();
        encode_exemplars(&mut bytes, exemplars);
        let part = self.part(&bytes.0)?;
        let range = TimeRange { start, end };
        self.index.byte(1);
        encode_part(&mut self.index, part);
        encode_range(&mut self.index, range);
        self.widen(range);
        Ok(())
    }

    fn widen(&mut self, by: TimeRange) {
        let range = self.range.get_or_insert(by);
        *range = TimeRange { start: range.start.min(by.start), end: range.end.max(by.end) };
    }
}

fn encode_chunk_ref(out: &mut Writer, chunk: &ChunkRef) {
    out.byte(match chunk.kind {
        Kind::Floats => 0,
        Kind::Histograms => 1,
    });
    encode_part(out, chunk.times);
    encode_part(out, chunk.data);
    encode_range(out, chunk.range);
    out.uint(chunk.count.into());
}

fn encode_part(out: &mut Writer, part: Part) {
    out.uint(part.offset);
    out.uint(part.bytes);
}

fn encode_range(out: &mut Writer, range: TimeRange) {
    out.int(range.start.0);
    out.int(range.end.0);
}

/// A whole block that nobody sees yet. Goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Finished {
    temporary: Temporary,
    range: TimeRange,
}

impl Finished {
    /// Gives the block its name and opens it.
    ///
    /// # Errors
    /// When the file cannot be renamed or read.
    pub(crate) fn publish(self, sequence: u64) -> Result<Block, Error> {
        let TimeRange { start: TimestampMs(start), end: TimestampMs(end) } = self.range;
        let path = self.temporary.0.with_file_name(format!("{start}-{end}-{sequence}.block"));
        std::fs::rename(&self.temporary.0, &path).map_err(Error::io(&path))?;
        let dir = path.parent().unwrap_or(Path::new("."));
        aio_kit::fs::sync_dir(dir).map_err(Error::io(dir))?;
        Block::open(&path)
    }
}

/// A file that goes when it is dropped, unless it was renamed.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _renamed_or_best_effort = std::fs::remove_file(&self.0);
    }
}
