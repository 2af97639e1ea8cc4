//! Whether series are still told apart once it is forgotten what metric they are of.

use std::collections::HashSet;

use super::RowLabels;

/// The label sets that were there. As long as all are of one metric, sets that differed still do, and none is looked at.
#[derive(Debug)]
pub(crate) struct Distinct {
    of_one_metric: Vec<RowLabels>,
    seen: Option<HashSet<RowLabels>>,
}

impl Distinct {
    /// For sets that differed, metadata and all, before their metadata was hidden.
    pub(crate) fn of_different() -> Self {
        Self { of_one_metric: Vec::new(), seen: None }
    }

    /// For any sets.
    pub(crate) fn of_any() -> Self {
        Self { of_one_metric: Vec::new(), seen: Some(HashSet::new()) }
    }

    /// Whether a set was not there before.
    pub(crate) fn insert(&mut self, labels: &RowLabels) -> bool {
        if self.seen.is_none() && self.of_one_metric.first().is_none_or(|first| first.is_of_same_metric(labels)) {
            self.of_one_metric.push(labels.clone());
            return true;
        }
        let known = self.of_one_metric.drain(..);
        self.seen.get_or_insert_with(|| known.collect()).insert(labels.clone())
    }
}

#[cfg(test)]
mod tests {
    use aio_types::Labels;

    use super::*;

    #[test]
    fn sets_of_several_metrics_may_become_one() {
        let row = |name, a| {
            let mut row = RowLabels::from(Labels::from_pairs([("__name__", name), ("a", a)]));
            row.hide_metadata();
            row
        };
        let mut distinct = Distinct::of_different();
        let found = [("m", "1"), ("m", "2"), ("n", "3"), ("n", "2"), ("m", "3")];
        assert_eq!(found.map(|(name, a)| distinct.insert(&row(name, a))), [true, true, true, false, false]);
        let mut distinct = Distinct::of_any();
        assert_eq!(["1", "1"].map(|a| distinct.insert(&row("m", a))), [true, false]);
    }
}
