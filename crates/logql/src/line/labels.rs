//! The labels of one line: its stream's, its structured metadata, and what stages made of them.
//!
//! ```text
//!   entries (set by stages)  >  stream  >  metadata      the first that has a name wins
//!   hidden: names of stream and metadata that a stage took away
//! ```
//!
//! Texts of entries lie behind each other in one buffer that is reused from line to line.

use std::ops::Range;

use aio_source::lifted_trace_id;
use aio_types::{Labels, LabelsBuilder, LogEntry, TimestampNs};

use super::Needed;
use super::scratch::{Category, Entry, LabelScratch};

/// The label that says which stage failed on a line.
pub(crate) const ERROR: &str = "__error__";
pub(crate) const ERROR_DETAILS: &str = "__error_details__";
/// The label that trace ids in the text of lines answer to.
pub(crate) const TRACE_ID: &str = "trace_id";
/// What a name gets that is taken already.
const SUFFIX: &str = "_extracted";

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
        all.build_with_empty()
    }
}

/// The labels of one line.
#[derive(Debug)]
pub(crate) struct LineLabels<'a> {
    stream: &'a Labels,
    metadata: &'a Labels,
    /// As it is stored.
    line: &'a str,
    ts: TimestampNs,
    needed: &'a Needed,
    scratch: &'a mut LabelScratch,
}

impl<'a> LineLabels<'a> {
    /// Of a line that no stage has seen yet.
    pub(crate) fn new(
        stream: &'a Labels,
        entry: &'a LogEntry,
        needed: &'a Needed,
        scratch: &'a mut LabelScratch,
    ) -> Self {
        scratch.clear();
        let metadata = &entry.metadata;
        let mut labels = Self::resume(stream, entry, needed, scratch);
        // Structured metadata whose name is a stream label's is shown under another name, unless it has that as well.
        for (name, value) in metadata.iter().filter(|(name, _)| !stream.get(name).is_empty()) {
            let name = format!("{name}{SUFFIX}");
            let own = metadata.get(&name);
            labels.add_metadata(&name, if own.is_empty() { value } else { own });
        }
        labels
    }

    /// Of a line that stages are done with.
    pub(crate) fn resume(
        stream: &'a Labels,
        entry: &'a LogEntry,
        needed: &'a Needed,
        scratch: &'a mut LabelScratch,
    ) -> Self {
        Self { stream, metadata: &entry.metadata, line: &entry.line, ts: entry.ts, needed, scratch }
    }

    /// The time of the line.
    pub(crate) fn ts(&self) -> TimestampNs {
        self.ts
    }

    /// The time at which it is looked at.
    pub(crate) fn now(&self) -> TimestampNs {
        self.scratch.now
    }

    /// Whether parsers have nothing to do: nothing is needed, or everything that is was found.
    pub(crate) fn has_enough(&self) -> bool {
        self.needed.count().is_some_and(|count| self.scratch.found >= count)
    }

    /// Whether something is needed whose name begins so.
    pub(crate) fn needs_prefix(&self, prefix: &str) -> bool {
        self.needed.has_prefix(prefix)
    }

