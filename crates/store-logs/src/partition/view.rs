//! Reading a partition: which chunks may hold wanted lines, and their lines.

use std::path::PathBuf;
use std::sync::Arc;

use aio_kit::bytes::Reader;
use aio_types::{Labels, LogEntry, Matcher, TimestampNs};
use tantivy::columnar::{BytesColumn, Column};
use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, Searcher, SegmentReader, TERMINATED, TantivyDocument, Term};

use super::{Partition, guarded};
use crate::chunk::{Chunk, LEVEL};
use crate::error::Error;
use crate::needles::Needles;
use crate::record::read_labels;

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

/// A partition as it was at one moment.
#[derive(Clone)]
pub(crate) struct View {
    partition: Arc<Partition>,
    searcher: Searcher,
}

impl View {
    pub(super) fn new(partition: Arc<Partition>, searcher: Searcher) -> Self {
        Self { partition, searcher }
    }

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
