//! The series of memory, as the log tells them.

use std::collections::{BTreeMap, HashMap};

use aio_types::{Labels, Metadata, MetricKind, TimeRange, TimestampMs};

use super::weight;
use crate::cut::Cut;
use crate::log::Record;

/// One series.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) labels: Labels,
    /// Deleted times.
    pub(super) deleted: Vec<TimeRange>,
    /// Whether memory gave it up: all of it is in a block.
    pub(super) is_evicted: bool,
    /// What its samples of the logs will take in memory, in bytes.
    logged: u64,
    /// Likewise those of chunks.
    mapped: u64,
}

impl Known {
    /// What its samples will take in memory, in bytes: what is in chunks and in the log as well is held once.
    pub(super) fn weight(&self) -> u64 {
        self.logged.max(self.mapped)
    }
}

/// All series, and what there is to know before samples are gathered.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) series: Vec<Known>,
    /// What references mean: positions in `series`. A series may have had several.
    pub(super) references: HashMap<u64, u32>,
    /// The newest of each label set.
    by_labels: HashMap<Labels, u32>,
    pub(super) metadata: BTreeMap<String, Metadata>,
    /// What there is of series that the log does not name.
    pub(super) unknown: Cut,
    pub(super) unknown_exemplars: u64,
    /// How many samples the log has.
    pub(super) samples: u64,
    /// The time all of it lies in.
    pub(super) range: Option<TimeRange>,
}

impl Table {
    /// Takes in a record of the log. Its samples are weighed, and not kept.
    pub(super) fn note(&mut self, record: Record, head_start: TimestampMs) {
        match record {
            Record::Series(all) => all.into_iter().for_each(|(reference, labels)| self.name(reference, labels)),
            Record::Deletions(all) => all.into_iter().for_each(|(reference, range)| self.delete(reference, range)),
            Record::Metadata(all) => {
                all.into_iter().for_each(|(reference, metadata)| self.describe(reference, metadata))
            }
            Record::Exemplars(all) => {
                for one in all {
                    let is_known = self.weigh(one.series, weight::exemplar(&one.exemplar));
                    self.unknown_exemplars += u64::from(!is_known);
                    self.reach(one.exemplar.sample.t);
                }
            }
            other => self.weigh_samples(&other, head_start),
        }
    }

    /// Weighs samples, those that came late as well.
    pub(super) fn weigh_samples(&mut self, record: &Record, from: TimestampMs) {
        match record {
            Record::Floats(all) => {
                for one in all.iter().filter(|one| one.sample.t >= from) {
                    self.unknown.floats += u64::from(!self.weigh(one.series, weight::FLOAT));
                    self.reach(one.sample.t);
                }
                self.samples += all.len() as u64;
            }
            Record::Histograms(all) => {
                for one in all.iter().filter(|one| one.sample.t >= from) {
                    self.unknown.histograms += u64::from(!self.weigh(one.series, weight::histogram(&one.sample.h)));
                    self.reach(one.sample.t);
                }
                self.samples += all.len() as u64;
            }
            _ => (),
        }
    }

    fn known(&mut self, reference: u64) -> Option<&mut Known> {
        self.series.get_mut(*self.references.get(&reference)? as usize)
    }

    /// Adds to what a series has in the log; whether it is known.
    fn weigh(&mut self, reference: u64, weight: u64) -> bool {
        self.known(reference).map(|known| known.logged += weight).is_some()
    }

    /// Adds to what a series has in chunks; whether it is known.
    pub(super) fn weigh_mapped(&mut self, reference: u64, weight: u64) -> bool {
        self.known(reference).map(|known| known.mapped += weight).is_some()
    }

    pub(super) fn reach(&mut self, t: TimestampMs) {
        let range = self.range.get_or_insert(TimeRange { start: t, end: t });
        *range = TimeRange { start: range.start.min(t), end: range.end.max(t) };
    }

    fn name(&mut self, reference: u64, labels: Labels) {
        let position = match self.by_labels.get(&labels) {
            Some(position) => *position,
            None => {
                let Ok(position) = u32::try_from(self.series.len()) else { return };
                self.by_labels.insert(labels.clone(), position);
                self.series.push(Known { labels, deleted: Vec::new(), is_evicted: false, logged: 0, mapped: 0 });
                position
            }
        };
        self.references.insert(reference, position);
    }

    /// A deletion of all time says that the series went to a block, all of it. One of its labels may come again.
    fn delete(&mut self, reference: u64, range: TimeRange) {
        let position = self.references.get(&reference).copied();
        let Some(known) = position.and_then(|position| self.series.get_mut(position as usize)) else { return };
        if range == TimeRange::ALL {
            known.is_evicted = true;
            if self.by_labels.get(&known.labels).copied() == position {
                self.by_labels.remove(&known.labels);
            }
        } else {
            known.deleted.push(range);
        }
    }

    fn describe(&mut self, reference: u64, metadata: Metadata) {
        let position = self.references.get(&reference).copied();
        if let Some(known) = position.and_then(|position| self.series.get(position as usize)) {
            self.metadata.insert(family(&known.labels, metadata.kind).to_owned(), metadata);
        }
    }

    /// Positions in order of labels, when all series are known.
    pub(super) fn sorted(&mut self) -> Vec<u32> {
        self.by_labels = HashMap::new();
        let mut order: Vec<u32> = (0..).zip(&self.series).map(|(position, _)| position).collect();
        let labels = |position: &u32| self.series.get(*position as usize).map(|known| &known.labels);
        order.sort_by(|a, b| labels(a).cmp(&labels(b)).then(a.cmp(b)));
        order
    }
}

/// A metric's name without what its kind adds to it.
fn family(labels: &Labels, kind: MetricKind) -> &str {
    let name = labels.metric_name();
    let suffixes: &[&str] = match kind {
        MetricKind::Histogram => &["_bucket", "_sum", "_count"],
        MetricKind::GaugeHistogram => &["_bucket", "_gsum", "_gcount"],
        MetricKind::Summary => &["_sum", "_count"],
        _ => &[],
    };
    suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)).filter(|family| !family.is_empty()).unwrap_or(name)
}
