//! What a query means.
//!
//! ```text
//!   Query ── Pipeline ── Stage ── SpansetExpr ── FieldExpr ── Field | Static
//!        \── Metrics  ── Pipeline, FirstStage, SecondStage
//! ```

mod field;
mod metrics;
mod operator;
mod pipeline;
mod static_value;

pub use field::{Field, Intrinsic, Scope};
pub use metrics::{FirstStage, Function, Metrics, SecondStage};
pub use operator::{ArithmeticOp, BinaryOp, CompareOp, Relation, SpansetOp, Which};
pub use pipeline::{Aggregate, AggregateOp, FieldExpr, Pipeline, Scalar, SpansetExpr, Stage};
pub use static_value::Static;
pub(crate) use static_value::{kind_name, status_name};

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What is asked for.
    pub root: Root,
    /// How to go about it: `with(name=value, …)`.
    pub hints: Vec<(String, Static)>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Root {
    /// Spans of traces.
    Spans(Pipeline),
    /// Numbers over time.
    Metrics(Metrics),
}

impl Query {
    /// The value of a hint.
    #[must_use]
    pub fn hint(&self, name: &str) -> Option<&Static> {
        self.hints.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}
