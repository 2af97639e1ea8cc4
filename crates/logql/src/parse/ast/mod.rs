//! What a query says. Texts stand as they were written: regular expressions, templates and paths are compiled later.

mod metric;
mod operator;
mod stage;

use aio_types::MatchOp;

pub use self::metric::{
    AggregateExpr, BinaryExpr, Conversion, Grouping, LabelReplaceExpr, Many, Matching, RangeExpr, Unwrap,
};
pub use self::operator::{AggregateOp, BinaryOp, RangeOp};
pub use self::stage::{
    CompareOp, Extraction, LabelFilter, LabelFormat, LabelPick, LabelSource, LineFilter, LineOp, LineOperand, Parser,
    Quantity, Stage,
};

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Lines.
    Log(LogExpr),
    /// One number per series from the lines of a window.
    Range(Box<RangeExpr>),
    /// Series joined.
    Aggregate(AggregateExpr),
    /// Two operands joined.
    Binary(BinaryExpr),
    /// A number.
    Literal(f64),
    /// A number as a series without labels.
    Vector(f64),
    /// Labels made of labels.
    LabelReplace(LabelReplaceExpr),
}

impl Expr {
    /// Whether the query yields numbers.
    #[must_use]
    pub fn is_metric(&self) -> bool {
        !matches!(self, Self::Log(_))
    }
}

/// A stream selector and what is done to its lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogExpr {
    /// All must pass on the labels of a stream.
    pub matchers: Vec<LabelMatcher>,
    /// In order.
    pub stages: Vec<Stage>,
}

/// A condition on a label, not compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelMatcher {
    /// The label.
    pub name: String,
    /// How it is compared.
    pub op: MatchOp,
    /// With what.
    pub value: String,
}
