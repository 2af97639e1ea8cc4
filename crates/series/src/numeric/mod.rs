//! Numbers out of numbers: sums, averages, spread, quantiles, trends. Results are those of Prometheus, bit for bit.

mod almost;
mod average;
mod deviation;
mod kahan;
mod quantile;
mod regression;
mod smoothing;
mod variance;

pub use almost::almost_equal;
pub use average::{Average, average};
pub use deviation::median_absolute_deviation;
pub use kahan::{Kahan, LANES, add_all, kahan_sum};
pub use quantile::{quantile, quantile_of};
pub use regression::{derivative, predict};
pub use smoothing::double_exponential_smoothing;
pub use variance::{Variance, plain_variance, variance};

/// A number of things as a float.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
#[must_use]
pub fn count(n: usize) -> f64 {
    n as f64
}
