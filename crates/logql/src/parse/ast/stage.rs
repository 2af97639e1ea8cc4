//! Stages of pipelines.

use super::LabelMatcher;

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
