//! Durations: literals such as `1h30m`, and expressions over literals, `step()` and `range()`.

use super::ast::{Number, Span};

/// A duration and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationExpr {
    /// What it is.
    pub kind: DurationKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of durations.
#[derive(Debug, Clone, PartialEq)]
pub enum DurationKind {
    /// A whole duration that is a literal, in milliseconds.
    Literal(i64),
    /// A literal inside of an expression, or one shorter than a millisecond; seconds.
    Number(Number),
    /// `step()`: the step of the query, 0 for an instant query.
    Step,
    /// `range()`: the length of the query, 0 for an instant query.
    Range,
    /// `+( … )` as a whole offset, which sets it apart from an operator behind it.
    Plus(Box<DurationExpr>),
    /// `-…`
    Negate(Box<DurationExpr>),
    /// `( … )`
    Paren(Box<DurationExpr>),
    /// Two durations and what joins them.
    Binary(DurationOp, Box<DurationExpr>, Box<DurationExpr>),
}

/// An operator of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DurationOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Pow,
    /// `min_of(…, …)`
    MinOf,
    /// `max_of(…, …)`
    MaxOf,
}

impl DurationOp {
    /// As written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::MinOf => "min_of",
            Self::MaxOf => "max_of",
        }
    }
}

/// Why an expression is no duration. The text starts with the place, `start:end` in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {why}", span.start, span.end)]
pub struct DurationError {
    /// Where.
    pub span: Span,
    /// Why.
    pub why: &'static str,
}

/// What durations may refer to.
#[derive(Debug, Clone, Copy, Default)]
pub struct QueryTimes {
    /// `step()` in milliseconds.
    pub step_ms: i64,
    /// `range()` in milliseconds.
    pub range_ms: i64,
}

/// Nanoseconds of this many seconds are the most that Prometheus can hold.
const SECONDS_MAX: f64 = 9_223_372_036.854_775;

impl DurationExpr {
    /// The milliseconds of a range or step: positive, except for literals below a millisecond.
    ///
    /// # Errors
    /// [`DurationError`] for what is not a positive number of seconds.
    pub fn positive_ms(&self, times: QueryTimes) -> Result<i64, DurationError> {
        self.evaluate(times, false)
    }

    /// The milliseconds of an offset, which may be negative.
    ///
    /// # Errors
    /// [`DurationError`] for what is not a number of seconds.
    pub fn offset_ms(&self, times: QueryTimes) -> Result<i64, DurationError> {
        self.evaluate(times, true)
    }

    fn evaluate(&self, times: QueryTimes, may_be_negative: bool) -> Result<i64, DurationError> {
        if let DurationKind::Literal(ms) = self.kind {
            return Ok(ms);
        }
        let seconds = self.seconds(times)?;
        if !seconds.is_finite() {
            return Err(self.error("duration is NaN or infinite"));
        }
        if seconds <= 0.0 && !may_be_negative {
            return Err(self.error("duration must be greater than 0"));
        }
        if seconds.abs() > SECONDS_MAX {
            return Err(self.error("duration is out of range"));
        }
        Ok(whole(seconds * 1000.0))
    }

    fn seconds(&self, times: QueryTimes) -> Result<f64, DurationError> {
        Ok(match &self.kind {
            DurationKind::Literal(ms) => seconds_of(*ms),
            DurationKind::Number(number) => number.value,
            DurationKind::Step => seconds_of(times.step_ms),
            DurationKind::Range => seconds_of(times.range_ms),
            DurationKind::Negate(inner) => -inner.seconds(times)?,
            DurationKind::Paren(inner) | DurationKind::Plus(inner) => inner.seconds(times)?,
            DurationKind::Binary(op, lhs, rhs) => self.apply(*op, lhs.seconds(times)?, rhs.seconds(times)?)?,
        })
    }

    fn apply(&self, op: DurationOp, lhs: f64, rhs: f64) -> Result<f64, DurationError> {
        Ok(match op {
            DurationOp::Add => lhs + rhs,
            DurationOp::Sub => lhs - rhs,
            DurationOp::Mul => lhs * rhs,
            DurationOp::Div if rhs == 0.0 => return Err(self.error("division by zero")),
            DurationOp::Div => lhs / rhs,
            DurationOp::Mod if rhs == 0.0 => return Err(self.error("modulo by zero")),
            DurationOp::Mod => lhs % rhs,
            DurationOp::Pow => lhs.powf(rhs),
            DurationOp::MinOf if lhs.is_nan() || rhs.is_nan() => f64::NAN,
            DurationOp::MinOf => lhs.min(rhs),
            DurationOp::MaxOf if lhs.is_nan() || rhs.is_nan() => f64::NAN,
            DurationOp::MaxOf => lhs.max(rhs),
        })
    }

