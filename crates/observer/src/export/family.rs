//! One family: its header, then the samples of its series.

use std::collections::{HashMap, HashSet};

use aio_source::SeriesReader;
use aio_types::{HistogramSample, Labels, METRIC_NAME, MetricKind, Sample, Samples, TimeRange, TimestampMs, is_stale};
use aio_wire::openmetrics::{Escaping, Header, SeriesText, bound, write_exemplar, write_header, write_sample};

use super::args::Style;
use super::classic;
use super::exemplars::Pending;
use super::output::Output;
use super::plan::Family;
use super::summary::Summary;

/// Where text goes and what became of everything is counted.
pub(super) struct Sink<'a> {
    pub(super) output: &'a mut Output,
    pub(super) summary: &'a mut Summary,
}

/// Writes one family, in as many pieces as it is given. It remembers which series it has seen.
pub(super) struct FamilyWriter<'a> {
    name: &'a str,
    family: &'a Family,
    style: Style,
    /// Names of all metrics as they are written.
    taken: &'a HashSet<String>,
    /// The header stands before the first sample: there may be none.
    has_header: bool,
    written: HashSet<Labels>,
    quoted: HashSet<Labels>,
    ambiguous: HashSet<Labels>,
    /// Whose the texts are that escaping has made.
    owners: HashMap<SeriesText, Labels>,
    /// Memory that is used again.
    samples: Samples,
}

impl<'a> FamilyWriter<'a> {
    /// Of a family that is called `name` where it is written.
    pub(super) fn new(name: &'a str, family: &'a Family, style: Style, taken: &'a HashSet<String>) -> Self {
        Self {
            name,
            family,
            style,
            taken,
            has_header: false,
            written: HashSet::new(),
            quoted: HashSet::new(),
            ambiguous: HashSet::new(),
            owners: HashMap::new(),
            samples: Samples::default(),
        }
    }

