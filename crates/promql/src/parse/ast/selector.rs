//! Which samples an expression looks at.

use aio_types::Matcher;

use super::{Expr, Span};
use crate::parse::duration::DurationExpr;

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
