//! From rows to answers.

use aio_types::{HistogramSample, Sample, TimestampMs};

use crate::column::is_absent;
use crate::outcome::{Instant, Series, VectorSample};
use crate::plan::Times;
use crate::row::{Row, merged};
use crate::{Error, Samples};

/// Takes the names away that were to go, where that was put off.
fn cleaned(mut rows: Vec<Row>, delays_names: bool) -> Result<Vec<Row>, Error> {
    rows.retain(|row| row.column.has_any());
    if !delays_names {
        return Ok(rows);
    }
    rows.iter_mut().filter(|row| row.drop_name).for_each(|row| row.labels.hide_metadata());
    merged(rows)
}

/// The answer of an instant query, in order of labels unless it has an order of its own.
pub(crate) fn vector(
    rows: Vec<Row>,
    at: TimestampMs,
    is_ordered: bool,
    delays_names: bool,
) -> Result<Vec<VectorSample>, Error> {
    let one = |row: Row| {
        let value = match row.column.histogram(0) {
            Some(h) => Instant::Histogram(std::sync::Arc::clone(h)),
            None => Instant::Float(row.column.floats()[0]),
        };
        VectorSample { labels: row.labels.to_labels(), t: at, value }
    };
    let mut out: Vec<_> = cleaned(rows, delays_names)?.into_iter().map(one).collect();
    if !is_ordered {
        out.sort_by(|a, b| a.labels.cmp(&b.labels));
    }
    Ok(out)
}

/// The answer of a range query, in order of labels.
pub(crate) fn matrix(rows: Vec<Row>, times: Times, delays_names: bool) -> Result<Vec<Series>, Error> {
    let series = |row: Row| {
        let floats = times.iter().zip(row.column.floats()).filter(|(_, v)| !is_absent(**v));
        let histograms = row.column.histograms().map(|(step, h)| HistogramSample {
            t: times.get(step),
            start: TimestampMs(0),
            h: std::sync::Arc::clone(h),
        });
        let samples = Samples {
            floats: floats.map(|(t, v)| Sample { t, v: *v }).collect(),
            histograms: histograms.collect(),
            ..Samples::default()
        };
        Series { labels: row.labels.to_labels(), samples }
    };
    Ok(sorted(cleaned(rows, delays_names)?.into_iter().map(series).collect()))
}

/// The answer of an instant query of a range vector, in order of labels.
pub(crate) fn raw_matrix(mut series: Vec<Series>) -> Vec<Series> {
    series.retain(|one| !one.samples.is_empty());
    sorted(series)
}

fn sorted(mut series: Vec<Series>) -> Vec<Series> {
    series.sort_by(|a, b| a.labels.cmp(&b.labels));
    series
}
