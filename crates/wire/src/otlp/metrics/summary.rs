//! Summaries: quantiles, sum and count.

use opentelemetry_proto::tonic::metrics::v1::{Summary as Metric, SummaryDataPoint};

use super::fault::Fault;
use super::histogram::BUCKETS_MAX;
use super::metric::{Common, Context, Family};
use super::number::of_count;
use super::point::{Shared, Spread, Value};
use crate::otlp::value::number;

/// What was observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// All observations.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// Pairs of quantile and value.
    pub quantiles: Vec<(f64, f64)>,
}

/// Takes all points of one metric.
pub(super) fn translate(context: &mut Context<'_>, family: &Family, metric: &Metric) {
    for point in &metric.data_points {
        let common = Common {
            attributes: &point.attributes,
            time_unix_nano: point.time_unix_nano,
            start_time_unix_nano: point.start_time_unix_nano,
            flags: point.flags,
            exemplars: &[],
        };
        let value = read(point);
        context.point(family, &common, value.map(Value::Summary));
    }
}

fn read(point: &SummaryDataPoint) -> Result<Summary, Fault> {
    if point.quantile_values.len() > BUCKETS_MAX {
        return Err(Fault::TooManyBuckets(point.quantile_values.len()));
    }
    let quantiles = point.quantile_values.iter().map(|q| (q.quantile, q.value)).collect();
    Ok(Summary { count: of_count(point.count), sum: point.sum, quantiles })
}

impl Summary {
    pub(super) fn spread(&self, shared: &Shared, out: &mut Spread<'_>) {
        out.float(shared, shared.named("_count", None), self.count, Vec::new());
        out.float(shared, shared.named("_sum", None), self.sum, Vec::new());
        for (quantile, value) in &self.quantiles {
            out.float(shared, shared.named("", Some(("quantile", number(*quantile)))), *value, Vec::new());
        }
    }
}
