//! The samples of some series, from all the files they are in.

use std::collections::HashMap;
use std::ops::Range;

use aio_types::{Exemplar, Histogram, HistogramSample, Sample, Samples, TimeRange, TimestampMs, is_stale};

use super::mapped::Mapped;
use super::{HeadSeries, Lost};
use crate::cut::{Cut, cut, doubt};
use crate::error::Reason;
use crate::log::{Record, RefFloat, RefHistogram};

/// One series while it is gathered.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// In order, out of mapped chunks.
    mapped: Samples,
    /// In order, out of the log.
    logged: Samples,
    /// Late ones, out of either.
    late: Samples,
    exemplars: Vec<Exemplar>,
    newest: Option<TimestampMs>,
    is_histogram: bool,
    read: Cut,
    read_exemplars: u64,
    in_blocks: Cut,
    not_taken: Cut,
    mapped_too: Cut,
}

const ONE_FLOAT: Cut = Cut { floats: 1, histograms: 0 };
const ONE_HISTOGRAM: Cut = Cut { floats: 0, histograms: 1 };

impl Slot {
    /// Whether a sample of the log counts: memory takes a series' samples in order, and what comes late only from the
    /// log of late ones.
    fn takes(&mut self, t: TimestampMs, head_start: TimestampMs, one: Cut) -> bool {
        self.read += one;
        if t < head_start {
            self.in_blocks += one;
        } else if self.newest.is_some_and(|newest| t <= newest) {
            self.not_taken += one;
        } else {
            self.newest = Some(t);
            if !self.is_mapped(t) {
                return true;
            }
            self.mapped_too += one;
        }
        false
    }

    fn is_mapped(&self, t: TimestampMs) -> bool {
        let is_there = |newest: Option<TimestampMs>| newest.is_some_and(|newest| t <= newest);
        (is_there(self.mapped.floats.last().map(|s| s.t))
            && self.mapped.floats.binary_search_by_key(&t, |s| s.t).is_ok())
            || (is_there(self.mapped.histograms.last().map(|s| s.t))
                && self.mapped.histograms.binary_search_by_key(&t, |s| s.t).is_ok())
    }

    fn log_float(&mut self, one: &RefFloat, head_start: TimestampMs) {
        // Of a series of histograms, memory makes the marker one of them.
        if is_stale(one.sample.v) && self.is_histogram {
            self.read += ONE_FLOAT;
            let h = Histogram::stale().into();
            let sample = HistogramSample { t: one.sample.t, start: one.start, h };
            if self.takes(sample.t, head_start, Cut::default()) {
                self.logged.histograms.push(sample);
            }
        } else if self.takes(one.sample.t, head_start, ONE_FLOAT) {
            self.is_histogram = false;
            self.logged.push_float(one.sample, one.start);
        }
    }

    fn log_histogram(&mut self, one: RefHistogram, head_start: TimestampMs) {
        if self.takes(one.sample.t, head_start, ONE_HISTOGRAM) {
            self.is_histogram = true;
            self.logged.histograms.push(one.sample);
        }
    }

    fn take_late_float(&mut self, sample: Sample, start: TimestampMs) {
        self.read += ONE_FLOAT;
        self.late.push_float(sample, start);
    }
}

/// The series of one part of the order.
#[derive(Debug)]
pub(super) struct Gather<'a> {
    /// Positions in `slots` by reference.
    places: HashMap<u64, usize>,
    slots: Vec<Slot>,
    head_start: TimestampMs,
    /// Those of the series.
    table: &'a super::table::Table,
    order: &'a [u32],
}

impl<'a> Gather<'a> {
    /// For the series at `part` of `order`.
    pub(super) fn new(table: &'a super::table::Table, order: &'a [u32], part: Range<usize>, from: TimestampMs) -> Self {
        let order = order.get(part).unwrap_or_default();
        let by_position: HashMap<u32, usize> = order.iter().enumerate().map(|(place, at)| (*at, place)).collect();
        let place = |(reference, at): (&u64, &u32)| by_position.get(at).map(|place| (*reference, *place));
        let places = table.references.iter().filter_map(place).collect();
        let slots = order.iter().map(|_| Slot::default()).collect();
        Self { places, slots, head_start: from, table, order }
    }

