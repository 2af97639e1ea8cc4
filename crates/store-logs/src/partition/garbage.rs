//! Files of segments that were merged into others. The index engine leaves those that a reader had open when it last looked.

use std::collections::HashSet;
use std::path::PathBuf;

use tantivy::IndexWriter;
use tantivy::directory::error::LockError;
use tantivy::error::TantivyError;

use super::{Partition, WRITER_BYTES};
use crate::error::Error;

impl Partition {
    /// Removes files that no segment has any more. What a query still reads stays until the next call.
    pub(crate) fn remove_garbage(&self) -> Result<(), Error> {
        let fault = Error::index(&self.dir);
        if self.garbage()?.is_empty() {
            return Ok(());
        }
        match self.index.writer_with_num_threads::<tantivy::TantivyDocument>(1, WRITER_BYTES) {
            Ok(writer) => collect(&writer).map_err(fault),
            // Somebody writes, who looks for garbage too.
            Err(TantivyError::LockFailure(LockError::LockBusy, _)) => Ok(()),
            Err(error) => Err(fault(error)),
        }
    }

    /// The segments there are, known to the engine as long as this is held.
    #[cfg(test)]
    pub(crate) fn segments(&self) -> Vec<tantivy::SegmentMeta> {
        self.index.searchable_segment_metas().expect("lists")
    }

    /// Files that no segment has.
    pub(crate) fn garbage(&self) -> Result<Vec<PathBuf>, Error> {
        let in_use: HashSet<_> = self.index.load_metas().map_err(Error::index(&self.dir))?.list_segment_files();
        let is_garbage = |file: &PathBuf| !in_use.contains(file) && file.as_os_str() != META;
        Ok(self.index.directory().list_managed_files().into_iter().filter(is_garbage).collect())
    }
}

/// What the engine calls the list of segments.
const META: &str = "meta.json";

fn collect(writer: &IndexWriter) -> tantivy::Result<()> {
    writer.garbage_collect_files().wait().map(drop)
}
