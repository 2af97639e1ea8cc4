//! A label set in memory that others own.

use std::fmt::{self, Write as _};

use super::packed::Pairs;
use super::{Labels, METRIC_NAME, quote};

/// A label set that is borrowed: of a write, of [`Labels`], or of a [`super::LabelsBuffer`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LabelsRef<'a>(pub(super) &'a str);

impl<'a> LabelsRef<'a> {
    /// The value of `name`, or `""` where it is absent.
    #[must_use]
    pub fn get(self, name: &str) -> &'a str {
        let at_or_after = self.iter().find(|(n, _)| *n >= name);
        at_or_after.filter(|(n, _)| *n == name).map_or("", |(_, value)| value)
    }

    /// The metric name, or `""`.
    #[must_use]
    pub fn metric_name(self) -> &'a str {
        self.get(METRIC_NAME)
    }

    /// Pairs in order of their names.
    #[must_use]
    pub fn iter(self) -> Pairs<'a> {
        Pairs::of(self.0)
    }

    /// Number of labels.
    #[must_use]
    pub fn len(self) -> usize {
        self.iter().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// How much text it takes, in bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.0.len()
    }

    /// A set of its own.
    #[must_use]
    pub fn to_labels(self) -> Labels {
        if self.is_empty() { Labels::default() } else { Labels(self.0.into()) }
    }

    /// The set in one text: equal sets, and no others, have equal texts.
    pub(crate) fn packed(self) -> &'a str {
        self.0
    }

    /// The set that a text is which [`Self::packed`] gave.
    pub(crate) fn of_packed(packed: &'a str) -> Self {
        Self(packed)
    }
}

impl fmt::Display for LabelsRef<'_> {
    /// `{a="b", c="d"}` with Go-like escapes, as error texts show label sets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (i, (name, value)) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{name}=")?;
            quote(f, value)?;
        }
        f.write_char('}')
    }
}

impl fmt::Debug for LabelsRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
