//! Some of the spans of a trace.

use crate::ast::Static;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Spanset {
    /// By position, ascending.
    pub(crate) spans: Vec<usize>,
    /// What stages found out about it: `by(name)`, `count()`.
    pub(crate) attributes: Vec<(String, Static)>,
}

impl Spanset {
    pub(crate) fn with(&self, spans: Vec<usize>) -> Self {
        Self { spans, attributes: self.attributes.clone() }
    }
}

/// All of several, each once.
pub(crate) fn union<'a>(sets: impl IntoIterator<Item = &'a Spanset>) -> Vec<usize> {
    let mut all: Vec<usize> = sets.into_iter().flat_map(|set| set.spans.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}
