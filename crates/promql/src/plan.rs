//! What is evaluated: our own tree, with every name resolved and every construct known to be supported.

use aio_types::Matcher;

#[derive(Debug)]
pub(crate) enum Plan {
    Number(f64),
    Text(String),
    Selector(Selector),
    /// A range selector, legal only below a range function and at the top of an instant query.
    Range {
        selector: Selector,
        range_ms: i64,
    },
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
        selector: Selector,
        range_ms: i64,
        quantile: Option<Box<Plan>>,
    },
    Math {
        function: MathFunction,
        args: Vec<Plan>,
    },
    HistogramQuantile {
        quantile: Box<Plan>,
        input: Box<Plan>,
    },
    Time,
    Vector(Box<Plan>),
    Scalar(Box<Plan>),
    Absent {
        input: Box<Plan>,
        labels: aio_types::Labels,
    },
    LabelReplace {
        input: Box<Plan>,
        target: String,
        replacement: String,
        source: String,
        pattern: regex::Regex,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Selector {
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) offset_ms: i64,
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

/// Which labels two sides are joined on.
#[derive(Debug, Clone)]
pub(crate) enum Matching {
    On(Vec<String>),
    Ignoring(Vec<String>),
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangeFunction {
    Rate,
    Increase,
    Delta,
    Irate,
    Idelta,
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Last,
    Present,
    Changes,
    Resets,
    Quantile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MathFunction {
    Abs,
    Ceil,
    Floor,
    Exp,
    Ln,
    Log2,
    Log10,
    Sqrt,
    Sgn,
    Round,
    Clamp,
    ClampMin,
    ClampMax,
}
