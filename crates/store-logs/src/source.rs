//! The read side: chunks and open chunks of a stream become batches.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use aio_source::{LogsBatch, LogsSelect, LogsSource, LogsStats};
use aio_types::{Labels, LogEntry, Matcher, TimestampNs};

use crate::chunk::{Pair, pair};
use crate::error::Error;
use crate::head::{Head, entry_bytes, in_range};
use crate::partition::{ChunkRef, Needles, View, Wanted};
use crate::store::Tenant;
use crate::tokens::{Class, class_of, hash, whole_tokens};

/// Reads one tenant.
pub(crate) struct TenantSource(pub(crate) Arc<Tenant>);

/// Lines of one stream from one place.
struct Part {
    min: TimestampNs,
    max: TimestampNs,
    from: From,
}

enum From {
    Stored(View, ChunkRef),
    Memory(Vec<LogEntry>),
}

/// Parts of one stream whose times overlap, so that they must be merged.
struct Cluster {
    labels: Labels,
    min: TimestampNs,
    max: TimestampNs,
    parts: Vec<From>,
}

impl LogsSource for TenantSource {
    fn select(
        &self,
        select: &LogsSelect,
        visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>,
    ) -> Result<(), aio_source::Error> {
        let needles = needles(select);
        let mut clusters = self.clusters(select, &needles)?;
        if select.newest_first {
            clusters.sort_by_key(|c| std::cmp::Reverse(c.max));
        } else {
            clusters.sort_by_key(|c| c.min);
        }
        for cluster in clusters {
            let frontier = if select.newest_first { cluster.max } else { cluster.min };
            let entries = merge(&cluster, &needles, select.start, select.end);
            if entries.is_empty() {
                continue;
            }
            if visit(LogsBatch { labels: cluster.labels, frontier, entries }).is_break() {
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
                From::Memory(entries) => (entries.len() as u64, entries.iter().map(entry_bytes).sum()),
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
    fn clusters(&self, select: &LogsSelect, needles: &Needles) -> Result<Vec<Cluster>, Error> {
        let mut streams: BTreeMap<Labels, Vec<Part>> = BTreeMap::new();
        self.each_part(&select.matchers, select.start, select.end, needles, |labels, part| {
            streams.entry(labels.clone()).or_default().push(part);
        })?;
        let mut out: Vec<Cluster> = Vec::new();
        for (labels, mut parts) in streams {
            // Stable: of parts that begin together the older one stays first.
            parts.sort_by_key(|p| p.min);
            let first = out.len();
            for part in parts {
                match out[first..].last_mut() {
                    Some(last) if part.min <= last.max => {
                        last.max = last.max.max(part.max);
                        last.parts.push(part.from);
                    }
                    _ => {
                        out.push(Cluster {
                            labels: labels.clone(),
                            min: part.min,
                            max: part.max,
                            parts: vec![part.from],
                        });
                    }
                }
            }
        }
        Ok(out)
    }

    /// Everything that may match, oldest place first: files, lines on their way to files, open chunks.
    fn each_part(
        &self,
        matchers: &[Matcher],
        start: TimestampNs,
        end: TimestampNs,
        needles: &Needles,
        mut visit: impl FnMut(&Labels, Part),
    ) -> Result<(), Error> {
        let (views, memory) = {
            let state = self.0.state.lock();
            let days = start.day()..=end.saturating_add(-1).day();
            let views: Vec<View> = if days.is_empty() {
                Vec::new()
            } else {
                state.partitions.range(days).map(|(_, p)| p.view()).collect()
            };
            let mut memory = Vec::new();
            for head in state.sealed.iter().map(|s| &s.head).chain([&state.head]) {
                copy(head, matchers, start, end, &mut memory);
            }
            (views, memory)
        };
        let wanted = Wanted { matchers, start, end, needles };
        for view in views {
            for chunk in view.chunks(&wanted)? {
                let (min, max) = (chunk.min.max(start), chunk.max.min(end.saturating_add(-1)));
                let labels = chunk.labels.clone();
                visit(&labels, Part { min, max, from: From::Stored(view.clone(), chunk) });
            }
        }
        for (labels, entries) in memory {
            let (Some(first), Some(last)) = (entries.first(), entries.last()) else { continue };
            visit(&labels, Part { min: first.ts, max: last.ts, from: From::Memory(entries) });
        }
        Ok(())
    }
}

fn copy(
    head: &Head,
    matchers: &[Matcher],
    start: TimestampNs,
    end: TimestampNs,
    out: &mut Vec<(Labels, Vec<LogEntry>)>,
) {
    for (labels, stream) in &head.streams {
        let entries = in_range(&stream.entries, start, end);
        if !entries.is_empty() && matchers.iter().all(|m| m.matches_labels(labels)) {
            out.push((labels.clone(), entries.to_vec()));
        }
    }
}

/// Damaged chunks are named in the log and left out: the rest of the day is still worth reading.
fn merge(cluster: &Cluster, needles: &Needles, start: TimestampNs, end: TimestampNs) -> Vec<LogEntry> {
    let mut out: Vec<LogEntry> = Vec::new();
    for part in &cluster.parts {
        match part {
            From::Memory(entries) => out.extend(entries.iter().cloned()),
            From::Stored(view, chunk) => match view.read(chunk, &needles.ids) {
                Ok(None) => {}
                Ok(Some(entries)) => out.extend(in_range(&entries, start, end).iter().cloned()),
                Err(error) => tracing::error!(%error, stream = %chunk.labels, "damaged chunk left out of an answer"),
            },
        }
    }
    if cluster.parts.len() > 1 {
        out.sort_by_key(|e| e.ts);
        remove_repeats(&mut out);
    }
    out
}

/// Of entries equal in every respect the first stays. Equal ones have equal times, so they lie close together.
fn remove_repeats(entries: &mut Vec<LogEntry>) {
    let mut at_this_time: HashSet<LogEntry> = HashSet::new();
    let mut previous: Option<LogEntry> = None;
    entries.retain(|entry| {
        let same_time = previous.as_ref().is_some_and(|p| p.ts == entry.ts);
        if !same_time {
            at_this_time.clear();
        } else if let Some(p) = previous.take() {
            at_this_time.insert(p);
        }
        let fresh = !same_time || !at_this_time.contains(entry);
        previous = Some(entry.clone());
        fresh
    });
}

fn needles(select: &LogsSelect) -> Needles {
    let mut out = Needles::default();
    for token in select.line_contains.iter().flat_map(|text| whole_tokens(text)) {
        match class_of(token) {
            Class::Word => out.words.push(token.to_owned()),
            Class::Id => out.ids.push((None, hash(&[token]))),
        }
    }
    for (name, value) in &select.metadata_equals {
        match pair(name, value) {
            Pair::Term(_) => out.pairs.push((name.clone(), value.clone())),
            Pair::Id(id) => out.ids.push((Some(name.clone()), id)),
        }
    }
    out
}
