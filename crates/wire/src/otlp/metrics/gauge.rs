//! Gauges: what is the case now.

use opentelemetry_proto::tonic::metrics::v1::Gauge;

use super::metric::{Context, Family};
use super::{number, point::Value};

pub(super) fn translate(context: &mut Context<'_>, family: &Family, gauge: &Gauge) {
    for point in &gauge.data_points {
        let common = number::common(point);
        context.point(family, &common, number::read(point, common.is_stale()).map(Value::Number));
    }
}
