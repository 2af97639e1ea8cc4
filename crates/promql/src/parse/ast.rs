//! The tree of an expression: what was written, with its place in the text, and nothing decided about evaluation.

use aio_types::Matcher;

use super::duration::DurationExpr;
use super::function::Function;

/// Bytes `start..end` of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// From the start of one span to the end of another one.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}

/// What an expression evaluates to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// One number.
    Scalar,
    /// One sample per series.
    Vector,
    /// Many samples per series.
    Matrix,
    /// One text.
    String,
}

impl ValueType {
    /// The short name, as in JSON answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Vector => "vector",
            Self::Matrix => "matrix",
            Self::String => "string",
        }
    }

    /// The name the documentation uses, as in error messages.
    #[must_use]
    pub fn documented(self) -> &'static str {
        match self {
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            other => other.as_str(),
        }
    }
}

/// An expression and where it stands.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, with all of its modifiers.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A number; a sign directly before it is part of it.
    Number(Number),
    /// A text. Escapes that make no valid UTF-8 stand as U+FFFD.
    String(String),
    /// An instant vector selector.
    Vector(Selector),
    /// A range vector selector.
    Matrix(MatrixSelector),
    /// An expression evaluated over a range.
    Subquery(Subquery),
    /// A call of a function, with as many arguments of such types as the function takes.
    Call(Call),
    /// An aggregation.
    Aggregate(Aggregate),
    /// Two operands and what joins them.
    Binary(Binary),
    /// A sign before something that is no literal number.
    Unary(UnaryOp, Box<Expr>),
    /// `( … )`
    Paren(Box<Expr>),
}

/// A literal number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// Its value; seconds where it was written as a duration.
    pub value: f64,
    /// Whether it was written as a duration: `5m` for 300.
    pub is_duration: bool,
}

/// Which series, and at which time.
#[derive(Debug, Clone)]
pub struct Selector {
    /// The name before the braces; a name inside of them is a matcher only.
    pub name: Option<String>,
    /// All matchers in the order of the text; the one of a name before the braces comes last.
    pub matchers: Vec<Matcher>,
    /// Which time it looks at.
    pub shift: Shift,
    /// `anchored` or `smoothed`.
    pub extension: Option<Extension>,
}

/// A selector with a range.
#[derive(Debug, Clone)]
pub struct MatrixSelector {
    /// The series. Its modifiers are those of the whole.
    pub selector: Selector,
    /// Where the selector without range and modifiers stands.
    pub selector_span: Span,
    /// How far back.
    pub range: DurationExpr,
}

/// The modifiers `offset` and `@`.
#[derive(Debug, Clone, Default)]
pub struct Shift {
    /// How much earlier; negative for later. An offset of 0 is none.
    pub offset: Option<DurationExpr>,
    /// From which time on, in place of the evaluation time.
    pub at: Option<At>,
}

/// The `@` modifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// A time in milliseconds.
    Time(i64),
    /// The start of the query.
    Start,
    /// The end of the query.
    End,
}

/// How the edges of a range are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// With the sample before the range as its first one.
    Anchored,
    /// With values interpolated at the edges.
    Smoothed,
}

impl Extension {
    /// The keyword.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anchored => "anchored",
            Self::Smoothed => "smoothed",
        }
    }
}

/// `expr[range:step]`
#[derive(Debug, Clone)]
pub struct Subquery {
    /// What is evaluated at each step.
    pub expr: Box<Expr>,
    /// How far back.
    pub range: DurationExpr,
    /// The engine's default where it is not given.
    pub step: Option<DurationExpr>,
    /// Which time it looks at.
    pub shift: Shift,
}

/// `function(args…)`
#[derive(Debug, Clone)]
pub struct Call {
    /// Which function.
    pub function: &'static Function,
    /// What it is called with.
    pub args: Vec<Expr>,
}

/// `op by (grouping) (param, expr)`
#[derive(Debug, Clone)]
pub struct Aggregate {
    /// Which aggregation.
    pub op: AggregateOp,
    /// The vector.
    pub expr: Box<Expr>,
    /// There for the aggregations that take one.
    pub param: Option<Box<Expr>>,
    /// The labels in the order of the text.
    pub grouping: Vec<String>,
    /// Whether the labels are left out rather than kept.
    pub without: bool,
}

/// `lhs op matching rhs`
#[derive(Debug, Clone)]
pub struct Binary {
    /// Which operator.
    pub op: BinaryOp,
    /// Where the operator stands.
    pub op_span: Span,
    /// The left operand.
    pub lhs: Box<Expr>,
    /// The right operand.
    pub rhs: Box<Expr>,
    /// How series meet; there if both operands are vectors.
    pub matching: Option<Matching>,
    /// Whether a comparison yields 0 or 1 rather than to filter.
    pub return_bool: bool,
}

/// How the series of two vectors meet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matching {
    /// How many of each side may meet.
    pub cardinality: Cardinality,
    /// The labels of `on` or `ignoring`.
    pub labels: Vec<String>,
    /// Whether these are the labels of `on`.
    pub on: bool,
    /// The labels taken from the one side.
    pub include: Vec<String>,
    /// What stands for a missing series of the left side.
    pub fill_left: Option<f64>,
    /// What stands for a missing series of the right side.
    pub fill_right: Option<f64>,
}

/// How many series of each side may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cardinality {
    /// One of each.
    #[default]
    OneToOne,
    /// `group_left`
    ManyToOne,
    /// `group_right`
    OneToMany,
    /// Set operators.
    ManyToMany,
}

