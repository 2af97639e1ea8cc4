//! Reading a partition: which chunks may hold wanted lines, and their lines.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use aio_kit::bytes::Reader;
use aio_source::LogsRead;
use aio_types::{Labels, LogEntry, MatchOp, Matcher, TimestampNs};
use tantivy::columnar::{BytesColumn, Column};
use tantivy::store::StoreReader;
use tantivy::{DocAddress, Searcher, SegmentReader};

use super::matching::{Candidate, Dictionaries, Docs, RuledOut};
use super::{CACHED_BLOCKS, Partition, guarded, label_term, name_term};
use crate::chunk::{Brief, Chunk, Quick};
use crate::error::Error;
use crate::line_filter::LineFilter;
use crate::patterns::Summary;
use crate::plan::Lookup;
use crate::record::read_labels;
use crate::tombstones::{self, Requests};

/// Which chunks are wanted.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) matchers: &'a [Matcher],
    pub(crate) start: TimestampNs,
    pub(crate) end: TimestampNs,
    pub(crate) lookup: &'a Lookup,
}

/// A chunk in a partition, as its columns describe it.
#[derive(Debug, Clone)]
pub(crate) struct ChunkRef {
    pub(crate) labels: Labels,
    pub(crate) min: TimestampNs,
    pub(crate) max: TimestampNs,
    /// How many lines.
    pub(crate) entries: u64,
    /// Bytes of the lines.
    pub(crate) line_bytes: u64,
    /// Bytes of their structured metadata.
    pub(crate) metadata_bytes: u64,
    /// Bits of the levels of its lines.
    pub(crate) levels: u64,
    /// What it can be replaced by.
    pub(crate) id: u64,
    /// The newest record it may hold lines of.
    pub(crate) sequence: u64,
    address: DocAddress,
}

impl ChunkRef {
    pub(crate) fn bytes(&self) -> u64 {
        self.line_bytes + self.metadata_bytes
    }
}

/// A partition as it was at one moment.
#[derive(Clone)]
pub(crate) struct View {
    partition: Arc<Partition>,
    searcher: Searcher,
    /// What was deleted.
    requests: Requests,
    /// By segment.
    stores: Arc<[OnceLock<StoreReader>]>,
}

impl View {
    pub(super) fn new(partition: Arc<Partition>, searcher: Searcher, requests: Requests) -> Self {
        let stores = searcher.segment_readers().iter().map(|_| OnceLock::new()).collect();
        Self { partition, searcher, requests, stores }
    }

    /// Whether some lines of a chunk may have been deleted, so that its columns tell too much.
    pub(crate) fn has_deleted(&self, chunk: &ChunkRef) -> bool {
        self.requests.iter().any(|r| r.touches(chunk))
    }

