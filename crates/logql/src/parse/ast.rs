//! What a query says. Texts stand as they were written: regular expressions, templates and paths are compiled later.

use aio_types::MatchOp;

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

// === stages ===

/// One step of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// `|= "text"` and its kin.
    Line(LineFilter),
    /// `| json`, `| logfmt`, …
    Parser(Parser),
    /// `| level="error"`
    Label(LabelFilter),
    /// `| line_format "{{.a}}"`
    LineFormat(String),
    /// `| label_format a=b, c="{{.d}}"`
    LabelFormat(Vec<LabelFormat>),
    /// `| decolorize`
    Decolorize,
    /// `| drop a, b="c"`
    Drop(Vec<LabelPick>),
    /// `| keep a, b="c"`
    Keep(Vec<LabelPick>),
}

/// What a line must hold, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFilter {
    /// How texts are looked for.
    pub op: LineOp,
    /// Any of them suffices. A negated filter has one: `!= "a" or "b"` is read as `!= "a" != "b"`.
    pub operands: Vec<LineOperand>,
}

/// A line filter's operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineOp {
    /// `|=`
    Contains,
    /// `!=`
    ContainsNot,
    /// `|~`
    Matches,
    /// `!~`
    MatchesNot,
    /// `|>`
    Pattern,
    /// `!>`
    PatternNot,
}

impl LineOp {
    /// Whether lines that match are dropped.
    #[must_use]
    pub fn is_negated(self) -> bool {
        matches!(self, Self::ContainsNot | Self::MatchesNot | Self::PatternNot)
    }

    /// As written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contains => "|=",
            Self::ContainsNot => "!=",
            Self::Matches => "|~",
            Self::MatchesNot => "!~",
            Self::Pattern => "|>",
            Self::PatternNot => "!>",
        }
    }
}

/// What a line filter looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineOperand {
    /// Whether the text names addresses: `ip("10.0.0.0/8")`.
    pub is_ip: bool,
    /// A text, regular expression, pattern or address range.
    pub text: String,
}

/// What makes labels of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parser {
    /// `json`, with what is to be taken out if not everything.
    Json(Vec<Extraction>),
    /// `logfmt`, likewise.
    Logfmt {
        /// `--strict`
        strict: bool,
        /// `--keep-empty`
        keep_empty: bool,
        /// What is to be taken out; everything if there is none.
        extractions: Vec<Extraction>,
    },
    /// `regexp "(?P<a>.*)"`
    Regexp(String),
    /// `pattern "<a> <_>"`
    Pattern(String),
    /// `unpack`
    Unpack,
}

/// A label and where its value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extraction {
    /// The label.
    pub label: String,
    /// A path in the line.
    pub path: String,
}

/// A condition on labels.
#[derive(Debug, Clone, PartialEq)]
pub enum LabelFilter {
    /// On a text.
    Match(LabelMatcher),
    /// On a quantity.
    Compare {
        /// The label.
        name: String,
        /// How.
        op: CompareOp,
        /// With what.
        value: Quantity,
    },
    /// On an address: `a=ip("10.0.0.0/8")`.
    Ip {
        /// The label.
        name: String,
        /// Whether it must be elsewhere.
        negated: bool,
        /// The addresses.
        range: String,
    },
    /// Both.
    And(Box<LabelFilter>, Box<LabelFilter>),
    /// Either.
    Or(Box<LabelFilter>, Box<LabelFilter>),
}

/// A comparison of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl CompareOp {
    /// As written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        }
    }

    /// Whether it holds.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "the language compares exactly")]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
        }
    }
}

/// What a label's value is read as, and compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// A number.
    Number(f64),
    /// Nanoseconds.
    Duration(i64),
    /// Bytes.
    Bytes(u64),
}

/// One label of `label_format`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelFormat {
    /// The label that is made.
    pub label: String,
    /// Of what.
    pub from: LabelSource,
}

/// What `label_format` makes a label of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelSource {
    /// Another label, which goes.
    Label(String),
    /// A template.
    Template(String),
}

/// A label to drop or keep, whatever its value or where a matcher passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelPick {
    /// Whatever its value.
    Name(String),
    /// Where it matches.
    Match(LabelMatcher),
}

// === metrics ===

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
