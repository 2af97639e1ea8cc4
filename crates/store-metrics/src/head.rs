//! What is in memory: recent samples of one tenant, rebuilt from the log at start.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use aio_types::{Exemplar, Labels, Metadata, MetricsWrite, Sample, SeriesWrite, TimeRange, TimestampMs};

use crate::chunk::{Chunk, SAMPLES_MAX};
use crate::index::Index;
use crate::merge::merge;

/// Exemplars kept per series; the oldest give way.
pub(crate) const EXEMPLARS_PER_SERIES_MAX: usize = 64;

/// One series in memory.
#[derive(Debug, Default)]
pub(crate) struct HeadSeries {
    pub(crate) labels: Labels,
    /// Chunks may overlap: late samples are sealed on their own.
    sealed: Vec<Arc<Chunk>>,
    /// Ascending, newer than anything before it.
    open: Vec<Sample>,
    /// Ascending, older than the newest sample when they came.
    late: Vec<Sample>,
    pub(crate) exemplars: VecDeque<Exemplar>,
    newest: Option<TimestampMs>,
}

impl HeadSeries {
    /// When the newest sample was observed.
    pub(crate) fn newest(&self) -> Option<TimestampMs> {
        self.newest
    }

    /// The sample at exactly `t`, if memory holds it.
    pub(crate) fn at(&self, t: TimestampMs) -> Option<Sample> {
        for buffer in [&self.open, &self.late] {
            if let Ok(i) = buffer.binary_search_by_key(&t, |s| s.t) {
                return Some(buffer[i]);
            }
        }
        let mut decoded = Vec::new();
        for chunk in self.sealed.iter().filter(|c| c.range.contains(t)) {
            chunk.decode(&mut decoded)?;
        }
        decoded.into_iter().find(|s| s.t == t)
    }

    /// Adds a sample whose time memory does not hold yet.
    fn push(&mut self, sample: Sample) {
        if self.newest.is_none_or(|newest| sample.t > newest) {
            self.newest = Some(sample.t);
            self.open.push(sample);
        } else {
            let at = self.late.partition_point(|s| s.t < sample.t);
            self.late.insert(at, sample);
        }
        for buffer in [&mut self.open, &mut self.late] {
            if buffer.len() >= SAMPLES_MAX {
                self.sealed.extend(Chunk::encode(buffer).map(Arc::new));
                buffer.clear();
            }
        }
    }

    fn push_exemplar(&mut self, exemplar: &Exemplar) {
        if self.exemplars.contains(exemplar) {
            return;
        }
        if self.exemplars.len() == EXEMPLARS_PER_SERIES_MAX {
            self.exemplars.pop_front();
        }
        self.exemplars.push_back(exemplar.clone());
    }

    /// What a reader needs to decode later, outside the lock.
    pub(crate) fn view(&self, range: TimeRange) -> SeriesView {
        let overlapping = self.sealed.iter().filter(|c| c.range.overlaps(&range)).cloned().collect();
        let inside = |s: &&Sample| range.contains(s.t);
        let loose = self.open.iter().chain(&self.late).filter(inside).copied().collect();
        SeriesView { sealed: overlapping, loose }
    }

    /// Whether memory may hold a sample in `range`.
    pub(crate) fn touches(&self, range: TimeRange) -> bool {
        let inside = |s: &Sample| range.contains(s.t);
        self.sealed.iter().any(|c| c.range.overlaps(&range))
            || self.open.iter().any(inside)
            || self.late.iter().any(inside)
    }
}

/// A series' data at one moment.
#[derive(Debug)]
pub(crate) struct SeriesView {
    sealed: Vec<Arc<Chunk>>,
    loose: Vec<Sample>,
}

impl SeriesView {
    /// Appends the samples to `out`, in no particular order.
    pub(crate) fn collect(&self, out: &mut Vec<Sample>) {
        for chunk in &self.sealed {
            // Chunks in memory were encoded by this process.
            let decoded = chunk.decode(out);
            debug_assert!(decoded.is_some(), "a chunk in memory decodes");
        }
        out.extend_from_slice(&self.loose);
    }
}

/// One tenant's memory.
#[derive(Debug, Default)]
pub(crate) struct Head {
    ids: HashMap<Labels, u32>,
    pub(crate) series: Vec<HeadSeries>,
    pub(crate) index: Index,
    pub(crate) metadata: BTreeMap<String, Metadata>,
}

impl Head {
    pub(crate) fn get(&self, labels: &Labels) -> Option<&HeadSeries> {
        self.ids.get(labels).map(|&id| &self.series[id as usize])
    }

    /// Takes in what was accepted. Samples memory already holds are passed over, so that replaying a record twice
    /// changes nothing.
    pub(crate) fn apply(&mut self, write: &MetricsWrite) {
        for (name, metadata) in &write.metadata {
            self.metadata.insert(name.clone(), metadata.clone());
        }
        for incoming in &write.series {
            let Some(id) = self.id_of(&incoming.labels) else { continue };
            let series = &mut self.series[id as usize];
            for &sample in &incoming.samples {
                let known = series.newest.is_some_and(|newest| sample.t <= newest) && series.at(sample.t).is_some();
                if !known {
                    series.push(sample);
                }
            }
            for exemplar in &incoming.exemplars {
                series.push_exemplar(exemplar);
            }
        }
    }

    fn id_of(&mut self, labels: &Labels) -> Option<u32> {
        if let Some(&id) = self.ids.get(labels) {
            return Some(id);
        }
        let id = u32::try_from(self.series.len()).ok()?;
        self.ids.insert(labels.clone(), id);
        self.index.insert(id, labels);
        self.series.push(HeadSeries { labels: labels.clone(), ..HeadSeries::default() });
        Some(id)
    }

    /// The oldest sample's time.
    pub(crate) fn oldest(&self) -> Option<TimestampMs> {
        let of_series = |s: &HeadSeries| {
            let sealed = s.sealed.iter().map(|c| c.range.start);
            sealed.chain(s.open.first().map(|s| s.t)).chain(s.late.first().map(|s| s.t)).min()
        };
        self.series.iter().filter_map(of_series).min()
    }

    /// Everything up to and including `end`, by series, ascending, for a block.
    pub(crate) fn up_to(&self, end: TimestampMs) -> Vec<SeriesWrite> {
        self.part(TimeRange { start: TimestampMs::MIN, end })
    }

    /// What memory holds in `range`.
    pub(crate) fn part(&self, range: TimeRange) -> Vec<SeriesWrite> {
        let of_series = |series: &HeadSeries| {
            let mut samples = Vec::new();
            series.view(range).collect(&mut samples);
            merge(&mut samples, range);
            let exemplars: Vec<_> = series.exemplars.iter().filter(|e| range.contains(e.sample.t)).cloned().collect();
            (!samples.is_empty() || !exemplars.is_empty()).then(|| SeriesWrite {
                labels: series.labels.clone(),
                samples,
                exemplars,
            })
        };
        self.series.iter().filter_map(of_series).collect()
    }

    /// The same memory without what is at or before `end`; series with nothing left are gone.
    pub(crate) fn without(&self, end: TimestampMs) -> Self {
        let mut rest = Self::default();
        let range = TimeRange { start: end.saturating_add(1), end: TimestampMs::MAX };
        rest.apply(&MetricsWrite {
            series: self.part(range),
            metadata: self.metadata.iter().map(|(n, m)| (n.clone(), m.clone())).collect(),
        });
        rest
    }
}
