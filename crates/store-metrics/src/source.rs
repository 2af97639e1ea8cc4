//! The store as query engines see it: a snapshot of one tenant that never changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aio_source::{BlockFigures, Cardinality, Error, Mark, MetricsSource, SeriesExemplars, SeriesReader};
use aio_types::{Exemplar, Labels, Matcher, Metadata, TimeRange, TimestampMs};
use roaring::RoaringBitmap;

use crate::block::Block;
use crate::changes::Changes;
use crate::figures;
use crate::found::{self, Found};
use crate::head::HeadView;
use crate::index::{Ids, Index};
use crate::plan::Plan;
use crate::tenant::Tenant;
use crate::tombstones::{Holes, hidden, pieces};

/// Memory that goes back as far tells of what is written now.
const RECENT_MS: i64 = 3_600_000;
/// So many series with holes are read to learn what is left of them.
const HOLED_READ_MAX: u64 = 20_000;

/// One tenant at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// The head that is being written out, if any, before the one that takes writes.
    heads: Vec<HeadView>,
    /// Oldest first.
    blocks: Arc<Vec<Arc<Block>>>,
    holes: Arc<Holes>,
    metadata: Arc<BTreeMap<String, Metadata>>,
    changes: Changes,
}

impl Snapshot {
    pub(crate) fn of(tenant: &Tenant) -> Self {
        let memory = tenant.memory.lock();
        let sealed = memory.sealed.iter().map(|sealed| sealed.view());
        Self {
            heads: sealed.chain([memory.head.view()]).collect(),
            blocks: Arc::clone(&memory.blocks),
            holes: Arc::clone(&memory.holes),
            metadata: Arc::clone(memory.head.metadata()),
            changes: memory.changes.clone(),
        }
    }

    fn heads(&self, range: TimeRange) -> impl Iterator<Item = &HeadView> {
        self.heads.iter().filter(move |head| head.overlaps(range))
    }

    fn blocks(&self, range: TimeRange) -> impl Iterator<Item = &Block> {
        self.blocks.iter().map(|block| &**block).filter(move |block| block.range.overlaps(&range))
    }

    /// Series that match and may have samples in `range`, ascending by labels, each once.
    fn found(&self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<Found<'_>>, Error> {
        let plan = Plan::new(matchers);
        let mut found = Vec::new();
        for block in self.blocks(range) {
            found = found::joined(found, found::in_block(block, self.holes.of(block.sequence), &plan, range)?);
        }
        for head in self.heads(range) {
            found = found::joined(found, found::in_head(head, &plan, range));
        }
        Ok(found)
    }

    /// Runs `of_index` on the index of every head that may hold something of `range`, with a test for
    /// the series that match and do.
    fn indexes(
        &self,
        selections: &[Vec<Matcher>],
        range: TimeRange,
        mut of_index: impl FnMut(&Index, &dyn Fn(&Ids) -> bool),
    ) {
        let plans: Vec<_> = selections.iter().map(|matchers| Plan::new(matchers)).collect();
        for head in self.heads(range) {
            let wanted = head.wanted(&plans, range);
            head.with_index(|index, count| match &wanted {
                // Ids ascend: a pair belongs to the snapshot where its first series does.
                None => of_index(index, &|ids| ids.min().is_some_and(|first| first < count)),
                Some(wanted) => of_index(index, &|ids| !ids.is_disjoint(wanted)),
            });
        }
    }

    /// Series of a block of which nothing in `range` is left. Where very many have holes, those are found only of which
    /// all there ever was is deleted.
    fn gone(&self, block: &Block, wanted: Option<&RoaringBitmap>, range: TimeRange) -> Result<RoaringBitmap, Error> {
        let holes = self.holes.of(block.sequence);
        let mut gone = self.holes.gone(block.sequence, block.range);
        let mut holed = holes.iter().fold(RoaringBitmap::new(), |ids, hole| ids | &hole.ids) - &gone;
        wanted.into_iter().for_each(|wanted| holed &= wanted);
        if holed.len() > HOLED_READ_MAX {
            return Ok(gone);
        }
        for id in holed {
            let (series, hidden) = (block.series(id)?, hidden(holes, id, range));
            if !pieces(range, &hidden).iter().any(|piece| series.touches(*piece)) {
                gone.insert(id);
            }
        }
        Ok(gone)
    }