    fn error(&self, why: &'static str) -> DurationError {
        DurationError { span: self.span, why }
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus holds durations of expressions as floats too")]
fn seconds_of(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

/// Cut towards zero; the value is in range.
#[expect(clippy::cast_possible_truncation, reason = "that is what is wanted")]
fn whole(value: f64) -> i64 {
    value as i64
}

/// Milliseconds of a literal number of seconds: rounded to nanoseconds, then cut.
pub(super) fn literal_ms(seconds: f64) -> i64 {
    const NANOSECONDS: f64 = 1e9;
    whole((seconds * NANOSECONDS).round()) / 1_000_000
}

/// Whether a literal number of seconds is more than Prometheus can hold.
pub(super) fn is_out_of_range(seconds: f64) -> bool {
    seconds.abs() > SECONDS_MAX
}

/// Units from the largest to the smallest one, in milliseconds; whether more than one unit may follow.
const UNITS: [(&str, i64, bool); 7] = [
    ("y", 365 * 86_400_000, true),
    ("w", 7 * 86_400_000, true),
    ("d", 86_400_000, false),
    ("h", 3_600_000, false),
    ("m", 60_000, false),
    ("s", 1_000, false),
    ("ms", 1, false),
];

/// Milliseconds as Prometheus writes them: `1h30m`; years and weeks only where nothing is left over.
#[must_use]
pub fn format_duration(ms: i64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    let mut left = ms.unsigned_abs();
    if ms < 0 {
        out.push('-');
    }
    for (unit, unit_ms, exact) in UNITS {
        let unit_ms = unit_ms.unsigned_abs();
        let count = left / unit_ms;
        if count > 0 && (!exact || left.is_multiple_of(unit_ms)) {
            out.push_str(&count.to_string());
            out.push_str(unit);
            left -= count * unit_ms;
        }
    }
    out
}

/// The seconds of a literal such as `1h30m`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse_literal(text: &str) -> Result<f64, String> {
    let invalid = || format!("not a valid duration string: {text:?}");
    let (mut total, mut rest, mut used) = (0_u64, text, 0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(invalid)?;
        let count: u64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let (unit, after) = rest.split_at(rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()));
        rest = after;
        let place = UNITS.iter().position(|(name, ..)| *name == unit);
        let place = place.ok_or_else(|| format!("unknown unit {unit:?} in duration {text:?}"))?;
        if place < used {
            return Err(invalid());
        }
        used = place + 1;
        let nanoseconds = UNITS[place].1.unsigned_abs() * 1_000_000;
        let sum = count.checked_mul(nanoseconds).and_then(|more| total.checked_add(more));
        total = sum.filter(|sum| i64::try_from(*sum).is_ok()).ok_or("duration out of range")?;
    }
    Ok(seconds_of_nanoseconds(total))
}

/// As Go does it: whole seconds and the rest apart.
#[expect(clippy::cast_precision_loss, reason = "Prometheus holds literal durations as floats too")]
fn seconds_of_nanoseconds(nanoseconds: u64) -> f64 {
    (nanoseconds / 1_000_000_000) as f64 + (nanoseconds % 1_000_000_000) as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_read_and_write() {
        for (text, seconds, written) in [
            ("5m", 300.0, "5m"),
            ("1h30m", 5400.0, "1h30m"),
            ("90d", 7_776_000.0, "90d"),
            ("14d", 1_209_600.0, "2w"),
            ("1y", 31_536_000.0, "1y"),
            ("366d", 31_622_400.0, "366d"),
            ("60s", 60.0, "1m"),
            ("1s500ms", 1.5, "1s500ms"),
            ("0s", 0.0, "0s"),
        ] {
            assert_eq!(parse_literal(text), Ok(seconds), "{text}");
            assert_eq!(format_duration(literal_ms(seconds)), written);
        }
    }

    #[test]
    fn bad_literals_are_named() {
        for (text, why) in [
            ("5m1h", "not a valid duration string: \"5m1h\""),
            ("5m1m", "not a valid duration string: \"5m1m\""),
            ("5y1hs", "unknown unit \"hs\" in duration \"5y1hs\""),
            ("300y", "duration out of range"),
        ] {
            assert_eq!(parse_literal(text), Err(why.to_owned()));
        }
    }
}
