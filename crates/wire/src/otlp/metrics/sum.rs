//! Sums: counters where they are monotonic, gauges where not.

use opentelemetry_proto::tonic::metrics::v1::Sum;

use super::metric::{Context, Family};
use super::{number, point::Value};

pub(super) fn translate(context: &mut Context<'_>, family: &Family, sum: &Sum) {
    for point in &sum.data_points {
        let common = number::common(point);
        context.point(family, &common, number::read(point, common.is_stale()).map(Value::Number));
    }
}
