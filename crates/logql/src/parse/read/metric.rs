//! Operands: log queries, numbers, functions.

use super::Reader;
use crate::error::Error;
use crate::parse::ast::{AggregateExpr, AggregateOp, Expr, LabelReplaceExpr, LogExpr, RangeOp};
use crate::parse::check;
use crate::parse::number::float;
use crate::parse::token::Token;

impl Reader {
    pub(super) fn operand(&mut self) -> Result<Expr, Error> {
        match *self.peek() {
            Token::Number(_) | Token::Symbol("+" | "-") => {
                let value = self.literal()?;
                Ok(Expr::Literal(self.value(self.meaning.len(), value)))
            }
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
            Token::Function(word) => self.call(word),
            _ if self.is_of_variants() => {
                Err(Error::Refused("multi variant queries are disabled for this instance".to_owned()))
            }
            _ => Err(self.unexpected(&[])),
        }
    }

    fn is_of_variants(&self) -> bool {
        matches!(self.peek(), Token::Identifier(word) if word.eq_ignore_ascii_case("variants"))
            && *self.peek_after(1) == Token::Symbol("(")
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
                let value = float(&number).map_err(|why| format!("unable to parse vectorExpr as a float: {why}"));
                Ok(Expr::Vector(self.value(self.meaning.len(), value)))
            }
            "label_replace" => self.label_replace(),
            _ => {
                self.at -= 1;
                Err(self.unexpected(&[]))
            }
        }
    }

    fn aggregate(&mut self, op: AggregateOp) -> Result<Expr, Error> {
        let since = self.meaning.len();
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
        let written = aggregate_param(op, param.as_deref(), grouping.is_some());
        let is_sound = written.is_ok();
        let param = self.value(since, written);
        let aggregate = AggregateExpr { op, param, grouping, of: Box::new(of) };
        if is_sound {
            self.note(since, check::grouping(&aggregate));
        }
        Ok(Expr::Aggregate(aggregate))
    }

    fn label_replace(&mut self) -> Result<Expr, Error> {
        let since = self.meaning.len();
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
        let replace =
            LabelReplaceExpr { of: Box::new(of), dst: text(), replacement: text(), src: text(), regex: text() };
        self.note(since, check::label_replace(&replace));
        Ok(Expr::LabelReplace(replace))
    }
}

fn aggregate_param(op: AggregateOp, written: Option<&str>, is_grouped: bool) -> Result<Option<u32>, String> {
    let takes_one = matches!(op, AggregateOp::TopK | AggregateOp::BottomK | AggregateOp::ApproxTopK);
    let word = op.as_str();
    let Some(written) = written else {
        return if takes_one { Err(format!("parameter required for operation {word}")) } else { Ok(None) };
    };
    if !takes_one {
        return Err(format!("unsupported parameter for operation {word}({written},"));
    }
    let param = written.parse::<i64>().map_err(|_| format!("invalid parameter {word}({written},"))?;
    if param <= 0 {
        return Err(format!("invalid parameter (must be greater than 0) {word}({written}"));
    }
    if op == AggregateOp::ApproxTopK && is_grouped {
        return Err(format!("grouping not allowed for {word} aggregation"));
    }
    Ok(Some(u32::try_from(param).unwrap_or(u32::MAX)))
}
