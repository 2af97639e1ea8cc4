//! What becomes of words in the script, and which of them may be names.

use crate::parse::ast::BinaryOp;
use crate::parse::token::{Keyword, TokenKind};

/// Trims are as strong as comparisons.
pub(super) fn script_operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => " +",
        BinaryOp::Sub => " -",
        BinaryOp::Mul => " *",
        BinaryOp::Div => " /",
        BinaryOp::Mod => " %",
        BinaryOp::Pow => " ^",
        BinaryOp::Atan2 => " atan2",
        BinaryOp::Equal | BinaryOp::TrimUpper | BinaryOp::TrimLower => " ==",
        BinaryOp::NotEqual => " !=",
        BinaryOp::Greater => " >",
        BinaryOp::Less => " <",
        BinaryOp::GreaterEqual => " >=",
        BinaryOp::LessEqual => " <=",
        BinaryOp::And => " and",
        BinaryOp::Or => " or",
        BinaryOp::Unless => " unless",
    }
}

/// Words that are names of metrics where an operand is expected.
pub(super) fn is_metric_name(kind: &TokenKind) -> bool {
    match kind {
        TokenKind::Identifier | TokenKind::MetricIdentifier | TokenKind::Aggregator(_) | TokenKind::Function(_) => true,
        TokenKind::Operator(op) => op.is_set(),
        TokenKind::Keyword(keyword) => is_metric_keyword(*keyword),
        _ => false,
    }
}

fn is_metric_keyword(keyword: Keyword) -> bool {
    use Keyword::{Anchored, By, Fill, FillLeft, FillRight, Offset, Smoothed, Without};
    matches!(keyword, Anchored | By | Fill | FillLeft | FillRight | Offset | Smoothed | Without)
}
