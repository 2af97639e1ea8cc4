//! A query, ready to be evaluated: patterns compiled, labels that matter known, what can be joined while lines are read
//! joined there.

mod hints;
mod window;

use regex::Regex;

use crate::error::Error;
use crate::parse::ast::{AggregateOp, BinaryOp, Expr, Grouping, LogExpr, Matching, RangeOp};
use crate::parse::compile_anchored;
use crate::pipeline::Pipeline;

pub(crate) use self::hints::select;
pub(crate) use self::window::Window;

/// A metric query.
#[derive(Debug)]
pub(crate) enum Plan {
    /// A number.
    Constant(f64),
    /// A number as a series without labels.
    Vector(f64),
    /// Functions over windows of lines.
    Window(Box<Window>),
    /// Series joined.
    Aggregate { op: AggregateOp, param: Option<u32>, grouping: Grouping, of: Box<Plan> },
    /// Two operands joined.
    Join(Box<Join>),
    /// Labels made of labels.
    LabelReplace { of: Box<Plan>, dst: String, replacement: String, src: String, regex: Regex },
}

/// Two operands and how they are joined.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) op: BinaryOp,
    pub(crate) left: Plan,
    pub(crate) right: Plan,
    pub(crate) is_bool: bool,
    pub(crate) matching: Matching,
}

/// A log query.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) log: LogExpr,
    pub(crate) pipeline: Pipeline,
}

impl Lines {
    /// # Errors
    /// [`Error::Invalid`].
    pub(crate) fn new(log: &LogExpr) -> Result<Self, Error> {
        Ok(Self { log: log.clone(), pipeline: Pipeline::new(&log.stages)? })
    }
}

impl Plan {
    /// # Errors
    /// [`Error::Invalid`], [`Error::LogQueryAsInstant`] for log queries.
    pub(crate) fn new(expr: &Expr) -> Result<Self, Error> {
        Ok(match expr {
            Expr::Log(_) => return Err(Error::LogQueryAsInstant),
            Expr::Literal(value) => Self::Constant(*value),
            Expr::Vector(value) => Self::Vector(*value),
            Expr::Range(range) => Self::Window(Box::new(Window::new(range, None)?)),
            Expr::Aggregate(aggregate) => {
                let grouping = aggregate.grouping.clone().unwrap_or_default();
                let of = match &*aggregate.of {
                    Expr::Range(range) if aggregate.op == AggregateOp::Sum && is_summed(range.op) => {
                        Self::Window(Box::new(Window::new(range, Some(&grouping))?))
                    }
                    of => Self::new(of)?,
                };
                Self::Aggregate { op: aggregate.op, param: aggregate.param, grouping, of: Box::new(of) }
            }
            Expr::Binary(binary) => Self::Join(Box::new(Join {
                op: binary.op,
                left: Self::new(&binary.left)?,
                right: Self::new(&binary.right)?,
                is_bool: binary.is_bool,
                matching: binary.matching.clone(),
            })),
            Expr::LabelReplace(replace) => Self::LabelReplace {
                of: Box::new(Self::new(&replace.of)?),
                dst: replace.dst.clone(),
                replacement: replace.replacement.clone(),
                src: replace.src.clone(),
                regex: compile_anchored(&replace.regex)
                    .map_err(|why| Error::Invalid(format!("invalid regex in label_replace: {why}")))?,
            },
        })
    }

    /// The value of an expression of numbers alone.
    pub(crate) fn constant(&self) -> Option<f64> {
        match self {
            Self::Constant(value) => Some(*value),
            Self::Join(join) => Some(join.op.apply(join.left.constant()?, join.right.constant()?)),
            _ => None,
        }
    }

    /// The order that an instant query asks for, from the outermost `sort` or `sort_desc`; whether it descends.
    pub(crate) fn descends(&self) -> Option<bool> {
        match self {
            Self::Aggregate { op: AggregateOp::Sort, .. } => Some(false),
            Self::Aggregate { op: AggregateOp::SortDesc, .. } => Some(true),
            Self::Aggregate { of, .. } | Self::LabelReplace { of, .. } => of.descends(),
            Self::Join(join) => join.left.descends().or_else(|| join.right.descends()),
            Self::Constant(_) | Self::Vector(_) | Self::Window(_) => None,
        }
    }

    /// Whether the answer is an estimate that only instant queries may ask for.
    pub(crate) fn is_approximate(&self) -> bool {
        match self {
            Self::Aggregate { op: AggregateOp::ApproxTopK, .. } => true,
            Self::Aggregate { of, .. } | Self::LabelReplace { of, .. } => of.is_approximate(),
            Self::Join(join) => join.left.is_approximate() || join.right.is_approximate(),
            Self::Constant(_) | Self::Vector(_) | Self::Window(_) => false,
        }
    }
}

/// Whether sums of the function are the function over the lines of all series together.
fn is_summed(op: RangeOp) -> bool {
    matches!(op, RangeOp::Bytes | RangeOp::BytesRate | RangeOp::Sum | RangeOp::Rate | RangeOp::Count)
}
