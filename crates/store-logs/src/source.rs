//! The read side: what is stored and what is in memory becomes batches of one stream each.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use aio_source::{LogsBatch, LogsSelect, LogsSource, LogsStats};
use aio_types::{Labels, Matcher, TimestampNs};

use crate::error::Error;
use crate::head::{Head, entry_bytes, range_of};
use crate::needles::Needles;
use crate::partition::{View, Wanted};
use crate::slices::{From, Part, slices};
use crate::store::Tenant;

/// Lines in memory are read in parts of this many, so that a reader of few lines copies few.
const MEMORY_PART_LINES: usize = 512;

/// Reads one tenant.
pub(crate) struct TenantSource(pub(crate) Arc<Tenant>);

impl LogsSource for TenantSource {
    fn select(
        &self,
        select: &LogsSelect,
        visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>,
    ) -> Result<(), aio_source::Error> {
        let needles = Needles::of(select);
        let mut streams: BTreeMap<Labels, Vec<Part>> = BTreeMap::new();
        self.each_part(&select.matchers, select.start, select.end, &needles, |labels, part| {
            streams.entry(labels.clone()).or_default().push(part);
        })?;
        let mut slices = slices(streams, select.end);
        if select.newest_first {
            slices.sort_by_key(|s| std::cmp::Reverse(s.max));
        } else {
            slices.sort_by_key(|s| s.start);
        }
        for slice in slices {
            let entries = slice.read(&needles, select.newest_first);
            if entries.is_empty() {
                continue;
            }
            let frontier = if select.newest_first { slice.max } else { slice.start };
            if visit(LogsBatch { labels: slice.labels(), frontier, entries }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn streams(
        &self,
        selections: &[Vec<Matcher>],
        start: TimestampNs,
        end: TimestampNs,
    ) -> Result<Vec<Labels>, aio_source::Error> {
        let mut out = BTreeSet::new();
        let all = [Vec::new()];
        for matchers in if selections.is_empty() { &all } else { selections } {
            self.each_part(matchers, start, end, &Needles::default(), |labels, _| {
                out.insert(labels.clone());
            })?;
        }
        Ok(out.into_iter().collect())
    }

    fn stats(
        &self,
        matchers: &[Matcher],
        start: TimestampNs,
        end: TimestampNs,
    ) -> Result<LogsStats, aio_source::Error> {
        let mut stats = LogsStats::default();
        let mut streams = BTreeSet::new();
        self.each_part(matchers, start, end, &Needles::default(), |labels, part| {
            let (entries, bytes) = match part.from {
                From::Stored(_, chunk) => (chunk.entries, chunk.bytes),
                From::Memory(entries, range) => (range.len() as u64, entries[range].iter().map(entry_bytes).sum()),
            };
            stats.chunks += 1;
            stats.entries += entries;
            stats.bytes += bytes;
            streams.insert(labels.clone());
        })?;
        stats.streams = streams.len() as u64;
        Ok(stats)
    }
}

impl TenantSource {
    /// Everything that may match, oldest place first: files, lines on their way to files, open chunks.
    fn each_part(
        &self,
        matchers: &[Matcher],
        start: TimestampNs,
        end: TimestampNs,
        needles: &Needles,
        mut visit: impl FnMut(&Labels, Part),
    ) -> Result<(), Error> {
        let (views, memory) = self.snapshot(matchers, start, end);
        let wanted = Wanted { matchers, start, end, needles };
        for view in views {
            for chunk in view.chunks(&wanted)? {
                let (min, max) = (chunk.min.max(start), chunk.max.min(end.saturating_add(-1)));
                let labels = chunk.labels.clone();
                visit(&labels, Part::new(min, max, From::Stored(view.clone(), chunk)));
            }
        }
        for (labels, entries) in memory {
            let mut rest = range_of(&entries, start, end);
            while !rest.is_empty() {
                let part = rest.start..rest.end.min(rest.start + MEMORY_PART_LINES);
                rest.start = part.end;
                let (min, max) = (entries[part.start].ts, entries[part.end - 1].ts);
                visit(&labels, Part::new(min, max, From::Memory(Arc::clone(&entries), part)));
            }
        }
        Ok(())
    }

    /// All places as they are at one moment.
    fn snapshot(&self, matchers: &[Matcher], start: TimestampNs, end: TimestampNs) -> (Vec<View>, Vec<InMemory>) {
        let state = self.0.state.lock();
        let days = start.day()..=end.saturating_add(-1).day();
        let views =
            if days.is_empty() { Vec::new() } else { state.partitions.range(days).map(|(_, p)| p.view()).collect() };
        let mut memory = Vec::new();
        for head in state.sealed.iter().map(|s| &s.head).chain([&state.head]) {
            share(head, matchers, &mut memory);
        }
        (views, memory)
    }
}

type InMemory = (Labels, Arc<Vec<aio_types::LogEntry>>);

fn share(head: &Head, matchers: &[Matcher], out: &mut Vec<InMemory>) {
    for (labels, stream) in &head.streams {
        if matchers.iter().all(|m| m.matches_labels(labels)) {
            out.push((labels.clone(), Arc::clone(&stream.entries)));
        }
    }
}
