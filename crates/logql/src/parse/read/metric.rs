//! Operands: log queries, numbers, functions.

use super::Reader;
use crate::error::Error;
use crate::parse::ast::{AggregateExpr, AggregateOp, Expr, LabelReplaceExpr, LogExpr, RangeOp};
use crate::parse::token::Token;

impl Reader {
    pub(super) fn operand(&mut self) -> Result<Expr, Error> {
        match *self.peek() {
            Token::Number(_) | Token::Symbol("+" | "-") => self.literal().map(Expr::Literal),
            Token::Symbol("(") => {
                self.at += 1;
                let inner = self.expr(0)?;
                if self.take(")") { Ok(inner) } else { Err(self.unexpected(&[])) }
            }
            Token::Symbol("{") => {
                let matchers = self.selector()?;
                let log = LogExpr { matchers, stages: self.stages()? };
                if self.is("|") {
                    // Of what `stages` leaves there is only this.
                    self.at += 1;
                    return Err(self.unexpected(&[]));
                }
                Ok(Expr::Log(log))
            }
            Token::Symbol("variants") if *self.peek_after(1) == Token::Symbol("(") => {
                Err(Error::Refused("multi variant queries are disabled for this instance".to_owned()))
            }
            Token::Function(word) => self.call(word),
            _ => Err(self.unexpected(&[])),
        }
    }

    fn call(&mut self, word: &'static str) -> Result<Expr, Error> {
        self.at += 1;
        if let Some(op) = RangeOp::named(word) {
            return self.range(op);
        }
        if let Some(op) = AggregateOp::named(word) {
            return self.aggregate(op);
        }
        match word {
            "vector" => {
                self.expect("(")?;
                let number = self.number(&["NUMBER"])?;
                self.expect(")")?;
                let value = super::float(&number);
                value
                    .map(Expr::Vector)
                    .map_err(|why| Error::Invalid(format!("unable to parse vectorExpr as a float: {why}")))
            }
            "label_replace" => self.label_replace(),
            _ => {
                self.at -= 1;
                Err(self.unexpected(&[]))
            }
        }
    }

    fn aggregate(&mut self, op: AggregateOp) -> Result<Expr, Error> {
        let mut grouping = self.grouping()?;
        if !self.take("(") {
            return Err(self.unexpected(if grouping.is_some() { &["("] } else { &["(", "by", "without"] }));
        }
        let mut param = None;
        if matches!(self.peek(), Token::Number(_)) && *self.peek_after(1) == Token::Symbol(",") {
            param = Some(self.number(&[])?);
            self.at += 1;
        }
        let of = self.expr(0)?;
        if !of.is_metric() || !self.take(")") {
            return Err(self.unexpected(&[]));
        }
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        let param = aggregate_param(op, param.as_deref())?;
        if op == AggregateOp::ApproxTopK && grouping.is_some() {
            return Err(Error::Invalid(format!("grouping not allowed for {} aggregation", op.as_str())));
        }
        Ok(Expr::Aggregate(AggregateExpr { op, param, grouping, of: Box::new(of) }))
    }

    fn label_replace(&mut self) -> Result<Expr, Error> {
        self.expect("(")?;
        let of = self.expr(0)?;
        if !of.is_metric() {
            return Err(self.unexpected(&[]));
        }
        let mut texts = Vec::with_capacity(4);
        for i in 0..4 {
            if !self.take(",") {
                return Err(self.unexpected(if i == 0 { &[] } else { &[","] }));
            }
            texts.push(self.text(&["STRING"])?);
        }
        self.expect(")")?;
        let mut texts = texts.into_iter();
        let mut text = || texts.next().unwrap_or_default();
        Ok(Expr::LabelReplace(LabelReplaceExpr {
            of: Box::new(of),
            dst: text(),
            replacement: text(),
            src: text(),
            regex: text(),
        }))
    }
}

fn aggregate_param(op: AggregateOp, written: Option<&str>) -> Result<Option<u32>, Error> {
    let takes_one = matches!(op, AggregateOp::TopK | AggregateOp::BottomK | AggregateOp::ApproxTopK);
    let word = op.as_str();
    match (takes_one, written) {
        (false, None) => Ok(None),
        (false, Some(written)) => Err(Error::Invalid(format!("unsupported parameter for operation {word}({written},"))),
        (true, None) => Err(Error::Invalid(format!("parameter required for operation {word}"))),
        (true, Some(written)) => match written.parse::<u64>() {
            Err(_) => Err(Error::Invalid(format!("invalid parameter {word}({written},"))),
            Ok(0) => Err(Error::Invalid(format!("invalid parameter (must be greater than 0) {word}({written}"))),
            Ok(k) => Ok(Some(u32::try_from(k).unwrap_or(u32::MAX))),
        },
    }
}
