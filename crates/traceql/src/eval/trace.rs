//! A trace with what is asked of it as a whole.

use std::cell::OnceCell;
use std::collections::HashMap;

use aio_types::{Span, SpanId};

/// OTLP's numbers of kinds.
const SERVER: u8 = 2;
const CLIENT: u8 = 3;

pub(crate) struct Trace<'a> {
    pub(crate) spans: &'a [Span],
    pub(crate) root: Option<&'a Span>,
    pub(crate) duration_ns: i64,
    tree: OnceCell<Tree>,
}

/// How spans hang together.
pub(crate) struct Tree {
    /// Of each span, by position.
    pub(crate) parents: Vec<Option<usize>>,
    /// Parents come before their children.
    pub(crate) order: Vec<usize>,
    pub(crate) child_counts: Vec<u32>,
    /// Left and right of each span; 0 where it does not hang on a root.
    pub(crate) nested_sets: Vec<(i64, i64)>,
}

impl<'a> Trace<'a> {
    /// Spans ascend in time.
    pub(crate) fn new(spans: &'a [Span]) -> Self {
        let start = spans.iter().map(|s| s.start.0).min().unwrap_or(0);
        let end = spans.iter().map(|s| s.end.0.max(s.start.0)).max().unwrap_or(0);
        let root = spans.iter().find(|s| s.parent_span_id.is_zero());
        Self { spans, root, duration_ns: end.saturating_sub(start), tree: OnceCell::new() }
    }

    /// Worked out when it is first asked for.
    pub(crate) fn tree(&self) -> &Tree {
        self.tree.get_or_init(|| Tree::of(self.spans))
    }
}

impl Tree {
    fn of(spans: &[Span]) -> Self {
        let parents = parents(spans);
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
        for (child, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[*parent].push(child);
            }
        }
        let child_counts = children.iter().map(|of| u32::try_from(of.len()).unwrap_or(u32::MAX)).collect();
        let mut walk = Walk { children: &children, order: Vec::new(), sets: vec![(0, 0); spans.len()], next: 1 };
        for of_roots in [true, false] {
            for (at, span) in spans.iter().enumerate() {
                if parents[at].is_none() && span.parent_span_id.is_zero() == of_roots {
                    walk.from(at, of_roots);
                }
            }
        }
        let Walk { order, sets, .. } = walk;
        Self { parents, order, child_counts, nested_sets: sets }
    }

    /// Left of the parent; -1 for a root, 0 for what hangs on nothing.
    pub(crate) fn nested_set_parent(&self, at: usize) -> i64 {
        match self.parents[at] {
            Some(parent) => self.nested_sets[parent].0,
            None if self.nested_sets[at].0 > 0 => -1,
            None => 0,
        }
    }
}

/// Of spans with one id the first is the parent; where they are the two halves of a call, the server's half is the client's child,
/// and the parent of what is below. A span is neither its own parent nor its own ancestor: where parents go round in a ring,
/// one of them has none.
fn parents(spans: &[Span]) -> Vec<Option<usize>> {
    let mut places: HashMap<SpanId, usize> = HashMap::with_capacity(spans.len());
    let mut has_shared = false;
    for (at, span) in spans.iter().enumerate() {
        has_shared |= *places.entry(span.span_id).or_insert(at) != at;
    }
    let halves = if has_shared { halves(spans) } else { HashMap::new() };
    let parent = |(at, span): (usize, &Span)| {
        if let Some((client, server)) = halves.get(&span.span_id)
            && *server == at
        {
            return Some(*client);
        }
        if span.parent_span_id.is_zero() {
            return None;
        }
        let server = halves.get(&span.parent_span_id).map(|(_, server)| *server);
        server.or_else(|| places.get(&span.parent_span_id).copied()).filter(|parent| *parent != at)
    };
    let mut parents: Vec<Option<usize>> = spans.iter().enumerate().map(parent).collect();
    cut_rings(&mut parents);
    parents
}

/// The first client and the first server of each id that has both.
fn halves(spans: &[Span]) -> HashMap<SpanId, (usize, usize)> {
    let first = |kind: u8| {
        let of_kind = spans.iter().enumerate().rev().filter(move |(_, span)| span.kind == kind);
        of_kind.map(|(at, span)| (span.span_id, at)).collect::<HashMap<_, _>>()
    };
    let servers = first(SERVER);
    let client = |(id, client): (SpanId, usize)| Some((id, (client, *servers.get(&id)?)));
    first(CLIENT).into_iter().filter_map(client).collect()
}

fn cut_rings(parents: &mut [Option<usize>]) {
    // In which walk a span was met; 0 for none.
    let mut met = vec![0_usize; parents.len()];
    for start in 0..parents.len() {
        let mut at = start;
        while met[at] == 0 {
            met[at] = start + 1;
            let Some(parent) = parents[at] else { break };
            if met[parent] == start + 1 {
                parents[at] = None;
                break;
            }
            at = parent;
        }
    }
}

struct Walk<'a> {
    children: &'a [Vec<usize>],
    order: Vec<usize>,
    sets: Vec<(i64, i64)>,
    next: i64,
}

impl Walk<'_> {
    /// Down from a span, without recursion: traces may be as deep as they are long.
    fn from(&mut self, root: usize, is_numbered: bool) {
        let children = self.children;
        let mut path = vec![(root, children[root].iter())];
        self.enter(root, is_numbered);
        while let Some((at, rest)) = path.last_mut() {
            match rest.next() {
                Some(child) => {
                    path.push((*child, children[*child].iter()));
                    self.enter(*child, is_numbered);
                }
                None => {
                    let at = *at;
                    path.pop();
                    if is_numbered {
                        self.sets[at].1 = self.take();
                    }
                }
            }
        }
    }

    fn enter(&mut self, at: usize, is_numbered: bool) {
        self.order.push(at);
        if is_numbered {
            self.sets[at].0 = self.take();
        }
    }

    fn take(&mut self) -> i64 {
        self.next += 1;
        self.next - 1
    }
}