    fn slot(&mut self, reference: u64) -> Option<&mut Slot> {
        self.slots.get_mut(*self.places.get(&reference)?)
    }

    /// Takes in a chunk; those of a series come in order.
    pub(super) fn map(&mut self, chunk: Mapped<'_>) -> Result<(), Reason> {
        let head_start = self.head_start;
        let Some(slot) = self.slot(chunk.series) else { return Ok(()) };
        let mut samples = Samples::default();
        chunk.decode(&mut samples)?;
        slot.read += Cut::of(&samples);
        if chunk.is_late {
            append(&mut slot.late, samples);
        } else {
            slot.in_blocks += cut(&mut samples, |t| t < head_start);
            append(&mut slot.mapped, samples);
        }
        Ok(())
    }

    /// Takes in a record of the log.
    pub(super) fn log(&mut self, record: Record) {
        let head_start = self.head_start;
        match record {
            Record::Floats(all) => {
                for one in &all {
                    self.slot(one.series).into_iter().for_each(|slot| slot.log_float(one, head_start));
                }
            }
            Record::Histograms(all) => {
                for one in all {
                    if let Some(slot) = self.slot(one.series) {
                        slot.log_histogram(one, head_start);
                    }
                }
            }
            Record::Exemplars(all) => {
                for one in all {
                    if let Some(slot) = self.slot(one.series) {
                        slot.read_exemplars += 1;
                        slot.exemplars.push(one.exemplar);
                    }
                }
            }
            _ => (),
        }
    }

    /// Takes in a record of the log of late samples.
    pub(super) fn log_late(&mut self, record: Record) {
        match record {
            Record::Floats(all) => {
                for one in all {
                    self.slot(one.series).into_iter().for_each(|slot| slot.take_late_float(one.sample, one.start));
                }
            }
            Record::Histograms(all) => {
                for one in all {
                    if let Some(slot) = self.slot(one.series) {
                        slot.read += ONE_HISTOGRAM;
                        slot.late.histograms.push(one.sample);
                    }
                }
            }
            _ => (),
        }
    }

    /// The series, in order of labels, each once.
    pub(super) fn finish(self) -> Vec<HeadSeries> {
        let Self { slots, table, order, .. } = self;
        let mut all: Vec<HeadSeries> = Vec::with_capacity(slots.len());
        for (slot, position) in slots.into_iter().zip(order) {
            let Some(known) = table.series.get(*position as usize) else { continue };
            let series = finish(slot, known);
            // Memory may have given up a series of the same labels before.
            match all.last_mut() {
                Some(last) if last.labels == series.labels => last.join(series),
                _ => all.push(series),
            }
        }
        all
    }
}

fn finish(slot: Slot, known: &super::table::Known) -> HeadSeries {
    let mut lost =
        Lost { in_blocks: slot.in_blocks, not_taken: slot.not_taken, mapped_too: slot.mapped_too, ..Lost::default() };
    let (mut samples, has_late_histograms) = (slot.mapped, !slot.late.histograms.is_empty());
    append(&mut samples, slot.logged);
    append(&mut samples, slot.late);
    if has_late_histograms {
        samples.histograms.iter_mut().for_each(doubt);
    }
    if known.is_evicted {
        lost.in_blocks += cut(&mut samples, |_| true);
    }
    let is_deleted = |t: TimestampMs| known.deleted.iter().any(|range: &TimeRange| range.contains(t));
    if !known.deleted.is_empty() {
        lost.deleted = cut(&mut samples, is_deleted);
    }
    HeadSeries { labels: known.labels.clone(), samples, exemplars: slot.exemplars, read: slot.read, lost }
}

/// Moves all of `more` behind `all`.
fn append(all: &mut Samples, more: Samples) {
    if all.starts.is_empty() && more.starts.is_empty() {
        all.floats.extend(more.floats);
    } else {
        for (position, sample) in more.floats.iter().enumerate() {
            all.push_float(*sample, more.start_of(position));
        }
    }
    all.histograms.extend(more.histograms);
}

impl HeadSeries {
    fn join(&mut self, other: Self) {
        append(&mut self.samples, other.samples);
        self.exemplars.extend(other.exemplars);
        self.read += other.read;
        self.lost += other.lost;
    }
}
