//! What is known of the labels of one line, kept from line to line so that nothing is allocated for one.

use std::ops::Range;

use aio_types::TimestampNs;

/// Where a label comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    Stream,
    Metadata,
    Parsed,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
    pub(super) category: Category,
    /// Whether its value stands for one that a parser looks for.
    pub(super) is_awaited: bool,
}

/// What is reused from line to line.
#[derive(Debug, Default)]
pub(crate) struct LabelScratch {
    pub(super) texts: String,
    pub(super) entries: Vec<Entry>,
    pub(super) hidden: Vec<Range<usize>>,
    /// Names that stages made labels of and others took away again: parsers do not bring them back.
    pub(super) gone: Vec<Range<usize>>,
    /// Whether a stage took away the trace id that the text names.
    pub(super) lost_trace_id: bool,
    /// How many of the needed labels there are.
    pub(super) found: usize,
    pub(super) error: Option<&'static str>,
    pub(super) details: String,
    /// When lines are looked at, for templates that ask.
    pub(crate) now: TimestampNs,
}

impl LabelScratch {
    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.entries.clear();
        self.hidden.clear();
        self.gone.clear();
        self.lost_trace_id = false;
        self.found = 0;
        self.error = None;
        self.details.clear();
    }

    pub(super) fn put(&mut self, text: &str) -> Range<usize> {
        let start = self.texts.len();
        self.texts.push_str(text);
        start..self.texts.len()
    }

    pub(super) fn get(&self, text: &Range<usize>) -> &str {
        self.texts.get(text.clone()).unwrap_or_default()
    }

    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| self.get(&e.name) == name)
    }

    pub(super) fn hides(&self, name: &str) -> bool {
        self.hidden.iter().any(|h| self.get(h) == name)
    }

    /// Whether a stage made a label of this name, even if another took it away.
    pub(super) fn made(&self, name: &str) -> bool {
        self.entry(name).is_some_and(|e| e.category == Category::Parsed)
            || self.gone.iter().any(|g| self.get(g) == name)
    }

    /// Sets an entry, and says whether there was no label of this name that a stage made.
    pub(super) fn set(&mut self, name: &str, value: &str, is_awaited: bool) -> bool {
        let value = self.put(value);
        let at = self.entries.iter().position(|e| self.get(&e.name) == name);
        if let Some(at) = at {
            let entry = &mut self.entries[at];
            let was_made = entry.category == Category::Parsed && !entry.is_awaited;
            *entry = Entry { name: entry.name.clone(), value, category: Category::Parsed, is_awaited };
            return !was_made;
        }
        let is_new = self.gone.iter().all(|g| self.get(g) != name);
        let name = self.put(name);
        self.entries.push(Entry { name, value, category: Category::Parsed, is_awaited });
        is_new
    }
}
