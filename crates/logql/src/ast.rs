//! What a query means.

use aio_types::Matcher;
use regex::bytes::Regex;

/// A query.
#[derive(Debug, Clone)]
pub enum Expr {
    /// Lines.
    Log(LogExpr),
    /// One number per series from the lines of a window.
    Range(RangeExpr),
    /// Series joined.
    Aggregate {
        /// How.
        op: AggregateOp,
        /// Over which labels.
        grouping: Option<Grouping>,
        /// Of what.
        of: Box<Expr>,
    },
    /// Arithmetic.
    Binary {
        /// Which.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// A number.
    Literal(f64),
    /// A number as a series without labels.
    Vector(f64),
}

impl Expr {
    /// Whether the query yields numbers.
    #[must_use]
    pub fn is_metric(&self) -> bool {
        !matches!(self, Self::Log(_))
    }
}

/// A stream selector and what is done to its lines.
#[derive(Debug, Clone)]
pub struct LogExpr {
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) stages: Vec<Stage>,
}

/// A function over a window of lines.
#[derive(Debug, Clone)]
pub struct RangeExpr {
    pub(crate) op: RangeOp,
    pub(crate) log: LogExpr,
    pub(crate) range_ns: i64,
    pub(crate) offset_ns: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangeOp {
    Count,
    Rate,
    Bytes,
    BytesRate,
}

/// How series are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateOp {
    /// Their sum.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The mean.
    Avg,
    /// How many.
    Count,
}

/// Labels kept or dropped when series are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// Whether the labels are those to drop.
    pub without: bool,
    /// The labels.
    pub labels: Vec<String>,
}

/// Arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Pow,
}

/// One step of a pipeline.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    Line(LineFilter),
    Label(LabelFilter),
    Json,
    Logfmt,
    /// Labels to remove, some only where a matcher passes.
    Drop(Vec<LabelPick>),
    /// Labels to keep, likewise.
    Keep(Vec<LabelPick>),
}

#[derive(Debug, Clone)]
pub(crate) struct LabelPick {
    pub(crate) name: String,
    pub(crate) matcher: Option<Matcher>,
}

#[derive(Debug, Clone)]
pub(crate) struct LineFilter {
    /// Whether matching lines are dropped.
    pub(crate) negated: bool,
    /// Any of them suffices.
    pub(crate) alternatives: Vec<Pattern>,
}

#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Text(String),
    Regex(Regex),
}

#[derive(Debug, Clone)]
pub(crate) enum LabelFilter {
    Match(Matcher),
    Compare { name: String, op: CompareOp, value: Quantity },
    And(Box<LabelFilter>, Box<LabelFilter>),
    Or(Box<LabelFilter>, Box<LabelFilter>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompareOp {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// What a label's value is read as, and compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Quantity {
    Number(f64),
    DurationSeconds(f64),
    Bytes(f64),
}
