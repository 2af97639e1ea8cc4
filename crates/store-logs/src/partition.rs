//! One day of one tenant: a tantivy index with one document per chunk. The only module that names tantivy.
//!
//! ```text
//!   document = tok: words | kv: name=value, 0x02 name, 0x03 where a line escapes letters,
//!                            and for labels of the stream 0x01 name=value
//!            | id: term | sequence: of the newest record it may hold lines of
//!            | labels, min_ts, max_ts, entries, line_bytes, metadata_bytes, levels: columns
//!            | ids: column of the words of a bloom filter | patterns: column, see `patterns`
//!            | chunk: stored, and its length, u32 LE
//! ```
//!
//! The bloom filter is a column so that a look at a few of its words reads no more than these.
//!
//! The payload of a commit is the sequence number of the last record whose lines it holds, so that replay after a
//! crash between commit and truncation of the log adds nothing twice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aio_kit::bytes::Writer;
use aio_types::{Labels, LogEntry};
use parking_lot::Mutex;
use tantivy::indexer::LogMergePolicy;
use tantivy::schema::{
    BytesOptions, FAST, Field, INDEXED, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing,
    TextOptions,
};
use tantivy::store::Compressor;
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, SegmentMeta, TantivyDocument, Term};

use crate::chunk;
use crate::error::Error;
use crate::head::metadata_bytes;
use crate::patterns;
use crate::record::labels;
use crate::tokens::hash;
use crate::tombstones::Requests;

mod garbage;
mod matching;
mod view;

pub(crate) use view::{ChunkRef, View, Wanted};

/// Segments with more of their documents deleted are merged.
const DELETED_MAX: f32 = 0.2;
/// The least tantivy takes for one thread.
const WRITER_BYTES: usize = 15_000_000;
/// A document store block holds one chunk; caching them would only duplicate the page cache.
const CACHED_BLOCKS: usize = 1;

#[derive(Debug, Clone, Copy)]
struct Fields {
    tok: Field,
    kv: Field,
    labels: Field,
    min_ts: Field,
    max_ts: Field,
    entries: Field,
    line_bytes: Field,
    metadata_bytes: Field,
    levels: Field,
    ids: Field,
    patterns: Field,
    id: Field,
    sequence: Field,
    payload: Field,
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let exact = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false),
    );
    let number = NumericOptions::default() | FAST;
    let fields = Fields {
        tok: builder.add_text_field("tok", exact.clone()),
        kv: builder.add_text_field("kv", exact),
        labels: builder.add_bytes_field("labels", BytesOptions::default() | FAST),
        min_ts: builder.add_i64_field("min_ts", number.clone()),
        max_ts: builder.add_i64_field("max_ts", number.clone()),
        entries: builder.add_u64_field("entries", number.clone()),
        line_bytes: builder.add_u64_field("line_bytes", number.clone()),
        metadata_bytes: builder.add_u64_field("metadata_bytes", number.clone()),
        levels: builder.add_u64_field("levels", number.clone()),
        ids: builder.add_u64_field("ids", number.clone()),
        patterns: builder.add_bytes_field("patterns", BytesOptions::default() | FAST),
        id: builder.add_u64_field("id", number.clone() | INDEXED),
        sequence: builder.add_u64_field("sequence", number),
        payload: builder.add_bytes_field("chunk", BytesOptions::default() | STORED),
    };
    (builder.build(), fields)
}

/// An open partition.
pub(crate) struct Partition {
    pub(crate) dir: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    /// Everything up to this record is in the index.
    marker: Mutex<u64>,
    /// How often chunks were added since small ones were last looked for.
    appends: AtomicUsize,
}

/// Lines to write as one chunk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replacement<'a> {
    pub(crate) labels: &'a Labels,
    pub(crate) entries: &'a [LogEntry],
    /// The newest record it may hold lines of.
    pub(crate) sequence: u64,
}

