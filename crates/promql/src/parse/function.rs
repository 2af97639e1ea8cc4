//! Every function: what it is called, what it takes and what it yields.

use super::ast::ValueType;
use super::ast::ValueType::{Matrix, Scalar, String, Vector};

/// A function of the language.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Types of its arguments; further ones are of the last type.
    pub arg_types: &'static [ValueType],
    /// How the number of arguments may vary.
    pub variadic: Variadic,
    /// What it yields.
    pub return_type: ValueType,
    /// Whether it may change or go.
    pub is_experimental: bool,
}

/// How the number of arguments may vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variadic {
    /// As many as there are types.
    No,
    /// The last one may be left out, or be there up to so many times.
    UpTo(usize),
    /// The last one may be left out, or be there any number of times.
    Any,
}

impl Variadic {
    /// As Prometheus' tree writes it.
    #[must_use]
    pub fn code(self) -> i64 {
        match self {
            Self::No => 0,
            Self::UpTo(count) => i64::try_from(count).unwrap_or(i64::MAX),
            Self::Any => -1,
        }
    }
}

impl Function {
    /// The function of this name; names are case-sensitive.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        let found = FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok()?;
        FUNCTIONS.get(found)
    }
}

const fn stable(
    name: &'static str,
    arg_types: &'static [ValueType],
    variadic: Variadic,
    return_type: ValueType,
) -> Function {
    Function { name, arg_types, variadic, return_type, is_experimental: false }
}

const fn experimental(
    name: &'static str,
    arg_types: &'static [ValueType],
    variadic: Variadic,
    return_type: ValueType,
) -> Function {
    Function { name, arg_types, variadic, return_type, is_experimental: true }
}

use Variadic::{Any, No, UpTo};

/// Sorted by name.
pub static FUNCTIONS: &[Function] = &[
    stable("abs", &[Vector], No, Vector),
    stable("absent", &[Vector], No, Vector),
    stable("absent_over_time", &[Matrix], No, Vector),
    stable("acos", &[Vector], No, Vector),
    stable("acosh", &[Vector], No, Vector),
    stable("asin", &[Vector], No, Vector),
    stable("asinh", &[Vector], No, Vector),
    stable("atan", &[Vector], No, Vector),
    stable("atanh", &[Vector], No, Vector),
    stable("avg_over_time", &[Matrix], No, Vector),
    stable("ceil", &[Vector], No, Vector),
    stable("changes", &[Matrix], No, Vector),
    stable("clamp", &[Vector, Scalar, Scalar], No, Vector),
    stable("clamp_max", &[Vector, Scalar], No, Vector),
    stable("clamp_min", &[Vector, Scalar], No, Vector),
    stable("cos", &[Vector], No, Vector),
    stable("cosh", &[Vector], No, Vector),
    stable("count_over_time", &[Matrix], No, Vector),
    stable("day_of_month", &[Vector], UpTo(1), Vector),
    stable("day_of_week", &[Vector], UpTo(1), Vector),
    stable("day_of_year", &[Vector], UpTo(1), Vector),
    stable("days_in_month", &[Vector], UpTo(1), Vector),
    stable("deg", &[Vector], No, Vector),
    stable("delta", &[Matrix], No, Vector),
    stable("deriv", &[Matrix], No, Vector),
    experimental("double_exponential_smoothing", &[Matrix, Scalar, Scalar], No, Vector),
    experimental("end", &[], No, Scalar),
    stable("exp", &[Vector], No, Vector),
    stable("first_over_time", &[Matrix], No, Vector),
    stable("floor", &[Vector], No, Vector),
    stable("histogram_avg", &[Vector], No, Vector),
    stable("histogram_count", &[Vector], No, Vector),
    stable("histogram_fraction", &[Scalar, Scalar, Vector], No, Vector),
    stable("histogram_quantile", &[Scalar, Vector], No, Vector),
    experimental("histogram_quantiles", &[Vector, String, Scalar, Scalar], UpTo(9), Vector),
    stable("histogram_stddev", &[Vector], No, Vector),
    stable("histogram_stdvar", &[Vector], No, Vector),
    stable("histogram_sum", &[Vector], No, Vector),
    stable("hour", &[Vector], UpTo(1), Vector),
    stable("idelta", &[Matrix], No, Vector),
    stable("increase", &[Matrix], No, Vector),
    experimental("info", &[Vector, Vector], UpTo(1), Vector),
    stable("irate", &[Matrix], No, Vector),
    stable("label_join", &[Vector, String, String, String], Any, Vector),
    stable("label_replace", &[Vector, String, String, String, String], No, Vector),
    stable("last_over_time", &[Matrix], No, Vector),
    stable("ln", &[Vector], No, Vector),
    stable("log10", &[Vector], No, Vector),
    stable("log2", &[Vector], No, Vector),
    experimental("mad_over_time", &[Matrix], No, Vector),
    experimental("max_of", &[Scalar, Scalar], No, Scalar),
    stable("max_over_time", &[Matrix], No, Vector),
    experimental("min_of", &[Scalar, Scalar], No, Scalar),
    stable("min_over_time", &[Matrix], No, Vector),
    stable("minute", &[Vector], UpTo(1), Vector),
    stable("month", &[Vector], UpTo(1), Vector),
    stable("pi", &[], No, Scalar),
    stable("predict_linear", &[Matrix, Scalar], No, Vector),
    stable("present_over_time", &[Matrix], No, Vector),
    stable("quantile_over_time", &[Scalar, Matrix], No, Vector),
    stable("rad", &[Vector], No, Vector),
    experimental("range", &[], No, Scalar),
    stable("rate", &[Matrix], No, Vector),
    stable("resets", &[Matrix], No, Vector),
    stable("round", &[Vector, Scalar], UpTo(1), Vector),
    stable("scalar", &[Vector], No, Scalar),
    stable("sgn", &[Vector], No, Vector),
    stable("sin", &[Vector], No, Vector),
    stable("sinh", &[Vector], No, Vector),
    stable("sort", &[Vector], No, Vector),
    experimental("sort_by_label", &[Vector, String], Any, Vector),
    experimental("sort_by_label_desc", &[Vector, String], Any, Vector),
    stable("sort_desc", &[Vector], No, Vector),
    stable("sqrt", &[Vector], No, Vector),
    experimental("start", &[], No, Scalar),
    experimental("start_timestamp", &[Vector], No, Vector),
    stable("stddev_over_time", &[Matrix], No, Vector),
    stable("stdvar_over_time", &[Matrix], No, Vector),
    experimental("step", &[], No, Scalar),
    stable("sum_over_time", &[Matrix], No, Vector),
    stable("tan", &[Vector], No, Vector),
    stable("tanh", &[Vector], No, Vector),
    stable("time", &[], No, Scalar),
    stable("timestamp", &[Vector], No, Vector),
    experimental("ts_of_first_over_time", &[Matrix], No, Vector),
    experimental("ts_of_last_over_time", &[Matrix], No, Vector),
    experimental("ts_of_max_over_time", &[Matrix], No, Vector),
    experimental("ts_of_min_over_time", &[Matrix], No, Vector),
    stable("vector", &[Scalar], No, Vector),
    stable("year", &[Vector], UpTo(1), Vector),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_sorted_and_found() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
        assert!(FUNCTIONS.iter().all(|function| Function::named(function.name) == Some(function)));
        assert_eq!(Function::named("Rate"), None);
    }
}
