//! Writing a block: series by series, so that memory holds one series' chunks at a time beside the index.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use aio_kit::bytes::Writer;
use aio_types::{Exemplar, Labels, TimeRange};

use crate::block::{Block, CHUNK_CRC_BYTES, MAGIC};
use crate::chunk::Chunk;
use crate::error::Error;
use crate::head::HeadView;
use crate::record::{encode_exemplars, encode_labels};

/// Under this name a block is written; a crash leaves it behind and the next start removes it.
const TEMPORARY: &str = "block.tmp";

/// Writes all of a head as a block and opens it. `None` where there is nothing to write.
///
/// # Errors
/// When a file cannot be written; then nothing is published.
pub(crate) fn write(dir: &Path, sequence: u64, head: &HeadView) -> Result<Option<Block>, Error> {
    if head.range.is_none() {
        return Ok(None);
    }
    let mut writer = BlockWriter::create(dir, TEMPORARY)?;
    for series in head.sorted() {
        let chunks = series.chunks();
        writer.add(&series.labels, &series.exemplars, chunks.iter().map(|chunk| &**chunk))?;
    }
    writer.finish(sequence)
}

/// A block under way. Dropped before it is finished, it leaves nothing.
pub(crate) struct BlockWriter {
    dir: PathBuf,
    temporary: PathBuf,
    /// `None` once finished.
    file: Option<BufWriter<File>>,
    offset: u64,
    index: Writer,
    series: u64,
    range: Option<TimeRange>,
}

impl Drop for BlockWriter {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _best_effort = std::fs::remove_file(&self.temporary);
        }
    }
}

impl BlockWriter {
    /// Begins a file of that name in `dir`.
    pub(crate) fn create(dir: &Path, temporary: &str) -> Result<Self, Error> {
        std::fs::create_dir_all(dir).map_err(Error::io(dir))?;
        let temporary = dir.join(temporary);
        let file = Some(BufWriter::new(File::create(&temporary).map_err(Error::io(&temporary))?));
        let dir = dir.to_owned();
        let mut writer = Self { dir, temporary, file, offset: 0, index: Writer::default(), series: 0, range: None };
        writer.bytes(MAGIC)?;
        Ok(writer)
    }

    /// Adds the next series in order of labels. Its chunks ascend and do not overlap.
    pub(crate) fn add<'a>(
        &mut self,
        labels: &Labels,
        exemplars: impl IntoIterator<Item = &'a Exemplar, IntoIter: ExactSizeIterator + Clone>,
        chunks: impl IntoIterator<Item = &'a Chunk, IntoIter: ExactSizeIterator>,
    ) -> Result<(), Error> {
        let (exemplars, chunks) = (exemplars.into_iter(), chunks.into_iter());
        encode_labels(&mut self.index, labels);
        for exemplar in exemplars.clone() {
            self.covers(TimeRange { start: exemplar.sample.t, end: exemplar.sample.t });
        }
        encode_exemplars(&mut self.index, exemplars);
        self.index.uint(chunks.len() as u64);
        self.series += 1;
        chunks.into_iter().try_for_each(|chunk| self.chunk(chunk))
    }

    fn chunk(&mut self, chunk: &Chunk) -> Result<(), Error> {
        self.covers(chunk.range);
        self.index.uint(self.offset);
        self.index.uint((chunk.data.len() + CHUNK_CRC_BYTES) as u64);
        self.index.int(chunk.range.start.0);
        self.index.int(chunk.range.end.0);
        self.index.uint(chunk.count as u64);
        self.bytes(&crc32fast::hash(&chunk.data).to_le_bytes())?;
        self.bytes(&chunk.data)
    }

    fn covers(&mut self, range: TimeRange) {
        let own = self.range.get_or_insert(range);
        *own = TimeRange { start: own.start.min(range.start), end: own.end.max(range.end) };
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.offset += bytes.len() as u64;
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(bytes).map_err(Error::io(&self.temporary))
    }

    /// Publishes the block and opens it. `None` where there is nothing in it.
    pub(crate) fn finish(mut self, sequence: u64) -> Result<Option<Block>, Error> {
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
        let path = self.dir.join(format!("{}-{}-{sequence}.block", range.start.0, range.end.0));
        self.publish(&path)?;
        Block::open(&path).map(Some)
    }

    fn publish(&mut self, path: &Path) -> Result<(), Error> {
        let io = Error::io(&self.temporary);
        if let Some(file) = &mut self.file {
            file.flush().and_then(|()| file.get_ref().sync_all()).map_err(io)?;
        }
        std::fs::rename(&self.temporary, path).map_err(Error::io(path))?;
        // From here on there is no temporary file to remove.
        self.file = None;
        aio_kit::fs::sync_dir(&self.dir).map_err(Error::io(&self.dir))
    }
}
