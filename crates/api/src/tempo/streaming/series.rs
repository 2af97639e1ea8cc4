//! `MetricsQueryRange` and `MetricsQueryInstant`

use std::sync::Arc;

use aio_traceql::ast::Static;
use aio_traceql::{Grid, MetricsAnswer, Series};
use aio_types::{TenantId, TimestampNs};
use aio_wire::otlp::traces::value_to_otlp;
use opentelemetry_proto::tonic::common::v1::KeyValue;

use super::message::{
    Exemplar, InstantRequest, InstantResponse, InstantSeries, RangeRequest, RangeResponse, Sample, TimeSeries,
};
use super::{MESSAGE_BYTES_MAX, metrics};
use crate::core::Core;
use crate::error::ApiError;
use crate::tempo::metrics::run::{Asked, PARTIAL, run};

/// What `PARTIAL` is in numbers.
const STATUS_PARTIAL: i32 = 1;

pub(super) async fn range(
    core: Arc<Core>,
    tenant: TenantId,
    request: RangeRequest,
) -> Result<Vec<RangeResponse>, ApiError> {
    let asked = Asked {
        query: &request.query,
        start: time(request.start),
        end: time(request.end),
        step: i64::try_from(request.step).unwrap_or(i64::MAX),
        exemplars: request.exemplars as usize,
        series: request.max_series as usize,
    };
    let asked = asked.range()?;
    let grid = asked.grid;
    let answer = run(&core, &tenant, asked).await?;
    Ok(parts(answer.series.iter().map(|series| time_series(series, &grid)).collect(), |series| RangeResponse {
        series,
        metrics: Some(metrics(answer.inspected)),
        status: status(&answer),
        message: text(&answer),
    }))
}

pub(super) async fn instant(
    core: Arc<Core>,
    tenant: TenantId,
    request: InstantRequest,
) -> Result<Vec<InstantResponse>, ApiError> {
    let (start, end) = (time(request.start), time(request.end));
    let asked = Asked { query: &request.query, start, end, step: 0, exemplars: 0, series: 0 };
    let answer = run(&core, &tenant, asked.instant()?).await?;
    let series = |series: &Series| InstantSeries {
        labels: labels(&series.labels),
        value: series.values.first().copied().unwrap_or(f64::NAN),
    };
    Ok(parts(answer.series.iter().map(series).collect(), |series| InstantResponse {
        series,
        metrics: Some(metrics(answer.inspected)),
        status: status(&answer),
        message: text(&answer),
    }))
}

/// Messages no longer than clients take, at least one.
fn parts<S: prost::Message, M>(all: Vec<S>, message: impl Fn(Vec<S>) -> M) -> Vec<M> {
    let mut parts = vec![Vec::new()];
    let mut bytes = 0;
    for one in all {
        let len = one.encoded_len();
        if bytes > 0 && bytes + len > MESSAGE_BYTES_MAX {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += len;
        if let Some(last) = parts.last_mut() {
            last.push(one);
        }
    }
    parts.into_iter().map(message).collect()
}

fn status(answer: &MetricsAnswer) -> i32 {
    if answer.is_partial { STATUS_PARTIAL } else { 0 }
}

fn text(answer: &MetricsAnswer) -> String {
    if answer.is_partial { PARTIAL.to_owned() } else { String::new() }
}

fn time_series(of: &Series, grid: &Grid) -> TimeSeries {
    let samples = (0..).zip(&of.values).filter(|(_, value)| !value.is_nan());
    let exemplar = |of: &aio_traceql::Exemplar| Exemplar {
        labels: labels(&of.labels),
        value: of.value,
        timestamp_ms: ms(of.time),
    };
    TimeSeries {
        labels: labels(&of.labels),
        samples: samples.map(|(at, value)| Sample { value: *value, timestamp_ms: ms(grid.time(at)) }).collect(),
        exemplars: of.exemplars.iter().map(exemplar).collect(),
    }
}

fn labels(of: &[(String, Static)]) -> Vec<KeyValue> {
    let label = |(key, value): &(String, Static)| KeyValue {
        key: key.clone(),
        value: Some(value_to_otlp(&value.to_attribute())),
        ..KeyValue::default()
    };
    of.iter().map(label).collect()
}

fn time(ns: u64) -> TimestampNs {
    TimestampNs(i64::try_from(ns).unwrap_or(i64::MAX))
}

fn ms(time: TimestampNs) -> i64 {
    time.0.div_euclid(1_000_000)
}
