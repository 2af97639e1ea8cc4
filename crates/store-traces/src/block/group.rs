//! A row group in memory: its columns decompressed, and where in them each trace begins. Spans are decoded for the
//! traces that are wanted only.

use std::sync::Arc;

use aio_kit::bytes::Reader;
use aio_types::{Span, TimestampNs, TraceId};

use super::{COLUMNS, Opened};
use crate::codec;
use crate::record::blank;

/// The rows of one trace.
#[derive(Debug, Clone, Copy)]
struct Run {
    trace_id: TraceId,
    rows: usize,
    /// Where they begin in each column but the first.
    offsets: [usize; COLUMNS - 1],
    /// Start of the row before, from which the first one's is told.
    previous_start: i64,
}

#[derive(Debug)]
pub(crate) struct Group {
    opened: Arc<Opened>,
    columns: Vec<Vec<u8>>,
    runs: Vec<Run>,
}

impl Group {
    /// `None` where the columns are not those of `rows` spans.
    pub(super) fn new(opened: Arc<Opened>, columns: Vec<Vec<u8>>, rows: usize) -> Option<Self> {
        let runs = runs(&columns, rows)?;
        Some(Self { opened, columns, runs })
    }

    /// The spans of a trace, by start.
    pub(crate) fn trace(&self, id: TraceId) -> Option<Vec<Span>> {
        match self.runs.binary_search_by_key(&id, |r| r.trace_id) {
            Ok(at) => decode(&self.opened, &self.columns, self.runs.get(at)?),
            Err(_) => Some(Vec::new()),
        }
    }

    /// Every span, by trace.
    pub(crate) fn all(&self) -> Option<Vec<Span>> {
        let mut out = Vec::new();
        for run in &self.runs {
            out.append(&mut decode(&self.opened, &self.columns, run)?);
        }
        Some(out)
    }
}

fn runs(columns: &[Vec<u8>], rows: usize) -> Option<Vec<Run>> {
    let [traces, span_ids, parents, names, shared, kinds, times, rest] = columns else { return None };
    let fixed = |column: &[u8], bytes: usize| rows.checked_mul(bytes) == Some(column.len());
    if !(fixed(span_ids, 8) && fixed(parents, 8) && fixed(kinds, 2)) {
        return None;
    }
    let mut traces = Reader(traces);
    let (mut name, mut share, mut time, mut other) = (Reader(names), Reader(shared), Reader(times), Reader(rest));
    let (mut out, mut row, mut start) = (Vec::new(), 0_usize, 0_i64);
    while !traces.0.is_empty() {
        let trace_id = codec::trace_id(&mut traces)?;
        let count = usize::try_from(traces.uint()?).ok()?;
        let at = |all: &[u8], left: &Reader<'_>| all.len() - left.0.len();
        let offsets =
            [row * 8, row * 8, at(names, &name), at(shared, &share), row * 2, at(times, &time), at(rest, &other)];
        out.push(Run { trace_id, rows: count, offsets, previous_start: start });
        row = row.checked_add(count).filter(|r| *r <= rows)?;
        for _ in 0..count {
            name.uint()?;
            share.uint()?;
            share.uint()?;
            start = start.wrapping_add(time.int()?);
            time.int()?;
            other.blob()?;
        }
    }
    (row == rows).then_some(out)
}

fn decode(opened: &Opened, columns: &[Vec<u8>], run: &Run) -> Option<Vec<Span>> {
    let mut readers: [Reader<'_>; COLUMNS - 1] = std::array::from_fn(|_| Reader(&[]));
    for (i, reader) in readers.iter_mut().enumerate() {
        *reader = Reader(columns.get(i + 1)?.get(*run.offsets.get(i)?..)?);
    }
    let [span_ids, parents, names, shared, kinds, times, rest] = &mut readers;
    let mut start = run.previous_start;
    let mut out = Vec::with_capacity(run.rows);
    for _ in 0..run.rows {
        let mut span = blank(opened.table.resource(shared.uint()?)?, opened.table.scope(shared.uint()?)?);
        span.trace_id = run.trace_id;
        span.span_id = codec::span_id(span_ids)?;
        span.parent_span_id = codec::span_id(parents)?;
        span.name.clone_from(opened.names.get(usize::try_from(names.uint()?).ok()?)?);
        span.kind = kinds.byte()?;
        span.status = kinds.byte()?;
        start = start.wrapping_add(times.int()?);
        span.start = TimestampNs(start);
        span.end = TimestampNs(start.wrapping_add(times.int()?));
        codec::read_rest(&mut Reader(rest.blob()?), &mut span)?;
        out.push(span);
    }
    Some(out)
}
