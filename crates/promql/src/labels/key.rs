//! What series are grouped and joined by: some of their labels, as bytes.

use std::collections::HashMap;

use aio_types::METRIC_NAME;

use super::RowLabels;

/// No label's text holds it, since it is no part of UTF-8.
const SEPARATOR: u8 = 0xff;

/// A choice of labels.
#[derive(Debug, Clone)]
pub(crate) enum LabelNames {
    /// These.
    Only(Vec<String>),
    /// All but these and the metric's name.
    AllBut(Vec<String>),
}

impl LabelNames {
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::Only(names) => names.iter().any(|n| n == name),
            Self::AllBut(names) => name != METRIC_NAME && !names.iter().any(|n| n == name),
        }
    }

    pub(crate) fn of(&self, labels: &RowLabels) -> RowLabels {
        labels.filter(|name| self.has(name))
    }
}

/// Numbers label sets by the chosen labels: equal ones have equal numbers, from 0 up in order of appearance.
pub(crate) struct OrdinalMap<'a> {
    names: &'a LabelNames,
    ordinals: HashMap<Box<[u8]>, usize>,
    key: Vec<u8>,
}

impl<'a> OrdinalMap<'a> {
    pub(crate) fn new(names: &'a LabelNames) -> Self {
        Self { names, ordinals: HashMap::new(), key: Vec::new() }
    }

    pub(crate) fn ordinal(&mut self, labels: &RowLabels) -> usize {
        self.key.clear();
        for (name, value) in labels.iter().filter(|(name, _)| self.names.has(name)) {
            self.key.extend_from_slice(name.as_bytes());
            self.key.push(SEPARATOR);
            self.key.extend_from_slice(value.as_bytes());
            self.key.push(SEPARATOR);
        }
        if let Some(ordinal) = self.ordinals.get(self.key.as_slice()) {
            return *ordinal;
        }
        let next = self.ordinals.len();
        self.ordinals.insert(self.key.as_slice().into(), next);
        next
    }
}

#[cfg(test)]
mod tests {
    use aio_types::Labels;

    use super::*;

    #[test]
    fn equal_choices_have_equal_numbers() {
        let row = |pairs: &[(&'static str, &'static str)]| RowLabels::from(Labels::from_pairs(pairs.iter().copied()));
        let (a, b) = (row(&[("__name__", "m"), ("x", "1"), ("y", "2")]), row(&[("__name__", "n"), ("x", "1")]));
        let names = LabelNames::Only(vec!["x".to_owned()]);
        let mut map = OrdinalMap::new(&names);
        assert_eq!([map.ordinal(&a), map.ordinal(&b)], [0, 0]);
        let names = LabelNames::AllBut(Vec::new());
        let mut map = OrdinalMap::new(&names);
        assert_eq!([map.ordinal(&a), map.ordinal(&b), map.ordinal(&a)], [0, 1, 0]);
        assert_eq!(names.of(&b).to_labels().to_string(), r#"{x="1"}"#);
    }
}