    /// Blocks that may hold something of `range`, with the series that match and do; `None` for all of a block.
    fn wanted(
        &self,
        selections: &[Vec<Matcher>],
        range: TimeRange,
    ) -> impl Iterator<Item = Result<(&Block, Option<RoaringBitmap>), Error>> {
        let plans: Vec<_> = selections.iter().map(|matchers| Plan::new(matchers)).collect();
        let wanted = move |block: &Block| -> Result<Option<RoaringBitmap>, Error> {
            let mut wanted = block.touching(range)?;
            if !plans.is_empty() {
                let selected = block.select_any(&plans)?;
                wanted = Some(wanted.map_or_else(|| selected.clone(), |touching| touching & &selected));
            }
            let gone = self.gone(block, wanted.as_ref(), range)?;
            if gone.is_empty() {
                return Ok(wanted);
            }
            Ok(Some(wanted.unwrap_or_else(|| block.all()) - gone))
        };
        // The plans outlive the answer no longer than the selections do.
        let found: Vec<_> = self.blocks(range).map(|block| Ok((block, wanted(block)?))).collect();
        found.into_iter()
    }
}

impl MetricsSource for Snapshot {
    fn select<'a>(&'a self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<Box<dyn SeriesReader + 'a>>, Error> {
        let reader = |found| -> Box<dyn SeriesReader + 'a> { Box::new(found) };
        Ok(self.found(matchers, range)?.into_iter().map(reader).collect())
    }

    fn series(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<Labels>, Error> {
        let everything = [Vec::new()];
        let selections = if selections.is_empty() { &everything[..] } else { selections };
        let mut found = BTreeSet::new();
        for matchers in selections {
            found.extend(self.found(matchers, range)?.into_iter().map(|found| found.labels));
        }
        Ok(found.into_iter().collect())
    }

    fn label_names(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        let mut names = BTreeSet::new();
        self.indexes(selections, range, |index, wanted| names.extend(index.names(wanted).map(str::to_owned)));
        for wanted in self.wanted(selections, range) {
            let (block, wanted) = wanted?;
            names.extend(block.label_names(wanted.as_ref())?.into_iter().map(str::to_owned));
        }
        Ok(names.into_iter().collect())
    }

    fn label_values(&self, name: &str, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        let mut values = BTreeSet::new();
        self.indexes(selections, range, |index, wanted| values.extend(index.values(name, wanted).map(str::to_owned)));
        for wanted in self.wanted(selections, range) {
            let (block, wanted) = wanted?;
            block.label_values(name, wanted.as_ref(), &mut values)?;
        }
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
        for plan in selections.iter().map(|matchers| Plan::new(matchers)) {
            for block in self.blocks(range) {
                let holes = self.holes.of(block.sequence);
                for id in block.select(&plan)? {
                    let (series, hidden) = (block.series(id)?, hidden(holes, id, range));
                    let mut exemplars = block.exemplars(&series, range)?;
                    exemplars.retain(|e| !hidden.iter().any(|range| range.contains(e.sample.t)));
                    add(&series.labels, exemplars);
                }
            }
            for head in self.heads(range) {
                for series in head.select(&plan) {
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

    fn mark(&self) -> Option<Mark> {
        Some(self.changes.mark())
    }

    fn unchanged_before(&self, mark: Mark) -> TimestampMs {
        self.changes.unchanged_before(mark)
    }

    fn cardinality(&self, limit: usize) -> Result<Cardinality, Error> {
        let ends = self.heads.iter().filter_map(|head| head.range).map(|range| range.end);
        let Some(newest) = ends.chain(self.blocks.iter().map(|block| block.range.end)).max() else {
            return Ok(Cardinality::default());
        };
        let recent = TimeRange { start: newest.saturating_add(-RECENT_MS), end: newest };
        let is_recent = |head: &HeadView| head.range.is_some_and(|range| range.start <= recent.start);
        if let Some(head) = self.heads.last().filter(|head| is_recent(head)) {
            return Ok(figures::cardinality(head, limit));
        }
        // Memory was written out a moment ago.
        let series = self.series(&[Vec::new()], recent)?;
        let chunks =
            self.heads.iter().map(|head| head.counts().1).chain(self.blocks(recent).map(|block| block.counts().0));
        let starts =
            self.heads.iter().filter_map(|head| head.range).chain(self.blocks(recent).map(|block| block.range));
        let start = starts.map(|range| range.start).min().unwrap_or(recent.start);
        let found = figures::of_series(&series, limit);
        Ok(Cardinality { chunks: chunks.sum(), range: Some(TimeRange { start, end: newest }), ..found })
    }

    fn blocks(&self) -> Result<Vec<BlockFigures>, Error> {
        let mut blocks: Vec<_> = self.blocks.iter().map(|block| figures::block(block, &self.holes)).collect();
        blocks.sort_by_key(|block| (block.range.start, block.range.end));
        Ok(blocks)
    }

    fn metadata(&self) -> Result<BTreeMap<String, Vec<Metadata>>, Error> {
        Ok(self.metadata.iter().map(|(name, metadata)| (name.clone(), vec![metadata.clone()])).collect())
    }
}
