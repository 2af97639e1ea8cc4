//! The read side: spans of a trace are joined wherever they lie.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use aio_source::{TraceSpans, TracesSelect, TracesSource};
use aio_types::{Span, TimestampNs, TraceId};

use crate::block::{Block, GroupCache};
use crate::error::Error;
use crate::head::Head;
use crate::store::{Sealed, Tenant};

/// Reads one tenant.
pub(crate) struct TenantSource(pub(crate) Arc<Tenant>);

/// Everything of a tenant at one moment, except what is in its head.
struct View {
    blocks: Vec<Arc<Block>>,
    sealed: Option<Arc<Sealed>>,
}

impl TracesSource for TenantSource {
    fn trace(&self, id: TraceId) -> Result<Option<TraceSpans>, aio_source::Error> {
        let (view, head) = self.view(|head| head.traces.get(&id).cloned().unwrap_or_default());
        Ok(view.join(id, head, &mut GroupCache::default()))
    }

    fn select(
        &self,
        select: &TracesSelect,
        visit: &mut dyn FnMut(TraceSpans) -> ControlFlow<()>,
    ) -> Result<(), aio_source::Error> {
        let mut newest: HashMap<TraceId, TimestampNs> = HashMap::new();
        let (view, ()) = self.view(|head| collect(head, select, &mut newest));
        if let Some(sealed) = &view.sealed {
            collect(&sealed.head, select, &mut newest);
        }
        for block in view.blocks.iter().filter(|b| b.meta.min < select.end && b.meta.max >= select.start) {
            match block.candidates(select.start, select.end) {
                Ok(found) => {
                    for candidate in found {
                        let known = newest.entry(candidate.trace_id).or_insert(candidate.start);
                        *known = (*known).max(candidate.start);
                    }
                }
                Err(error) => tracing::error!(%error, "damaged block left out of an answer"),
            }
        }
        // Anew, for the rest of traces that were found in blocks may be in memory.
        let (view, mut head) = self.view(|head| {
            let wanted = head.traces.iter().filter(|(id, _)| newest.contains_key(id));
            wanted.map(|(id, spans)| (*id, spans.clone())).collect::<HashMap<TraceId, Vec<Span>>>()
        });
        newest.retain(|id, _| head.contains_key(id) || view.may_have_all(*id, select));
        let mut order: Vec<(TimestampNs, TraceId)> = newest.into_iter().map(|(id, t)| (t, id)).collect();
        order.sort_unstable_by(|a, b| b.cmp(a));
        let mut cache = GroupCache::default();
        for (_, id) in order {
            let in_head = head.remove(&id).unwrap_or_default();
            let Some(trace) = view.join(id, in_head, &mut cache) else { continue };
            if visit(trace).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Traces with a span in range, and the newest start of those.
fn collect(head: &Head, select: &TracesSelect, newest: &mut HashMap<TraceId, TimestampNs>) {
    for (id, spans) in &head.traces {
        let in_range = spans.iter().map(|s| s.start).filter(|t| (select.start..select.end).contains(t));
        if let Some(start) = in_range.max() {
            let known = newest.entry(*id).or_insert(start);
            *known = (*known).max(start);
        }
    }
}

impl TenantSource {
    /// What is sealed and published, and what `read` takes from the head, all of one moment.
    fn view<T>(&self, read: impl FnOnce(&Head) -> T) -> (View, T) {
        let state = self.0.state.lock();
        let blocks = state.partitions.values().flat_map(|p| p.blocks().iter().cloned().collect::<Vec<_>>()).collect();
        (View { blocks, sealed: state.sealed.clone() }, read(&state.head))
    }
}

impl View {
    /// Whether the trace may have a span of every wanted service and one of every wanted name. They need not lie in
    /// one block, nor in the range asked for.
    fn may_have_all(&self, id: TraceId, select: &TracesSelect) -> bool {
        if self.sealed.as_ref().is_some_and(|s| s.head.traces.contains_key(&id)) {
            return true;
        }
        // An unreadable block is no reason to rule a trace out.
        let in_a_block = |services: &[String], names: &[String]| {
            self.blocks.iter().any(|b| b.meta.may_match(services, names) && b.may_hold(id).unwrap_or(true))
        };
        select.services.chunks(1).all(|s| in_a_block(s, &[])) && select.names.chunks(1).all(|n| in_a_block(&[], n))
    }

    /// Damaged blocks are named in the log and left out: what is left of a trace is still worth reading.
    fn join(&self, id: TraceId, in_head: Vec<Span>, cache: &mut GroupCache) -> Option<TraceSpans> {
        let mut spans = in_head;
        if let Some(sealed) = self.sealed.as_ref().and_then(|s| s.head.traces.get(&id)) {
            spans.extend(sealed.iter().cloned());
        }
        for block in &self.blocks {
            if let Err(error) = read_trace(block, id, cache, &mut spans) {
                tracing::error!(%error, "damaged block left out of an answer");
            }
        }
        spans.sort_by_key(|s| (s.start, s.span_id));
        remove_repeats(&mut spans);
        (!spans.is_empty()).then_some(TraceSpans { trace_id: id, spans })
    }
}

/// Equal spans have equal keys, but not all with equal keys are equal.
fn remove_repeats(spans: &mut Vec<Span>) {
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans.drain(..) {
        let same_key = out.iter().rev().take_while(|s| (s.start, s.span_id) == (span.start, span.span_id));
        if !same_key.into_iter().any(|s| *s == span) {
            out.push(span);
        }
    }
    *spans = out;
}

fn read_trace(block: &Block, id: TraceId, cache: &mut GroupCache, out: &mut Vec<Span>) -> Result<(), Error> {
    if !block.may_hold(id)? {
        return Ok(());
    }
    let Some(number) = block.group_of(id)? else { return Ok(()) };
    let group = cache.get(block, number)?;
    let from = group.partition_point(|s| s.trace_id < id);
    out.extend(group[from..].iter().take_while(|s| s.trace_id == id).cloned());
    Ok(())
}
