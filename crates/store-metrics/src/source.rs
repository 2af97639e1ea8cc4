//! The store as query engines see it: a snapshot of one tenant that never changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aio_source::{Error, MetricsSource, SeriesExemplars, SeriesReader};
use aio_types::{Exemplar, Labels, Matcher, Metadata, Samples, TimeRange};
use roaring::RoaringBitmap;

use crate::block::{Block, BlockSeries};
use crate::head::HeadView;
use crate::index::Index;
use crate::merge::{append, merge};
use crate::series::HeadSeries;
use crate::tenant::Tenant;

/// One tenant at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// The head that is being written out, if any, before the one that takes writes.
    heads: Vec<HeadView>,
    /// Oldest first.
    blocks: Arc<Vec<Arc<Block>>>,
    metadata: Arc<BTreeMap<String, Metadata>>,
}

/// Where a series' samples lie.
#[derive(Default)]
struct Parts<'a> {
    heads: Vec<Arc<HeadSeries>>,
    /// Oldest block first.
    blocks: Vec<(&'a Block, Arc<BlockSeries>)>,
}

/// One series of a selection.
struct Found<'a> {
    labels: Labels,
    parts: Parts<'a>,
}

impl Found<'_> {
    /// Appends what there is to no samples at all.
    fn collect(&self, range: TimeRange, out: &mut Samples) -> Result<(), Error> {
        for (block, series) in &self.parts.blocks {
            block.read(series, range, out)?;
        }
        self.parts.heads.iter().for_each(|series| series.collect(range, out));
        merge(out);
        Ok(())
    }
}

impl SeriesReader for Found<'_> {
    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn read(&self, range: TimeRange, out: &mut Samples) -> Result<(), Error> {
        if out.is_empty() {
            return self.collect(range, out);
        }
        let mut samples = Samples::default();
        self.collect(range, &mut samples)?;
        append(out, &mut samples);
        Ok(())
    }
}

impl Snapshot {
    pub(crate) fn of(tenant: &Tenant) -> Self {
        let memory = tenant.memory.lock();
        let sealed = memory.sealed.iter().map(|sealed| sealed.view());
        Self {
            heads: sealed.chain([memory.head.view()]).collect(),
            blocks: Arc::clone(&memory.blocks),
            metadata: Arc::clone(&memory.head.metadata),
        }
    }

    fn heads(&self, range: TimeRange) -> impl Iterator<Item = &HeadView> {
        self.heads.iter().filter(move |head| head.overlaps(range))
    }

    fn blocks(&self, range: TimeRange) -> impl Iterator<Item = &Block> {
        self.blocks.iter().map(|block| &**block).filter(move |block| block.range.overlaps(&range))
    }

    fn parts(&self, matchers: &[Matcher], range: TimeRange) -> Result<BTreeMap<Labels, Parts<'_>>, Error> {
        let mut found: BTreeMap<Labels, Parts<'_>> = BTreeMap::new();
        for block in self.blocks(range) {
            for id in block.select(matchers)? {
                let series = block.series(id)?;
                if series.touches(range) {
                    found.entry(series.labels.clone()).or_default().blocks.push((block, series));
                }
            }
        }
        for head in self.heads(range) {
            for series in head.select(matchers).into_iter().filter(|s| s.touches(range)) {
                found.entry(series.labels.clone()).or_default().heads.push(series);
            }
        }
        Ok(found)
    }

    /// Runs `of_index` on every index that may hold something of `range`, with the series that match.
    fn indexes(
        &self,
        selections: &[Vec<Matcher>],
        range: TimeRange,
        mut of_index: impl FnMut(&Index, &dyn Fn(&RoaringBitmap) -> bool),
    ) {
        let mut visit = |index: &Index, count: u32| {
            if selections.is_empty() {
                // Ids ascend: a pair belongs to the snapshot where its first series does.
                return of_index(index, &|ids| ids.min().is_some_and(|first| first < count));
            }
            let mut wanted = RoaringBitmap::new();
            selections.iter().for_each(|matchers| wanted |= index.select(matchers));
            wanted.remove_range(count..);
            of_index(index, &|ids| !ids.is_disjoint(&wanted));
        };
        self.heads(range).for_each(|head| head.with_index(&mut visit));
        self.blocks(range).for_each(|block| visit(&block.index, block.series_count()));
    }
}

impl MetricsSource for Snapshot {
    fn select<'a>(&'a self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<Box<dyn SeriesReader + 'a>>, Error> {
        let reader = |(labels, parts)| -> Box<dyn SeriesReader + 'a> { Box::new(Found { labels, parts }) };
        Ok(self.parts(matchers, range)?.into_iter().map(reader).collect())
    }

    fn series(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<Labels>, Error> {
        let everything = [Vec::new()];
        let selections = if selections.is_empty() { &everything[..] } else { selections };
        let mut found = BTreeSet::new();
        for matchers in selections {
            found.extend(self.parts(matchers, range)?.into_keys());
        }
        Ok(found.into_iter().collect())
    }

    fn label_names(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        let mut names = BTreeSet::new();
        self.indexes(selections, range, |index, wanted| names.extend(index.names(wanted).map(str::to_owned)));
        Ok(names.into_iter().collect())
    }

    fn label_values(&self, name: &str, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        let mut values = BTreeSet::new();
        self.indexes(selections, range, |index, wanted| values.extend(index.values(name, wanted).map(str::to_owned)));
        Ok(values.into_iter().collect())
    }

    fn exemplars(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<SeriesExemplars>, Error> {
        let mut found: BTreeMap<Labels, Vec<Exemplar>> = BTreeMap::new();
        let mut add = |labels: &Labels, exemplars: Vec<Exemplar>| {
            for exemplar in exemplars {
                let all = found.entry(labels.clone()).or_default();
                if !all.contains(&exemplar) {
                    all.push(exemplar);
                }
            }
        };
        for matchers in selections {
            for block in self.blocks(range) {
                for id in block.select(matchers)? {
                    let series = block.series(id)?;
                    add(&series.labels, block.exemplars(&series, range)?);
                }
            }
            for head in self.heads(range) {
                for series in head.select(matchers) {
                    let inside = series.exemplars().filter(|e| range.contains(e.sample.t));
                    add(&series.labels, inside.cloned().collect());
                }
            }
        }
        let sorted = |(labels, mut exemplars): (Labels, Vec<Exemplar>)| {
            exemplars.sort_by_key(|e| e.sample.t);
            SeriesExemplars { labels, exemplars }
        };
        Ok(found.into_iter().map(sorted).collect())
    }

    fn metadata(&self) -> Result<BTreeMap<String, Vec<Metadata>>, Error> {
        Ok(self.metadata.iter().map(|(name, metadata)| (name.clone(), vec![metadata.clone()])).collect())
    }
}
