//! A tree as text in one line, as Loki spells it: every operator in parentheses, every quantity in its normal form.

mod filter;
mod pretty;
mod regex;
mod stage;

use std::fmt::{self, Display, Formatter};

use super::ast::{
    AggregateExpr, BinaryExpr, Expr, Grouping, LabelMatcher, LabelReplaceExpr, LogExpr, Many, Matching, RangeExpr,
    Unwrap,
};
use super::quote::quote;
use crate::units::{print_duration, print_range};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(log) => log.fmt(f),
            Self::Range(range) => range.fmt(f),
            Self::Aggregate(aggregate) => aggregate.fmt(f),
            Self::Binary(binary) => binary.fmt(f),
            Self::Literal(value) => f.write_str(&number(*value)),
            Self::Vector(value) => write!(f, "vector({})", fixed(*value)),
            Self::LabelReplace(replace) => replace.fmt(f),
        }
    }
}

impl Display for LogExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        selector(&self.matchers, f)?;
        self.stages.iter().try_for_each(|stage| write!(f, " {stage}"))
    }
}

fn selector(matchers: &[LabelMatcher], f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("{")?;
    for (i, matcher) in matchers.iter().enumerate() {
        f.write_str(if i > 0 { ", " } else { "" })?;
        matcher.fmt(f)?;
    }
    f.write_str("}")
}

impl Display for LabelMatcher {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.name, self.op.as_str(), quote(&self.value))
    }
}

impl Display for RangeExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.op.as_str())?;
        if let Some(param) = self.param {
            write!(f, "{param},")?;
        }
        self.log.fmt(f)?;
        if let Some(unwrap) = &self.unwrap {
            write!(f, " {unwrap}")?;
        }
        write!(f, "[{}]", print_range(self.range_ns))?;
        if self.offset_ns != 0 {
            write!(f, " offset {}", print_duration(self.offset_ns))?;
        }
        f.write_str(")")?;
        self.grouping.as_ref().map_or(Ok(()), |grouping| grouping.fmt(f))
    }
}

impl Display for Unwrap {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&unwrap_head(self))?;
        self.filters.iter().try_for_each(|filter| write!(f, " | {filter}"))
    }
}

fn unwrap_head(unwrap: &Unwrap) -> String {
    match unwrap.conversion.as_str() {
        "" => format!("| unwrap {}", unwrap.label),
        conversion => format!("| unwrap {conversion}({})", unwrap.label),
    }
}

impl Display for Grouping {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, " {} ({})", if self.without { "without" } else { "by" }, self.labels.join(","))
    }
}

impl Display for AggregateExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.op.as_str())?;
        // `by ()` says nothing.
        if let Some(grouping) = self.grouping.as_ref().filter(|g| g.without || !g.labels.is_empty()) {
            grouping.fmt(f)?;
        }
        f.write_str("(")?;
        if let Some(param) = self.param {
            write!(f, "{param},")?;
        }
        write!(f, "{})", self.of)
    }
}

impl Display for BinaryExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "({} {} {})", self.left, operator(self, ","), self.right)
    }
}

/// The operator with all that modifies it.
fn operator(binary: &BinaryExpr, between: &str) -> String {
    let mut out = binary.op.as_str().to_owned();
    if binary.is_bool {
        out.push_str(" bool");
    }
    let Matching { on, labels, many, include } = &binary.matching;
    if !on && labels.is_empty() && *many == Many::None {
        return out;
    }
    let mut group = match many {
        Many::None => "",
        Many::Left => "group_left",
        Many::Right => "group_right",
    }
    .to_owned();
    if !include.is_empty() {
        group.push_str(&format!(" ({})", include.join(between)));
    }
    let word = if *on { "on" } else { "ignoring" };
    out.push_str(&format!(" {word} ({}) {group}", labels.join(between)));
    // Labels to include are looked for in front of an operand in parentheses.
    if *many != Many::None && include.is_empty() && matches!(*binary.right, Expr::Binary(_)) {
        out.push_str(" ()");
    }
    out
}

impl Display for LabelReplaceExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "label_replace({}", self.of)?;
        for text in [&self.dst, &self.replacement, &self.src, &self.regex] {
            write!(f, ",{}", quote(text))?;
        }
        f.write_str(")")
    }
}

/// A number with an exponent where it is very large or small.
fn number(value: f64) -> String {
    let exponent = value.abs().log10().floor();
    if value == 0.0 || !value.is_finite() || (-4.0..21.0).contains(&exponent) {
        return match value {
            f64::INFINITY => "+Inf".to_owned(),
            f64::NEG_INFINITY => "-Inf".to_owned(),
            value => value.to_string(),
        };
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// With six digits behind the point, or as many as it takes.
fn fixed(value: f64) -> String {
    let short = format!("{value:.6}");
    if short.parse() == Ok(value) { short } else { number(value) }
}