impl Cardinality {
    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneToOne => "one-to-one",
            Self::ManyToOne => "many-to-one",
            Self::OneToMany => "one-to-many",
            Self::ManyToMany => "many-to-many",
        }
    }
}

/// A sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

impl UnaryOp {
    /// As written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
        }
    }
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// `atan2`
    Atan2,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `<`
    Less,
    /// `>=`
    GreaterEqual,
    /// `<=`
    LessEqual,
    /// `</`: what a histogram has below a bound.
    TrimUpper,
    /// `>/`: what a histogram has above a bound.
    TrimLower,
    /// `and`
    And,
    /// `or`
    Or,
    /// `unless`
    Unless,
}

impl BinaryOp {
    /// As written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::Atan2 => "atan2",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::Less => "<",
            Self::GreaterEqual => ">=",
            Self::LessEqual => "<=",
            Self::TrimUpper => "</",
            Self::TrimLower => ">/",
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
        }
    }

    /// Whether it filters, or yields 0 or 1 with `bool`. Trims are no comparisons.
    #[must_use]
    pub fn is_comparison(self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        matches!(self, Equal | NotEqual | Greater | Less | GreaterEqual | LessEqual)
    }

    /// Whether it works on which series there are rather than on their values.
    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }
}

/// An aggregation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateOp {
    /// `sum`
    Sum,
    /// `avg`
    Avg,
    /// `min`
    Min,
    /// `max`
    Max,
    /// `count`
    Count,
    /// `group`
    Group,
    /// `stddev`
    Stddev,
    /// `stdvar`
    Stdvar,
    /// `quantile`
    Quantile,
    /// `topk`
    Topk,
    /// `bottomk`
    Bottomk,
    /// `count_values`
    CountValues,
    /// `limitk`, experimental.
    Limitk,
    /// `limit_ratio`, experimental.
    LimitRatio,
}

impl AggregateOp {
    /// The keyword.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Count => "count",
            Self::Group => "group",
            Self::Stddev => "stddev",
            Self::Stdvar => "stdvar",
            Self::Quantile => "quantile",
            Self::Topk => "topk",
            Self::Bottomk => "bottomk",
            Self::CountValues => "count_values",
            Self::Limitk => "limitk",
            Self::LimitRatio => "limit_ratio",
        }
    }

    /// What the parameter must be, of the aggregations that take one.
    #[must_use]
    pub fn param_type(self) -> Option<ValueType> {
        match self {
            Self::Quantile | Self::Topk | Self::Bottomk | Self::Limitk | Self::LimitRatio => Some(ValueType::Scalar),
            Self::CountValues => Some(ValueType::String),
            _ => None,
        }
    }

    /// Whether it may change or go.
    #[must_use]
    pub fn is_experimental(self) -> bool {
        matches!(self, Self::Limitk | Self::LimitRatio)
    }
}

impl Expr {
    /// What it evaluates to.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match &self.kind {
            ExprKind::Number(_) => ValueType::Scalar,
            ExprKind::String(_) => ValueType::String,
            ExprKind::Vector(_) | ExprKind::Aggregate(_) => ValueType::Vector,
            ExprKind::Matrix(_) | ExprKind::Subquery(_) => ValueType::Matrix,
            ExprKind::Call(call) => call.function.return_type,
            ExprKind::Binary(binary) if binary.is_scalar() => ValueType::Scalar,
            ExprKind::Binary(_) => ValueType::Vector,
            ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => inner.value_type(),
        }
    }

    /// The operand furthest to the left of a chain of operators, and the chain from there outwards. Chains may be
    /// long, and so are gone through in loops rather than in depth.
    pub(super) fn spine(&self) -> (&Self, Vec<&Binary>) {
        let (mut leftmost, mut chain) = (self, Vec::new());
        while let ExprKind::Binary(binary) = &leftmost.kind {
            chain.push(binary);
            leftmost = &binary.lhs;
        }
        chain.reverse();
        (leftmost, chain)
    }

    /// Calls `see` with this expression and all below it, in the order of the text.
    pub fn walk<'a>(&'a self, see: &mut dyn FnMut(&'a Self)) {
        see(self);
        match &self.kind {
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Vector(_) | ExprKind::Matrix(_) => {}
            ExprKind::Subquery(subquery) => subquery.expr.walk(see),
            ExprKind::Call(call) => call.args.iter().for_each(|arg| arg.walk(see)),
            ExprKind::Aggregate(aggregate) => {
                if let Some(param) = &aggregate.param {
                    param.walk(see);
                }
                aggregate.expr.walk(see);
            }
            ExprKind::Binary(binary) => {
                binary.lhs.walk(see);
                binary.rhs.walk(see);
            }
            ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => inner.walk(see),
        }
    }

    /// The selector of an instant or range vector selector.
    #[must_use]
    pub fn selector(&self) -> Option<&Selector> {
        match &self.kind {
            ExprKind::Vector(selector) => Some(selector),
            ExprKind::Matrix(matrix) => Some(&matrix.selector),
            _ => None,
        }
    }
}

impl Binary {
    /// `matching` is there for two vectors, but two scalars are not the only operands without.
    fn is_scalar(&self) -> bool {
        self.matching.is_none()
            && self.lhs.value_type() == ValueType::Scalar
            && self.rhs.value_type() == ValueType::Scalar
    }
}
