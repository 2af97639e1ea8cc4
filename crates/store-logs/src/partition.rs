//! One day of one tenant: a tantivy index with one document per chunk. The only module that names tantivy.
//!
//! ```text
//!   document = tok: words | kv: name=value | labels, min_ts, max_ts, entries, bytes, levels: columns
//!            | payload: stored chunk
//! ```
//!
//! The payload of a commit is the sequence number of the last record whose lines it holds, so that replay after a
//! crash between commit and truncation of the log adds nothing twice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use aio_kit::bytes::{Reader, Writer};
use aio_types::{Labels, LogEntry, Matcher, TimestampNs};
use parking_lot::Mutex;
use tantivy::columnar::{BytesColumn, Column};
use tantivy::schema::{
    BytesOptions, FAST, Field, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::store::Compressor;
use tantivy::{
    DocAddress, DocSet, Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, SegmentReader,
    TERMINATED, TantivyDocument, Term,
};

use crate::chunk::{self, Chunk, LEVEL, Terms};
use crate::error::Error;
use crate::head::entry_bytes;
use crate::needles::Needles;
use crate::record::{labels, read_labels};

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
    bytes: Field,
    levels: Field,
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
        bytes: builder.add_u64_field("bytes", number.clone()),
        levels: builder.add_u64_field("levels", number),
        payload: builder.add_bytes_field("payload", BytesOptions::default() | STORED),
    };
    (builder.build(), fields)
}

/// Which chunks are wanted.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) matchers: &'a [Matcher],
    pub(crate) start: TimestampNs,
    pub(crate) end: TimestampNs,
    pub(crate) needles: &'a Needles,
}

/// A chunk in a partition, as its columns describe it.
#[derive(Debug, Clone)]
pub(crate) struct ChunkRef {
    pub(crate) labels: Labels,
    pub(crate) min: TimestampNs,
    pub(crate) max: TimestampNs,
    /// How many lines.
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    address: DocAddress,
}

/// An open partition.
pub(crate) struct Partition {
    pub(crate) dir: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    /// Everything up to this record is in the index.
    marker: Mutex<u64>,
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
    /// checksum and is verified when it is read.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        let opened = guarded(dir, || {
            let index = Index::open_in_dir(dir).map_err(Error::index(dir))?;
            let damaged = index.validate_checksum().map_err(Error::index(dir))?;
            match damaged.into_iter().find(|f| f.extension().is_none_or(|e| e != "store")) {
                None => Ok(index),
                Some(file) => Err(Error::Corrupt { path: dir.to_owned(), reason: file.display().to_string() }),
            }
        })?;
        Self::new(dir, opened)
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
        Ok(Self { dir: dir.to_owned(), index, reader, fields, marker: Mutex::new(marker) })
    }

    pub(crate) fn marker(&self) -> u64 {
        *self.marker.lock()
    }

    /// Writes chunks durably. They are seen by readers after [`Partition::refresh`].
    pub(crate) fn append(&self, chunks: &[(&Labels, &[LogEntry])], marker: u64) -> Result<(), Error> {
        let fault = |e: tantivy::TantivyError| Error::Index { path: self.dir.clone(), reason: e.to_string() };
        let mut writer: IndexWriter = self.index.writer_with_num_threads(1, WRITER_BYTES).map_err(fault)?;
        for (labels, entries) in chunks {
            writer.add_document(self.document(labels, entries)?).map_err(fault)?;
        }
        let mut commit = writer.prepare_commit().map_err(fault)?;
        commit.set_payload(&marker.to_string());
        commit.commit().map_err(fault)?;
        *self.marker.lock() = marker;
        if let Err(error) = writer.wait_merging_threads() {
            // The lines are in the index; what was to be joined stays apart.
            tracing::warn!(path = %self.dir.display(), %error, "segments of a partition were not merged");
        }
        Ok(())
    }

    fn document(&self, stream: &Labels, entries: &[LogEntry]) -> Result<TantivyDocument, Error> {
        let f = self.fields;
        let terms = Terms::of(entries);
        let payload = chunk::encode(entries, &terms).map_err(Error::io(&self.dir))?;
        let mut document = TantivyDocument::default();
        terms.words.iter().for_each(|t| document.add_text(f.tok, t));
        terms.pairs.iter().for_each(|p| document.add_text(f.kv, p));
        let mut name = Writer::default();
        labels(&mut name, stream);
        document.add_bytes(f.labels, &name.0);
        document.add_i64(f.min_ts, entries.first().map_or(0, |e| e.ts.0));
        document.add_i64(f.max_ts, entries.last().map_or(0, |e| e.ts.0));
        document.add_u64(f.entries, entries.len() as u64);
        document.add_u64(f.bytes, entries.iter().map(entry_bytes).sum());
        document.add_u64(f.levels, terms.levels);
        document.add_bytes(f.payload, &payload);
        Ok(document)
    }

    /// Lets readers see what was appended.
    pub(crate) fn refresh(&self) -> Result<(), Error> {
        self.reader.reload().map_err(Error::index(&self.dir))
    }

    /// The partition as it is now.
    pub(crate) fn view(self: &std::sync::Arc<Self>) -> View {
        View { partition: std::sync::Arc::clone(self), searcher: self.reader.searcher() }
    }
}

