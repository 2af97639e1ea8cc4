//! The tree of an expression: what was written, with its place in the text, and nothing decided about evaluation.

mod matching;
mod operator;
mod selector;

pub use self::matching::{Cardinality, Matching};
pub use self::operator::{AggregateOp, BinaryOp, UnaryOp};
pub use self::selector::{At, Extension, MatrixSelector, Selector, Shift, Subquery};
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
