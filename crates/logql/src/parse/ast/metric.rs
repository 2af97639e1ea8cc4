//! What yields numbers.

use super::{AggregateOp, BinaryOp, Expr, LabelFilter, LogExpr, RangeOp};

/// A function over a window of lines.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeExpr {
    /// Which.
    pub op: RangeOp,
    /// Of `quantile_over_time`.
    pub param: Option<f64>,
    /// The lines.
    pub log: LogExpr,
    /// The label that holds the values.
    pub unwrap: Option<Unwrap>,
    /// How long the window is.
    pub range_ns: i64,
    /// How far back it lies.
    pub offset_ns: i64,
    /// What values are joined over.
    pub grouping: Option<Grouping>,
}

/// `| unwrap bytes(label) | filter`
#[derive(Debug, Clone, PartialEq)]
pub struct Unwrap {
    /// The label.
    pub label: String,
    /// How its text is read.
    pub conversion: Conversion,
    /// Conditions on labels, after the value was read.
    pub filters: Vec<LabelFilter>,
}

/// How an unwrapped label is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// As a number.
    None,
    /// As a size.
    Bytes,
    /// As a duration, in seconds.
    Duration,
    /// The same by its longer name.
    DurationSeconds,
}

impl Conversion {
    /// As written; empty for numbers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Bytes => "bytes",
            Self::Duration => "duration",
            Self::DurationSeconds => "duration_seconds",
        }
    }
}

/// Series joined.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateExpr {
    /// How.
    pub op: AggregateOp,
    /// How many, of `topk` and its kin.
    pub param: Option<u32>,
    /// Over which labels.
    pub grouping: Option<Grouping>,
    /// Of what.
    pub of: Box<Expr>,
}

/// Labels kept or dropped when series are joined.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grouping {
    /// Whether the labels are those to drop.
    pub without: bool,
    /// The labels.
    pub labels: Vec<String>,
}

impl Grouping {
    /// Whether a label stays.
    #[must_use]
    pub fn keeps(&self, name: &str) -> bool {
        self.labels.iter().any(|l| l == name) != self.without
    }
}

/// Two operands joined.
#[derive(Debug, Clone, PartialEq)]
pub struct BinaryExpr {
    /// How.
    pub op: BinaryOp,
    /// Left operand.
    pub left: Box<Expr>,
    /// Right operand.
    pub right: Box<Expr>,
    /// Whether a comparison yields 0 and 1.
    pub is_bool: bool,
    /// Which series meet.
    pub matching: Matching,
}

/// Which series of two operands meet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matching {
    /// Whether the labels are all that is compared; else they are left out.
    pub on: bool,
    /// The labels.
    pub labels: Vec<String>,
    /// Which side may have several.
    pub many: Many,
    /// Labels taken over from the other side.
    pub include: Vec<String>,
}

/// Which operand may have several series for one of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Many {
    /// Neither.
    #[default]
    None,
    /// `group_left`
    Left,
    /// `group_right`
    Right,
}

/// `label_replace(of, "dst", "replacement", "src", "regex")`
#[derive(Debug, Clone, PartialEq)]
pub struct LabelReplaceExpr {
    /// Series.
    pub of: Box<Expr>,
    /// The label that is made.
    pub dst: String,
    /// Of what, with `$1` for groups.
    pub replacement: String,
    /// The label that is read.
    pub src: String,
    /// What all of it must match.
    pub regex: String,
}
