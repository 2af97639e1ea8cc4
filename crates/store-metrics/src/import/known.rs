//! What of an import is there already.

use std::collections::HashSet;
use std::sync::Arc;

use aio_types::{Exemplar, Labels, Samples, TimeRange, TimestampMs};

use crate::block::Block;
use crate::error::Error;
use crate::tenant::Tenant;
use crate::tombstones::Tombstones;

/// What a tenant has in the time of an import.
#[derive(Debug, Default)]
pub(super) struct Known {
    tenant: Option<Arc<Tenant>>,
    blocks: Vec<Arc<Block>>,
    tombstones: Tombstones,
}

impl Known {
    pub(super) fn of(tenant: Option<Arc<Tenant>>, extent: TimeRange) -> Self {
        let Some(tenant) = tenant else { return Self::default() };
        let (blocks, tombstones) = {
            let memory = tenant.memory.lock();
            let blocks = memory.blocks.iter().filter(|block| block.range.overlaps(&extent)).cloned().collect();
            (blocks, Arc::clone(&memory.tombstones))
        };
        Self { tenant: Some(tenant), blocks, tombstones }
    }

    /// Takes out of an import's series what is there. Samples ascend.
    pub(super) fn take_out(
        &self,
        labels: &Labels,
        samples: &mut Samples,
        exemplars: &mut Vec<Exemplar>,
    ) -> Result<(), Error> {
        let times = || samples.times().chain(exemplars.iter().map(|exemplar| exemplar.sample.t));
        let (Some(start), Some(end)) = (times().min(), times().max()) else { return Ok(()) };
        let (there, told) = self.there(labels, TimeRange { start, end })?;
        exemplars.retain(|exemplar| !told.contains(exemplar));
        if there.is_empty() {
            return Ok(());
        }
        if !samples.starts.is_empty() {
            let mut times = samples.floats.iter().map(|sample| sample.t);
            samples.starts.retain(|_| times.next().is_some_and(|t| !there.contains(&t)));
        }
        samples.floats.retain(|sample| !there.contains(&sample.t));
        samples.histograms.retain(|sample| !there.contains(&sample.t));
        Ok(())
    }

    /// The moments and exemplars of a series in `range`.
    fn there(&self, labels: &Labels, range: TimeRange) -> Result<(HashSet<TimestampMs>, Vec<Exemplar>), Error> {
        let (mut there, mut exemplars, mut samples) = (HashSet::new(), Vec::new(), Samples::default());
        for block in self.blocks.iter().filter(|block| block.range.overlaps(&range)) {
            let Some(series) = block.find(labels)? else { continue };
            let is_hidden = |t| self.tombstones.iter().any(|stone| stone.hides(block.sequence, labels, t));
            samples.clear();
            block.read(&series, range, &mut samples)?;
            there.extend(samples.times().filter(|t| !is_hidden(*t)));
            exemplars.extend(block.exemplars(&series, range)?.into_iter().filter(|e| !is_hidden(e.sample.t)));
        }
        if let Some(tenant) = &self.tenant {
            let memory = tenant.memory.lock();
            let heads = [memory.sealed.as_deref(), Some(&memory.head)];
            for series in heads.into_iter().flatten().filter_map(|head| head.get(labels.borrowed())) {
                samples.clear();
                series.collect(range, &mut samples);
                there.extend(samples.times());
                exemplars.extend(series.exemplars().cloned());
            }
        }
        Ok((there, exemplars))
    }
}
