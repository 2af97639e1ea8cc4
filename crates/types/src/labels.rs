//! Label sets: sorted by name, unique names, cheap to clone; without empty values, but for those that are asked for.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::sync::Arc;

mod borrowed;
mod buffer;
mod packed;

pub use borrowed::LabelsRef;
pub use buffer::LabelsBuffer;
pub use packed::Pairs;

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// A label set. Ordered like Prometheus orders label sets: pair by pair, then by length.
///
/// All of it is one piece of memory: there may be millions.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Labels(Arc<str>);

impl Labels {
    /// Builds a set from pairs in any order. Pairs with an empty value are dropped (an empty label equals an
    /// absent one); of several pairs with one name the last wins.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let pairs: Vec<(N, V)> = pairs.into_iter().collect();
        Self::from_texts(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect(), false)
    }

    fn from_texts(mut pairs: Vec<(&str, &str)>, with_empty: bool) -> Self {
        if !pairs.is_sorted_by(|a, b| a.0 < b.0) {
            pairs.sort_by_key(|(name, _)| *name);
            // The sort is stable, so of equal names the last one stands last: keep that one.
            pairs.dedup_by(|next, kept| {
                let is_same = next.0 == kept.0;
                if is_same {
                    *kept = *next;
                }
                is_same
            });
        }
        if !with_empty {
            pairs.retain(|(_, value)| !value.is_empty());
        }
        Self(packed::pack(pairs.iter().copied()))
    }

    /// Builds a set from pairs that already are in order: names ascend strictly, and no value is empty.
    pub fn from_sorted<'a>(pairs: impl ExactSizeIterator<Item = (&'a str, &'a str)> + Clone) -> Self {
        debug_assert!(pairs.clone().is_sorted_by(|a, b| a.0 < b.0) && pairs.clone().all(|(_, v)| !v.is_empty()));
        Self(packed::pack(pairs))
    }

    /// The value of `name`, or `""` where it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.borrowed().get(name)
    }

    /// The metric name, or `""`.
    #[must_use]
    pub fn metric_name(&self) -> &str {
        self.borrowed().metric_name()
    }

    /// Pairs in order of their names.
    #[must_use]
    pub fn iter(&self) -> Pairs<'_> {
        self.borrowed().iter()
    }

    /// Number of labels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.borrowed().len()
    }

    /// The same set, without owning it.
    #[must_use]
    pub fn borrowed(&self) -> LabelsRef<'_> {
        LabelsRef(&self.0)
    }

    /// What it takes in memory, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.0.len() + 2 * size_of::<usize>()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels whose name passes `keep`.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        let kept: Vec<_> = self.iter().filter(|(n, _)| keep(n)).collect();
        if kept.len() == self.len() {
            return self.clone();
        }
        Self(packed::pack(kept.iter().copied()))
    }

    /// The same set without the metric name.
    #[must_use]
    pub fn without_metric_name(&self) -> Self {
        self.filter(|n| n != METRIC_NAME)
    }

    /// A builder that starts with these labels.
    #[must_use]
    pub fn to_builder(&self) -> LabelsBuilder {
        LabelsBuilder { pairs: self.iter().map(|(n, v)| (n.into(), v.into())).collect() }
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        packed::compare(&self.0, &other.0)
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Labels {
    /// As [`LabelsRef`] is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.borrowed(), f)
    }
}

/// A string literal as Go prints it.
pub(crate) fn quote(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\x07' => f.write_str("\\a")?,
            '\x08' => f.write_str("\\b")?,
            '\t' => f.write_str("\\t")?,
            '\n' => f.write_str("\\n")?,
            '\x0b' => f.write_str("\\v")?,
            '\x0c' => f.write_str("\\f")?,
            '\r' => f.write_str("\\r")?,
            ' '..='~' => f.write_char(c)?,
            '\0'..='\x7f' => write!(f, "\\x{:02x}", u32::from(c))?,
            // Rust's notion of what can be shown is Go's, but for marks that combine.
            _ if c.escape_debug().count() == 1 => f.write_char(c)?,
            '\u{80}'..='\u{ffff}' => write!(f, "\\u{:04x}", u32::from(c))?,
            _ => write!(f, "\\U{:08x}", u32::from(c))?,
        }
    }
    f.write_str("\"")
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Collects pairs, then sorts and cleans them once.
#[derive(Debug, Clone, Default)]
pub struct LabelsBuilder {
    pairs: Vec<(Box<str>, Box<str>)>,
}

