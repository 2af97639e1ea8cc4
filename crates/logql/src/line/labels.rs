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

/// The label that says which stage failed on a line.
pub(crate) const ERROR: &str = "__error__";
pub(crate) const ERROR_DETAILS: &str = "__error_details__";
/// The label that trace ids in the text of lines answer to.
pub(crate) const TRACE_ID: &str = "trace_id";
/// What a name gets that is taken already.
const SUFFIX: &str = "_extracted";

/// Where a label comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    Stream,
    Metadata,
    Parsed,
}

#[derive(Debug, Clone)]
struct Entry {
    name: Range<usize>,
    value: Range<usize>,
    category: Category,
}

/// What is reused from line to line.
#[derive(Debug, Default)]
pub(crate) struct LabelScratch {
    texts: String,
    entries: Vec<Entry>,
    hidden: Vec<Range<usize>>,
    /// How many of the needed labels parsers found.
    found: usize,
    error: Option<&'static str>,
    details: String,
    /// When lines are looked at, for templates that ask.
    pub(crate) now: TimestampNs,
}

impl LabelScratch {
    fn clear(&mut self) {
        self.texts.clear();
        self.entries.clear();
        self.hidden.clear();
        self.found = 0;
        self.error = None;
        self.details.clear();
    }

    fn put(&mut self, text: &str) -> Range<usize> {
        let start = self.texts.len();
        self.texts.push_str(text);
        start..self.texts.len()
    }

    fn get(&self, text: &Range<usize>) -> &str {
        self.texts.get(text.clone()).unwrap_or_default()
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| self.get(&e.name) == name)
    }

    fn hides(&self, name: &str) -> bool {
        self.hidden.iter().any(|h| self.get(h) == name)
    }
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
        // Structured metadata whose name is a stream label's is shown under another name.
        for (name, value) in metadata.iter().filter(|(name, _)| !stream.get(name).is_empty()) {
            labels.add(Category::Metadata, &format!("{name}{SUFFIX}"), value);
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
        if value.is_empty() && name == TRACE_ID { lifted_trace_id(self.line).unwrap_or_default() } else { value }
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
        if !self.stored(name).is_empty() {
            suffixed = format!("{name}{SUFFIX}");
            name = &suffixed;
        }
        if !self.needed.has(name) || self.scratch.entry(name).is_some_and(|e| e.category == Category::Parsed) {
            return;
        }
        self.scratch.found += 1;
        self.set(name, value);
    }

    /// Adds what a parser was asked for by name; the last of several wins.
    pub(crate) fn extract_last(&mut self, name: &str, value: &str) {
        let suffixed;
        let mut name = name;
        if !self.stored(name).is_empty() {
            suffixed = format!("{name}{SUFFIX}");
            name = &suffixed;
        }
        let is_new = self.scratch.entry(name).is_none_or(|e| e.category != Category::Parsed);
        if is_new && self.needed.count().is_some() && self.needed.has(name) {
            self.scratch.found += 1;
        }
        self.set(name, value);
    }

    /// Sets a label to what a stage made.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let value = self.scratch.put(value);
        let at = self.scratch.entries.iter().position(|e| self.scratch.get(&e.name) == name);
        match at {
            Some(at) => {
                let entry = &mut self.scratch.entries[at];
                (entry.value, entry.category) = (value, Category::Parsed);
            }
            None => {
                let name = self.scratch.put(name);
                self.scratch.entries.push(Entry { name, value, category: Category::Parsed });
            }
        }
    }

    fn add(&mut self, category: Category, name: &str, value: &str) {
        let (name, value) = (self.scratch.put(name), self.scratch.put(value));
        self.scratch.entries.push(Entry { name, value, category });
    }

    /// Takes a label away.
    pub(crate) fn delete(&mut self, name: &str) {
        match name {
            ERROR => return self.scratch.error = None,
            ERROR_DETAILS => return self.scratch.details.clear(),
            _ => {}
        }
        let texts = &self.scratch.texts;
        self.scratch.entries.retain(|e| texts.get(e.name.clone()) != Some(name));
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
        let stored = self.stream.iter().chain(self.metadata.iter());
        let hidden: Vec<&str> = stored.filter(|(n, v)| gone(n, v)).map(|(n, _)| n).collect();
        // What lies beneath an entry that goes must not come up.
        let beneath = |e: &&Entry| !keep(text(&e.name), text(&e.value));
        let beneath: Vec<String> = entries.iter().filter(beneath).map(|e| text(&e.name).to_owned()).collect();
        entries.retain(|e| keep(text(&e.name), text(&e.value)));
        self.scratch.entries = entries;
        for name in hidden.into_iter().chain(beneath.iter().map(String::as_str)) {
            let name = self.scratch.put(name);
            self.scratch.hidden.push(name);
        }
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
            && let Some(id) = lifted_trace_id(self.line)
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
