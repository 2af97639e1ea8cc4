//! The words of a query and how errors name them.

/// A word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name, or a single character that means nothing.
    Identifier(String),
    /// A quoted text, unescaped.
    Text(String),
    /// As written.
    Number(String),
    /// `--strict` or `--keep-empty`
    Flag(&'static str),
    /// `5m` in nanoseconds.
    Duration(i64),
    /// `10KB`
    Bytes(u64),
    /// `[5m]` in nanoseconds.
    Range(i64),
    /// Punctuation, operators and words that are never names.
    Symbol(&'static str),
    /// A word in front of a parenthesis.
    Function(&'static str),
    /// The end of the text.
    End,
}

impl Token {
    /// As errors name it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Identifier(_) => "IDENTIFIER".to_owned(),
            Self::Text(_) => "STRING".to_owned(),
            Self::Number(_) => "NUMBER".to_owned(),
            Self::Flag(_) => "FUNCTION_FLAG".to_owned(),
            Self::Duration(_) => "DURATION".to_owned(),
            Self::Bytes(_) => "BYTES".to_owned(),
            Self::Range(_) => "RANGE".to_owned(),
            Self::Symbol(text) => (*text).to_owned(),
            Self::Function("duration") => "DURATION_CONV".to_owned(),
            Self::Function("duration_seconds") => "DURATION_SECONDS_CONV".to_owned(),
            Self::Function("bytes") => "BYTES_CONV".to_owned(),
            Self::Function(word @ ("ip" | "label_replace")) => (*word).to_owned(),
            Self::Function(word) => word.to_ascii_uppercase(),
            Self::End => "$end".to_owned(),
        }
    }
}

/// Words that are never names.
const KEYWORDS: [&str; 22] = [
    "unwrap",
    "by",
    "without",
    "bool",
    "offset",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "or",
    "and",
    "unless",
    "json",
    "regexp",
    "logfmt",
    "unpack",
    "pattern",
    "label_format",
    "line_format",
    "decolorize",
    "drop",
    "keep",
];

/// Words that are names unless a parenthesis or a grouping follows.
const FUNCTIONS: [&str; 33] = [
    "rate",
    "rate_counter",
    "count_over_time",
    "bytes_rate",
    "bytes_over_time",
    "avg_over_time",
    "sum_over_time",
    "min_over_time",
    "max_over_time",
    "stdvar_over_time",
    "stddev_over_time",
    "quantile_over_time",
    "first_over_time",
    "last_over_time",
    "absent_over_time",
    "vector",
    "sum",
    "avg",
    "max",
    "min",
    "count",
    "stddev",
    "stdvar",
    "bottomk",
    "topk",
    "sort",
    "sort_desc",
    "label_replace",
    "approx_topk",
    "bytes",
    "duration",
    "duration_seconds",
    "ip",
];

pub(super) fn keyword(word: &str) -> Option<&'static str> {
    KEYWORDS.into_iter().find(|k| k.eq_ignore_ascii_case(word))
}

pub(super) fn function(word: &str) -> Option<&'static str> {
    FUNCTIONS.into_iter().find(|f| f.eq_ignore_ascii_case(word))
}

/// Longest first, so that `|=` is not read as `|`.
pub(super) const SYMBOLS: [&str; 27] = [
    "|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<=", "{", "}", "]", "(", ")", ",", ".", "|", "=", ">", "<",
    "+", "-", "*", "/", "%", "^",
];