    /// Whether any line may have structured metadata of this name.
    pub(crate) fn may_have_metadata(&self, name: &str) -> Result<bool, Error> {
        let dir = &self.partition.dir;
        guarded(dir, || {
            for segment in self.searcher.segment_readers() {
                let dictionaries = Dictionaries { segment, fields: self.partition.fields };
                if dictionaries.has_term(self.partition.fields.kv, &name_term(name)).map_err(Error::index(dir))? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// The chunks that may hold wanted lines.
    pub(crate) fn chunks(&self, wanted: &Wanted<'_>, read: &mut LogsRead) -> Result<Vec<ChunkRef>, Error> {
        guarded(&self.partition.dir, || {
            let mut out = Vec::new();
            for (ordinal, segment) in (0_u32..).zip(self.searcher.segment_readers()) {
                self.segment_chunks(ordinal, segment, wanted, read, &mut out)?;
            }
            Ok(out)
        })
    }

    fn segment_chunks(
        &self,
        ordinal: u32,
        segment: &SegmentReader,
        wanted: &Wanted<'_>,
        read: &mut LogsRead,
        out: &mut Vec<ChunkRef>,
    ) -> Result<(), Error> {
        let dir = &self.partition.dir;
        let Some(columns) = Columns::open(segment).map_err(Error::index(dir))? else { return Ok(()) };
        let dictionaries = Dictionaries { segment, fields: self.partition.fields };
        let of_streams = labelled(&dictionaries, wanted.matchers).map_err(Error::index(dir))?;
        let mut streams = Streams { column: &columns.labels, matchers: wanted.matchers, known: HashMap::default() };
        let test = dictionaries.test(wanted.lookup).map_err(Error::index(dir))?;
        let is_candidate = |doc: &u32| {
            of_streams.iter().all(|docs| docs.contains(*doc)) && columns.is_within(*doc, wanted.start, wanted.end)
        };
        let candidates: Vec<u32> = segment.doc_ids_alive().filter(is_candidate).collect();
        streams.prepare(candidates.len()).map_err(|e| Error::Corrupt { path: dir.clone(), reason: e.to_string() })?;
        for doc in candidates {
            let fault = || Error::Corrupt { path: dir.clone(), reason: "column of stream labels".to_owned() };
            let Some(labels) = streams.of(doc).ok_or_else(fault)? else { continue };
            let Some(chunk) = columns.chunk(doc, &labels, DocAddress::new(ordinal, doc)) else { continue };
            if self.requests.iter().any(|r| r.touches(&chunk) && r.covers(&chunk)) {
                continue;
            }
            read.chunks += 1;
            let levels = columns.levels.first(doc).unwrap_or(u64::MAX);
            match test.rules_out(&Candidate { doc, labels: &labels, levels, ids: &columns.ids }) {
                Some(RuledOut::Terms) => read.skipped_by_terms += 1,
                Some(RuledOut::Ids) => read.skipped_by_ids += 1,
                Some(RuledOut::Levels) => read.skipped_by_levels += 1,
                None => out.push(chunk),
            }
        }
        Ok(())
    }

    /// The lines of a chunk that `filter` keeps.
    pub(crate) fn read(
        &self,
        chunk: &ChunkRef,
        filter: &LineFilter,
        read: &mut LogsRead,
    ) -> Result<Vec<LogEntry>, Error> {
        self.with_payload(chunk, |bytes| {
            read.chunks_read += 1;
            read.bytes_read += bytes.len() as u64;
            let opened = Chunk::open(bytes).ok_or("checksum mismatch")?;
            let brief = opened.brief().ok_or("malformed")?;
            let ends = (brief.rows.first().map(|row| row.ts), brief.rows.last().map(|row| row.ts));
            if opened.len as u64 != chunk.entries || ends != (Some(chunk.min), Some(chunk.max)) {
                return Err("it is not the chunk its columns describe");
            }
            let first = filter.since.map_or(0, |since| brief.rows.partition_point(|row| row.ts < since));
            for row in &brief.rows[first..] {
                read.lines += 1;
                read.line_bytes += row.line;
                read.metadata_bytes += brief.metadata_bytes(row);
            }
            let entries = opened.entries(&brief, first, &chunk.labels, filter);
            let mut entries = entries.ok_or("malformed, or checksum mismatch")?;
            tombstones::retain(&self.requests, chunk, &mut entries);
            read.lines_kept += entries.len() as u64;
            Ok(entries)
        })
    }

    /// What the lines of a chunk have in common, where that was found when it was written.
    pub(crate) fn patterns(&self, chunk: &ChunkRef) -> Result<Option<Summary>, Error> {
        let dir = &self.partition.dir;
        guarded(dir, || {
            let segment = self.searcher.segment_reader(chunk.address.segment_ord);
            let Some(column) = segment.fast_fields().bytes("patterns").map_err(Error::index(dir))? else {
                return Ok(None);
            };
            let Some(ordinal) = column.term_ords(chunk.address.doc_id).next() else { return Ok(None) };
            let mut bytes = Vec::new();
            let is_found = column.ord_to_bytes(ordinal, &mut bytes).is_ok_and(|is_found| is_found);
            Ok(if is_found { Summary::decode(&bytes) } else { None })
        })
    }

    /// What a chunk's columns tell about its lines.
    pub(crate) fn brief(&self, chunk: &ChunkRef, read: &mut LogsRead) -> Result<Brief, Error> {
        self.with_payload(chunk, |bytes| {
            read.chunks_counted += 1;
            let opened = Chunk::open(bytes).ok_or("checksum mismatch")?;
            if opened.len as u64 != chunk.entries {
                return Err("it is not the chunk its columns describe");
            }
            opened.brief().ok_or("malformed")
        })
    }

    fn with_payload<T>(
        &self,
        chunk: &ChunkRef,
        run: impl FnOnce(&[u8]) -> Result<T, &'static str>,
    ) -> Result<T, Error> {
        guarded(&self.store_file(chunk), || {
            let fault = |what: &str| Error::Corrupt { path: self.store_file(chunk), reason: place(chunk, what) };
            let store = self.store(chunk.address).map_err(|e| fault(&e.to_string()))?;
            let document = store.get_document_bytes(chunk.address.doc_id).map_err(|e| fault(&e.to_string()))?;
            run(payload(&document).ok_or_else(|| fault("no payload"))?).map_err(fault)
        })
    }

    /// Documents of a segment, as bytes: the engine's own way to take them apart goes byte by byte.
    fn store(&self, address: DocAddress) -> tantivy::Result<&StoreReader> {
        let ordinal = address.segment_ord as usize;
        let store = &self.stores[ordinal];
        if store.get().is_none() {
            let opened = self.searcher.segment_reader(address.segment_ord).get_store_reader(CACHED_BLOCKS)?;
            let _someone_else_was_quicker = store.set(opened);
        }
        store.get().ok_or_else(|| tantivy::TantivyError::SystemError("no store".to_owned()))
    }

    /// The file that holds a chunk's payload.
    fn store_file(&self, chunk: &ChunkRef) -> PathBuf {
        let segment = self.searcher.segment_reader(chunk.address.segment_ord).segment_id();
        self.partition.dir.join(format!("{}.store", segment.uuid_string()))
    }
}

/// A document stores one field, which ends with its length.
fn payload(document: &[u8]) -> Option<&[u8]> {
    let (rest, len) = document.split_last_chunk::<4>()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    rest.get(rest.len().checked_sub(len)?..)
}

fn place(chunk: &ChunkRef, what: &str) -> String {
    format!("chunk {} of {} lines: {what}", chunk.address.doc_id, chunk.entries)
}

/// For each matcher that asks for one value, the documents that have it.
fn labelled(dictionaries: &Dictionaries<'_>, matchers: &[Matcher]) -> tantivy::Result<Vec<Docs>> {
    let equal = matchers.iter().filter(|m| m.op == MatchOp::Equal && !m.value.is_empty());
    equal.map(|m| dictionaries.with_term(dictionaries.fields.kv, &label_term(&m.name, &m.value))).collect()
}

/// Fewer label sets are looked up one by one.
const ONE_BY_ONE_MAX: usize = 32;
/// How much longer a lookup takes than reading on.
const SEEK_COST: usize = 8;

/// Label sets that were looked at, and whether they match.
struct Streams<'a> {
    column: &'a BytesColumn,
    matchers: &'a [Matcher],
    known: HashMap<u64, Option<Labels>, Quick>,
}

impl Streams<'_> {
    /// Reads the column from one end to the other where most of it will be asked for: to look up one after the other
    /// takes ten times as long.
    fn prepare(&mut self, wanted: usize) -> std::io::Result<()> {
        let dictionary = self.column.dictionary();
        if wanted < ONE_BY_ONE_MAX || wanted * SEEK_COST < dictionary.num_terms() {
            return Ok(());
        }
        let mut all = dictionary.stream()?;
        while all.advance() {
            // A damaged one is found when it is asked for.
            if let Some(labels) = read_labels(&mut Reader(all.key())) {
                let found = self.matchers.iter().all(|m| m.matches_labels(&labels)).then_some(labels);
                self.known.insert(all.term_ord(), found);
            }
        }
        Ok(())
    }

    /// The labels of a document's stream, or nothing where it does not match; `None` for damage.
    fn of(&mut self, doc: u32) -> Option<Option<Labels>> {
        let ordinal = self.column.term_ords(doc).next()?;
        if let Some(known) = self.known.get(&ordinal) {
            return Some(known.clone());
        }
        let mut bytes = Vec::new();
        self.column.ord_to_bytes(ordinal, &mut bytes).ok().filter(|is_found| *is_found)?;
        let labels = read_labels(&mut Reader(&bytes))?;
        let found = self.matchers.iter().all(|m| m.matches_labels(&labels)).then_some(labels);
        self.known.insert(ordinal, found.clone());
        Some(found)
    }
}

struct Columns {
    labels: BytesColumn,
    min: Column<i64>,
    max: Column<i64>,
    entries: Column<u64>,
    line_bytes: Column<u64>,
    metadata_bytes: Column<u64>,
    levels: Column<u64>,
    ids: Column<u64>,
    id: Column<u64>,
    sequence: Column<u64>,
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
            line_bytes: fast.u64("line_bytes")?,
            metadata_bytes: fast.u64("metadata_bytes")?,
            levels: fast.u64("levels")?,
            ids: fast.u64("ids")?,
            id: fast.u64("id")?,
            sequence: fast.u64("sequence")?,
        }))
    }

    /// Whether a document may have lines from `start` up to `end`.
    fn is_within(&self, doc: u32, start: TimestampNs, end: TimestampNs) -> bool {
        self.min.first(doc).is_none_or(|min| min < end.0) && self.max.first(doc).is_none_or(|max| max >= start.0)
    }

    fn chunk(&self, doc: u32, labels: &Labels, address: DocAddress) -> Option<ChunkRef> {
        Some(ChunkRef {
            labels: labels.clone(),
            min: TimestampNs(self.min.first(doc)?),
            max: TimestampNs(self.max.first(doc)?),
            entries: self.entries.first(doc)?,
            line_bytes: self.line_bytes.first(doc)?,
            metadata_bytes: self.metadata_bytes.first(doc)?,
            levels: self.levels.first(doc)?,
            id: self.id.first(doc)?,
            sequence: self.sequence.first(doc)?,
            address,
        })
    }
}
