//! The answer in one message and one snappy block. Both begin with their length, so that what is too large to keep is
//! made twice, first only to be measured: a source does not change while it is held.

use aio_wire::remote_read::{Query, samples};
use aio_wire::snappy::BlockWriter;

use super::parts::{Output, Stop};
use super::{Source, each_series};
use crate::error::ApiError;

/// An answer up to this size is kept while it is measured.
const KEPT_BYTES_MAX: usize = 8 << 20;

pub(super) fn write(source: &Source, queries: &[Query], samples_max: usize, output: &Output) -> Result<(), Stop> {
    let mut draft = Draft::default();
    for query in queries {
        draft.measure(source, query, samples_max, output)?;
    }
    let mut block = Block::begin(draft.response_bytes())?;
    for (position, query) in queries.iter().enumerate() {
        block.write(&draft.head(position), output)?;
        match &draft.kept {
            Some(kept) => block.write(&kept[position], output)?,
            None => block.write_result(source, query, output)?,
        }
    }
    block.finish(output)
}

/// The results of the queries measured so far.
struct Draft {
    sizes: Vec<u64>,
    /// The results themselves while they are small together.
    kept: Option<Vec<Vec<u8>>>,
}

impl Default for Draft {
    fn default() -> Self {
        Self { sizes: Vec::new(), kept: Some(Vec::new()) }
    }
}

impl Draft {
    fn measure(&mut self, source: &Source, query: &Query, samples_max: usize, output: &Output) -> Result<(), Stop> {
        let (mut size, mut result, mut count) = (0, Vec::new(), 0);
        let mut room = KEPT_BYTES_MAX.saturating_sub(self.kept.iter().flatten().map(Vec::len).sum());
        each_series(source, query, output, |labels, series| {
            count += series.len();
            if count > samples_max {
                return Err(Stop::Failed(ApiError::BadRequest(format!("exceeded sample limit ({samples_max})"))));
            }
            let before = result.len();
            samples::put_series(&mut result, labels, series);
            size += (result.len() - before) as u64;
            if self.kept.is_none() || result.len() > room {
                (self.kept, room) = (None, 0);
                result.clear();
            }
            Ok(())
        })?;
        self.sizes.push(size);
        self.kept.iter_mut().for_each(|kept| kept.push(std::mem::take(&mut result)));
        Ok(())
    }

    fn head(&self, position: usize) -> Vec<u8> {
        let mut head = Vec::with_capacity(12);
        samples::put_result_head(&mut head, self.sizes[position]);
        head
    }

    fn response_bytes(&self) -> u64 {
        (0..self.sizes.len()).map(|position| self.head(position).len() as u64 + self.sizes[position]).sum()
    }
}

/// The block under way, and what of it is not sent yet.
struct Block {
    writer: BlockWriter,
    buffer: Vec<u8>,
}

impl Block {
    fn begin(bytes: u64) -> Result<Self, Stop> {
        let mut buffer = Vec::new();
        let writer = BlockWriter::begin(bytes, &mut buffer)
            .map_err(|_| ApiError::BadRequest(format!("the answer would take {bytes} bytes: ask for less at once")))?;
        Ok(Self { writer, buffer })
    }

    fn write(&mut self, bytes: &[u8], output: &Output) -> Result<(), Stop> {
        self.writer.write(bytes, &mut self.buffer)?;
        output.send_if_full(&mut self.buffer)
    }

    fn write_result(&mut self, source: &Source, query: &Query, output: &Output) -> Result<(), Stop> {
        let mut series = Vec::new();
        each_series(source, query, output, |labels, read| {
            series.clear();
            samples::put_series(&mut series, labels, read);
            self.write(&series, output)
        })
    }

    fn finish(mut self, output: &Output) -> Result<(), Stop> {
        self.writer.finish(&mut self.buffer)?;
        output.send(&mut self.buffer)
    }
}
