//! Parameters of aggregations: one per step, looked at as a whole first.

use crate::Error;
use crate::eval::Context;
use crate::format::format_general;
use crate::plan::Aggregate;

/// A parameter's values with their extremes, which are NaN if any value is.
pub(super) struct Param {
    pub(super) values: Vec<f64>,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Param {
    pub(super) fn has_nan(&self) -> bool {
        self.values.iter().any(|v| v.is_nan())
    }
}

/// How many elements of a group are kept per step; `None` where that is none at all.
///
/// # Errors
/// For numbers that are no counts.
pub(super) fn counts(param: &Param) -> Result<Option<Vec<usize>>, Error> {
    /// The next float below 2^63, from which on upstream refuses.
    const MAX: f64 = 9_223_372_036_854_774_784.0;
    const MIN: f64 = -9_223_372_036_854_775_808.0;
    if param.max < 1.0 {
        return Ok(None);
    }
    if param.has_nan() {
        return Err(Error::execution("Parameter value is NaN"));
    }
    if param.min <= MIN {
        return Err(Error::execution(format!("Scalar value {} underflows int64", format_general(param.min))));
    }
    if param.max >= MAX {
        return Err(Error::execution(format!("Scalar value {} overflows int64", format_general(param.max))));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut to whole numbers from 0 up")]
    let whole = |v: &f64| v.max(0.0) as usize;
    Ok(Some(param.values.iter().map(whole).collect()))
}

impl Context<'_> {
    pub(super) fn param(&self, aggregate: &Aggregate) -> Result<Param, Error> {
        let values = match &aggregate.param {
            Some(param) => self.scalars(param)?,
            None => Vec::new(),
        };
        let extreme = |pick: fn(f64, f64) -> f64| {
            let pick = |a: f64, b: &f64| if a.is_nan() || b.is_nan() { f64::NAN } else { pick(a, *b) };
            values.split_first().map_or(0.0, |(first, rest)| rest.iter().fold(*first, pick))
        };
        Ok(Param { min: extreme(f64::min), max: extreme(f64::max), values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(v: f64) -> Result<Option<Vec<usize>>, Error> {
        counts(&Param { values: vec![v], min: v, max: v })
    }

    #[test]
    fn a_count_is_a_number_that_fits() {
        assert!(matches!(check(3.7), Ok(Some(counts)) if counts == [3]));
        assert!(matches!(check(-1.0), Ok(None)) && matches!(check(0.5), Ok(None)));
        assert!(check(f64::NAN).is_err_and(|e| e.to_string() == "Parameter value is NaN"));
        assert!(check(1e30).is_err_and(|e| e.to_string() == "Scalar value 1e+30 overflows int64"));
    }
}
