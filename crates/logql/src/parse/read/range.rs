//! Functions over windows.

use super::Reader;
use crate::error::Error;
use crate::parse::ast::{Conversion, Expr, Grouping, LogExpr, RangeExpr, RangeOp, Unwrap};
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
        self.expect("(")?;
        let param = self.range_param(op)?;
        let Window { log, unwrap, range_ns, offset_ns } = self.window()?;
        self.expect(")")?;
        let grouping = self.grouping()?;
        Ok(Expr::Range(Box::new(RangeExpr { op, param, log, unwrap, range_ns, offset_ns, grouping })))
    }

    fn range_param(&mut self, op: RangeOp) -> Result<Option<f64>, Error> {
        if !matches!(self.peek(), Token::Number(_) | Token::Symbol("{" | "(")) {
            return Err(self.unexpected(&["NUMBER", "{", "("]));
        }
        if !matches!(self.peek(), Token::Number(_)) {
            return Ok(None);
        }
        let written = self.number(&[])?;
        self.expect(",")?;
        let word = op.as_str();
        if op != RangeOp::Quantile {
            return Err(Error::Invalid(format!("parameter {written} not supported for operation {word}")));
        }
        let param = super::float(&written);
        param.map(Some).map_err(|why| Error::Invalid(format!("invalid parameter for operation {word}: {why}")))
    }

    /// Both `{…} | stage [5m]` and `{…}[5m] | stage` are in use, and each may stand in parentheses, the range inside of
    /// them or behind.
    fn window(&mut self) -> Result<Window, Error> {
        if !self.take("(") {
            return self.bare_window();
        }
        if self.is("(") {
            let window = self.nested(Self::window)?;
            self.expect(")")?;
            return Ok(window);
        }
        let (log, unwrap) = self.lines()?;
        if matches!(self.peek(), Token::Range(_)) {
            let window = self.placed(log, unwrap)?;
            self.expect(")")?;
            return Ok(window);
        }
        if !self.take(")") {
            return Err(self.unexpected(if unwrap.is_some() { &["RANGE", ")", "|"] } else { &[] }));
        }
        self.placed(log, unwrap)
    }

    fn bare_window(&mut self) -> Result<Window, Error> {
        let (log, unwrap) = self.lines()?;
        self.placed(log, unwrap)
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

    /// The range and what may follow it.
    fn placed(&mut self, mut log: LogExpr, mut unwrap: Option<Unwrap>) -> Result<Window, Error> {
        let expected: &[&str] = if unwrap.is_some() { &["RANGE", "|"] } else { &[] };
        let Token::Range(range_ns) = *self.peek() else { return Err(self.unexpected(expected)) };
        self.at += 1;
        let offset_ns = self.offset()?;
        if log.stages.is_empty() && unwrap.is_none() {
            log.stages = self.stages()?;
            unwrap = self.unwrap()?;
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
