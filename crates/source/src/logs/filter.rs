//! What is known of every wanted line, as a tree. It says less than a query does: a line that it rules out is not
//! wanted, one that it keeps may be.

use aio_types::{Labels, LogEntry};
use memchr::memmem::Finder;

use super::spelled::{escapes_letters, has_token};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LogsFilter {
    /// Nothing is known.
    #[default]
    Any,
    /// The line contains this text.
    Contains(String),
    /// The line contains this text, letters of ASCII in either case (`ſ` counts as an s, the Kelvin sign as a k). The
    /// text is in lower case and has only ASCII.
    ContainsFold(String),
    /// The line has this text, not continued by letters, digits, `_` or anything beyond ASCII.
    Token {
        /// Letters, digits and `_`; not empty.
        text: String,
        /// Whether nothing continues it to the left.
        opens: bool,
        /// The same, to the right.
        closes: bool,
    },
    /// The line spells a letter or digit by a JSON escape; see [`escapes_letters`].
    EscapedLetters,
    /// The structured metadata has this pair, or the stream has a label of this name, whatever its value.
    Pair {
        /// The pair's name.
        name: String,
        /// Its value, not empty.
        value: String,
    },
    /// All are true.
    All(Vec<LogsFilter>),
    /// At least one is true.
    OneOf(Vec<LogsFilter>),
}

impl LogsFilter {
    /// All of these, as simple as it can be said.
    #[must_use]
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for filter in filters {
            match filter {
                Self::Any => {}
                Self::All(inner) => all.extend(inner),
                other => all.push(other),
            }
        }
        match all.len() {
            0 => Self::Any,
            1 => all.remove(0),
            _ => Self::All(all),
        }
    }

    /// At least one of these, as simple as it can be said. Of none nothing is known.
    #[must_use]
    pub fn one_of(filters: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for filter in filters {
            match filter {
                Self::Any => return Self::Any,
                Self::OneOf(inner) => all.extend(inner),
                other => all.push(other),
            }
        }
        match all.len() {
            0 => Self::Any,
            1 => all.remove(0),
            _ => Self::OneOf(all),
        }
    }

    /// A text that occurs in the line. Of an empty one nothing is known.
    #[must_use]
    pub fn contains(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Any } else { Self::Contains(text) }
    }

    /// Whether a line may be wanted: the plain meaning, which every quicker way must agree with.
    #[must_use]
    pub fn keeps(&self, stream: &Labels, entry: &LogEntry) -> bool {
        match self {
            Self::Any => true,
            Self::Contains(text) => entry.line.contains(text.as_str()),
            Self::ContainsFold(text) => fold(&entry.line).contains(text.as_str()),
            Self::Token { text, opens, closes } => has_token(&entry.line, &Finder::new(text), *opens, *closes),
            Self::EscapedLetters => escapes_letters(&entry.line),
            Self::Pair { name, value } => !stream.get(name).is_empty() || entry.metadata.get(name) == value,
            Self::All(filters) => filters.iter().all(|f| f.keeps(stream, entry)),
            Self::OneOf(filters) => filters.iter().any(|f| f.keeps(stream, entry)),
        }
    }
}

/// As letters are compared by [`LogsFilter::ContainsFold`].
fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

pub(super) fn fold_char(c: char) -> char {
    match c {
        'ſ' => 's',
        '\u{212a}' => 'k',
        _ => c.to_ascii_lowercase(),
    }
}
