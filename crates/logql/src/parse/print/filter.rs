//! Label filters as text.

use std::fmt::{self, Display, Formatter};

use aio_types::MatchOp;

use crate::parse::ast::{LabelFilter, LabelMatcher, Quantity};
use crate::parse::quote::quote;
use crate::units::{print_bytes, print_duration};

impl Display for LabelFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Match(matcher) if is_kept_a_regex(matcher) => {
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

/// Regular expressions that come to more than a few texts are shown raw.
fn is_kept_a_regex(matcher: &LabelMatcher) -> bool {
    let rest = matcher.value.replace(".*", "").replace(".+", "");
    let is_plain = !rest.contains(['\\', '.', '+', '*', '?', '[', ']', '{', '}', '^', '$']);
    matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex) && !is_plain && !matcher.value.contains(['`', '\r'])
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
