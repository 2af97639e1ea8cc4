//! One line on its way through a pipeline.

mod labels;
mod needed;
mod scratch;

use aio_types::TimestampNs;

pub(crate) use self::labels::{Categorized, ERROR, ERROR_DETAILS, LineLabels, TRACE_ID};
pub(crate) use self::needed::Needed;
pub(crate) use self::scratch::{Category, LabelScratch};

/// What is reused from line to line, so that nothing is allocated for one.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) labels: LabelScratch,
    /// The text, where a stage has made a new one.
    pub(crate) text: String,
    pub(crate) has_text: bool,
    /// Where the next text is made.
    pub(crate) next: String,
}

impl Scratch {
    /// For lines looked at now.
    pub(crate) fn at(now: TimestampNs) -> Self {
        let mut scratch = Self::default();
        scratch.labels.now = now;
        scratch
    }

    /// The text as stages have left it.
    pub(crate) fn text<'a>(&'a self, line: &'a str) -> &'a str {
        if self.has_text { &self.text } else { line }
    }
}
