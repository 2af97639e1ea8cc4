//! The words of the language, and how error messages call them.

use super::ast::{AggregateOp, BinaryOp, Span};
use super::quote::quote;

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    End,
    /// The text has a fault here; nothing follows.
    Fault(String),
    Comma,
    Colon,
    /// `=`
    Equal,
    /// `=~`
    EqualRegex,
    /// `!~`
    NotEqualRegex,
    At,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Number,
    Duration,
    String,
    Identifier,
    /// An identifier with a colon in it.
    MetricIdentifier,
    Operator(BinaryOp),
    Aggregator(AggregateOp),
    Keyword(Keyword),
    /// Words that are functions where a parenthesis follows.
    Function(Preset),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Offset,
    Smoothed,
    Anchored,
    By,
    Without,
    On,
    Ignoring,
    GroupLeft,
    GroupRight,
    Fill,
    FillLeft,
    FillRight,
    Bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preset {
    Start,
    End,
    Step,
    Range,
    MinOf,
    MaxOf,
}

const WORDS: &[(&str, TokenKind)] = &[
    ("and", TokenKind::Operator(BinaryOp::And)),
    ("or", TokenKind::Operator(BinaryOp::Or)),
    ("unless", TokenKind::Operator(BinaryOp::Unless)),
    ("atan2", TokenKind::Operator(BinaryOp::Atan2)),
    ("sum", TokenKind::Aggregator(AggregateOp::Sum)),
    ("avg", TokenKind::Aggregator(AggregateOp::Avg)),
    ("count", TokenKind::Aggregator(AggregateOp::Count)),
    ("min", TokenKind::Aggregator(AggregateOp::Min)),
    ("max", TokenKind::Aggregator(AggregateOp::Max)),
    ("group", TokenKind::Aggregator(AggregateOp::Group)),
    ("stddev", TokenKind::Aggregator(AggregateOp::Stddev)),
    ("stdvar", TokenKind::Aggregator(AggregateOp::Stdvar)),
    ("topk", TokenKind::Aggregator(AggregateOp::Topk)),
    ("bottomk", TokenKind::Aggregator(AggregateOp::Bottomk)),
    ("count_values", TokenKind::Aggregator(AggregateOp::CountValues)),
    ("quantile", TokenKind::Aggregator(AggregateOp::Quantile)),
    ("limitk", TokenKind::Aggregator(AggregateOp::Limitk)),
    ("limit_ratio", TokenKind::Aggregator(AggregateOp::LimitRatio)),
    ("offset", TokenKind::Keyword(Keyword::Offset)),
    ("smoothed", TokenKind::Keyword(Keyword::Smoothed)),
    ("anchored", TokenKind::Keyword(Keyword::Anchored)),
    ("by", TokenKind::Keyword(Keyword::By)),
    ("without", TokenKind::Keyword(Keyword::Without)),
    ("on", TokenKind::Keyword(Keyword::On)),
    ("ignoring", TokenKind::Keyword(Keyword::Ignoring)),
    ("group_left", TokenKind::Keyword(Keyword::GroupLeft)),
    ("group_right", TokenKind::Keyword(Keyword::GroupRight)),
    ("fill", TokenKind::Keyword(Keyword::Fill)),
    ("fill_left", TokenKind::Keyword(Keyword::FillLeft)),
    ("fill_right", TokenKind::Keyword(Keyword::FillRight)),
    ("bool", TokenKind::Keyword(Keyword::Bool)),
    ("start", TokenKind::Function(Preset::Start)),
    ("end", TokenKind::Function(Preset::End)),
    ("step", TokenKind::Function(Preset::Step)),
    ("range", TokenKind::Function(Preset::Range)),
    ("max_of", TokenKind::Function(Preset::MaxOf)),
    ("min_of", TokenKind::Function(Preset::MinOf)),
    ("inf", TokenKind::Number),
    ("nan", TokenKind::Number),
];

/// The longest of them.
const WORD_BYTES_MAX: usize = 12;

/// What a word means, whatever its case.
pub(super) fn keyword(word: &str) -> Option<TokenKind> {
    if word.len() > WORD_BYTES_MAX {
        return None;
    }
    WORDS.iter().find(|(text, _)| text.eq_ignore_ascii_case(word)).map(|(_, kind)| kind.clone())
}

/// The few words that are known inside of brackets.
pub(super) fn duration_function(word: &str) -> Option<TokenKind> {
    let is_duration = |kind: &TokenKind| {
        use Preset::{MaxOf, MinOf, Range, Step};
        matches!(kind, TokenKind::Function(Step | Range | MinOf | MaxOf))
    };
    keyword(word).filter(is_duration)
}

impl Token {
    /// How error messages call it.
    pub(super) fn describe(&self, text: &str) -> String {
        let word = text.get(self.span.start..self.span.end).unwrap_or_default();
        match &self.kind {
            TokenKind::End => "end of input".to_owned(),
            TokenKind::Fault(why) => why.clone(),
            TokenKind::Identifier => format!("identifier {}", quote(word)),
            TokenKind::MetricIdentifier => format!("metric identifier {}", quote(word)),
            TokenKind::Number => format!("number {}", shortened(word)),
            TokenKind::Duration => format!("duration {}", shortened(word)),
            TokenKind::String => format!("string {}", shortened(word)),
            TokenKind::Keyword(_) => format!("<{word}>"),
            TokenKind::Operator(_) | TokenKind::EqualRegex | TokenKind::NotEqualRegex | TokenKind::At => {
                format!("<op:{word}>")
            }
            TokenKind::Aggregator(_) => format!("<aggr:{word}>"),
            _ => shortened(word),
        }
    }
}

fn shortened(word: &str) -> String {
    const SHOWN: usize = 10;
    if word.len() <= SHOWN {
        return quote(word);
    }
    let start: String = word.chars().take(SHOWN).collect();
    quote(&start) + "..."
}
