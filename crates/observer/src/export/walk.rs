//! From a source to text: family by family, day by day, series by series.

use std::collections::BTreeMap;

use aio_source::{Error, MetricsSource, SeriesReader};
use aio_types::{Labels, METRIC_NAME, MatchOp, Matcher, MetricKind, TimeRange};
use aio_wire::openmetrics::{END, is_bound};

use super::args::Wanted;
use super::exemplars::Exemplars;
use super::family::{FamilyWriter, Sink};
use super::output::Output;
use super::plan::{self, Family};
use super::summary::Summary;
use super::windows::windows;

/// Writes what is wanted of a source.
///
/// # Errors
/// When something stored cannot be read, or the text not be written.
pub(super) fn write(source: &dyn MetricsSource, wanted: &Wanted, output: &mut Output) -> anyhow::Result<Summary> {
    let mut summary = Summary::default();
    let names = source.label_values(METRIC_NAME, &wanted.selections, wanted.range)?;
    let families = plan::families(&names, &source.metadata()?, wanted.style.escaping);
    let taken = names.iter().map(|name| wanted.style.escaping.metric(name).into_owned()).collect();
    let windows = windows(source, wanted.range)?;
    let mut sink = Sink { output, summary: &mut summary };
    for (name, mut family) in families {
        if would_be_respelled(source, &family, wanted.range)? {
            family.kind = MetricKind::Unknown;
            sink.summary.left_out.types += 1;
        }
        let mut writer = FamilyWriter::new(&name, &family, wanted.style, &taken);
        for window in &windows {
            write_window(source, &wanted.selections, *window, &mut writer, &mut sink)?;
        }
        writer.finish(sink.summary);
    }
    output.text().push_str(END);
    Ok(summary)
}

/// Prometheus 3 writes `le="1"` as `le="1.0"` where it knows that it reads a histogram: that would be another series.
fn would_be_respelled(source: &dyn MetricsSource, family: &Family, range: TimeRange) -> Result<bool, Error> {
    let label = match family.kind {
        MetricKind::Histogram => "le",
        MetricKind::Summary => "quantile",
        _ => return Ok(false),
    };
    let selections: Vec<_> = family.metrics.iter().map(|metric| vec![named(metric)]).collect();
    let values = source.label_values(label, &selections, range)?;
    Ok(values.iter().any(|value| value.parse::<f64>().is_ok() && !is_bound(value)))
}

fn write_window(
    source: &dyn MetricsSource,
    selections: &[Vec<Matcher>],
    window: TimeRange,
    writer: &mut FamilyWriter<'_>,
    sink: &mut Sink<'_>,
) -> anyhow::Result<()> {
    for metric in writer.metrics() {
        let selections = of_metric(selections, metric);
        let all = select(source, &selections, window)?;
        if all.is_empty() {
            continue;
        }
        let mut exemplars = Exemplars::read(source, &selections, window)?;
        for series in all {
            let pending = exemplars.take(series.labels());
            writer.series(&*series, window, pending, sink)?;
        }
        sink.summary.left_out.exemplars += exemplars.count();
    }
    Ok(())
}

fn named(metric: &str) -> Matcher {
    Matcher::new(METRIC_NAME, MatchOp::Equal, metric).expect("an equality has no pattern that could be wrong")
}

/// The selections, of one metric only.
fn of_metric(selections: &[Vec<Matcher>], metric: &str) -> Vec<Vec<Matcher>> {
    if selections.is_empty() {
        return vec![vec![named(metric)]];
    }
    let narrowed = |matchers: &Vec<Matcher>| matchers.iter().cloned().chain([named(metric)]).collect();
    selections.iter().map(narrowed).collect()
}

/// The union, sorted by labels.
fn select<'a>(
    source: &'a dyn MetricsSource,
    selections: &[Vec<Matcher>],
    window: TimeRange,
) -> Result<Vec<Box<dyn SeriesReader + 'a>>, Error> {
    if let [matchers] = selections {
        return source.select(matchers, window);
    }
    let mut all: BTreeMap<Labels, Box<dyn SeriesReader + 'a>> = BTreeMap::new();
    for matchers in selections {
        for series in source.select(matchers, window)? {
            all.insert(series.labels().clone(), series);
        }
    }
    Ok(all.into_values().collect())
}
