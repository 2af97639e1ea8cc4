//! Counts what a query reads.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aio_source::{Error, LogsBatch, LogsCount, LogsCounted, LogsFilter, LogsRead, LogsSelect, LogsSource, LogsStats};
use aio_types::{Labels, Matcher, TimestampNs};

/// A source that remembers how much went through it.
pub(super) struct Counting {
    inner: Arc<dyn LogsSource>,
    pub(super) lines: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) metadata_bytes: AtomicU64,
}

impl Counting {
    pub(super) fn new(inner: Arc<dyn LogsSource>) -> Self {
        Self { inner, lines: AtomicU64::new(0), bytes: AtomicU64::new(0), metadata_bytes: AtomicU64::new(0) }
    }
}

impl LogsSource for Counting {
    fn select(&self, select: &LogsSelect, visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>) -> Result<(), Error> {
        self.inner.select(select, &mut |batch| {
            let bytes: usize = batch.entries.iter().map(|e| e.line.len()).sum();
            self.lines.fetch_add(batch.entries.len() as u64, Ordering::Relaxed);
            self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
            let pairs = batch.entries.iter().flat_map(|e| e.metadata.iter());
            let metadata: usize = pairs.map(|(name, value)| name.len() + value.len()).sum();
            self.metadata_bytes.fetch_add(metadata as u64, Ordering::Relaxed);
            visit(batch)
        })
    }

    fn scan(
        &self,
        select: &LogsSelect,
        filter: &LogsFilter,
        visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>,
    ) -> Result<LogsRead, Error> {
        let read = self.inner.scan(select, filter, visit)?;
        self.lines.fetch_add(read.lines, Ordering::Relaxed);
        self.bytes.fetch_add(read.line_bytes, Ordering::Relaxed);
        Ok(read)
    }

    fn count(&self, count: &LogsCount) -> Result<(Vec<LogsCounted>, LogsRead), Error> {
        self.inner.count(count)
    }

    fn streams(&self, selections: &[Vec<Matcher>], start: TimestampNs, end: TimestampNs) -> Result<Vec<Labels>, Error> {
        self.inner.streams(selections, start, end)
    }

    fn stats(&self, matchers: &[Matcher], start: TimestampNs, end: TimestampNs) -> Result<LogsStats, Error> {
        self.inner.stats(matchers, start, end)
    }
}
