//! What is evaluated: our own tree, with every name resolved and every construct known to be supported.

use aio_types::{Labels, Matcher};

use crate::dates::DateFunction;
use crate::math::MathFunction;
use crate::range::RangeFunction;

#[derive(Debug)]
pub(crate) enum Plan {
    Number(f64),
    Text(String),
    Selector(Selector),
    /// A range vector, legal only below a range function and at the top of an instant query.
    Range(Window),
    Negate(Box<Plan>),
    Binary {
        op: BinaryOp,
        left: Box<Plan>,
        right: Box<Plan>,
        matching: Matching,
        return_bool: bool,
    },
    Aggregate {
        op: AggregateOp,
        input: Box<Plan>,
        param: Option<Box<Plan>>,
        grouping: Grouping,
    },
    OverRange {
        function: RangeFunction,
        window: Window,
        /// The quantile, or how far to predict.
        param: Option<Box<Plan>>,
    },
    AbsentOverTime {
        window: Window,
        labels: Labels,
    },
    Math {
        function: MathFunction,
        args: Vec<Plan>,
    },
    Date {
        function: DateFunction,
        /// `time()` where it is not given.
        input: Option<Box<Plan>>,
    },
    HistogramQuantile {
        quantile: Box<Plan>,
        input: Box<Plan>,
    },
    Time,
    Timestamp(Box<Plan>),
    Vector(Box<Plan>),
    Scalar(Box<Plan>),
    Sort {
        input: Box<Plan>,
        descending: bool,
    },
    Absent {
        input: Box<Plan>,
        labels: Labels,
    },
    LabelReplace {
        input: Box<Plan>,
        target: String,
        replacement: String,
        source: String,
        pattern: regex::Regex,
    },
    LabelJoin {
        input: Box<Plan>,
        target: String,
        separator: String,
        sources: Vec<String>,
    },
}

/// Which time a selector or subquery looks at, seen from a step.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shift {
    pub(crate) offset_ms: i64,
    pub(crate) at: Option<At>,
}

/// The `@` modifier.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    Fixed(aio_types::TimestampMs),
    Start,
    End,
}

#[derive(Debug, Clone)]
pub(crate) struct Selector {
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) shift: Shift,
}

/// The samples of `(t - range, t]` at every step `t`.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) source: WindowSource,
    pub(crate) range_ms: i64,
    pub(crate) shift: Shift,
}

#[derive(Debug)]
pub(crate) enum WindowSource {
    /// Stored samples.
    Stored(Vec<Matcher>),
    /// Values of an expression at absolute multiples of a step.
    Subquery {
        plan: Box<Plan>,
        /// The engine's default where it is not given.
        step_ms: Option<i64>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    And,
    Or,
    Unless,
}

impl BinaryOp {
    pub(crate) fn is_comparison(self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        matches!(self, Equal | NotEqual | Greater | Less | GreaterEqual | LessEqual)
    }

    pub(crate) fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }
}

/// How two sides are joined.
#[derive(Debug, Clone)]
pub(crate) struct Matching {
    pub(crate) labels: MatchLabels,
    pub(crate) cardinality: Cardinality,
}

/// On which labels.
#[derive(Debug, Clone)]
pub(crate) enum MatchLabels {
    On(Vec<String>),
    Ignoring(Vec<String>),
}

/// How many of each side may meet; the lists are the labels taken from the one side.
#[derive(Debug, Clone)]
pub(crate) enum Cardinality {
    OneToOne,
    /// `group_left`
    ManyToOne(Vec<String>),
    /// `group_right`
    OneToMany(Vec<String>),
}

#[derive(Debug, Clone)]
pub(crate) enum Grouping {
    By(Vec<String>),
    Without(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AggregateOp {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    Stddev,
    Stdvar,
    Quantile,
    Topk,
    Bottomk,
    CountValues,
}