/// A partition as it was at one moment.
#[derive(Clone)]
pub(crate) struct View {
    partition: std::sync::Arc<Partition>,
    searcher: Searcher,
}

impl View {
    /// The chunks that may hold wanted lines.
    pub(crate) fn chunks(&self, wanted: &Wanted<'_>) -> Result<Vec<ChunkRef>, Error> {
        guarded(&self.partition.dir, || {
            let mut out = Vec::new();
            for (ordinal, segment) in (0_u32..).zip(self.searcher.segment_readers()) {
                self.segment_chunks(ordinal, segment, wanted, &mut out)?;
            }
            Ok(out)
        })
    }

    fn segment_chunks(
        &self,
        ordinal: u32,
        segment: &SegmentReader,
        wanted: &Wanted<'_>,
        out: &mut Vec<ChunkRef>,
    ) -> Result<(), Error> {
        let dir = &self.partition.dir;
        let Some(columns) = Columns::open(segment).map_err(Error::index(dir))? else { return Ok(()) };
        let streams = columns
            .streams(wanted.matchers)
            .ok_or_else(|| Error::Corrupt { path: dir.clone(), reason: "column of stream labels".to_owned() })?;
        if streams.iter().all(Option::is_none) {
            return Ok(());
        }
        let words = self.with_terms(segment, self.partition.fields.tok, wanted.needles.words.iter().cloned())?;
        let mut pairs = Vec::new();
        for (name, value) in &wanted.needles.pairs {
            let docs = self.with_terms(segment, self.partition.fields.kv, [format!("{name}={value}")].into_iter())?;
            pairs.push((name, docs));
        }
        for doc in 0..segment.max_doc() {
            let Some(found) = columns.chunk(doc, &streams, DocAddress::new(ordinal, doc)) else { continue };
            let in_time = found.min < wanted.end && found.max >= wanted.start;
            let has_words = words.as_ref().is_none_or(|docs| docs.binary_search(&doc).is_ok());
            let has_pairs = pairs.iter().all(|(name, docs)| {
                !found.labels.get(name).is_empty() || docs.as_ref().is_none_or(|docs| docs.binary_search(&doc).is_ok())
            });
            let has_levels = !found.labels.get(LEVEL).is_empty()
                || wanted.needles.levels.iter().all(|level| columns.levels.first(doc).is_none_or(|l| l & level != 0));
            if in_time && has_words && has_pairs && has_levels {
                out.push(found);
            }
        }
        Ok(())
    }

    /// Documents that have all terms, ascending; `None` where no term was given.
    fn with_terms(
        &self,
        segment: &SegmentReader,
        field: Field,
        terms: impl Iterator<Item = String>,
    ) -> Result<Option<Vec<u32>>, Error> {
        let dir = &self.partition.dir;
        let mut all: Option<Vec<u32>> = None;
        for term in terms {
            let index = segment.inverted_index(field).map_err(Error::index(dir))?;
            let term = Term::from_field_text(field, &term);
            let postings = index.read_postings(&term, IndexRecordOption::Basic).map_err(Error::index(dir))?;
            let Some(mut postings) = postings else { return Ok(Some(Vec::new())) };
            let mut docs = Vec::new();
            while postings.doc() != TERMINATED {
                docs.push(postings.doc());
                postings.advance();
            }
            all = Some(match all {
                None => docs,
                Some(before) => before.into_iter().filter(|d| docs.binary_search(d).is_ok()).collect(),
            });
        }
        Ok(all)
    }

