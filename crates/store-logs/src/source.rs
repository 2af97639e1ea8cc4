//! The read side: what is stored and what is in memory becomes batches of one stream each.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use aio_source::{
    LogsBatch, LogsCount, LogsCounted, LogsExplained, LogsPattern, LogsPatterns, LogsRead, LogsSelect, LogsSource,
    LogsStats,
};
use aio_types::{Labels, LogEntry, Matcher, TimestampNs};

use crate::counting::{Counter, Places};
use crate::error::Error;
use crate::head::{Head, range_of};
use crate::line_filter::LineFilter;
use crate::page;
use crate::partition::{View, Wanted};
use crate::patterns::Joined;
use crate::plan::Lookup;
use crate::repeats::stored_already;
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
    ) -> Result<LogsRead, aio_source::Error> {
        let mut read = LogsRead::default();
        let mut parts = self.parts(select, &mut read)?;
        let Some(floor) = page::floor(select, &parts, &mut read) else {
            let _all_is_read = deliver(select, parts, visit, &mut read);
            return Ok(read);
        };
        parts.retain(|(_, part)| part.max >= floor);
        parts.iter_mut().for_each(|(_, part)| part.min = part.min.max(floor));
        let newest = LogsSelect { start: floor, ..select.clone() };
        let end_of_page =
            LogsBatch { labels: Labels::default(), frontier: floor.saturating_add(-1), entries: Vec::new() };
        if deliver(&newest, parts, visit, &mut read).is_continue() && visit(end_of_page).is_continue() {
            // The page was not enough, after all.
            let older = LogsSelect { end: floor, ..select.clone() };
            let parts = self.parts(&older, &mut LogsRead::default())?;
            let _all_is_read = deliver(&older, parts, visit, &mut read);
        }
        Ok(read)
    }

    fn explain(&self, select: &LogsSelect) -> Result<LogsExplained, aio_source::Error> {
        let lookup = Lookup::of(&select.filter);
        let mut explained = LogsExplained { lookup: lookup.to_string(), ..LogsExplained::default() };
        let wanted = Wanted { matchers: &select.matchers, start: select.start, end: select.end, lookup: &lookup };
        let mut read = LogsRead::default();
        self.each_part(&wanted, &mut read, |_, part| match part.from {
            From::Stored(_, chunk) => {
                explained.chunks += 1;
                explained.line_bytes += chunk.line_bytes;
            }
            From::Memory(_, range) => explained.lines_in_memory += range.len() as u64,
        })?;
        explained.read = read;
        Ok(explained)
    }

    fn count(&self, count: &LogsCount) -> Result<(Vec<LogsCounted>, LogsRead), aio_source::Error> {
        let mut read = LogsRead::default();
        let mut out = Vec::new();
        for (labels, places) in self.places(count, &mut read)? {
            let mut counter = Counter::new(count, &mut read);
            counter.add(&places)?;
            counter.finish(&labels, &mut out);
        }
        Ok((out, read))
    }

    fn patterns(&self, asked: &LogsPatterns) -> Result<Vec<LogsPattern>, aio_source::Error> {
        let edges = vec![asked.start, asked.end];
        let count = LogsCount { matchers: asked.matchers.clone(), edges, by_level: true };
        let (mut read, mut joined) = (LogsRead::default(), Joined::new(asked));
        for places in self.places(&count, &mut read)?.into_values() {
            add_patterns(&places, &mut read, &mut joined)?;
        }
        Ok(joined.finish())
    }

    fn may_have_metadata(&self, name: &str, start: TimestampNs, end: TimestampNs) -> Result<bool, aio_source::Error> {
        let (views, memory) = self.snapshot(&[], start, end);
        let has_it = |entries: &[LogEntry]| entries.iter().any(|entry| !entry.metadata.get(name).is_empty());
        if memory.iter().any(|(_, entries)| has_it(&entries[range_of(entries, start, end)])) {
            return Ok(true);
        }
        for view in views {
            if view.may_have_metadata(name)? {
                return Ok(true);
            }
        }
        Ok(false)
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
            let wanted = Wanted { matchers, start, end, lookup: &Lookup::Any };
            self.each_part(&wanted, &mut LogsRead::default(), |labels, _| {
                if !out.contains(labels) {
                    out.insert(labels.clone());
                }
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
        let count = LogsCount { matchers: matchers.to_vec(), edges: vec![start, end], by_level: false };
        let (mut stats, mut read, mut counted) = (LogsStats::default(), LogsRead::default(), Vec::new());
        for (labels, places) in self.places(&count, &mut read)? {
            let mut counter = Counter::new(&count, &mut read);
            counter.add(&places)?;
            stats.chunks += counter.chunks;
            counter.finish(&labels, &mut counted);
        }
        stats.streams = counted.len() as u64;
        for bucket in counted.iter().flat_map(|c| c.buckets.values()) {
            stats.entries += bucket.lines;
            stats.bytes += bucket.line_bytes + bucket.metadata_bytes;
        }
        Ok(stats)
    }
}

/// Reads parts slice by slice, until the visitor has enough.
fn deliver(
    select: &LogsSelect,
    parts: Vec<(Labels, Part)>,
    visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>,
    read: &mut LogsRead,
) -> ControlFlow<()> {
    let filter = LineFilter::new(&select.filter).since(select.start);
    let mut streams: BTreeMap<Labels, Vec<Part>> = BTreeMap::new();
    for (labels, part) in parts {
        streams.entry(labels).or_default().push(part);
    }
    let mut slices = slices(streams, select.end);
    if select.newest_first {
        slices.sort_by_key(|s| std::cmp::Reverse(s.max));
    } else {
        slices.sort_by_key(|s| s.start);
    }
    for slice in slices {
        let entries = slice.read(&filter, select.newest_first, read);
        if !entries.is_empty() {
            let frontier = if select.newest_first { slice.max } else { slice.start };
            visit(LogsBatch { labels: slice.labels(), frontier, entries })?;
        }
    }
    ControlFlow::Continue(())
}

/// Adds what the lines of one stream have in common.
fn add_patterns(places: &Places, read: &mut LogsRead, joined: &mut Joined) -> Result<(), Error> {
    for (view, chunk) in &places.stored {
        let summary = if view.has_deleted(chunk) { None } else { view.patterns(chunk)? };
        match summary {
            Some(summary) => joined.summary(&summary),
            None => match view.read(chunk, &LineFilter::default(), read) {
                Ok(entries) => entries.iter().for_each(|entry| joined.entry(entry)),
                Err(error) => {
                    tracing::error!(%error, stream = %chunk.labels, "damaged chunk left out of patterns");
                }
            },
        }
    }
    for (entries, range) in &places.memory {
        let entries = &entries[range.clone()];
        let chunks = places.stored.iter().map(|(view, chunk)| (view, chunk));
        let repeats = stored_already(chunks, entries, read);
        let fresh = entries.iter().zip(repeats).filter(|(_, is_stored)| !is_stored);
        fresh.for_each(|(entry, _)| joined.entry(entry));
    }
    Ok(())
}

impl TenantSource {
    /// Everything that a selection may want, oldest place first.
    fn parts(&self, select: &LogsSelect, read: &mut LogsRead) -> Result<Vec<(Labels, Part)>, Error> {
        let lookup = Lookup::of(&select.filter);
        let wanted = Wanted { matchers: &select.matchers, start: select.start, end: select.end, lookup: &lookup };
        let mut parts = Vec::new();
        self.each_part(&wanted, read, |labels, part| parts.push((labels.clone(), part)))?;
        Ok(parts)
    }

    /// Everything that may match, oldest place first: files, lines on their way to files, open chunks.
    fn each_part(
        &self,
        wanted: &Wanted<'_>,
        read: &mut LogsRead,
        mut visit: impl FnMut(&Labels, Part),
    ) -> Result<(), Error> {
        let (start, end) = (wanted.start, wanted.end);
        let (views, memory) = self.snapshot(wanted.matchers, start, end);
        for view in views {
            for chunk in view.chunks(wanted, read)? {
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

    /// All places with lines to count, by stream.
    fn places(&self, count: &LogsCount, read: &mut LogsRead) -> Result<BTreeMap<Labels, Places>, Error> {
        let mut streams: BTreeMap<Labels, Places> = BTreeMap::new();
        let (Some(start), Some(end)) = (count.edges.first(), count.edges.last()) else { return Ok(streams) };
        let wanted = Wanted { matchers: &count.matchers, start: *start, end: *end, lookup: &Lookup::Any };
        let (views, memory) = self.snapshot(&count.matchers, *start, *end);
        for view in views {
            for chunk in view.chunks(&wanted, read)? {
                streams.entry(chunk.labels.clone()).or_default().stored.push((view.clone(), chunk));
            }
        }
        for (labels, entries) in memory {
            let range = range_of(&entries, *start, *end);
            if !range.is_empty() {
                streams.entry(labels).or_default().memory.push((entries, range));
            }
        }
        Ok(streams)
    }

    /// All places as they are at one moment.
    fn snapshot(&self, matchers: &[Matcher], start: TimestampNs, end: TimestampNs) -> (Vec<View>, Vec<InMemory>) {
        let state = self.0.state.lock();
        let days = start.day()..=end.saturating_add(-1).day();
        let views = if days.is_empty() {
            Vec::new()
        } else {
            state.partitions.range(days).map(|(_, p)| p.view(Arc::clone(&state.requests))).collect()
        };
        let mut memory = Vec::new();
        for head in state.sealed.iter().map(|s| &s.head).chain([&state.head]) {
            share(head, matchers, &mut memory);
        }
        (views, memory)
    }
}

type InMemory = (Labels, Arc<Vec<LogEntry>>);

fn share(head: &Head, matchers: &[Matcher], out: &mut Vec<InMemory>) {
    for (labels, stream) in &head.streams {
        if matchers.iter().all(|m| m.matches_labels(labels)) {
            out.push((labels.clone(), Arc::clone(&stream.entries)));
        }
    }
}
