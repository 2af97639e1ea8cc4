//! Selectors and subqueries.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aio_types::{MatchOp, Matcher, TimestampMs};
use promql_parser::label;
use promql_parser::parser::{self, AtModifier, Offset};

use crate::Error;
use crate::plan::{At, Selector, Shift, Window, WindowSource};

pub(super) fn instant(vs: &parser::VectorSelector) -> Result<Selector, Error> {
    Ok(Selector { matchers: matchers(vs)?, shift: shift(vs.offset.as_ref(), vs.at.as_ref()) })
}

pub(super) fn range(ms: &parser::MatrixSelector) -> Result<Window, Error> {
    let shift = shift(ms.vs.offset.as_ref(), ms.vs.at.as_ref());
    Ok(Window { source: WindowSource::Stored(matchers(&ms.vs)?), range_ms: positive(ms.range)?, shift })
}

pub(super) fn subquery(s: &parser::SubqueryExpr) -> Result<Window, Error> {
    let plan = Box::new(super::lower(&s.expr)?);
    let step_ms = s.step.map(positive).transpose()?;
    let shift = shift(s.offset.as_ref(), s.at.as_ref());
    Ok(Window { source: WindowSource::Subquery { plan, step_ms }, range_ms: positive(s.range)?, shift })
}

fn positive(duration: Duration) -> Result<i64, Error> {
    match millis(duration) {
        0 => Err(Error::Parse("parse error: duration must be greater than 0".to_owned())),
        ms => Ok(ms),
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn shift(offset: Option<&Offset>, at: Option<&AtModifier>) -> Shift {
    let offset_ms = match offset {
        None => 0,
        Some(Offset::Pos(d)) => millis(*d),
        Some(Offset::Neg(d)) => -millis(*d),
    };
    let at = at.map(|at| match at {
        AtModifier::Start => At::Start,
        AtModifier::End => At::End,
        AtModifier::At(time) => At::Fixed(unix_ms(*time)),
    });
    Shift { offset_ms, at }
}

fn unix_ms(time: SystemTime) -> TimestampMs {
    TimestampMs(time.duration_since(UNIX_EPOCH).map_or_else(|before| -millis(before.duration()), millis))
}

/// The matchers of a selector, its bare name included.
pub(crate) fn matchers(vs: &parser::VectorSelector) -> Result<Vec<Matcher>, Error> {
    if !vs.matchers.or_matchers.is_empty() {
        return Err(Error::Parse("parse error: unexpected \"or\" in label matching".to_owned()));
    }
    let mut out = Vec::new();
    if let Some(name) = &vs.name {
        out.push(matcher(aio_types::METRIC_NAME, MatchOp::Equal, name)?);
    }
    for m in &vs.matchers.matchers {
        let op = match &m.op {
            label::MatchOp::Equal => MatchOp::Equal,
            label::MatchOp::NotEqual => MatchOp::NotEqual,
            label::MatchOp::Re(_) => MatchOp::Regex,
            label::MatchOp::NotRe(_) => MatchOp::NotRegex,
        };
        out.push(matcher(&m.name, op, &m.value)?);
    }
    if out.iter().all(Matcher::matches_empty) {
        let why = "parse error: vector selector must contain at least one non-empty matcher";
        return Err(Error::Parse(why.to_owned()));
    }
    Ok(out)
}

fn matcher(name: &str, op: MatchOp, value: &str) -> Result<Matcher, Error> {
    Matcher::new(name, op, value).map_err(|e| Error::Parse(format!("parse error: {e}")))
}
