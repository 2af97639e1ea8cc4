//! A tree as text in many lines, as `format_query` shows it.
//!
//! What fits into a line stays in one. Of what does not, each part has its own: the stages of a pipeline, the arguments
//! of a function, the operands of an operator, one step further in. Unlike Loki's, what is printed
//! says the same: an operand that needs its parentheses keeps them, and `by ()`, `on ()`, texts behind `or` and offsets
//! below a millisecond stay.

use super::{number, operator, selector, unwrap_head};
use crate::parse::ast::{
    AggregateExpr, BinaryExpr, BinaryOp, Expr, Grouping, LabelReplaceExpr, LogExpr, RangeExpr, Stage,
};
use crate::parse::quote::quote;
use crate::units::{print_duration, print_range, query_duration_ns};

/// Longest text that stays in one line, in bytes.
const LINE_BYTES_MAX: usize = 100;

impl Expr {
    /// The query in as many lines as it needs to be read.
    #[must_use]
    pub fn pretty(&self) -> String {
        pretty(self, 0)
    }
}

fn indent(level: usize) -> String {
    "  ".repeat(level)
}

fn pretty(expr: &Expr, level: usize) -> String {
    let line = expr.to_string();
    if line.len() <= LINE_BYTES_MAX {
        return indent(level) + &line;
    }
    match expr {
        Expr::Log(log) => pretty_log(log, level),
        Expr::Range(range) => pretty_range(range, level),
        Expr::Aggregate(aggregate) => pretty_aggregate(aggregate, level),
        Expr::Binary(binary) => pretty_binary(binary, level),
        Expr::LabelReplace(replace) => pretty_label_replace(replace, level),
        Expr::Literal(_) | Expr::Vector(_) => indent(level) + &line,
    }
}

struct Selector<'a>(&'a LogExpr);

impl std::fmt::Display for Selector<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        selector(&self.0.matchers, f)
    }
}

fn pretty_log(log: &LogExpr, level: usize) -> String {
    let line = log.to_string();
    if line.len() <= LINE_BYTES_MAX {
        return indent(level) + &line;
    }
    let mut out = format!("{}{}", indent(level), Selector(log));
    let mut stages = log.stages.as_slice();
    while let Some((stage, rest)) = stages.split_first() {
        let filters = stages.iter().take_while(|stage| matches!(stage, Stage::Line(_))).count();
        if filters > 0 {
            let (filters, behind) = stages.split_at(filters);
            for line in line_filters(filters) {
                out.push_str(&format!("\n{}{line}", indent(level + 1)));
            }
            stages = behind;
            continue;
        }
        // Loki does not indent it, either.
        let level = if *stage == Stage::Decolorize { 0 } else { level + 1 };
        out.push_str(&format!("\n{}{stage}", indent(level)));
        stages = rest;
    }
    out
}

/// Line filters in a row: the first line takes as many as fit, each further one has its own.
fn line_filters(filters: &[Stage]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for filter in filters {
        let filter = filter.to_string();
        match lines.as_mut_slice() {
            [first] if first.len() + 1 + filter.len() <= LINE_BYTES_MAX => {
                first.push(' ');
                first.push_str(&filter);
            }
            _ => lines.push(filter),
        }
    }
    lines
}

fn pretty_range(range: &RangeExpr, level: usize) -> String {
    let mut out = format!("{}{}(\n", indent(level), range.op.as_str());
    if let Some(param) = range.param {
        out.push_str(&format!("{}{},\n", indent(level + 1), number(param)));
    }
    out.push_str(&pretty_log(&range.log, level + 1));
    if let Some(unwrap) = &range.unwrap {
        out.push_str(&format!("\n{}{}", indent(level + 2), unwrap_head(unwrap)));
        for filter in &unwrap.filters {
            out.push_str(&format!("\n{}| {filter}", indent(level + 2)));
        }
    }
    out.push_str(&format!(" [{}]", print_range(range.range_ns)));
    if range.offset_ns != 0 {
        out.push_str(&format!(" offset {}", pretty_offset(range.offset_ns)));
    }
    out.push_str(&format!("\n{})", indent(level)));
    match &range.grouping {
        // `by ()` says something here.
        Some(grouping) if grouping.labels.is_empty() => format!("{out}{grouping}"),
        grouping => out + &pretty_grouping(grouping.as_ref()),
    }
}

/// As ranges are printed, where that can be read again.
fn pretty_offset(ns: i64) -> String {
    let short = print_range(ns);
    if query_duration_ns(&short) == Some(ns) { short } else { print_duration(ns) }
}

fn pretty_grouping(grouping: Option<&Grouping>) -> String {
    match grouping {
        Some(g) if g.without || !g.labels.is_empty() => {
            format!(" {} ({})", if g.without { "without" } else { "by" }, g.labels.join(", "))
        }
        Some(_) | None => String::new(),
    }
}

fn pretty_aggregate(aggregate: &AggregateExpr, level: usize) -> String {
    let mut out = format!("{}{}", indent(level), aggregate.op.as_str());
    out.push_str(&pretty_grouping(aggregate.grouping.as_ref()));
    out.push_str("(\n");
    if let Some(param) = aggregate.param {
        out.push_str(&format!("{}{param},\n", indent(level + 1)));
    }
    out + &format!("{}\n{})", pretty(&aggregate.of, level + 1), indent(level))
}

fn pretty_binary(binary: &BinaryExpr, level: usize) -> String {
    let left = pretty_operand(binary, &binary.left, false, level + 1);
    let right = pretty_operand(binary, &binary.right, true, level + 1);
    format!("{left}\n{}{}\n{right}", indent(level), operator(binary, ", "))
}

/// An operand; in parentheses where it would be read as another without them.
fn pretty_operand(binary: &BinaryExpr, operand: &Expr, is_right: bool, level: usize) -> String {
    let text = pretty(operand, level);
    let Expr::Binary(inner) = operand else { return text };
    let (outer, inner) = (binary.op.precedence(), inner.op.precedence());
    // Operators associate to the left, but for `^`.
    let binds_tighter = inner > outer || (inner == outer && is_right == (binary.op == BinaryOp::Pow));
    if binds_tighter || text.trim_start().starts_with('(') && operand.to_string().len() <= LINE_BYTES_MAX {
        return text;
    }
    format!("{0}(\n{text}\n{0})", indent(level))
}

fn pretty_label_replace(replace: &LabelReplaceExpr, level: usize) -> String {
    let mut out = format!("{}label_replace(\n{}", indent(level), pretty(&replace.of, level + 1));
    for text in [&replace.dst, &replace.replacement, &replace.src, &replace.regex] {
        out.push_str(&format!(",\n{}{}", indent(level + 1), quote(text)));
    }
    out + &format!("\n{})", indent(level))
}