impl std::fmt::Debug for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partition").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Partition {
    pub(crate) fn create(dir: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(dir).map_err(Error::io(dir))?;
        let settings = IndexSettings { docstore_compression: Compressor::None, ..IndexSettings::default() };
        let index = Index::builder().schema(schema().0).settings(settings).create_in_dir(dir);
        Self::new(dir, index.map_err(Error::index(dir))?)
    }

    /// Opens what [`Partition::create`] made. Files other than the chunks themselves are verified: a chunk has its own
    /// checksum and is verified when it is read, so that starting does not mean reading everything.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        guarded(dir, || {
            let index = Index::open_in_dir(dir).map_err(Error::index(dir))?;
            match damaged_file(&index).map_err(Error::index(dir))? {
                None => Self::new(dir, index),
                Some(file) => Err(Error::Corrupt { path: dir.join(file), reason: "checksum mismatch".to_owned() }),
            }
        })
    }

    fn new(dir: &Path, index: Index) -> Result<Self, Error> {
        let (schema, fields) = schema();
        if index.schema() != schema {
            return Err(Error::Index { path: dir.to_owned(), reason: "written by another version".to_owned() });
        }
        let payload = index.load_metas().map_err(Error::index(dir))?.payload;
        let marker = payload.and_then(|p| p.parse().ok()).unwrap_or(0);
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(CACHED_BLOCKS)
            .try_into()
            .map_err(Error::index(dir))?;
        Ok(Self {
            dir: dir.to_owned(),
            index,
            reader,
            fields,
            marker: Mutex::new(marker),
            appends: AtomicUsize::new(usize::MAX >> 1),
        })
    }

    pub(crate) fn marker(&self) -> u64 {
        *self.marker.lock()
    }

    /// Writes chunks durably. They are seen by readers after [`Partition::refresh`].
    pub(crate) fn append(&self, chunks: &[(&Labels, &[LogEntry])], marker: u64) -> Result<(), Error> {
        let new: Vec<_> =
            chunks.iter().map(|(labels, entries)| Replacement { labels, entries, sequence: marker }).collect();
        self.write(&[], &new, marker)?;
        *self.marker.lock() = marker;
        self.appends.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Writes chunks durably and takes others out. It is seen by readers after [`Partition::refresh`].
    pub(crate) fn replace(&self, old: &[u64], new: &[Replacement<'_>]) -> Result<(), Error> {
        self.write(old, new, self.marker())
    }

    /// Whether there were so many appends since small chunks were last looked for.
    pub(crate) fn is_due_for_merging(&self, appends: usize) -> bool {
        self.appends.load(Ordering::Relaxed) >= appends
    }

    /// There are few small chunks now.
    pub(crate) fn is_merged(&self) {
        self.appends.store(0, Ordering::Relaxed);
    }

    fn write(&self, old: &[u64], new: &[Replacement<'_>], marker: u64) -> Result<(), Error> {
        let fault = |e: tantivy::TantivyError| Error::Index { path: self.dir.clone(), reason: e.to_string() };
        let mut writer: IndexWriter = self.index.writer_with_num_threads(1, WRITER_BYTES).map_err(fault)?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(DELETED_MAX);
        writer.set_merge_policy(Box::new(policy));
        for id in old {
            writer.delete_term(Term::from_field_u64(self.fields.id, *id));
        }
        for (number, chunk) in new.iter().enumerate() {
            writer.add_document(self.document(chunk, marker, number)?).map_err(fault)?;
        }
        let mut commit = writer.prepare_commit().map_err(fault)?;
        commit.set_payload(&marker.to_string());
        commit.commit().map_err(fault)?;
        if !old.is_empty() {
            self.purge(&mut writer);
        }
        if let Err(error) = writer.wait_merging_threads() {
            // The lines are in the index; what was to be joined stays apart.
            tracing::warn!(path = %self.dir.display(), %error, "segments of a partition were not merged");
        }
        Ok(())
    }

    /// Writes segments anew that have deleted documents: their lines are not to stay on the disk.
    fn purge(&self, writer: &mut IndexWriter) {
        let with_deleted = |metas: Vec<SegmentMeta>| metas.into_iter().filter(SegmentMeta::has_deletes);
        let Ok(metas) = self.index.searchable_segment_metas() else { return };
        for segment in with_deleted(metas) {
            // One that is being merged already loses them that way.
            if let Err(error) = writer.merge(&[segment.id()]).wait() {
                tracing::debug!(path = %self.dir.display(), %error, "segment left to its merge");
            }
        }
    }

    fn document(&self, chunk: &Replacement<'_>, marker: u64, number: usize) -> Result<TantivyDocument, Error> {
        let f = self.fields;
        let Replacement { labels: stream, entries, sequence } = *chunk;
        let (mut payload, terms) = chunk::encode(entries).map_err(Error::io(&self.dir))?;
        let len = u32::try_from(payload.len()).unwrap_or(0);
        payload.extend_from_slice(&len.to_le_bytes());
        let mut document = TantivyDocument::default();
        terms.words().for_each(|t| document.add_text(f.tok, t));
        terms.pairs.iter().for_each(|p| document.add_text(f.kv, p));
        terms.names.iter().for_each(|name| document.add_text(f.kv, name_term(name)));
        if terms.escapes_letters {
            document.add_text(f.kv, ESCAPED_TERM);
        }
        stream.iter().for_each(|(name, value)| document.add_text(f.kv, label_term(name, value)));
        let mut name = Writer::default();
        labels(&mut name, stream);
        document.add_bytes(f.labels, &name.0);
        // Unlike that of any chunk before: a later write has another marker, or is of the same commit, or takes the place
        // of chunks that were fewer lines each.
        name.uint(marker);
        name.uint(number as u64);
        name.uint(entries.len() as u64);
        name.uint(u64::from(crc32fast::hash(&payload)));
        document.add_u64(f.id, hash(&name.0));
        document.add_u64(f.sequence, sequence);
        document.add_i64(f.min_ts, entries.first().map_or(0, |e| e.ts.0));
        document.add_i64(f.max_ts, entries.last().map_or(0, |e| e.ts.0));
        document.add_u64(f.entries, entries.len() as u64);
        document.add_u64(f.line_bytes, entries.iter().map(|e| e.line.len() as u64).sum());
        document.add_u64(f.metadata_bytes, entries.iter().map(metadata_bytes).sum());
        document.add_u64(f.levels, terms.levels);
        terms.filter().into_iter().for_each(|word| document.add_u64(f.ids, word));
        if let Some(summary) = patterns::encode(entries) {
            document.add_bytes(f.patterns, &summary);
        }
        document.add_bytes(f.payload, &payload);
        Ok(document)
    }

    /// Lets readers see what was appended.
    pub(crate) fn refresh(&self) -> Result<(), Error> {
        self.reader.reload().map_err(Error::index(&self.dir))
    }

    /// The partition as it is now, without what was deleted.
    pub(crate) fn view(self: &Arc<Self>, requests: Requests) -> View {
        View::new(Arc::clone(self), self.reader.searcher(), requests)
    }
}

/// The term of a stream's label.
fn label_term(name: &str, value: &str) -> String {
    format!("\u{1}{name}={value}")
}

/// The term of chunks with a line that spells letters by escapes.
const ESCAPED_TERM: &str = "\u{3}";

/// The term of a name of structured metadata.
fn name_term(name: &str) -> String {
    format!("\u{2}{name}")
}

/// A file of the index, other than the chunks themselves, that does not have its checksum.
fn damaged_file(index: &Index) -> tantivy::Result<Option<PathBuf>> {
    // What is only on the way when a process dies is listed as managed, but no segment has it.
    let in_use = index.load_metas()?.list_segment_files();
    let is_checked = |file: &PathBuf| in_use.contains(file) && file.extension().is_none_or(|e| e != "store");
    for file in index.directory().list_managed_files() {
        if is_checked(&file) && !index.directory().validate_checksum(&file)? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// Damage that a checksum missed may make the index engine panic; that must stay one query's failure.
fn guarded<T>(dir: &Path, run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(Error::Corrupt { path: dir.to_owned(), reason: "the index engine gave up on it".to_owned() })
    })
}
