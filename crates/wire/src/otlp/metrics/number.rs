//! Numbers of gauges and sums.

use opentelemetry_proto::tonic::metrics::v1::{NumberDataPoint, number_data_point};

use super::fault::Fault;
use super::metric::Common;

/// The value of a point. One that has nothing to say needs none.
#[expect(clippy::cast_precision_loss, reason = "samples are floats")]
pub(super) fn read(point: &NumberDataPoint, is_stale: bool) -> Result<f64, Fault> {
    match point.value {
        Some(number_data_point::Value::AsDouble(v)) => Ok(v),
        Some(number_data_point::Value::AsInt(v)) => Ok(v as f64),
        None if is_stale => Ok(f64::NAN),
        None => Err(Fault::NoValue),
    }
}

/// What a number has in common with the points of other kinds.
pub(super) fn common(point: &NumberDataPoint) -> Common<'_> {
    Common {
        attributes: &point.attributes,
        time_unix_nano: point.time_unix_nano,
        start_time_unix_nano: point.start_time_unix_nano,
        flags: point.flags,
        exemplars: &point.exemplars,
    }
}

/// A count as a sample's value.
#[expect(clippy::cast_precision_loss, reason = "samples are floats")]
pub(super) fn of_count(n: u64) -> f64 {
    n as f64
}
