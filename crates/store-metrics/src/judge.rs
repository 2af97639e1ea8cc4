//! What of a write is to be stored: samples in order or not too late, never a second value for one moment.
//!
//! Nearly every series of a write is known and brings one float that is newer than all there is of it: that is seen at a
//! glance. All else is compared with memory, blocks, and what the same write has brought before.

mod known;
mod twice;

use std::sync::Arc;

use aio_types::{Exemplar, LabelsRef, Metadata, MetricsWrite, Sample, Samples, SamplesRef, SeriesRef, TimestampMs};

use self::known::Known;
use self::twice::Twice;
use crate::metadata;
use crate::series::{HeadSeries, Observation};
use crate::store::AppendReport;
use crate::tenant::Memory;

/// Samples further in the future than this are refused, as Prometheus does.
pub const FUTURE_MS_MAX: i64 = 10 * 60 * 1000;

/// The rules of one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) now: TimestampMs,
    pub(crate) retention_ms: i64,
    pub(crate) out_of_order_ms: i64,
}

/// The acceptable part of what a write brings for one series.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// Its position in the head; a new series is appended there.
    pub(crate) id: u32,
    /// Its position in the write.
    pub(crate) position: u32,
    /// What there is to say besides: nearly always nothing.
    pub(crate) details: Option<Box<Details>>,
}

/// What of a series is not as the write has it, and what was found out about it.
#[derive(Debug, Default)]
pub(crate) struct Details {
    samples: Option<Samples>,
    exemplars: Option<Vec<Exemplar>>,
    /// No sample of blocks is newer than this.
    pub(crate) history_newest: Option<TimestampMs>,
}

impl Details {
    fn boxed(self) -> Option<Box<Self>> {
        let is_empty = self.samples.is_none() && self.exemplars.is_none() && self.history_newest.is_none();
        (!is_empty).then(|| Box::new(self))
    }
}

/// The acceptable part of a write.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    write: &'a MetricsWrite,
    pub(crate) series: Vec<Accepted>,
    pub(crate) metadata: Vec<(String, Metadata)>,
}

impl<'a> Batch<'a> {
    fn of(write: &'a MetricsWrite) -> Self {
        Self { write, series: Vec::with_capacity(write.series_count()), metadata: Vec::new() }
    }

    /// All of a write, whose series go to these places.
    #[cfg(test)]
    pub(crate) fn all(write: &'a MetricsWrite, ids: &[u32]) -> Self {
        let accepted = |(position, &id)| Accepted { id, position, details: None };
        Self { series: (0_u32..).zip(ids).map(accepted).collect(), ..Self::of(write) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.series.is_empty() && self.metadata.is_empty()
    }

    /// The time of some sample of it.
    pub(crate) fn first_time(&self) -> Option<TimestampMs> {
        self.series.iter().find_map(|accepted| self.content(accepted).samples.times().next())
    }

    /// As [`MetricsWrite::only_float`], of what is to be stored of an accepted series.
    #[inline]
    pub(crate) fn only_float(&self, accepted: &Accepted) -> Option<(Sample, TimestampMs)> {
        if accepted.details.is_some() { None } else { self.write.only_float(accepted.position as usize) }
    }

    /// What is to be stored of an accepted series.
    #[inline]
    pub(crate) fn content<'b>(&'b self, accepted: &'b Accepted) -> SeriesRef<'b> {
        let mut content = self.write.series(accepted.position as usize).unwrap_or_default();
        if let Some(details) = &accepted.details {
            content.samples = details.samples.as_ref().map_or(content.samples, Samples::borrowed);
            content.exemplars = details.exemplars.as_deref().unwrap_or(content.exemplars);
        }
        content
    }
}

impl Rules {
    #[inline]
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
    pub(crate) fn judge<'a>(&self, memory: &Memory, write: &'a MetricsWrite) -> (Batch<'a>, AppendReport) {
        let (mut report, mut batch) = (AppendReport::default(), Batch::of(write));
        let ids = memory.head.ids(write);
        let mut twice = Twice::find(&ids, write);
        let (history_end, mut next) = (history_end(memory), memory.head.count());
        for (position, id) in (0_u32..).zip(ids) {
            if let Some(id) = id
                && twice.is_empty()
                && let Some((float, _)) = write.only_float(position as usize)
                && memory.head.series(id).is_some_and(|series| self.is_next(series, float.t, history_end))
            {
                report.samples += 1;
                batch.series.push(Accepted { id, position, details: None });
                continue;
            }
            let incoming = write.series(position as usize).unwrap_or_default();
            let known = twice.take(incoming.labels);
            let mut known = known.unwrap_or_else(|| Known::new(memory, incoming.labels, id, history_end));
            let details = Details {
                samples: self.samples(&mut known, &incoming, position, &mut report),
                exemplars: self.exemplars(&known, incoming.exemplars),
                history_newest: known.history_newest(),
            };
            let samples = details.samples.as_ref().map_or(incoming.samples, Samples::borrowed);
            let exemplars = details.exemplars.as_ref().map_or(incoming.exemplars.len(), Vec::len);
            report.exemplars += exemplars as u64;
            if !samples.is_empty() || exemplars > 0 {
                let id = *known.id.get_or_insert_with(|| {
                    next += 1;
                    next - 1
                });
                batch.series.push(Accepted { id, position, details: details.boxed() });
            }
            twice.give_back(known, incoming.samples);
        }
        batch.metadata = metadata::news(memory.head.metadata(), &write.metadata);
        (batch, report)
    }

