//! Chunks as they lie in the file, for copying them.

use std::sync::Arc;

use super::{Block, BlockSeries, Part};
use crate::chunk::Chunk;
use crate::error::Error;

/// The times read last: neighbours often share them.
#[derive(Debug, Default)]
pub(crate) struct LastTimes(Option<(Part, Arc<[u8]>)>);

impl Block {
    /// A series' chunks, those of each kind ascending, as they were written.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn chunks(&self, series: &BlockSeries, last: &mut LastTimes) -> Result<Vec<Chunk>, Error> {
        let chunk = |at: &super::ChunkRef| {
            let (times, data) = (self.raw_times(at.times, last)?, self.part(at.data)?.into());
            Ok(Chunk { kind: at.kind, count: at.count, range: at.range, times, data })
        };
        series.chunks.iter().map(chunk).collect()
    }

    fn raw_times(&self, part: Part, last: &mut LastTimes) -> Result<Arc<[u8]>, Error> {
        match &last.0 {
            Some((known, times)) if *known == part => Ok(Arc::clone(times)),
            _ => {
                let times: Arc<[u8]> = self.part(part)?.into();
                last.0 = Some((part, Arc::clone(&times)));
                Ok(times)
            }
        }
    }
}
