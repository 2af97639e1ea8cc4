//! From the tree of the text to what is evaluated. Everything that does not depend on data is decided here: durations,
//! `@ start()`, which parts are the same at every step, and which parameters make no sense.

mod call;
mod info;
mod labels;
mod selector;

use aio_types::TimestampMs;

use crate::Error;
use crate::labels::LabelNames;
use crate::notes::Position;
use crate::parse::{self, Cardinality, DurationError, Expr, ExprKind, QueryTimes, UnaryOp};
use crate::plan::{Aggregate, AggregatePlaces, Binary, Matching, Plan};

/// What a query is evaluated over, as far as its text may refer to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    pub(crate) start: TimestampMs,
    pub(crate) end: TimestampMs,
    /// 0 for an instant query.
    pub(crate) step_ms: i64,
    /// Of subqueries that name none.
    pub(crate) subquery_step_ms: i64,
}

impl Scope {
    fn durations(&self) -> QueryTimes {
        QueryTimes { step_ms: self.step_ms, range_ms: self.end.0.saturating_sub(self.start.0) }
    }
}

/// What stands above an expression, as far as it matters for the buckets of histograms.
#[derive(Debug, Clone, Copy, Default)]
struct Above {
    /// A function that looks at sums and counts alone.
    takes_stats: bool,
    /// Something that looks at buckets.
    takes_buckets: bool,
}

impl Above {
    fn stats_only(self) -> bool {
        self.takes_stats && !self.takes_buckets
    }
}

/// A plan, and whether it is the same at every step.
struct Lowered {
    plan: Plan,
    is_fixed: bool,
    /// Whether evaluating it once is worth a node of its own.
    wraps: bool,
}

impl Lowered {
    fn literal(plan: Plan) -> Self {
        Self { plan, is_fixed: true, wraps: false }
    }

    fn settled(self) -> Plan {
        if self.wraps { Plan::Fixed(Box::new(self.plan)) } else { self.plan }
    }
}

impl From<DurationError> for Error {
    fn from(error: DurationError) -> Self {
        Self::Parse(error.to_string())
    }
}

/// The plan of an expression.
///
/// # Errors
/// [`Error::Parse`] for durations that are none, [`Error::Execution`] for parameters that upstream refuses when it
/// evaluates.
pub(crate) fn lower(expr: &Expr, scope: &Scope) -> Result<Plan, Error> {
    Ok(scope.lower(expr, Above::default())?.settled())
}

fn place(expr: &Expr) -> Position {
    Position(expr.span.start)
}

fn without_parens(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => without_parens(inner),
        _ => expr,
    }
}

impl Scope {
    fn lower(&self, expr: &Expr, above: Above) -> Result<Lowered, Error> {
        Ok(match &expr.kind {
            ExprKind::Number(number) => Lowered::literal(Plan::Number(number.value)),
            ExprKind::String(text) => Lowered::literal(Plan::Text(text.clone().into_string())),
            ExprKind::Paren(inner) | ExprKind::Unary(UnaryOp::Plus, inner) => self.lower(inner, above)?,
            ExprKind::Unary(UnaryOp::Minus, inner) => {
                let inner = self.lower(inner, above)?;
                Lowered { plan: Plan::Negate(Box::new(inner.plan)), ..inner }
            }
            ExprKind::Vector(selector) => self.instant(selector, place(expr), above)?,
            ExprKind::Matrix(matrix) => self.range(matrix, above)?,
            ExprKind::Subquery(subquery) => self.subquery(subquery)?,
            ExprKind::Binary(binary) => self.binary(binary, place(expr), above)?,
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate, place(expr), above)?,
            ExprKind::Call(call) => self.call(call, place(expr), above)?,
        })
    }

    fn binary(&self, binary: &parse::Binary, place: Position, mut above: Above) -> Result<Lowered, Error> {
        above.takes_buckets |= matches!(binary.op, parse::BinaryOp::TrimLower | parse::BinaryOp::TrimUpper);
        let (left, right) = (self.lower(&binary.lhs, above)?, self.lower(&binary.rhs, above)?);
        let is_fixed = left.is_fixed && right.is_fixed;
        let (left, right) = if is_fixed { (left.plan, right.plan) } else { (left.settled(), right.settled()) };
        let matching = matching(binary.matching.as_ref());
        let plan = Binary { op: binary.op, left, right, matching, return_bool: binary.return_bool, place };
        Ok(Lowered { plan: Plan::Binary(Box::new(plan)), is_fixed, wraps: is_fixed })
    }

    fn aggregate(&self, aggregate: &parse::Aggregate, whole: Position, above: Above) -> Result<Lowered, Error> {
        let expr = without_parens(&aggregate.expr);
        let param = aggregate.param.as_deref().map(without_parens);
        let places = AggregatePlaces { whole, input: place(expr), param: param.map_or_else(Position::default, place) };
        let lowered = self.lower(expr, above)?;
        let mut grouping = aggregate.grouping.clone();
        if aggregate.op == parse::AggregateOp::CountValues {
            let label = labels::value_label(param)?;
            if !aggregate.without {
                grouping.push(label);
            }
        }
        let param = param.map(|param| self.lower(param, above).map(Lowered::settled)).transpose()?;
        let grouping = if aggregate.without { LabelNames::AllBut(grouping) } else { LabelNames::Only(grouping) };
        let plan = Aggregate { op: aggregate.op, input: lowered.plan, param, grouping, places };
        Ok(Lowered { plan: Plan::Aggregate(Box::new(plan)), ..lowered })
    }
}

fn matching(matching: Option<&parse::Matching>) -> Matching {
    let Some(matching) = matching else {
        let (labels, cardinality) = (LabelNames::AllBut(Vec::new()), Cardinality::OneToOne);
        return Matching { labels, cardinality, include: Vec::new(), fill_left: None, fill_right: None };
    };
    let names = matching.labels.clone();
    Matching {
        labels: if matching.on { LabelNames::Only(names) } else { LabelNames::AllBut(names) },
        cardinality: matching.cardinality,
        include: matching.include.clone(),
        fill_left: matching.fill_left,
        fill_right: matching.fill_right,
    }
}
