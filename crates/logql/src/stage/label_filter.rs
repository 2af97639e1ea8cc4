//! `| level="error" or took > 5s`.

use aio_types::Matcher;

use super::address::Addresses;
use super::number::float;
use crate::line::LineLabels;
use crate::parse::ast::{self, CompareOp, Quantity};
use crate::parse::matcher;
use crate::units;

/// A condition on labels.
#[derive(Debug)]
pub(crate) enum LabelFilter {
    Match(Matcher),
    Compare { name: String, op: CompareOp, value: Quantity },
    Address { name: String, is_negated: bool, addresses: Addresses },
    And(Box<LabelFilter>, Box<LabelFilter>),
    Or(Box<LabelFilter>, Box<LabelFilter>),
}

impl LabelFilter {
    /// # Errors
    /// What is no pattern.
    pub(crate) fn new(filter: &ast::LabelFilter) -> Result<Self, String> {
        let both = |l, r| Ok::<_, String>((Box::new(Self::new(l)?), Box::new(Self::new(r)?)));
        Ok(match filter {
            ast::LabelFilter::Match(m) => Self::Match(matcher(m).map_err(|e| e.to_string())?),
            ast::LabelFilter::Compare { name, op, value } => {
                Self::Compare { name: name.clone(), op: *op, value: *value }
            }
            ast::LabelFilter::Ip { name, negated, range } => {
                Self::Address { name: name.clone(), is_negated: *negated, addresses: Addresses::parse(range)? }
            }
            ast::LabelFilter::And(left, right) => both(left, right).map(|(l, r)| Self::And(l, r))?,
            ast::LabelFilter::Or(left, right) => both(left, right).map(|(l, r)| Self::Or(l, r))?,
        })
    }

    /// Whether the line stays. A value that cannot be read as what it is compared with stays too, marked, unless the line
    /// is marked already.
    pub(crate) fn passes(&self, labels: &mut LineLabels<'_>) -> bool {
        match self {
            Self::Match(matcher) => matcher.matches(labels.filtered(&matcher.name)),
            Self::And(left, right) => left.passes(labels) && right.passes(labels),
            Self::Or(left, right) => left.passes(labels) || right.passes(labels),
            Self::Compare { name, op, value } => compares(labels, name, *op, *value),
            Self::Address { .. } if labels.error().is_some() => true,
            Self::Address { name, is_negated, addresses } => {
                labels.has(name) && addresses.are_in(labels.get(name)) != *is_negated
            }
        }
    }

    /// Calls `visit` with the name of every label looked at.
    pub(crate) fn each_name(&self, visit: &mut impl FnMut(&str)) {
        match self {
            Self::Match(matcher) => visit(&matcher.name),
            Self::Compare { name, .. } | Self::Address { name, .. } => visit(name),
            Self::And(left, right) | Self::Or(left, right) => {
                left.each_name(visit);
                right.each_name(visit);
            }
        }
    }
}

fn compares(labels: &mut LineLabels<'_>, name: &str, op: CompareOp, value: Quantity) -> bool {
    if !labels.has(name) {
        return false;
    }
    let text = labels.get(name);
    #[expect(clippy::cast_precision_loss, reason = "quantities are compared as floats")]
    let compared = match value {
        Quantity::Number(right) => float(text).map(|left| op.holds(left, right)).map_err(|fault| fault.to_string()),
        Quantity::Duration(ns) => units::try_go_duration_ns(text)
            .map(|left| op.holds(left as f64, ns as f64))
            .map_err(|fault| fault.to_string()),
        Quantity::Bytes(bytes) => {
            units::try_bytes(text).map(|left| op.holds(left, bytes as f64)).map_err(|fault| fault.to_string())
        }
    };
    compared.unwrap_or_else(|why| {
        if labels.error().is_none() {
            labels.fail("LabelFilterErr", why);
        }
        true
    })
}
