//! What is wrong, and where.

use crate::yaml::Node;

/// One fault of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl Fault {
    pub(crate) fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line: line.max(1), what: what.into() }
    }
}

/// The faults of one file, and where the walk is.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    found: Vec<Fault>,
    path: Vec<String>,
}

impl Faults {
    /// Adds a fault at a line.
    pub(crate) fn add(&mut self, line: usize, what: impl Into<String>) {
        self.found.push(Fault::new(line, what));
    }

    /// Adds a fault of the key `key` of the map `node`, named with its whole path.
    pub(crate) fn key(&mut self, node: &Node, key: &str, what: impl AsRef<str>) {
        let path = self.path_of(key);
        self.add(node.line_of(key), format!("`{path}`: {}", what.as_ref()));
    }

    /// The dotted path of a key of the map the walk is in.
    pub(crate) fn path_of(&self, key: &str) -> String {
        let mut path = self.path.join(".");
        if !key.is_empty() {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(key);
        }
        path
    }

    /// Runs `work` one step deeper.
    pub(crate) fn below(&mut self, step: &str, work: impl FnOnce(&mut Self)) {
        self.path.push(step.to_owned());
        work(self);
        self.path.pop();
    }

    /// All of them, in the order of the file.
    pub(crate) fn into_sorted(mut self) -> Vec<Fault> {
        self.found.sort_by_key(|fault| fault.line);
        self.found.dedup();
        self.found
    }
}
