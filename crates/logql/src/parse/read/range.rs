//! Functions over windows.

use super::Reader;
use crate::error::Error;
use crate::parse::ast::{Conversion, Expr, Grouping, LogExpr, RangeExpr, RangeOp, Unwrap};
use crate::parse::check;
use crate::parse::number::float;
use crate::parse::token::Token;

/// The lines of a window and its place.
struct Window {
    log: LogExpr,
    unwrap: Option<Unwrap>,
    range_ns: i64,
    offset_ns: i64,
}

impl Reader {
    pub(super) fn range(&mut self, op: RangeOp) -> Result<Expr, Error> {
        let since = self.meaning.len();
        self.expect("(")?;
        let param = self.range_param()?;
        let Window { log, unwrap, range_ns, offset_ns } = self.window()?;
        self.expect(")")?;
        let grouping = self.grouping()?;
        let written = range_param(op, param.as_deref());
        let is_sound = written.is_ok();
        let param = self.value(since, written);
        let range = RangeExpr { op, param, log, unwrap, range_ns, offset_ns, grouping };
        if is_sound {
            self.note(since, check::window(&range));
        }
        Ok(Expr::Range(Box::new(range)))
    }

    fn range_param(&mut self) -> Result<Option<String>, Error> {
        match self.peek() {
            Token::Symbol("{" | "(") => Ok(None),
            _ => {
                let written = self.number(&["NUMBER", "{", "("])?;
                self.expect(",")?;
                Ok(Some(written))
            }
        }
    }

    /// Both `{…} | stage [5m]` and `{…}[5m] | stage` are in use, and the former may stand in parentheses without its
    /// range; all may stand in further ones.
    fn window(&mut self) -> Result<Window, Error> {
        if !self.take("(") {
            let (log, unwrap) = self.lines()?;
            return self.placed(log, unwrap, false);
        }
        if self.is("(") {
            let window = self.nested(Self::window)?;
            self.expect(")")?;
            return Ok(window);
        }
        let (log, unwrap) = self.lines()?;
        if matches!(self.peek(), Token::Range(_)) {
            let window = self.placed(log, unwrap, false)?;
            self.expect(")")?;
            return Ok(window);
        }
        if !self.take(")") {
            return Err(self.unexpected(if unwrap.is_some() { &["RANGE", ")", "|"] } else { &[] }));
        }
        self.placed(log, unwrap, true)
    }

    fn lines(&mut self) -> Result<(LogExpr, Option<Unwrap>), Error> {
        if !self.is("{") {
            return Err(self.unexpected(&["{", "("]));
        }
        let matchers = self.selector()?;
        let stages = self.stages()?;
        let unwrap = self.unwrap()?;
        Ok((LogExpr { matchers, stages }, unwrap))
    }

    /// The range and what may follow it; behind a parenthesis that has been closed only `unwrap` may.
    fn placed(&mut self, mut log: LogExpr, mut unwrap: Option<Unwrap>, is_closed: bool) -> Result<Window, Error> {
        let expected: &[&str] = match (is_closed, unwrap.is_some()) {
            (true, _) => &["RANGE"],
            (false, true) => &["RANGE", "|"],
            (false, false) => &[],
        };
        let Token::Range(range_ns) = *self.peek() else { return Err(self.unexpected(expected)) };
        self.at += 1;
        let offset_ns = self.offset()?;
        if log.stages.is_empty() && unwrap.is_none() {
            if !is_closed {
                log.stages = self.stages()?;
            }
            unwrap = self.unwrap()?;
            if is_closed && unwrap.is_none() && self.take("|") {
                return Err(self.unexpected(&["unwrap"]));
            }
        }
        Ok(Window { log, unwrap, range_ns, offset_ns })
    }

    fn offset(&mut self) -> Result<i64, Error> {
        if !self.take("offset") {
            return Ok(0);
        }
        let Token::Duration(ns) = *self.peek() else { return Err(self.unexpected(&["DURATION"])) };
        self.at += 1;
        Ok(ns)
    }

    fn unwrap(&mut self) -> Result<Option<Unwrap>, Error> {
        if !(self.is("|") && *self.peek_after(1) == Token::Symbol("unwrap")) {
            return Ok(None);
        }
        self.at += 2;
        let conversion = match *self.peek() {
            Token::Function("bytes") => Conversion::Bytes,
            Token::Function("duration") => Conversion::Duration,
            Token::Function("duration_seconds") => Conversion::DurationSeconds,
            _ => Conversion::None,
        };
        let label = if conversion == Conversion::None {
            self.identifier(&["IDENTIFIER", "BYTES_CONV", "DURATION_CONV", "DURATION_SECONDS_CONV"])?
        } else {
            self.at += 1;
            self.expect("(")?;
            let label = self.identifier(&["IDENTIFIER"])?;
            self.expect(")")?;
            label
        };
        let mut filters = Vec::new();
        while self.take("|") {
            self.operator()?;
            filters.push(self.label_filter()?);
        }
        Ok(Some(Unwrap { label, conversion, filters }))
    }

    pub(super) fn grouping(&mut self) -> Result<Option<Grouping>, Error> {
        let without = self.is("without");
        if !without && !self.is("by") {
            return Ok(None);
        }
        self.at += 1;
        Ok(Some(Grouping { without, labels: self.labels()? }))
    }
}

fn range_param(op: RangeOp, written: Option<&str>) -> Result<Option<f64>, String> {
    let word = op.as_str();
    match written {
        None if op == RangeOp::Quantile => Err(format!("parameter required for operation {word}")),
        None => Ok(None),
        Some(written) if op == RangeOp::Quantile => {
            float(written).map(Some).map_err(|why| format!("invalid parameter for operation {word}: {why}"))
        }
        Some(written) => Err(format!("parameter {written} not supported for operation {word}")),
    }
}
