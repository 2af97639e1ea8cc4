//! What a write carries, whatever protocol brought it.
//!
//! ```text
//!   labels   {a="1"}{a="2"}{a="3"}…     packed, one set after the other
//!   samples  s s s | s | s s …          likewise, and exemplars
//!   series   ends of each series' part of these
//! ```
//!
//! A request names thousands of series, nearly all of which the store has known for long: a few pieces of memory hold all
//! of it.

use std::ops::Range;

use crate::{Exemplar, HistogramSample, Labels, LabelsRef, Metadata, Sample, Samples, SamplesRef, TimestampMs};

/// New samples of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesWrite {
    /// Full label set, `__name__` included.
    pub labels: Labels,
    /// In any order.
    pub samples: Samples,
    /// In any order.
    pub exemplars: Vec<Exemplar>,
}

/// New samples of one series of a [`MetricsWrite`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SeriesRef<'a> {
    /// Full label set, `__name__` included.
    pub labels: LabelsRef<'a>,
    /// In any order.
    pub samples: SamplesRef<'a>,
    /// In any order.
    pub exemplars: &'a [Exemplar],
}

/// One request's worth of metrics. The same label set may occur more than once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricsWrite {
    ends: Vec<Ends>,
    labels: String,
    samples: Samples,
    exemplars: Vec<Exemplar>,
    /// Metadata by metric family name.
    pub metadata: Vec<(String, Metadata)>,
}

/// Where a series ends, and the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Ends {
    labels: usize,
    floats: usize,
    histograms: usize,
    exemplars: usize,
}

impl MetricsWrite {
    /// Memory for one series beside its labels, samples and exemplars, in bytes.
    pub const SERIES_BYTES: usize = size_of::<Ends>();

    /// The same with this metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Vec<(String, Metadata)>) -> Self {
        self.metadata = metadata;
        self
    }

    /// Makes room for so many more series of one float each, whose labels take so many bytes: what grows is copied.
    pub fn reserve(&mut self, series: usize, labels_bytes: usize) {
        self.ends.reserve(series);
        self.samples.floats.reserve(series);
        self.labels.reserve(labels_bytes);
    }

    /// How many series there are.
    #[must_use]
    pub fn series_count(&self) -> usize {
        self.ends.len()
    }

    /// The series at a position.
    #[must_use]
    #[inline]
    pub fn series(&self, position: usize) -> Option<SeriesRef<'_>> {
        let (from, to) = self.part_at(position)?;
        Some(self.between(from, to))
    }

    /// The sample of the series at a position, and since when it counts, where that is all there is of it: one float.
    #[must_use]
    #[inline]
    pub fn only_float(&self, position: usize) -> Option<(Sample, TimestampMs)> {
        let (from, to) = self.part_at(position)?;
        let is_one = to.floats == from.floats + 1 && to.histograms == from.histograms && to.exemplars == from.exemplars;
        let sample = *self.samples.floats.get(from.floats).filter(|_| is_one)?;
        Some((sample, self.samples.start_of(from.floats)))
    }

    #[inline]
    fn part_at(&self, position: usize) -> Option<(Ends, Ends)> {
        let to = *self.ends.get(position)?;
        let from = position.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        Some((from, to))
    }

    /// All series in order.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SeriesRef<'_>> + Clone {
        let mut from = Ends::default();
        self.ends.iter().map(move |&to| self.between(std::mem::replace(&mut from, to), to))
    }

    /// The label sets of all series in order.
    #[inline]
    pub fn labels(&self) -> impl ExactSizeIterator<Item = LabelsRef<'_>> + Clone {
        let mut from = 0;
        self.ends.iter().map(move |to| {
            let labels = self.labels.get(from..to.labels).unwrap_or_default();
            from = to.labels;
            LabelsRef::of_packed(labels)
        })
    }

    /// Adds a float to the series under way, which counts since `start`, zero where that is not known.
    #[inline]
    pub fn push_float(&mut self, sample: Sample, start: TimestampMs) {
        self.samples.push_float(sample, start);
    }

    /// Adds a histogram to the series under way.
    pub fn push_histogram(&mut self, sample: HistogramSample) {
        self.samples.histograms.push(sample);
    }

    /// Adds an exemplar to the series under way.
    pub fn push_exemplar(&mut self, exemplar: Exemplar) {
        self.exemplars.push(exemplar);
    }

    /// What the series under way has so far, which are no labels.
    #[must_use]
    #[inline]
    pub fn under_way(&self) -> SeriesRef<'_> {
        self.between(self.last(), self.end())
    }

    /// Finishes the series under way.
    #[inline]
    pub fn finish(&mut self, labels: LabelsRef<'_>) {
        self.labels.push_str(labels.packed());
        self.ends.push(self.end());
    }

    /// Forgets the series under way.
    pub fn abandon(&mut self) {
        let Ends { floats, histograms, exemplars, .. } = self.last();
        self.samples.floats.truncate(floats);
        self.samples.starts.truncate(floats);
        self.samples.histograms.truncate(histograms);
        self.exemplars.truncate(exemplars);
    }

    /// Adds a series.
    pub fn push(&mut self, series: SeriesWrite) {
        let SeriesWrite { labels, samples, exemplars } = series;
        for (position, sample) in samples.floats.iter().enumerate() {
            self.samples.push_float(*sample, samples.start_of(position));
        }
        self.samples.histograms.extend(samples.histograms);
        self.exemplars.extend(exemplars);
        self.finish(labels.borrowed());
    }

    fn last(&self) -> Ends {
        self.ends.last().copied().unwrap_or_default()
    }

    fn end(&self) -> Ends {
        Ends {
            labels: self.labels.len(),
            floats: self.samples.floats.len(),
            histograms: self.samples.histograms.len(),
            exemplars: self.exemplars.len(),
        }
    }

    #[inline]
    fn between(&self, from: Ends, to: Ends) -> SeriesRef<'_> {
        let labels = self.labels.get(from.labels..to.labels).unwrap_or_default();
        SeriesRef {
            labels: LabelsRef::of_packed(labels),
            samples: SamplesRef {
                floats: part(&self.samples.floats, from.floats..to.floats),
                starts: known(part(&self.samples.starts, from.floats..to.floats)),
                histograms: part(&self.samples.histograms, from.histograms..to.histograms),
            },
            exemplars: part(&self.exemplars, from.exemplars..to.exemplars),
        }
    }
}

