//! Functions and operators by name.

use super::CompareOp;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $(#[doc = $word] $(#[$each])* $variant,)* }

        impl $name {
            /// As written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The one that is written so.
            #[must_use]
            pub fn named(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// A function over windows.
    RangeOp {
        Count = "count_over_time",
        Rate = "rate",
        RateCounter = "rate_counter",
        Bytes = "bytes_over_time",
        BytesRate = "bytes_rate",
        Avg = "avg_over_time",
        Sum = "sum_over_time",
        Min = "min_over_time",
        Max = "max_over_time",
        Stdvar = "stdvar_over_time",
        Stddev = "stddev_over_time",
        Quantile = "quantile_over_time",
        First = "first_over_time",
        Last = "last_over_time",
        Absent = "absent_over_time",
    }
}

words! {
    /// How series are joined.
    AggregateOp {
        Sum = "sum",
        Avg = "avg",
        Max = "max",
        Min = "min",
        Count = "count",
        Stddev = "stddev",
        Stdvar = "stdvar",
        BottomK = "bottomk",
        TopK = "topk",
        ApproxTopK = "approx_topk",
        Sort = "sort",
        SortDesc = "sort_desc",
    }
}

words! {
    /// What joins two operands.
    BinaryOp {
        Or = "or",
        And = "and",
        Unless = "unless",
        Equal = "==",
        NotEqual = "!=",
        Less = "<",
        LessOrEqual = "<=",
        Greater = ">",
        GreaterOrEqual = ">=",
        Add = "+",
        Sub = "-",
        Mul = "*",
        Div = "/",
        Mod = "%",
        Pow = "^",
    }
}

impl BinaryOp {
    /// The higher, the tighter it binds.
    #[must_use]
    pub fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            Self::Add | Self::Sub => 4,
            Self::Mul | Self::Div | Self::Mod => 5,
            Self::Pow => 6,
            _ => 3,
        }
    }

    /// Whether it joins sets.
    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self, Self::Or | Self::And | Self::Unless)
    }

    /// The comparison it is, if it is one.
    #[must_use]
    pub fn comparison(self) -> Option<CompareOp> {
        Some(match self {
            Self::Equal => CompareOp::Equal,
            Self::NotEqual => CompareOp::NotEqual,
            Self::Less => CompareOp::Less,
            Self::LessOrEqual => CompareOp::LessOrEqual,
            Self::Greater => CompareOp::Greater,
            Self::GreaterOrEqual => CompareOp::GreaterOrEqual,
            _ => return None,
        })
    }

    /// What numbers come to; a comparison is 1 or 0. What is divided by 0 is NaN.
    #[must_use]
    pub fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Sub => left - right,
            Self::Mul => left * right,
            Self::Div | Self::Mod if right == 0.0 => f64::NAN,
            Self::Div => left / right,
            Self::Mod => left % right,
            Self::Pow => left.powf(right),
            Self::Or | Self::And | Self::Unless => f64::NAN,
            comparison => f64::from(u8::from(comparison.comparison().is_some_and(|op| op.holds(left, right)))),
        }
    }
}
