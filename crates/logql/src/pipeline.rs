//! A pipeline applied to one line.

use std::borrow::Cow;

use aio_types::{Labels, LabelsBuilder, LogEntry};

use crate::ast::{LabelPick, Stage};
use crate::stage::{json, logfmt};

/// The label that says which stage failed on a line.
pub(crate) const ERROR: &str = "__error__";

const ERROR_DETAILS: &str = "__error_details__";
/// What a name gets that is taken already.
const SUFFIX: &str = "_extracted";

/// Which labels the result depends on. Parsers leave out the others, and with them faults of lines nobody asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Needed {
    All,
    Only(Vec<String>),
}

/// The labels of one line: its stream's, its structured metadata, and what stages extracted.
#[derive(Debug)]
pub(crate) struct LineLabels<'a> {
    stream: &'a Labels,
    metadata: Cow<'a, Labels>,
    parsed: Vec<(Cow<'a, str>, String)>,
    needed: &'a Needed,
    /// How many of the needed labels parsers found.
    found: usize,
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
    pub(crate) fn new(stream: &'a Labels, entry: &'a LogEntry, needed: &'a Needed) -> Self {
        let metadata = metadata_beside(stream, &entry.metadata);
        Self { stream, metadata, parsed: Vec::new(), needed, found: 0, removed: Vec::new() }
    }

    /// Whether parsers have nothing to do.
    pub(crate) fn needs_none(&self) -> bool {
        matches!(self.needed, Needed::Only(names) if names.is_empty())
    }

    /// Whether parsers found all that is needed.
    pub(crate) fn has_enough(&self) -> bool {
        matches!(self.needed, Needed::Only(names) if self.found >= names.len())
    }

    pub(crate) fn has_failed(&self) -> bool {
        !self.get(ERROR).is_empty()
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

    /// Marks the line as one that a stage failed on. The first fault stays.
    pub(crate) fn fail(&mut self, kind: &str, details: &str) {
        if !self.has_failed() {
            self.parsed.retain(|(name, _)| name != ERROR && name != ERROR_DETAILS);
            self.parsed.push((Cow::Borrowed(ERROR), kind.to_owned()));
            self.parsed.push((Cow::Borrowed(ERROR_DETAILS), details.to_owned()));
        }
    }

    /// Adds what a parser found. A stream's or metadata's name is kept and the new one gets a suffix; the first of
    /// several wins.
    pub(crate) fn extract(&mut self, name: &str, value: &str) {
        if name.is_empty() {
            return;
        }
        let taken = !self.stream.get(name).is_empty() || !self.metadata.get(name).is_empty();
        let name = if taken { format!("{name}{SUFFIX}") } else { name.to_owned() };
        if self.parsed.iter().any(|(n, _)| *n == name) {
            return;
        }
        if let Needed::Only(names) = self.needed {
            if !names.contains(&name) {
                return;
            }
            self.found += 1;
        }
        self.parsed.push((Cow::Owned(name), value.to_owned()));
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
        Categorized { stream: without(self.stream), metadata: without(&self.metadata), parsed: parsed.build() }
    }
}

/// Structured metadata whose name is a stream label's is shown under another name.
fn metadata_beside<'a>(stream: &Labels, metadata: &'a Labels) -> Cow<'a, Labels> {
    let collides = |name: &str| !stream.get(name).is_empty();
    if !metadata.iter().any(|(name, _)| collides(name)) {
        return Cow::Borrowed(metadata);
    }
    let renamed = metadata.iter().map(|(name, value)| {
        let name = if collides(name) { format!("{name}{SUFFIX}") } else { name.to_owned() };
        (name, value)
    });
    Cow::Owned(Labels::from_pairs(renamed))
}

/// The labels of a line that passes, or `None`.
pub(crate) fn apply(stages: &[Stage], stream: &Labels, entry: &LogEntry, needed: &Needed) -> Option<Categorized> {
    let mut labels = LineLabels::new(stream, entry, needed);
    for stage in stages {
        match stage {
            Stage::Line(filter) if !filter.passes(&entry.line) => return None,
            Stage::Label(filter) if !filter.passes(&mut labels) => return None,
            Stage::Line(_) | Stage::Label(_) => {}
            Stage::Json => json::apply(&entry.line, &mut labels),
            Stage::Logfmt => logfmt::apply(&entry.line, &mut labels),
            Stage::Drop(picks) => labels.retain(|n, v| !picked(picks, n, v)),
            Stage::Keep(picks) => labels.retain(|n, v| n == ERROR || n == ERROR_DETAILS || picked(picks, n, v)),
        }
    }
    Some(labels.finish())
}

fn picked(picks: &[LabelPick], name: &str, value: &str) -> bool {
    picks.iter().any(|p| p.name == name && p.matcher.as_ref().is_none_or(|m| m.matches(value)))
}

#[cfg(test)]
mod tests {
    use aio_types::TimestampNs;

    use super::*;
    use crate::ast::Expr;

    #[test]
    fn metadata_that_collides_with_a_stream_label_is_renamed() {
        let labels = |stages: &str| {
            let Ok(Expr::Log(log)) = crate::parse(&format!("{{app=\"a\"}} {stages}")) else { panic!("{stages}") };
            let metadata = Labels::from_pairs([("app", "m"), ("pod", "p")]);
            let entry = LogEntry { ts: TimestampNs(0), line: "pod=x app=y level=z".into(), metadata };
            apply(&log.stages, &Labels::from_pairs([("app", "a")]), &entry, &Needed::All)
        };
        let all = labels("").expect("passes");
        assert_eq!(all.metadata.to_string(), r#"{app_extracted="m", pod="p"}"#);
        assert_eq!(labels(r#"| app="m""#), None);
        assert_eq!(
            labels("| logfmt | keep pod, pod_extracted").expect("passes").parsed.to_string(),
            r#"{pod_extracted="x"}"#
        );
        assert_eq!(labels(r#"| drop app | app="""#).expect("passes").stream.to_string(), "{}");
        assert_eq!(labels(r#"| drop pod="other" | keep pod"#).expect("passes").merged().to_string(), r#"{pod="p"}"#);
    }
}
