//! What is evaluated: our own tree, with every name resolved, every duration computed and every parameter checked that
//! does not depend on data.

mod time;

use aio_types::{Labels, Matcher};

pub(crate) use self::time::{Shift, Times};
use crate::functions::{DateFunction, HistogramFunction, MathFunction};
use crate::labels::LabelNames;
use crate::notes::Position;
use crate::parse::{AggregateOp, BinaryOp, Cardinality, Extension};
use crate::window::WindowFunction;

#[derive(Debug)]
pub(crate) enum Plan {
    Number(f64),
    Text(String),
    Selector(Selector),
    /// A range vector, legal only below a range function and at the top of an instant query.
    Range(Window),
    /// The same at every step: evaluated at the first.
    Fixed(Box<Plan>),
    Negate(Box<Plan>),
    Binary(Box<Binary>),
    Aggregate(Box<Aggregate>),
    OverWindow(Box<OverWindow>),
    AbsentOverTime {
        window: Window,
        labels: Labels,
    },
    Math {
        function: MathFunction,
        input: Box<Plan>,
        params: Vec<Plan>,
    },
    /// The larger or the smaller of two scalars.
    Extreme {
        larger: bool,
        sides: Box<[Plan; 2]>,
    },
    Date {
        function: DateFunction,
        /// `time()` where it is not given.
        input: Option<Box<Plan>>,
    },
    Histogram {
        function: HistogramFunction,
        input: Box<Plan>,
    },
    Quantiles(Box<Quantiles>),
    Fraction(Box<Fraction>),
    Time,
    Timestamp(Box<Plan>),
    StartTimestamp(Box<Plan>),
    Vector(Box<Plan>),
    Scalar(Box<Plan>),
    Sort(Box<Sort>),
    Absent {
        input: Box<Plan>,
        labels: Labels,
    },
    LabelReplace(Box<LabelReplace>),
    LabelJoin(Box<LabelJoin>),
    Info(Box<Info>),
}

/// Newest samples.
#[derive(Debug)]
pub(crate) struct Selector {
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) shift: Shift,
    /// Whether values between samples are interpolated.
    pub(crate) smoothed: bool,
    /// Whether nothing looks at the buckets of histograms.
    pub(crate) stats_only: bool,
    pub(crate) place: Position,
}

/// The samples of `(t - range, t]` at every step `t`.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) source: WindowSource,
    pub(crate) range_ms: i64,
    pub(crate) shift: Shift,
    pub(crate) extension: Option<Extension>,
}

#[derive(Debug)]
pub(crate) enum WindowSource {
    /// Stored samples.
    Stored {
        matchers: Vec<Matcher>,
        /// Whether nothing looks at the buckets of histograms.
        stats_only: bool,
    },
    /// Values of an expression at absolute multiples of a step.
    Subquery { plan: Box<Plan>, step_ms: i64 },
}

#[derive(Debug)]
pub(crate) struct Binary {
    pub(crate) op: BinaryOp,
    pub(crate) left: Plan,
    pub(crate) right: Plan,
    pub(crate) matching: Matching,
    pub(crate) return_bool: bool,
    pub(crate) place: Position,
}

/// How two vectors are joined.
#[derive(Debug)]
pub(crate) struct Matching {
    pub(crate) labels: LabelNames,
    pub(crate) cardinality: Cardinality,
    /// The labels taken from the one side.
    pub(crate) include: Vec<String>,
    pub(crate) fill_left: Option<f64>,
    pub(crate) fill_right: Option<f64>,
}

#[derive(Debug)]
pub(crate) struct Aggregate {
    pub(crate) op: AggregateOp,
    pub(crate) input: Plan,
    pub(crate) param: Option<Plan>,
    pub(crate) grouping: LabelNames,
    pub(crate) places: AggregatePlaces,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct AggregatePlaces {
    pub(crate) whole: Position,
    pub(crate) input: Position,
    pub(crate) param: Position,
}

/// A function of a window and maybe scalars.
#[derive(Debug)]
pub(crate) struct OverWindow {
    pub(crate) function: WindowFunction,
    pub(crate) window: Window,
    pub(crate) params: Vec<Plan>,
    /// Where its first argument stands, to which most notes point.
    pub(crate) place: Position,
}

/// `histogram_quantile` and `histogram_quantiles`.
#[derive(Debug)]
pub(crate) struct Quantiles {
    /// Each with its place.
    pub(crate) quantiles: Vec<(Plan, Position)>,
    pub(crate) input: Plan,
    /// Where the quantile is named, if there may be several.
    pub(crate) label: Option<String>,
    pub(crate) place: Position,
}

/// `histogram_fraction`
#[derive(Debug)]
pub(crate) struct Fraction {
    pub(crate) lower: Plan,
    pub(crate) upper: Plan,
    pub(crate) input: Plan,
    pub(crate) place: Position,
}

#[derive(Debug)]
pub(crate) struct Sort {
    pub(crate) input: Plan,
    pub(crate) descending: bool,
    /// By these rather than by value.
    pub(crate) labels: Option<Vec<String>>,
    pub(crate) place: Position,
}

#[derive(Debug)]
pub(crate) struct LabelReplace {
    pub(crate) input: Plan,
    pub(crate) target: String,
    pub(crate) replacement: String,
    pub(crate) source: String,
    pub(crate) pattern: regex::Regex,
}

#[derive(Debug)]
pub(crate) struct LabelJoin {
    pub(crate) input: Plan,
    pub(crate) target: String,
    pub(crate) separator: String,
    pub(crate) sources: Vec<String>,
}

/// `info`
#[derive(Debug)]
pub(crate) struct Info {
    pub(crate) input: Plan,
    /// Of the second argument; `None` without one.
    pub(crate) matchers: Option<Vec<Matcher>>,
    /// Which time the info series are looked at, as the first selector of the input has it.
    pub(crate) shift: Shift,
}
