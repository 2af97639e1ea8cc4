//! How spans hang together.

use aio_types::{Span, SpanId};

pub(super) struct Tree {
    pub(super) parents: Vec<Option<usize>>,
    /// Left, right, and left of the parent.
    pub(super) numbers: Vec<(i64, i64, i64)>,
}

impl Tree {
    pub(super) fn of(spans: &[Span]) -> Self {
        // The halves of a call may share an id.
        let half = |id: SpanId, kind: u8| spans.iter().position(|span| span.span_id == id && span.kind == kind);
        let halves = |id: SpanId| half(id, 3).zip(half(id, 2));
        let parent = |at: usize| {
            let id = spans[at].parent_span_id;
            match (halves(spans[at].span_id), halves(id)) {
                (Some((client, server)), _) if server == at => Some(client),
                _ if id.is_zero() => None,
                (_, Some((_, server))) => Some(server).filter(|found| *found != at),
                _ => spans.iter().position(|other| other.span_id == id).filter(|found| *found != at),
            }
        };
        let mut parents: Vec<Option<usize>> = (0..spans.len()).map(parent).collect();
        (0..spans.len()).for_each(|at| cut(&mut parents, at));
        let mut tree = Self { parents, numbers: vec![(0, 0, 0); spans.len()] };
        let mut next = 1;
        for (at, span) in spans.iter().enumerate() {
            if span.parent_span_id.is_zero() && tree.parents[at].is_none() {
                tree.number(at, -1, &mut next);
            }
        }
        tree
    }

    pub(super) fn children(&self, of: usize) -> Vec<usize> {
        (0..self.parents.len()).filter(|at| self.parents[*at] == Some(of)).collect()
    }

    pub(super) fn is_below(&self, at: usize, above: usize) -> bool {
        self.parents[at].is_some_and(|parent| parent == above || self.is_below(parent, above))
    }

    fn number(&mut self, at: usize, parent: i64, next: &mut i64) {
        let left = *next;
        *next += 1;
        for child in self.children(at) {
            self.number(child, left, next);
        }
        self.numbers[at] = (left, *next, parent);
        *next += 1;
    }
}

/// Walks up from a span; the last one before the walk meets itself again has no parent.
fn cut(parents: &mut [Option<usize>], from: usize) {
    let mut met = vec![from];
    let mut at = from;
    while let Some(parent) = parents[at] {
        if met.contains(&parent) {
            parents[at] = None;
            return;
        }
        met.push(parent);
        at = parent;
    }
}
