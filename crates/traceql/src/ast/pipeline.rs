//! Stages through which sets of spans go, trace by trace.

use super::{ArithmeticOp, BinaryOp, CompareOp, Field, SpansetOp, Static};

/// Stages, one after the other; the first is given all spans of a trace as one set.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// At least one.
    pub stages: Vec<Stage>,
}

/// What becomes of sets of spans.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Some of the spans of each.
    Spans(SpansetExpr),
    /// Those sets of which a comparison of aggregates holds.
    Filter(Scalar, CompareOp, Scalar),
    /// `by(…)`: a set for each value.
    By(FieldExpr),
    /// `coalesce()`: one set of all.
    Coalesce,
    /// `select(…)`: these fields are shown as well.
    Select(Vec<Field>),
}

/// Which spans of a trace.
#[derive(Debug, Clone, PartialEq)]
pub enum SpansetExpr {
    /// `{ … }`
    Filter(FieldExpr),
    /// `( … | … )`
    Pipeline(Pipeline),
    /// Of two sets.
    Operation(SpansetOp, Box<SpansetExpr>, Box<SpansetExpr>),
}

/// A number about a set of spans.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Of its spans.
    Aggregate(Aggregate),
    /// The same for all.
    Static(Static),
    /// Of the set that a pipeline makes of the trace.
    Pipeline(Pipeline, Aggregate),
    /// Of two numbers.
    Operation(ArithmeticOp, Box<Scalar>, Box<Scalar>),
}

/// Spans to a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// How.
    pub op: AggregateOp,
    /// Of what; nothing for `count()`.
    pub of: Option<FieldExpr>,
}

/// How values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateOp {
    /// How many spans.
    Count,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Mean value.
    Avg,
    /// Sum of values.
    Sum,
}

impl AggregateOp {
    const ALL: [(&'static str, Self); 5] =
        [("count", Self::Count), ("min", Self::Min), ("max", Self::Max), ("avg", Self::Avg), ("sum", Self::Sum)];

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, op)| op)
    }

    /// As queries write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, op)| *op == self).map_or("", |(name, _)| name)
    }
}

/// A value of a span.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldExpr {
    /// The same for all.
    Static(Static),
    /// What the span has.
    Field(Field),
    /// Of two values.
    Binary(BinaryOp, Box<FieldExpr>, Box<FieldExpr>),
    /// `!`
    Not(Box<FieldExpr>),
    /// `-`
    Negative(Box<FieldExpr>),
    /// `!= nil`, and `= nil` where it is false.
    Exists(bool, Box<FieldExpr>),
}

impl FieldExpr {
    /// Whether its value depends on the span.
    #[must_use]
    pub fn references_span(&self) -> bool {
        match self {
            Self::Static(_) => false,
            Self::Field(_) => true,
            Self::Binary(_, left, right) => left.references_span() || right.references_span(),
            Self::Not(of) | Self::Negative(of) | Self::Exists(_, of) => of.references_span(),
        }
    }

    /// Every field it names, in order.
    pub fn each_field<'a>(&'a self, visit: &mut impl FnMut(&'a Field)) {
        match self {
            Self::Static(_) => {}
            Self::Field(field) => visit(field),
            Self::Binary(_, left, right) => {
                left.each_field(visit);
                right.each_field(visit);
            }
            Self::Not(of) | Self::Negative(of) | Self::Exists(_, of) => of.each_field(visit),
        }
    }
}

impl Pipeline {
    /// Every field it names, in order.
    pub fn each_field<'a>(&'a self, visit: &mut impl FnMut(&'a Field)) {
        for stage in &self.stages {
            match stage {
                Stage::Spans(expr) => expr.each_field(visit),
                Stage::Filter(left, _, right) => {
                    left.each_field(visit);
                    right.each_field(visit);
                }
                Stage::By(expr) => expr.each_field(visit),
                Stage::Coalesce => {}
                Stage::Select(fields) => fields.iter().for_each(&mut *visit),
            }
        }
    }
}

impl Pipeline {
    /// What stands between braces, in order.
    pub(crate) fn each_condition<'a>(&'a self, visit: &mut impl FnMut(&'a FieldExpr)) {
        for stage in &self.stages {
            if let Stage::Spans(expr) = stage {
                expr.each_condition(visit);
            }
        }
    }
}

impl SpansetExpr {
    fn each_condition<'a>(&'a self, visit: &mut impl FnMut(&'a FieldExpr)) {
        match self {
            Self::Filter(condition) => visit(condition),
            Self::Pipeline(pipeline) => pipeline.each_condition(visit),
            Self::Operation(_, left, right) => {
                left.each_condition(visit);
                right.each_condition(visit);
            }
        }
    }

    fn each_field<'a>(&'a self, visit: &mut impl FnMut(&'a Field)) {
        match self {
            Self::Filter(expr) => expr.each_field(visit),
            Self::Pipeline(pipeline) => pipeline.each_field(visit),
            Self::Operation(_, left, right) => {
                left.each_field(visit);
                right.each_field(visit);
            }
        }
    }
}

impl Scalar {
    fn each_field<'a>(&'a self, visit: &mut impl FnMut(&'a Field)) {
        match self {
            Self::Aggregate(Aggregate { of, .. }) => of.iter().for_each(|of| of.each_field(visit)),
            Self::Static(_) => {}
            Self::Pipeline(pipeline, Aggregate { of, .. }) => {
                pipeline.each_field(visit);
                of.iter().for_each(|of| of.each_field(visit));
            }
            Self::Operation(_, left, right) => {
                left.each_field(visit);
                right.each_field(visit);
            }
        }
    }
}
