//! Writing a block: series by series, so that memory holds one series' chunks at a time beside the index.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use aio_kit::bytes::Writer;
use aio_types::{TimeRange, TimestampMs};

use crate::block::{Block, CHUNK_CRC_BYTES, MAGIC};
use crate::chunk::Chunk;
use crate::error::Error;
use crate::head::HeadView;
use crate::record::{encode_exemplars, encode_labels};
use crate::series::HeadSeries;

/// Under this name a block is written; a crash leaves it behind and the next start removes it.
pub(crate) const TEMPORARY: &str = "block.tmp";

/// Writes all of a head as a block and opens it. `None` where there is nothing to write.
///
/// # Errors
/// When a file cannot be written; then nothing is published.
pub(crate) fn write(dir: &Path, sequence: u64, head: &HeadView) -> Result<Option<Block>, Error> {
    let Some(range) = head.range else { return Ok(None) };
    std::fs::create_dir_all(dir).map_err(Error::io(dir))?;
    let temporary = dir.join(TEMPORARY);
    let written = write_file(&temporary, head).and_then(|()| publish(dir, &temporary, sequence, range));
    if written.is_err() {
        let _best_effort = std::fs::remove_file(&temporary);
    }
    Block::open(&written?).map(Some)
}

fn publish(dir: &Path, temporary: &Path, sequence: u64, range: TimeRange) -> Result<PathBuf, Error> {
    let TimeRange { start: TimestampMs(start), end: TimestampMs(end) } = range;
    let path = dir.join(format!("{start}-{end}-{sequence}.block"));
    std::fs::rename(temporary, &path).map_err(Error::io(&path))?;
    aio_kit::fs::sync_dir(dir).map_err(Error::io(dir))?;
    Ok(path)
}

fn write_file(path: &Path, head: &HeadView) -> Result<(), Error> {
    let series = head.sorted();
    let file = File::create(path).map_err(Error::io(path))?;
    let mut out = Output { file: BufWriter::new(file), offset: 0, index: Writer::default() };
    out.index.uint(series.len() as u64);
    let written = out.bytes(MAGIC).and_then(|()| series.iter().try_for_each(|one| out.series(one)));
    written.and_then(|()| out.finish()).map_err(Error::io(path))
}

struct Output {
    file: BufWriter<File>,
    offset: u64,
    index: Writer,
}

impl Output {
    fn bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.offset += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    fn series(&mut self, series: &HeadSeries) -> std::io::Result<()> {
        let chunks = series.chunks();
        encode_labels(&mut self.index, &series.labels);
        encode_exemplars(&mut self.index, &series.exemplars);
        self.index.uint(chunks.len() as u64);
        chunks.iter().try_for_each(|chunk| self.chunk(chunk))
    }

    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        self.index.uint(self.offset);
        self.index.uint((chunk.data.len() + CHUNK_CRC_BYTES) as u64);
        self.index.int(chunk.range.start.0);
        self.index.int(chunk.range.end.0);
        self.index.uint(chunk.count as u64);
        self.bytes(&crc32fast::hash(&chunk.data).to_le_bytes())?;
        self.bytes(&chunk.data)
    }

    fn finish(mut self) -> std::io::Result<()> {
        let (offset, index) = (self.offset, std::mem::take(&mut self.index.0));
        self.bytes(&index)?;
        self.bytes(&offset.to_le_bytes())?;
        self.bytes(&(index.len() as u64).to_le_bytes())?;
        self.bytes(&crc32fast::hash(&index).to_le_bytes())?;
        self.bytes(MAGIC)?;
        self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    }
}
