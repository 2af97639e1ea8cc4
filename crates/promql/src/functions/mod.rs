//! Functions of instant vectors and scalars, one family per file.

mod absent;
mod date;
mod histogram;
mod info;
mod label;
mod math;
mod natural;
mod quantile;
mod scalar;
mod sort;

pub(crate) use self::date::DateFunction;
pub(crate) use self::histogram::HistogramFunction;
pub(crate) use self::math::MathFunction;
