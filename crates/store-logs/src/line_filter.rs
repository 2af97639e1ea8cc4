//! A filter made ready to be asked of many lines.

use aio_source::{LogsFilter, escapes_letters, has_token};
use aio_types::{Labels, TimestampNs};
use memchr::memmem::Finder;

use crate::tokens::fold;

/// See the module. It keeps the same lines as the [`LogsFilter`] it is made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct LineFilter {
    root: Test,
    /// The longest text that every line must contain.
    anchor: Option<Finder<'static>>,
    /// Older lines of files may be left out.
    pub(crate) since: Option<TimestampNs>,
}

#[derive(Debug, Clone, Default)]
enum Test {
    #[default]
    Any,
    Contains(Finder<'static>),
    ContainsFold(Finder<'static>),
    Token {
        finder: Finder<'static>,
        opens: bool,
        closes: bool,
    },
    EscapedLetters,
    Pair(String, String),
    All(Vec<Test>),
    OneOf(Vec<Test>),
}

impl LineFilter {
    pub(crate) fn new(filter: &LogsFilter) -> Self {
        let anchor = anchor(filter).map(|text| Finder::new(text).into_owned());
        Self { root: Test::new(filter), anchor, since: None }
    }

    /// The same, for which older lines of files need not be looked at.
    pub(crate) fn since(self, since: TimestampNs) -> Self {
        Self { since: Some(since), ..self }
    }

    pub(crate) fn keeps(&self, stream: &Labels, line: &str, metadata: &Labels) -> bool {
        self.root.keeps(stream, line, metadata)
    }
}

fn anchor(filter: &LogsFilter) -> Option<&str> {
    match filter {
        LogsFilter::Contains(text) | LogsFilter::Token { text, .. } => Some(text),
        LogsFilter::All(filters) => filters.iter().filter_map(anchor).max_by_key(|text| text.len()),
        _ => None,
    }
}

impl Test {
    fn new(filter: &LogsFilter) -> Self {
        match filter {
            LogsFilter::Any => Self::Any,
            LogsFilter::Contains(text) => Self::Contains(Finder::new(text).into_owned()),
            LogsFilter::ContainsFold(text) => Self::ContainsFold(Finder::new(text).into_owned()),
            LogsFilter::Token { text, opens, closes } => {
                Self::Token { finder: Finder::new(text).into_owned(), opens: *opens, closes: *closes }
            }
            LogsFilter::EscapedLetters => Self::EscapedLetters,
            LogsFilter::Pair { name, value } => Self::Pair(name.clone(), value.clone()),
            LogsFilter::All(filters) => Self::All(filters.iter().map(Self::new).collect()),
            LogsFilter::OneOf(filters) => Self::OneOf(filters.iter().map(Self::new).collect()),
        }
    }

    fn keeps(&self, stream: &Labels, line: &str, metadata: &Labels) -> bool {
        match self {
            Self::Any => true,
            Self::Contains(finder) => finder.find(line.as_bytes()).is_some(),
            Self::ContainsFold(finder) => finder.find(fold(line).as_bytes()).is_some(),
            Self::Token { finder, opens, closes } => has_token(line, finder, *opens, *closes),
            Self::EscapedLetters => escapes_letters(line),
            Self::Pair(name, value) => !stream.get(name).is_empty() || metadata.get(name) == value,
            Self::All(tests) => tests.iter().all(|t| t.keeps(stream, line, metadata)),
            Self::OneOf(tests) => tests.iter().any(|t| t.keeps(stream, line, metadata)),
        }
    }
}

/// Numbers of the lines of a text that a filter may keep, ascending. The text is searched as a whole, so that lines
/// without what is wanted cost next to nothing.
pub(crate) struct Places<'a> {
    anchor: Option<&'a Finder<'static>>,
    text: &'a [u8],
    ends: &'a [usize],
    line: usize,
}

impl<'a> Places<'a> {
    /// `ends` is where each line ends.
    pub(crate) fn of(filter: &'a LineFilter, text: &'a str, ends: &'a [usize]) -> Self {
        Self { anchor: filter.anchor.as_ref(), text: text.as_bytes(), ends, line: 0 }
    }

    fn start(&self) -> usize {
        self.line.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0)
    }
}

impl Iterator for Places<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if let Some(anchor) = self.anchor {
            let mut from = self.start();
            loop {
                let at = from + anchor.find(self.text.get(from..)?)?;
                self.line += self.ends.get(self.line..)?.partition_point(|end| *end <= at);
                if at + anchor.needle().len() <= *self.ends.get(self.line)? {
                    break;
                }
                // It reaches from one line into the next.
                from = at + 1;
            }
        }
        let found = self.line;
        self.line += 1;
        (found < self.ends.len()).then_some(found)
    }
}
