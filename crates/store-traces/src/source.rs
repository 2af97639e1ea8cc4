//! The read side: spans of a trace are joined wherever they lie.

use std::collections::{BinaryHeap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use aio_source::{TraceSpans, TracesSelect, TracesSource};
use aio_types::{Span, TimestampNs, TraceId};

use crate::block::{Block, GroupCache};
use crate::head::Head;
use crate::repeats;
use crate::store::{Sealed, State, Tenant};

/// Reads one tenant.
pub(crate) struct TenantSource(pub(crate) Arc<Tenant>);

/// Everything of a tenant at one moment, except what is in its head.
struct View {
    generation: u64,
    blocks: Vec<Arc<Block>>,
    sealed: Option<Arc<Sealed>>,
}

impl TracesSource for TenantSource {
    fn trace(&self, id: TraceId) -> Result<Option<TraceSpans>, aio_source::Error> {
        let (view, in_head) = {
            let state = self.0.state.lock();
            (View::of(&state), state.head.trace(id))
        };
        Ok(view.join(id, in_head, &mut GroupCache::default()))
    }

    fn select(
        &self,
        select: &TracesSelect,
        visit: &mut dyn FnMut(TraceSpans, TimestampNs) -> ControlFlow<()>,
    ) -> Result<(), aio_source::Error> {
        let (mut queue, mut view) = self.queue(select);
        let mut cache = GroupCache::default();
        while let Some((bound, id)) = queue.next(select) {
            let Some(in_head) = self.head_if_wanted(id, &mut view, select) else { continue };
            let Some(trace) = view.join(id, in_head, &mut cache) else { continue };
            if visit(trace, bound).is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl TenantSource {
    fn queue(&self, select: &TracesSelect) -> (Queue, View) {
        let mut found = BinaryHeap::new();
        let view = {
            let state = self.0.state.lock();
            collect(&state.head, select, &mut found);
            View::of(&state)
        };
        if let Some(sealed) = &view.sealed {
            collect(&sealed.head, select, &mut found);
        }
        let mut blocks: Vec<_> =
            view.blocks.iter().filter(|b| b.meta.overlaps(select.start, select.end)).cloned().collect();
        blocks.sort_by_key(|b| b.meta.max);
        (Queue { found, blocks, seen: HashSet::new() }, view)
    }

    /// What the head holds of a trace by now, and a view that fits it; `None` where the trace is ruled out.
    fn head_if_wanted(&self, id: TraceId, view: &mut View, select: &TracesSelect) -> Option<Vec<Span>> {
        let state = self.0.state.lock();
        if state.generation != view.generation {
            *view = View::of(&state);
        }
        let in_head = state.head.trace(id);
        drop(state);
        (!in_head.is_empty() || view.may_have_all(id, select)).then_some(in_head)
    }
}

/// Traces with something under way in the range, by the latest moment they can have begun.
fn collect(head: &Head, select: &TracesSelect, found: &mut BinaryHeap<(TimestampNs, TraceId)>) {
    let under_way = head.traces.iter().filter(|(_, t)| t.start < select.end && t.end >= select.start);
    found.extend(under_way.map(|(id, t)| (t.start, *id)));
}

/// Hands out traces, the one that can have begun last first. Blocks are looked into when their turn comes, so that a
/// search for the newest few reads the newest blocks only.
struct Queue {
    found: BinaryHeap<(TimestampNs, TraceId)>,
    /// Not looked into yet, by their last start.
    blocks: Vec<Arc<Block>>,
    seen: HashSet<TraceId>,
}

impl Queue {
    /// A trace, each once, and the latest moment it or any that follows can have begun.
    fn next(&mut self, select: &TracesSelect) -> Option<(TimestampNs, TraceId)> {
        loop {
            self.look_into_blocks(select);
            let (bound, id) = self.found.pop()?;
            if self.seen.insert(id) {
                return Some((bound, id));
            }
        }
    }

    fn look_into_blocks(&mut self, select: &TracesSelect) {
        while let Some(block) = self.blocks.pop_if(|b| self.found.peek().is_none_or(|(start, _)| b.meta.max >= *start))
        {
            match block.candidates(select.start, select.end) {
                Ok(candidates) => self.found.extend(candidates.iter().map(|c| (c.start, c.trace_id))),
                Err(error) => block.report(&error),
            }
        }
    }
}

impl View {
    fn of(state: &State) -> Self {
        let blocks = state.partitions.values().flat_map(|p| p.blocks().to_vec()).collect();
        Self { generation: state.generation, blocks, sealed: state.sealed.clone() }
    }

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
        if let Some(sealed) = &self.sealed {
            spans.append(&mut sealed.head.trace(id));
        }
        for block in &self.blocks {
            match block.trace(id, cache) {
                Ok(mut found) => spans.append(&mut found),
                Err(error) => block.report(&error),
            }
        }
        repeats::sort_and_remove(&mut spans);
        (!spans.is_empty()).then_some(TraceSpans { trace_id: id, spans })
    }
}