    pub(super) fn metrics(&self) -> &'a [String] {
        &self.family.metrics
    }

    /// Writes what a series has in `window`.
    pub(super) fn series(
        &mut self,
        series: &dyn SeriesReader,
        window: TimeRange,
        mut exemplars: Pending,
        sink: &mut Sink<'_>,
    ) -> anyhow::Result<()> {
        let mut samples = std::mem::take(&mut self.samples);
        samples.clear();
        series.read(window, &mut samples)?;
        sink.summary.left_out.starts += samples.starts.iter().filter(|start| start.0 != 0).count() as u64;
        self.floats(series.labels(), &samples.floats, &mut exemplars, sink)?;
        sink.summary.left_out.exemplars += exemplars.left_out();
        self.histograms(series.labels(), &mut samples.histograms, sink)?;
        self.samples = samples;
        Ok(())
    }

    /// Counts what the family came to.
    pub(super) fn finish(self, summary: &mut Summary) {
        summary.families += u64::from(self.has_header);
        summary.series += self.written.len() as u64;
        summary.quoted_series += self.quoted.len() as u64;
        summary.left_out.ambiguous_series += self.ambiguous.len() as u64;
    }

    fn floats(
        &mut self,
        labels: &Labels,
        samples: &[Sample],
        exemplars: &mut Pending,
        sink: &mut Sink<'_>,
    ) -> anyhow::Result<()> {
        let alive = samples.iter().filter(|sample| !is_stale(sample.v));
        let count = alive.clone().count();
        sink.summary.left_out.stale += (samples.len() - count) as u64;
        if count == 0 {
            return Ok(());
        }
        let metric = labels.metric_name();
        let Some(text) = self.text(labels, metric, None) else { return Ok(()) };
        self.begin(labels, text.is_quoted(), sink);
        // Prometheus 2 refuses them elsewhere, and nobody has a use for them.
        let takes_exemplars = ["_total", "_bucket"].iter().any(|suffix| metric.ends_with(suffix));
        for sample in alive {
            sink.sample(&text, sample.t, sample.v);
            if takes_exemplars && let Some(exemplar) = exemplars.behind(sample.t) {
                write_exemplar(sink.output.text(), &exemplar, self.style.escaping);
                sink.summary.exemplars += 1;
            }
            sink.end_line()?;
        }
        Ok(())
    }

    /// As classic ones, where that is wanted.
    fn histograms(
        &mut self,
        labels: &Labels,
        samples: &mut Vec<HistogramSample>,
        sink: &mut Sink<'_>,
    ) -> anyhow::Result<()> {
        let all = samples.len();
        samples.retain(|sample| !sample.h.is_stale());
        let count = samples.len() as u64;
        sink.summary.left_out.stale += all as u64 - count;
        if samples.is_empty() {
            return Ok(());
        }
        if !self.style.classic {
            sink.summary.left_out.histograms += count;
            return Ok(());
        }
        let bounds = classic::bounds(samples);
        let Some(texts) = self.classic_texts(labels, &bounds) else {
            sink.summary.left_out.histograms_twice += count;
            return Ok(());
        };
        self.begin(labels, texts.iter().any(SeriesText::is_quoted), sink);
        for sample in &*samples {
            let mut values = classic::cumulative(&sample.h, &bounds);
            values.extend([sample.h.count, sample.h.count, sample.h.sum]);
            for (text, value) in texts.iter().zip(values) {
                sink.sample(text, sample.t, value);
                sink.end_line()?;
            }
        }
        sink.summary.histograms += count;
        Ok(())
    }

    /// The series that a native one becomes: its buckets up to +Inf, count and sum. `None` where one of them is there.
    fn classic_texts(&mut self, labels: &Labels, bounds: &[f64]) -> Option<Vec<SeriesText>> {
        let metric = labels.metric_name();
        let [bucket, count, sum] = ["_bucket", "_count", "_sum"].map(|suffix| format!("{metric}{suffix}"));
        let is_taken = |name: &String| self.taken.contains(&*self.style.escaping.metric(name));
        if !labels.get("le").is_empty() || [&bucket, &count, &sum].into_iter().any(is_taken) {
            return None;
        }
        let bounds = bounds.iter().chain([&f64::INFINITY]).map(|le| bound(*le));
        let mut texts: Vec<_> = bounds.map(|le| self.text(labels, &bucket, Some(&le))).collect::<Option<_>>()?;
        texts.extend([self.text(labels, &count, None)?, self.text(labels, &sum, None)?]);
        Some(texts)
    }

    /// Name and labels of a series. `None` where they are another's.
    fn text(&mut self, labels: &Labels, name: &str, le: Option<&str>) -> Option<SeriesText> {
        let own = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
        let text = SeriesText::new(name, own.chain(le.map(|le| ("le", le))), self.style.escaping);
        let text = text.filter(|text| {
            self.style.escaping == Escaping::Quoted
                || self.owners.entry(text.clone()).or_insert_with(|| labels.clone()) == labels
        });
        if text.is_none() {
            self.ambiguous.insert(labels.clone());
        }
        text
    }

    /// Before samples of a series.
    fn begin(&mut self, labels: &Labels, is_quoted: bool, sink: &mut Sink<'_>) {
        if !self.has_header {
            self.has_header = true;
            let Family { kind, help, unit, .. } = self.family;
            // What becomes of native ones is no gauge histogram to OpenMetrics.
            let is_told = *kind != MetricKind::GaugeHistogram || !self.style.classic;
            let kind = if is_told { *kind } else { MetricKind::Unknown };
            write_header(sink.output.text(), Header { family: self.name, kind, help, unit });
        }
        self.written.insert(labels.clone());
        if is_quoted {
            self.quoted.insert(labels.clone());
        }
    }
}

impl Sink<'_> {
    fn sample(&mut self, text: &SeriesText, t: TimestampMs, v: f64) {
        write_sample(self.output.text(), text, t, v);
        self.summary.sample(t);
    }

    fn end_line(&mut self) -> anyhow::Result<()> {
        self.output.text().push('\n');
        self.output.advance()
    }
}
