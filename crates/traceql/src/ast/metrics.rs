//! Numbers over time.

use super::{ArithmeticOp, CompareOp, Field, FieldExpr, Pipeline, Static};

/// Series of numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Metrics {
    /// Of the spans of a pipeline.
    Spans(Pipeline, FirstStage),
    /// What becomes of others.
    Then(Box<Metrics>, SecondStage),
    /// Of two with the same labels each.
    Math(ArithmeticOp, Box<Metrics>, Box<Metrics>),
}

/// Spans to series.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstStage {
    /// What a series tells of its spans.
    pub function: Function,
    /// A series for each of the values of these.
    pub by: Vec<Field>,
}

/// Spans of a step to a number.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    /// How many in a second.
    Rate,
    /// How many.
    Count,
    /// Smallest value.
    Min(Field),
    /// Largest value.
    Max(Field),
    /// Sum of values.
    Sum(Field),
    /// Mean value.
    Avg(Field),
    /// Values below which so much of all lies, a series each.
    Quantile(Field, Vec<f64>),
    /// How many values between powers of two, a series each.
    Histogram(Field),
    /// Values of attributes among selected spans and others.
    Compare {
        /// Which spans are selected.
        selection: FieldExpr,
        /// How many values of an attribute.
        top: i64,
        /// Nanoseconds; outside of it no span is selected. Both 0 where there is no such bound.
        start: i64,
        /// Nanoseconds.
        end: i64,
    },
}

/// Series to series.
#[derive(Debug, Clone, PartialEq)]
pub enum SecondStage {
    /// At each moment the so many largest.
    TopK(i64),
    /// At each moment the so many smallest.
    BottomK(i64),
    /// At each moment those that compare so.
    Filter(CompareOp, Static),
    /// Each number with another.
    Scalar {
        /// How.
        op: ArithmeticOp,
        /// With what.
        value: f64,
        /// Whether `value` is what is divided, or what is subtracted from.
        is_left: bool,
    },
}

impl Function {
    /// As queries write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Count => "count_over_time",
            Self::Min(_) => "min_over_time",
            Self::Max(_) => "max_over_time",
            Self::Sum(_) => "sum_over_time",
            Self::Avg(_) => "avg_over_time",
            Self::Quantile(..) => "quantile_over_time",
            Self::Histogram(_) => "histogram_over_time",
            Self::Compare { .. } => "compare",
        }
    }
}

impl Metrics {
    /// Every pipeline and what becomes of its spans, from left to right.
    #[must_use]
    pub fn leaves(&self) -> Vec<(&Pipeline, &FirstStage)> {
        match self {
            Self::Spans(pipeline, first) => vec![(pipeline, first)],
            Self::Then(of, _) => of.leaves(),
            Self::Math(_, left, right) => [left.leaves(), right.leaves()].concat(),
        }
    }
}