    /// The lines of a chunk, or `None` where its bloom filter rules it out.
    pub(crate) fn read(&self, chunk: &ChunkRef, ids: &[(Option<String>, u64)]) -> Result<Option<Vec<LogEntry>>, Error> {
        guarded(&self.store_file(chunk), || {
            let fault = |what: &str| Error::Corrupt { path: self.store_file(chunk), reason: self.place(chunk, what) };
            let document: Result<TantivyDocument, _> = self.searcher.doc(chunk.address);
            let document = document.map_err(|e| fault(&e.to_string()))?;
            let payload = document.get_first(self.partition.fields.payload).and_then(|v| v.as_bytes());
            let opened = payload.and_then(Chunk::open).ok_or_else(|| fault("checksum mismatch"))?;
            if opened.len as u64 != chunk.entries {
                return Err(fault("it is not the chunk its columns describe"));
            }
            let is_label = |name: &Option<String>| name.as_ref().is_some_and(|n| !chunk.labels.get(n).is_empty());
            if ids.iter().any(|(name, id)| !is_label(name) && !opened.bloom.may_hold(*id)) {
                return Ok(None);
            }
            let entries = opened.entries().ok_or_else(|| fault("malformed"))?;
            if entries.first().map(|e| e.ts) != Some(chunk.min) || entries.last().map(|e| e.ts) != Some(chunk.max) {
                return Err(fault("it is not the chunk its columns describe"));
            }
            Ok(Some(entries))
        })
    }

    /// The file that holds a chunk's payload.
    fn store_file(&self, chunk: &ChunkRef) -> PathBuf {
        let segment = self.searcher.segment_reader(chunk.address.segment_ord).segment_id();
        self.partition.dir.join(format!("{}.store", segment.uuid_string()))
    }

    fn place(&self, chunk: &ChunkRef, what: &str) -> String {
        format!("chunk {} of {} lines: {what}", chunk.address.doc_id, chunk.entries)
    }
}

struct Columns {
    labels: BytesColumn,
    min: Column<i64>,
    max: Column<i64>,
    entries: Column<u64>,
    bytes: Column<u64>,
    levels: Column<u64>,
}

impl Columns {
    fn open(segment: &SegmentReader) -> tantivy::Result<Option<Self>> {
        let fast = segment.fast_fields();
        let Some(labels) = fast.bytes("labels")? else { return Ok(None) };
        Ok(Some(Self {
            labels,
            min: fast.i64("min_ts")?,
            max: fast.i64("max_ts")?,
            entries: fast.u64("entries")?,
            bytes: fast.u64("bytes")?,
            levels: fast.u64("levels")?,
        }))
    }

    /// Label sets by ordinal; `None` for those that do not match.
    fn streams(&self, matchers: &[Matcher]) -> Option<Vec<Option<Labels>>> {
        let mut out = Vec::with_capacity(self.labels.num_terms());
        let mut bytes = Vec::new();
        for ordinal in 0..self.labels.num_terms() as u64 {
            self.labels.ord_to_bytes(ordinal, &mut bytes).ok()?;
            let labels = read_labels(&mut Reader(&bytes))?;
            out.push(matchers.iter().all(|m| m.matches_labels(&labels)).then_some(labels));
        }
        Some(out)
    }

    fn chunk(&self, doc: u32, streams: &[Option<Labels>], address: DocAddress) -> Option<ChunkRef> {
        let ordinal = usize::try_from(self.labels.term_ords(doc).next()?).ok()?;
        Some(ChunkRef {
            labels: streams.get(ordinal)?.clone()?,
            min: TimestampNs(self.min.first(doc)?),
            max: TimestampNs(self.max.first(doc)?),
            entries: self.entries.first(doc)?,
            bytes: self.bytes.first(doc)?,
            address,
        })
    }
}

/// Damage that a checksum missed may make the index engine panic; that must stay one query's failure.
fn guarded<T>(dir: &Path, run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(Error::Corrupt { path: dir.to_owned(), reason: "the index engine gave up on it".to_owned() })
    })
}