impl LabelsBuilder {
    /// Adds a pair; a later pair with the same name replaces an earlier one, an empty value removes the label.
    pub fn push(&mut self, name: impl Into<Box<str>>, value: impl Into<Box<str>>) -> &mut Self {
        self.pairs.push((name.into(), value.into()));
        self
    }

    /// The finished set.
    #[must_use]
    pub fn build(self) -> Labels {
        Labels::from_pairs(self.pairs)
    }

    /// The same with pairs whose value is empty: for languages in which a label may be there and empty.
    #[must_use]
    pub fn build_with_empty(self) -> Labels {
        Labels::from_texts(self.pairs.iter().map(|(name, value)| (&**name, &**value)).collect(), true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_sorted_and_the_last_of_a_name_wins() {
        let labels = Labels::from_pairs([("b", "1"), ("a", "2"), ("b", "3"), ("c", "")]);
        assert_eq!(labels.to_string(), r#"{a="2", b="3"}"#);
        assert_eq!(labels.get("c"), "");
    }

    #[test]
    fn an_empty_value_removes_a_label() {
        let mut builder = Labels::from_pairs([("a", "1"), ("b", "2")]).to_builder();
        builder.push("a", "");
        assert_eq!(builder.clone().build().to_string(), r#"{b="2"}"#);
        assert_eq!(builder.build_with_empty().to_string(), r#"{a="", b="2"}"#);
    }

    #[test]
    fn sets_are_ordered_pair_by_pair_then_by_length() {
        let sets = [
            vec![],
            vec![("a", "1")],
            vec![("a", "1"), ("b", "1")],
            vec![("a", "10")],
            vec![("a", "2")],
            vec![("b", "1")],
        ];
        let labels: Vec<_> = sets.iter().map(|pairs| Labels::from_pairs(pairs.iter().copied())).collect();
        assert!(labels.is_sorted_by(|a, b| a < b));
        for (pairs, labels) in sets.iter().zip(labels) {
            assert_eq!(Labels::from_sorted(pairs.iter().copied()), labels);
            assert_eq!((labels.iter().collect::<Vec<_>>(), labels.len()), (pairs.clone(), pairs.len()));
        }
    }

    #[test]
    fn the_order_is_that_of_the_pairs() {
        let texts = ["", "a", "aa", "aaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaab", "b", "\u{10ffff}"];
        let mut sets = Vec::new();
        for (x, y) in texts.iter().flat_map(|x| texts.iter().map(move |y| (*x, *y))) {
            sets.push(vec![("n", x), ("o", y)]);
            sets.push(vec![("n", x), ("oo", y), ("p", "1")]);
            sets.push(vec![("n", "same"), ("o", x), ("p", y)]);
        }
        let labels: Vec<_> = sets.iter().map(|pairs| Labels::from_pairs(pairs.iter().copied())).collect();
        for (a, b) in labels.iter().flat_map(|a| labels.iter().map(move |b| (a, b))) {
            assert_eq!(a.cmp(b), a.iter().cmp(b.iter()), "{a} {b}");
        }
    }

    #[test]
    fn texts_may_be_long_and_of_any_letters() {
        let long = "ü".repeat(100_000);
        let pairs = [("", "empty name"), ("a\0", "\0"), ("short", "x"), (&long, &long), ("\u{10ffff}", "?")];
        let labels = Labels::from_pairs(pairs);
        for (name, value) in pairs {
            assert_eq!(labels.get(name), value);
        }
        assert_eq!((labels.len(), labels.get("b")), (5, ""));
        assert_eq!(labels.filter(|n| n.len() < 6).len(), 4);
    }

    #[test]
    fn values_are_quoted_as_go_quotes_them() {
        for (value, want) in [
            ("a\"b\\c", r#"{x="a\"b\\c"}"#),
            ("\x07\x08\t\n\x0b\x0c\r", r#"{x="\a\b\t\n\v\f\r"}"#),
            ("\x1f\x7f", r#"{x="\x1f\x7f"}"#),
            ("ä€😀", r#"{x="ä€😀"}"#),
            ("\u{85}\u{200b}\u{e0001}", r#"{x="\u0085\u200b\U000e0001"}"#),
        ] {
            assert_eq!(Labels::from_pairs([("x", value)]).to_string(), want);
        }
    }
}