    /// Whether a parser that finds this name is to bring its value.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.needed.has_with_or_without(name, SUFFIX)
    }

    pub(crate) fn error(&self) -> Option<&'static str> {
        self.scratch.error
    }

    /// The value of a label, or `""`.
    pub(crate) fn get(&self, name: &str) -> &str {
        if name.starts_with("__error") {
            match name {
                ERROR => return self.scratch.error.unwrap_or_default(),
                ERROR_DETAILS => return &self.scratch.details,
                _ => {}
            }
        }
        if let Some(entry) = self.scratch.entry(name) {
            return self.scratch.get(&entry.value);
        }
        if self.scratch.hides(name) { "" } else { self.stored(name) }
    }

    /// Whether there is a label of this name; its value may be empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.scratch.entry(name).is_some() || !self.get(name).is_empty()
    }

    /// The value that filters compare: as [`LineLabels::get`], and where nothing is called a trace id the one that the
    /// text of the line names.
    pub(crate) fn filtered(&self, name: &str) -> &str {
        let value = self.get(name);
        if value.is_empty() && name == TRACE_ID { self.lifted().unwrap_or_default() } else { value }
    }

    /// The trace id that the text of the line names, unless a stage took it away.
    fn lifted(&self) -> Option<&'a str> {
        if self.scratch.lost_trace_id { None } else { lifted_trace_id(self.line) }
    }

    /// Whether a parser must find another name: the stream has it, or structured metadata as stages have left it.
    fn is_taken(&self, name: &str) -> bool {
        if !self.stream.get(name).is_empty() {
            return true;
        }
        if !self.metadata.get(name).is_empty() {
            return self.scratch.entry(name).is_none() && !self.scratch.hides(name);
        }
        // Metadata that was renamed.
        let entry = if name.ends_with(SUFFIX) { self.scratch.entry(name) } else { None };
        entry.is_some_and(|e| e.category == Category::Metadata)
    }

    /// The value of a label as it was sent.
    fn stored(&self, name: &str) -> &'a str {
        let stream = self.stream.get(name);
        if stream.is_empty() { self.metadata.get(name) } else { stream }
    }

    /// Marks the line as one that a stage failed on. Of several faults the last stays.
    pub(crate) fn fail(&mut self, kind: &'static str, details: impl std::fmt::Display) {
        use std::fmt::Write as _;
        self.fail_silently(kind);
        self.scratch.details.clear();
        write!(self.scratch.details, "{details}").expect("a string takes everything");
    }

    /// The same without a word on the fault: what was said of an earlier one stays.
    pub(crate) fn fail_silently(&mut self, kind: &'static str) {
        self.scratch.error = Some(kind);
    }

    /// Adds what a parser found. A stream's or metadata's name is kept and the new one gets a suffix; the first of
    /// several wins.
    pub(crate) fn extract(&mut self, name: &str, value: &str) {
        if name.is_empty() || !self.wants(name) {
            return;
        }
        let suffixed;
        let mut name = name;
        if self.is_taken(name) {
            suffixed = format!("{name}{SUFFIX}");
            name = &suffixed;
        }
        if self.needed.has(name) && !self.scratch.made(name) {
            self.set(name, value);
        }
    }

    /// Adds what a parser was asked for by name; the last of several wins.
    pub(crate) fn extract_last(&mut self, name: &str, value: &str) {
        if self.is_taken(name) { self.set(&format!("{name}{SUFFIX}"), value) } else { self.set(name, value) }
    }

    /// The same where of several under another name the first wins, as those of a parser that was asked for none.
    pub(crate) fn extract_asked(&mut self, name: &str, value: &str) {
        if self.is_taken(name) { self.extract(name, value) } else { self.set(name, value) }
    }

    /// Adds an empty label that stands for one a parser looks for: it is none of those found before
    /// [`LineLabels::await_no_more`].
    pub(crate) fn await_label(&mut self, name: &str) {
        if self.is_taken(name) {
            return;
        }
        if !self.scratch.set(name, "", true) && self.counts(name) {
            self.scratch.found -= 1;
        }
    }

    /// Awaited labels that did not come stay empty.
    pub(crate) fn await_no_more(&mut self) {
        if self.needed.count().is_none() {
            return;
        }
        for at in 0..self.scratch.entries.len() {
            if std::mem::take(&mut self.scratch.entries[at].is_awaited)
                && self.needed.has(self.scratch.get(&self.scratch.entries[at].name))
            {
                self.scratch.found += 1;
            }
        }
    }

    /// Sets a label to what a stage made.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        if self.scratch.set(name, value, false) && self.counts(name) {
            self.scratch.found += 1;
        }
    }

    /// Whether a label is one of those that are all that is needed.
    fn counts(&self, name: &str) -> bool {
        self.needed.count().is_some() && self.needed.has(name)
    }

    fn add_metadata(&mut self, name: &str, value: &str) {
        let (name, value) = (self.scratch.put(name), self.scratch.put(value));
        self.scratch.entries.push(Entry { name, value, category: Category::Metadata, is_awaited: false });
    }

    /// Takes a label away.
    pub(crate) fn delete(&mut self, name: &str) {
        match name {
            ERROR => return self.scratch.error = None,
            ERROR_DETAILS => return self.scratch.details.clear(),
            TRACE_ID => self.scratch.lost_trace_id = true,
            _ => {}
        }
        if let Some(at) = self.scratch.entries.iter().position(|e| self.scratch.get(&e.name) == name) {
            let entry = self.scratch.entries.remove(at);
            let names =
                if entry.category == Category::Parsed { &mut self.scratch.gone } else { &mut self.scratch.hidden };
            names.push(entry.name);
        }
        if !self.stored(name).is_empty() && !self.scratch.hides(name) {
            let name = self.scratch.put(name);
            self.scratch.hidden.push(name);
        }
    }

    /// Takes away all labels that `keep` does not want; marks of failed stages stay.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str, &str) -> bool) {
        let texts = &self.scratch.texts;
        let text = |range: &Range<usize>| texts.get(range.clone()).unwrap_or_default();
        let mut entries = std::mem::take(&mut self.scratch.entries);
        let shadowed = |name: &str| entries.iter().any(|e| text(&e.name) == name);
        let gone = |name: &str, value: &str| !shadowed(name) && !keep(name, value);
        // Metadata whose name is the stream's is an entry of another name.
        let metadata = self.metadata.iter().filter(|(name, _)| self.stream.get(name).is_empty());
        let stored = self.stream.iter().chain(metadata);
        let hidden: Vec<&str> = stored.filter(|(n, v)| gone(n, v)).map(|(n, _)| n).collect();
        // What lies beneath an entry that goes must not come up.
        let mut beneath = Vec::new();
        entries.retain(|e| {
            let stays = keep(text(&e.name), text(&e.value));
            if !stays {
                beneath.push(e.name.clone());
                self.scratch.gone.extend((e.category == Category::Parsed).then(|| e.name.clone()));
            }
            stays
        });
        self.scratch.entries = entries;
        for name in hidden {
            let name = self.scratch.put(name);
            self.scratch.hidden.push(name);
        }
        self.scratch.hidden.extend(beneath);
    }

    /// Takes away the trace id that the text names unless `keeps` it; it is looked for only if `asks`.
    pub(crate) fn retain_lifted(&mut self, asks: bool, keeps: impl Fn(&str) -> bool) {
        self.scratch.lost_trace_id |= !asks || !self.lifted().is_some_and(keeps);
    }

    /// Calls `visit` with every label, in no order; marks of failed stages come last.
    pub(crate) fn each(&self, mut visit: impl FnMut(Category, &str, &str)) {
        let is_shown = |name: &str| self.scratch.entry(name).is_none() && !self.scratch.hides(name);
        let is_plain = self.scratch.entries.is_empty() && self.scratch.hidden.is_empty();
        for (name, value) in self.stream.iter().filter(|(name, _)| is_plain || is_shown(name)) {
            visit(Category::Stream, name, value);
        }
        for (name, value) in self.metadata.iter() {
            if self.stream.get(name).is_empty() && (is_plain || is_shown(name)) {
                visit(Category::Metadata, name, value);
            }
        }
        for entry in &self.scratch.entries {
            visit(entry.category, self.scratch.get(&entry.name), self.scratch.get(&entry.value));
        }
        if let Some(error) = self.scratch.error {
            visit(Category::Parsed, ERROR, error);
        }
        if !self.scratch.details.is_empty() {
            visit(Category::Parsed, ERROR_DETAILS, &self.scratch.details);
        }
    }

    /// Whether no stage changed anything.
    pub(crate) fn is_as_stored(&self) -> bool {
        self.scratch.entries.is_empty() && self.scratch.hidden.is_empty() && self.scratch.error.is_none()
    }

    /// The labels by where they come from.
    pub(crate) fn categorized(&self) -> Categorized {
        if self.is_as_stored() && self.scratch.details.is_empty() {
            let (stream, metadata) = (self.stream.clone(), self.metadata.clone());
            return Categorized { stream, metadata, parsed: Labels::default() };
        }
        let mut sets = [LabelsBuilder::default(), LabelsBuilder::default(), LabelsBuilder::default()];
        self.each(|category, name, value| {
            sets[category as usize].push(name, value);
        });
        let [stream, metadata, parsed] = sets.map(LabelsBuilder::build_with_empty);
        Categorized { stream, metadata, parsed }
    }

    /// As [`LineLabels::categorized`]; of lines that have no trace id among their labels with the one in their text, where
    /// that is wanted.
    pub(crate) fn shown(&self, with_trace_id: bool) -> Categorized {
        let mut labels = self.categorized();
        if with_trace_id
            && self.get(TRACE_ID).is_empty()
            && let Some(id) = self.lifted()
        {
            let mut metadata = labels.metadata.to_builder();
            metadata.push(TRACE_ID, id);
            labels.metadata = metadata.build_with_empty();
        }
        labels
    }

    /// All labels as one set.
    pub(crate) fn merged(&self) -> Labels {
        let mut all = LabelsBuilder::default();
        self.each(|_, name, value| {
            all.push(name, value);
        });
        all.build_with_empty()
    }
}
