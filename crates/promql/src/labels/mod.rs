//! Label sets as they look to an expression: a dropped name is hidden, not copied away.

mod distinct;
mod key;
mod xxhash;

use std::hash::{Hash, Hasher};

use aio_types::{Labels, METRIC_NAME};

pub(crate) use self::distinct::Distinct;
pub(crate) use self::key::{LabelNames, OrdinalMap};
pub(crate) use self::xxhash::hash_of;

/// Labels that say what a metric is; they go when its values become something else.
const METADATA: [&str; 3] = [METRIC_NAME, "__type__", "__unit__"];

pub(crate) fn is_metadata(name: &str) -> bool {
    METADATA.contains(&name)
}

/// The labels of a row, of which some may be hidden.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowLabels {
    base: Labels,
    hides_metadata: bool,
}

impl RowLabels {
    /// All labels that are not hidden, in order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let hides = self.hides_metadata;
        self.base.iter().filter(move |(name, _)| !(hides && is_metadata(name)))
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        if self.hides_metadata && is_metadata(name) { "" } else { self.base.get(name) }
    }

    pub(crate) fn metric_name(&self) -> &str {
        self.get(METRIC_NAME)
    }

    pub(crate) fn hide_metadata(&mut self) {
        self.hides_metadata = true;
    }

    /// Whether both say, or would say if it were not hidden, that they are of the same metric.
    fn is_of_same_metric(&self, other: &Self) -> bool {
        METADATA.iter().all(|name| self.base.get(name) == other.base.get(name))
    }

    /// The set for itself.
    pub(crate) fn to_labels(&self) -> Labels {
        if self.hides_metadata { self.base.filter(|name| !is_metadata(name)) } else { self.base.clone() }
    }

    /// Those labels whose name passes.
    pub(crate) fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        let hides = self.hides_metadata;
        self.base.filter(|name| keep(name) && !(hides && is_metadata(name))).into()
    }

    /// The set with `name` set to `value`, or without it where that is empty.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        if self.get(name) == value {
            return self.clone();
        }
        let mut builder = self.to_labels().to_builder();
        builder.push(name, value);
        builder.build().into()
    }
}

impl From<Labels> for RowLabels {
    fn from(base: Labels) -> Self {
        Self { base, hides_metadata: false }
    }
}

impl PartialEq for RowLabels {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for RowLabels {}

impl Hash for RowLabels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.iter().for_each(|pair| pair.hash(state));
    }
}

impl PartialOrd for RowLabels {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RowLabels {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.iter().cmp(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_labels_are_as_if_they_were_not() {
        let full = Labels::from_pairs([("__name__", "m"), ("__unit__", "s"), ("a", "1")]);
        let mut row = RowLabels::from(full.clone());
        assert_eq!(row.metric_name(), "m");
        row.hide_metadata();
        assert_eq!(row, RowLabels::from(Labels::from_pairs([("a", "1")])));
        assert_eq!((row.metric_name(), row.get("a")), ("", "1"));
        assert_eq!(row.with("b", "2").to_labels().to_string(), r#"{a="1", b="2"}"#);
        assert_eq!(row.filter(|n| n != "a").to_labels(), Labels::default());
    }
}
