//! How much there is of what.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use aio_source::{BlockFigures, Cardinality};
use aio_types::{Labels, METRIC_NAME};

use crate::block::Block;
use crate::head::HeadView;
use crate::index::Index;
use crate::tombstones::Holes;

/// Counts what a head holds; the lists have their `limit` largest.
pub(crate) fn cardinality(head: &HeadView, limit: usize) -> Cardinality {
    let (series, chunks) = head.counts();
    let mut found = head.with_index(|index, _| of_index(index, limit));
    (found.series, found.chunks, found.range) = (series, chunks, head.range);
    found
}

/// The same of some series.
pub(crate) fn of_series(series: &[Labels], limit: usize) -> Cardinality {
    let mut index = Index::default();
    for (id, labels) in (0..).zip(series) {
        index.insert(id, labels);
    }
    Cardinality { series: series.len() as u64, ..of_index(&index, limit) }
}

fn of_index(index: &Index, limit: usize) -> Cardinality {
    let [mut metrics, mut pairs, mut values, mut bytes] = [(); 4].map(|()| Top::new(limit));
    let mut label_pairs = 0;
    let mut labels: HashMap<&str, (u64, u64)> = HashMap::new();
    for (name, value, ids) in index.pairs() {
        label_pairs += 1;
        let (value_count, value_bytes) = labels.entry(name).or_default();
        *value_count += 1;
        *value_bytes += value.len() as u64 * ids.len();
        pairs.push(ids.len(), || format!("{name}={value}"));
        if name == METRIC_NAME {
            metrics.push(ids.len(), || value.to_owned());
        }
    }
    for (name, (value_count, value_bytes)) in labels {
        values.push(value_count, || name.to_owned());
        bytes.push(value_bytes, || name.to_owned());
    }
    Cardinality {
        label_pairs,
        series_by_metric: metrics.sorted(),
        values_by_label: values.sorted(),
        bytes_by_label: bytes.sorted(),
        series_by_pair: pairs.sorted(),
        ..Cardinality::default()
    }
}

/// The largest of many.
struct Top {
    limit: usize,
    /// The smallest on top; of equal counts the last by name.
    kept: BinaryHeap<(Reverse<u64>, String)>,
}

impl Top {
    fn new(limit: usize) -> Self {
        Self { limit, kept: BinaryHeap::new() }
    }

    fn push(&mut self, count: u64, name: impl FnOnce() -> String) {
        if self.kept.len() >= self.limit && self.kept.peek().is_none_or(|(Reverse(least), _)| *least > count) {
            return;
        }
        self.kept.push((Reverse(count), name()));
        if self.kept.len() > self.limit {
            self.kept.pop();
        }
    }

    fn sorted(self) -> Vec<(String, u64)> {
        self.kept.into_sorted_vec().into_iter().map(|(Reverse(count), name)| (name, count)).collect()
    }
}

/// Counts what a block holds.
pub(crate) fn block(block: &Block, holes: &Holes) -> BlockFigures {
    let (chunks, samples) = block.counts();
    BlockFigures {
        name: block.path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        range: block.range,
        series: block.series_count().into(),
        chunks,
        samples,
        bytes: std::fs::metadata(&block.path).map_or(0, |file| file.len()),
        holes: holes.of(block.sequence).len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_listed_largest_first() {
        let mut index = Index::default();
        for id in 0..10_u32 {
            let name = if id < 7 { "requests" } else { "errors" };
            let labels = [(METRIC_NAME, name.to_owned()), ("pod", format!("pod-{id}")), ("zone", "eu".to_owned())];
            index.insert(id, &Labels::from_pairs(labels));
        }
        let found = of_index(&index, 2);
        let named = |pairs: &[(&str, u64)]| -> Vec<_> { pairs.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect() };
        assert_eq!(found.label_pairs, 13);
        assert_eq!(found.series_by_metric, named(&[("requests", 7), ("errors", 3)]));
        assert_eq!(found.values_by_label, named(&[("pod", 10), ("__name__", 2)]));
        assert_eq!(found.bytes_by_label, named(&[("__name__", 74), ("pod", 50)]));
        assert_eq!(found.series_by_pair, named(&[("zone=eu", 10), ("__name__=requests", 7)]));
    }
}