#[inline]
fn part<T>(all: &[T], range: Range<usize>) -> &[T] {
    all.get(range).unwrap_or_default()
}

/// Of starts none of which is known, none.
#[inline]
fn known(starts: &[TimestampMs]) -> &[TimestampMs] {
    if starts.iter().all(|start| start.0 == 0) { &[] } else { starts }
}

impl Extend<SeriesWrite> for MetricsWrite {
    fn extend<T: IntoIterator<Item = SeriesWrite>>(&mut self, series: T) {
        series.into_iter().for_each(|series| self.push(series));
    }
}

impl FromIterator<SeriesWrite> for MetricsWrite {
    fn from_iter<T: IntoIterator<Item = SeriesWrite>>(series: T) -> Self {
        let mut write = Self::default();
        write.extend(series);
        write
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Histogram;

    fn sample(t: i64) -> Sample {
        Sample { t: TimestampMs(t), v: 1.5 }
    }

    fn series(name: &str, floats: &[(i64, i64)], histograms: usize, exemplars: usize) -> SeriesWrite {
        let labels = Labels::from_pairs([("__name__", name)]);
        let mut samples = Samples::default();
        floats.iter().for_each(|&(t, start)| samples.push_float(sample(t), TimestampMs(start)));
        let histogram = HistogramSample { t: TimestampMs(9), start: TimestampMs(0), h: Arc::new(Histogram::default()) };
        samples.histograms = vec![histogram; histograms];
        let exemplars = vec![Exemplar { labels: labels.clone(), sample: sample(0) }; exemplars];
        SeriesWrite { labels, samples, exemplars }
    }

    #[test]
    fn series_are_as_they_were_put_in() {
        let all = [
            series("a", &[(1, 0), (2, 0)], 0, 0),
            series("b", &[], 2, 1),
            series("c", &[(1, 0), (2, 7)], 1, 0),
            series("", &[], 0, 0),
            series("b", &[(3, 4)], 0, 0),
            series("b", &[(3, 0)], 0, 0),
            series("a", &[(3, 0)], 0, 2),
        ];
        let mut write: MetricsWrite = all.iter().cloned().collect();
        write.push_float(sample(5), TimestampMs(5));
        write.push_exemplar(all[6].exemplars[0].clone());
        assert_eq!((write.under_way().samples.len(), write.under_way().exemplars.len()), (1, 1));
        write.abandon();
        assert_eq!(write.under_way(), SeriesRef::default());
        assert_eq!((write.series_count(), write.iter().len()), (all.len(), all.len()));
        for (position, (found, expected)) in write.iter().zip(&all).enumerate() {
            assert_eq!(
                (found.labels.to_labels(), found.samples.to_samples()),
                (expected.labels.clone(), expected.samples.clone())
            );
            assert_eq!((found.exemplars, write.series(position)), (&expected.exemplars[..], Some(found)));
            assert_eq!(write.labels().nth(position), Some(found.labels));
            let is_one = found.samples.len() == 1 && found.samples.floats.len() == 1 && found.exemplars.is_empty();
            let only = write.only_float(position);
            assert_eq!(only.is_some(), is_one);
            assert!(only.is_none_or(|only| only == (found.samples.floats[0], found.samples.start_of(0))));
        }
        assert_eq!(write.series(all.len()), None);
    }
}
