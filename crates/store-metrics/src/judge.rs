//! What of a write is to be stored: samples in order or not too late, never a second value for one moment.

use std::collections::HashMap;
use std::sync::Arc;

use aio_types::{Exemplar, Labels, MetricsWrite, Sample, SeriesWrite, TimestampMs};

use crate::block::{Block, BlockSeries};
use crate::series::HeadSeries;
use crate::store::AppendReport;
use crate::tenant::Memory;

/// Samples further in the future than this are refused, as Prometheus does.
const FUTURE_MS_MAX: i64 = 10 * 60 * 1000;

/// The rules of one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) now: TimestampMs,
    pub(crate) retention_ms: i64,
    pub(crate) out_of_order_ms: i64,
}

impl Rules {
    fn bounds(&self, t: TimestampMs) -> Result<(), &'static str> {
        if t > self.now.saturating_add(FUTURE_MS_MAX) {
            return Err("out of bounds: more than 10 minutes in the future");
        }
        if t < self.now.saturating_add(-self.retention_ms) {
            return Err("out of bounds: too old, before the retention");
        }
        Ok(())
    }

    /// The acceptable part of a write; the rest is counted in the report.
    pub(crate) fn judge(&self, memory: &Memory, write: &MetricsWrite) -> (MetricsWrite, AppendReport) {
        let mut report = AppendReport::default();
        let mut known: HashMap<&Labels, Known<'_>> = HashMap::with_capacity(write.series.len());
        let mut accepted = MetricsWrite::default();
        for (position, incoming) in (0_u32..).zip(&write.series) {
            let known = known.entry(&incoming.labels).or_insert_with(|| Known::new(memory, &incoming.labels));
            let kept = self.samples(known, incoming, position, &mut report);
            let exemplars = self.exemplars(known, incoming);
            report.exemplars += exemplars.len() as u64;
            if !kept.is_empty() || !exemplars.is_empty() {
                accepted.series.push(SeriesWrite { labels: incoming.labels.clone(), samples: kept.into(), exemplars });
            }
        }
        let news = write.metadata.iter().filter(|(name, metadata)| memory.head.metadata.get(name) != Some(metadata));
        accepted.metadata = news.cloned().collect();
        (accepted, report)
    }

    fn samples(
        &self,
        known: &mut Known<'_>,
        incoming: &SeriesWrite,
        position: u32,
        report: &mut AppendReport,
    ) -> Vec<Sample> {
        let mut kept = Vec::with_capacity(incoming.samples.floats.len());
        for &sample in &incoming.samples.floats {
            match self.verdict(known, sample) {
                Ok(Verdict::Store) => {
                    report.samples += 1;
                    known.keep(sample);
                    kept.push(sample);
                }
                Ok(Verdict::Repeat) => report.samples += 1,
                Err(why) => report.reject(position, &incoming.labels, why, sample.t),
            }
        }
        kept
    }

    fn verdict(&self, known: &mut Known<'_>, sample: Sample) -> Result<Verdict, &'static str> {
        self.bounds(sample.t)?;
        let Some(newest) = known.newest(sample.t) else { return Ok(Verdict::Store) };
        match known.at(sample.t) {
            Some(existing) if existing == sample => Ok(Verdict::Repeat),
            Some(_) => Err("duplicate sample for timestamp"),
            None if sample.t < newest.saturating_add(-self.out_of_order_ms) => Err("out of order sample"),
            None => Ok(Verdict::Store),
        }
    }

    /// Exemplars are worth less than an error: those out of bounds, or of a series nobody knows, are left out.
    fn exemplars(&self, known: &Known<'_>, incoming: &SeriesWrite) -> Vec<Exemplar> {
        if !known.exists() {
            return Vec::new();
        }
        incoming.exemplars.iter().filter(|e| self.bounds(e.sample.t).is_ok()).cloned().collect()
    }
}

enum Verdict {
    Store,
    Repeat,
}

/// What is known of one series: memory, blocks, and what this very write has brought so far.
struct Known<'a> {
    memory: &'a Memory,
    labels: &'a Labels,
    active: Option<&'a HeadSeries>,
    sealed: Option<&'a HeadSeries>,
    /// Looked up once, and only for samples that are not newer than every block.
    blocks: Option<Vec<(&'a Arc<Block>, &'a BlockSeries)>>,
    newest: Option<TimestampMs>,
    /// By time, and only once something was kept.
    kept: HashMap<TimestampMs, f64>,
}

impl<'a> Known<'a> {
    fn new(memory: &'a Memory, labels: &'a Labels) -> Self {
        let active = memory.head.get(labels);
        let sealed = memory.sealed.as_ref().and_then(|sealed| sealed.get(labels));
        let newest = active.and_then(HeadSeries::newest).max(sealed.and_then(HeadSeries::newest));
        Self { memory, labels, active, sealed, blocks: None, newest, kept: HashMap::new() }
    }

    fn exists(&self) -> bool {
        self.active.is_some() || self.sealed.is_some() || !self.kept.is_empty()
    }

    fn keep(&mut self, sample: Sample) {
        self.newest = self.newest.max(Some(sample.t));
        self.kept.insert(sample.t, sample.v);
    }

    /// The series' newest sample, unless `t` is newer still.
    fn newest(&mut self, t: TimestampMs) -> Option<TimestampMs> {
        if self.blocks.is_none() && self.memory.blocks.iter().any(|b| b.range.end >= t) {
            let blocks = self.memory.blocks.iter();
            let found = blocks.filter_map(|b| Some((b, b.find(self.labels)?)));
            let is_there =
                |(b, series): &(&Arc<Block>, &BlockSeries)| series.newest().is_some_and(|t| !self.is_deleted(b, t));
            let found: Vec<_> = found.filter(is_there).collect();
            self.newest = self.newest.max(found.iter().filter_map(|(_, series)| series.newest()).max());
            self.blocks = Some(found);
        }
        self.newest.filter(|&newest| t <= newest)
    }

    fn at(&self, t: TimestampMs) -> Option<Sample> {
        if let Some(&v) = self.kept.get(&t) {
            return Some(Sample { t, v });
        }
        let in_memory = self.active.and_then(|s| s.at(t)).or_else(|| self.sealed.and_then(|s| s.at(t)));
        let mut blocks = self.blocks.iter().flatten().filter(|(block, _)| !self.is_deleted(block, t));
        in_memory.or_else(|| blocks.find_map(|(block, series)| block.at(series, t)))
    }

    fn is_deleted(&self, block: &Block, t: TimestampMs) -> bool {
        self.memory.tombstones.iter().any(|tombstone| tombstone.hides(block.sequence, self.labels, t))
    }
}
