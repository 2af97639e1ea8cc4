//! A pipeline applied to one line.

use std::borrow::Cow;

use aio_types::{Labels, LabelsBuilder, LogEntry};

use crate::ast::{LabelPick, Stage};
use crate::stage::{json, logfmt};

/// The label that says which stage failed on a line.
pub(crate) const ERROR: &str = "__error__";

/// The labels of one line: its stream's, its structured metadata, and what stages extracted.
#[derive(Debug)]
pub(crate) struct LineLabels<'a> {
    stream: &'a Labels,
    metadata: &'a Labels,
    parsed: Vec<(Cow<'a, str>, String)>,
    /// Labels taken away by `drop` and `keep`.
    removed: Vec<String>,
}

/// Where the labels of a line that passed come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Categorized {
    pub(crate) stream: Labels,
    pub(crate) metadata: Labels,
    pub(crate) parsed: Labels,
}

impl Categorized {
    /// All labels as one set; what stages extracted wins, then structured metadata.
    pub(crate) fn merged(&self) -> Labels {
        if self.metadata.is_empty() && self.parsed.is_empty() {
            return self.stream.clone();
        }
        let mut all = self.stream.to_builder();
        for (name, value) in self.metadata.iter().chain(self.parsed.iter()) {
            all.push(name, value);
        }
        all.build()
    }
}

impl<'a> LineLabels<'a> {
    pub(crate) fn new(stream: &'a Labels, entry: &'a LogEntry) -> Self {
        Self { stream, metadata: &entry.metadata, parsed: Vec::new(), removed: Vec::new() }
    }

    /// The value of a label, or `""`.
    pub(crate) fn get(&self, name: &str) -> &str {
        if let Some((_, value)) = self.parsed.iter().find(|(n, _)| n == name) {
            return value;
        }
        if self.removed.iter().any(|n| n == name) {
            return "";
        }
        let metadata = self.metadata.get(name);
        if metadata.is_empty() { self.stream.get(name) } else { metadata }
    }

    /// Sets a label whatever it was.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        match self.parsed.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.parsed.push((Cow::Borrowed(name), value.to_owned())),
        }
    }

    /// Adds what a parser found. A stream's or metadata's name is kept and the new one gets a suffix; the first of
    /// several wins.
    pub(crate) fn extract(&mut self, name: &str, value: &str) {
        if name.is_empty() {
            return;
        }
        let taken = !self.stream.get(name).is_empty() || !self.metadata.get(name).is_empty();
        let name = if taken { format!("{name}_extracted") } else { name.to_owned() };
        if !self.parsed.iter().any(|(n, _)| *n == name) {
            self.parsed.push((Cow::Owned(name), value.to_owned()));
        }
    }

    fn retain(&mut self, keep: impl Fn(&str, &str) -> bool) {
        for (name, value) in self.stream.iter().chain(self.metadata.iter()) {
            if !keep(name, value) {
                self.removed.push(name.to_owned());
            }
        }
        self.parsed.retain(|(name, value)| keep(name, value));
    }

    fn finish(self) -> Categorized {
        let without = |labels: &Labels| {
            if self.removed.is_empty() {
                return labels.clone();
            }
            labels.filter(|name| !self.removed.iter().any(|r| r == name))
        };
        let mut parsed = LabelsBuilder::default();
        for (name, value) in &self.parsed {
            parsed.push(&**name, value.as_str());
        }
        Categorized { stream: without(self.stream), metadata: without(self.metadata), parsed: parsed.build() }
    }
}

/// The labels of a line that passes, or `None`.
pub(crate) fn apply(stages: &[Stage], stream: &Labels, entry: &LogEntry) -> Option<Categorized> {
    let mut labels = LineLabels::new(stream, entry);
    for stage in stages {
        match stage {
            Stage::Line(filter) if !filter.passes(&entry.line) => return None,
            Stage::Label(filter) if !filter.passes(&mut labels) => return None,
            Stage::Line(_) | Stage::Label(_) => {}
            Stage::Json => json::apply(&entry.line, &mut labels),
            Stage::Logfmt => logfmt::apply(&entry.line, &mut labels),
            Stage::Drop(picks) => labels.retain(|n, v| !picked(picks, n, v)),
            Stage::Keep(picks) => labels.retain(|n, v| n.starts_with("__") || picked(picks, n, v)),
        }
    }
    Some(labels.finish())
}

fn picked(picks: &[LabelPick], name: &str, value: &str) -> bool {
    picks.iter().any(|p| p.name == name && p.matcher.as_ref().is_none_or(|m| m.matches(value)))
}