    /// Whether a sample is newer than everything known of its series.
    #[inline]
    fn is_next(&self, series: &HeadSeries, t: TimestampMs, history_end: Option<TimestampMs>) -> bool {
        let is_newest = series.newest().is_some_and(|newest| t > newest);
        is_newest && self.bounds(t).is_ok() && known::is_ahead(t, history_end, series.history_newest())
    }

    /// What is kept of a series' samples; `None` for all.
    fn samples(
        &self,
        known: &mut Known<'_>,
        incoming: &SeriesRef<'_>,
        position: u32,
        report: &mut AppendReport,
    ) -> Option<Samples> {
        let samples = incoming.samples;
        let mut kept: Option<Samples> = None;
        let mut floats_kept = samples.floats.len();
        for (i, &float) in samples.floats.iter().enumerate() {
            let verdict = self.verdict(known, samples, i, float.t, || Observation::Float(float.v));
            match (verdict.note(report, Kind::Float, position, incoming.labels, float.t), &mut kept) {
                (true, Some(kept)) => kept.push_float(float, samples.start_of(i)),
                (false, None) => kept = Some(first_floats(samples, i)),
                _ => {}
            }
        }
        if let Some(kept) = &kept {
            floats_kept = kept.floats.len();
        }
        for (i, sample) in samples.histograms.iter().enumerate() {
            let seen = samples.floats.len() + i;
            let verdict =
                self.verdict(known, samples, seen, sample.t, || Observation::Histogram(Arc::clone(&sample.h)));
            match (verdict.note(report, Kind::Histogram, position, incoming.labels, sample.t), &mut kept) {
                (true, Some(kept)) => kept.histograms.push(sample.clone()),
                (false, None) => {
                    let mut some = first_floats(samples, floats_kept);
                    some.histograms.extend_from_slice(&samples.histograms[..i]);
                    kept = Some(some);
                }
                _ => {}
            }
        }
        kept
    }

    /// Of the sample that comes after `seen` ones of the same series, all of which were kept if the series has no memory
    /// of them yet.
    fn verdict(
        &self,
        known: &mut Known<'_>,
        samples: SamplesRef<'_>,
        seen: usize,
        t: TimestampMs,
        observation: impl Fn() -> Observation,
    ) -> Verdict {
        if let Err(why) = self.bounds(t) {
            known.remember(samples, seen);
            return Verdict::Refuse(why);
        }
        let Some(newest) = known.newest_unless_before(t) else {
            known.keep(t, &observation);
            return Verdict::Store;
        };
        known.remember(samples, seen);
        match known.at(t) {
            Some(existing) if existing == observation() => Verdict::Repeat,
            Some(_) => Verdict::Refuse("duplicate sample for timestamp"),
            None if t < newest.saturating_add(-self.out_of_order_ms) => Verdict::Refuse("out of order sample"),
            None => {
                known.keep(t, &observation);
                Verdict::Store
            }
        }
    }

    /// What is kept of exemplars; `None` for all. They are worth less than an error: those out of bounds, or of a series
    /// nobody knows, are left out.
    fn exemplars(&self, known: &Known<'_>, incoming: &[Exemplar]) -> Option<Vec<Exemplar>> {
        let is_possible = |e: &Exemplar| self.bounds(e.sample.t).is_ok();
        if incoming.is_empty() || (known.exists() && incoming.iter().all(is_possible)) {
            return None;
        }
        let exists = known.exists();
        Some(incoming.iter().filter(|e| exists && is_possible(e)).cloned().collect())
    }
}

/// The first `count` floats of `samples`.
fn first_floats(samples: SamplesRef<'_>, count: usize) -> Samples {
    let starts = samples.starts.get(..count).unwrap_or_default().to_vec();
    Samples { floats: samples.floats[..count].to_vec(), starts, histograms: Vec::new() }
}

/// The newest time of what does not take writes any more.
fn history_end(memory: &Memory) -> Option<TimestampMs> {
    let blocks = memory.blocks.iter().map(|block| block.range.end).max();
    blocks.max(memory.sealed.as_ref().and_then(|sealed| sealed.newest()))
}

/// What reports count apart.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Float,
    Histogram,
}

enum Verdict {
    Store,
    Repeat,
    Refuse(&'static str),
}

impl Verdict {
    /// Counts the sample; whether it is to be kept.
    fn note(self, report: &mut AppendReport, kind: Kind, position: u32, labels: LabelsRef<'_>, t: TimestampMs) -> bool {
        match (&self, kind) {
            (Self::Store | Self::Repeat, Kind::Float) => report.samples += 1,
            (Self::Store | Self::Repeat, Kind::Histogram) => report.histograms += 1,
            (Self::Refuse(why), _) => report.reject(position, labels, why, t),
        }
        matches!(self, Self::Store)
    }
}
