//! Label filters as text.

use std::fmt::{self, Display, Formatter};

use aio_types::MatchOp;

use super::regex::is_kept;
use crate::parse::ast::{LabelFilter, LabelMatcher, Quantity};
use crate::parse::quote::quote;
use crate::units::{print_bytes, print_duration};

impl Display for LabelFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Match(matcher) if is_shown_raw(matcher) => {
                write!(f, "{}{}`{}`", matcher.name, matcher.op.as_str(), matcher.value)
            }
            Self::Match(matcher) => matcher.fmt(f),
            Self::Compare { name, op, value } => write!(f, "{name}{}{value}", op.as_str()),
            Self::Ip { name, negated, range } => {
                write!(f, "{name}{}ip({})", if *negated { "!=" } else { "=" }, quote(range))
            }
            Self::And(left, right) => write!(f, "( {left} , {right} )"),
            Self::Or(left, right) => write!(f, "( {left} or {right} )"),
        }
    }
}

fn is_shown_raw(LabelMatcher { op, value, .. }: &LabelMatcher) -> bool {
    *op == MatchOp::Regex && !value.contains('`') && is_kept(value)
}

impl Display for Quantity {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::Duration(ns) => f.write_str(&print_duration(*ns)),
            Self::Bytes(bytes) => f.write_str(&print_bytes(*bytes)),
        }
    }
}
