//! The store as query engines see it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aio_source::{Error, MetricsSource, Series, SeriesExemplars};
use aio_types::{Exemplar, Labels, Matcher, Metadata, TimeRange};

use crate::block::Block;
use crate::head::SeriesView;
use crate::merge::merge;
use crate::store::Tenant;

/// One tenant's view.
#[derive(Debug)]
pub(crate) struct TenantSource(pub(crate) Arc<Tenant>);

/// Where a series' samples lie.
#[derive(Default)]
struct Parts {
    head: Option<SeriesView>,
    /// Positions of the block and of the series in it, oldest block first.
    blocks: Vec<(usize, usize)>,
}

impl TenantSource {
    /// Runs `of_head` under the head's lock and returns with the blocks of the same moment.
    fn at_one_moment<T>(&self, of_head: impl FnOnce(&crate::head::Head) -> T) -> (T, Arc<Vec<Arc<Block>>>) {
        let head = self.0.head.lock();
        let blocks = Arc::clone(&self.0.blocks.read());
        (of_head(&head), blocks)
    }

    fn parts(&self, matchers: &[Matcher], range: TimeRange) -> (BTreeMap<Labels, Parts>, Arc<Vec<Arc<Block>>>) {
        let (mut found, blocks) = self.at_one_moment(|head| {
            let mut found: BTreeMap<Labels, Parts> = BTreeMap::new();
            for id in head.index.select(matchers) {
                let series = &head.series[id as usize];
                if series.touches(range) {
                    let parts = Parts { head: Some(series.view(range)), blocks: Vec::new() };
                    found.insert(series.labels.clone(), parts);
                }
            }
            found
        });
        for (b, block) in blocks.iter().enumerate().filter(|(_, b)| b.range.overlaps(&range)) {
            for id in block.index.select(matchers) {
                let series = &block.series[id as usize];
                if series.touches(range) {
                    found.entry(series.labels.clone()).or_default().blocks.push((b, id as usize));
                }
            }
        }
        (found, blocks)
    }
}

impl MetricsSource for TenantSource {
    fn select(&self, matchers: &[Matcher], range: TimeRange, max_samples: usize) -> Result<Vec<Series>, Error> {
        let (found, blocks) = self.parts(matchers, range);
        let mut left = max_samples;
        let mut out = Vec::with_capacity(found.len());
        for (labels, parts) in found {
            let mut samples = Vec::new();
            for (b, s) in parts.blocks {
                let block = &blocks[b];
                block.read(&block.series[s], range, &mut samples)?;
            }
            if let Some(view) = parts.head {
                view.collect(&mut samples);
            }
            merge(&mut samples, range);
            left = left.checked_sub(samples.len()).ok_or(Error::TooManySamples)?;
            if !samples.is_empty() {
                out.push(Series { labels, samples });
            }
        }
        Ok(out)
    }

    fn series(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<Labels>, Error> {
        let everything = [Vec::new()];
        let selections = if selections.is_empty() { &everything[..] } else { selections };
        let mut found = BTreeSet::new();
        for matchers in selections {
            let ((), blocks) = self.at_one_moment(|head| {
                let ids = head.index.select(matchers);
                let series = ids.into_iter().map(|id| &head.series[id as usize]);
                found.extend(series.filter(|s| s.touches(range)).map(|s| s.labels.clone()));
            });
            for block in blocks.iter().filter(|b| b.range.overlaps(&range)) {
                let ids = block.index.select(matchers);
                let series = ids.into_iter().map(|id| &block.series[id as usize]);
                found.extend(series.filter(|s| s.touches(range)).map(|s| s.labels.clone()));
            }
        }
        Ok(found.into_iter().collect())
    }

    fn label_names(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for labels in self.series(selections, range)? {
            for (name, _) in labels.iter().filter(|(n, _)| !names.contains(*n)).collect::<Vec<_>>() {
                names.insert(name.to_owned());
            }
        }
        Ok(names.into_iter().collect())
    }

    fn label_values(&self, name: &str, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        let mut values: BTreeSet<String> = BTreeSet::new();
        for labels in self.series(selections, range)? {
            let value = labels.get(name);
            if !value.is_empty() && !values.contains(value) {
                values.insert(value.to_owned());
            }
        }
        Ok(values.into_iter().collect())
    }

    fn exemplars(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<SeriesExemplars>, Error> {
        let mut found: BTreeMap<Labels, Vec<Exemplar>> = BTreeMap::new();
        let mut add = |labels: &Labels, exemplars: Vec<&Exemplar>| {
            let inside: Vec<_> = exemplars.into_iter().filter(|e| range.contains(e.sample.t)).cloned().collect();
            if inside.is_empty() {
                return;
            }
            let all = found.entry(labels.clone()).or_default();
            for exemplar in inside {
                if !all.contains(&exemplar) {
                    all.push(exemplar);
                }
            }
        };
        for matchers in selections {
            let ((), blocks) = self.at_one_moment(|head| {
                for id in head.index.select(matchers) {
                    let series = &head.series[id as usize];
                    add(&series.labels, series.exemplars.iter().collect());
                }
            });
            for block in blocks.iter().filter(|b| b.range.overlaps(&range)) {
                for id in block.index.select(matchers) {
                    let series = &block.series[id as usize];
                    add(&series.labels, series.exemplars.iter().collect());
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
        let (all, _) = self.at_one_moment(|head| head.metadata.clone());
        Ok(all.into_iter().map(|(name, metadata)| (name, vec![metadata])).collect())
    }
}
