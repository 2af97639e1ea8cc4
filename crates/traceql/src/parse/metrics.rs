//! `rate() by (…)` and what may follow.

use super::lexer::Token;
use super::operand::Operand;
use super::reader::Reader;
use crate::ast::{CompareOp, FirstStage, Function, Metrics, Scalar, SecondStage, Static};
use crate::error::Error;

impl Reader<'_> {
    /// What makes series of spans, if that comes next.
    pub(super) fn first_stage(&mut self) -> Result<Option<FirstStage>, Error> {
        let Token::Word(word) = self.peek().clone() else { return Ok(None) };
        let with_field: fn(_) -> Function = match word.as_str() {
            "rate" => return self.without_field(Function::Rate),
            "count_over_time" => return self.without_field(Function::Count),
            "quantile_over_time" => return self.quantile(),
            "compare" => return self.compare(),
            "min_over_time" => Function::Min,
            "max_over_time" => Function::Max,
            "sum_over_time" => Function::Sum,
            "avg_over_time" => Function::Avg,
            "histogram_over_time" => Function::Histogram,
            _ => return Ok(None),
        };
        self.skip();
        let function = with_field(self.parens(Self::field)?);
        self.grouped(function)
    }

    fn without_field(&mut self, function: Function) -> Result<Option<FirstStage>, Error> {
        self.skip();
        self.empty_parens()?;
        self.grouped(function)
    }

    fn quantile(&mut self) -> Result<Option<FirstStage>, Error> {
        self.skip();
        let function = self.parens(|reader| {
            let of = reader.field()?;
            reader.expect(",")?;
            Ok(Function::Quantile(of, reader.list(Self::plain_number)?))
        })?;
        self.grouped(function)
    }

    #[expect(clippy::cast_precision_loss, reason = "quantiles are small numbers")]
    fn plain_number(&mut self) -> Result<f64, Error> {
        let number = match self.peek() {
            Token::Int(n) => *n as f64,
            Token::Float(n) => *n,
            _ => return self.unexpected("FLOAT or INTEGER"),
        };
        self.skip();
        Ok(number)
    }

    fn compare(&mut self) -> Result<Option<FirstStage>, Error> {
        self.skip();
        let function = self.parens(|reader| {
            let selection = reader.braces()?;
            let top = if reader.take(",") { reader.int()? } else { 10 };
            let (mut start, mut end) = (0, 0);
            if reader.take(",") {
                start = reader.int()?;
                reader.expect(",")?;
                end = reader.int()?;
            }
            Ok(Function::Compare { selection, top, start, end })
        })?;
        Ok(Some(FirstStage { function, by: Vec::new() }))
    }

    fn grouped(&mut self, function: Function) -> Result<Option<FirstStage>, Error> {
        let by = if self.take_word("by") { self.parens(|reader| reader.list(Self::field))? } else { Vec::new() };
        Ok(Some(FirstStage { function, by }))
    }

    /// `| topk(5) > 10 …`
    pub(super) fn second_stages(&mut self, mut of: Metrics) -> Result<Metrics, Error> {
        loop {
            let stage = if self.op() == Some("|") {
                self.skip();
                self.top()?
            } else if let Some(op) = self.op().and_then(CompareOp::of) {
                self.skip();
                SecondStage::Filter(op, self.scalar()?)
            } else {
                return Ok(of);
            };
            of = Metrics::Then(Box::new(of), stage);
        }
    }

    fn top(&mut self) -> Result<SecondStage, Error> {
        let stage: fn(_) -> _ = match self.peek() {
            Token::Word(word) if word == "topk" => SecondStage::TopK,
            Token::Word(word) if word == "bottomk" => SecondStage::BottomK,
            _ => return self.unexpected("topk or bottomk"),
        };
        self.skip();
        self.parens(Self::int).map(stage)
    }

    /// A number that may be worked out: `2 * (3 + 1)`.
    fn scalar(&mut self) -> Result<Static, Error> {
        let place = self.place();
        match self.sum()? {
            Operand::Scalar(Scalar::Static(value)) => Ok(value),
            _ => {
                self.back_to(place);
                self.unexpected("a number")
            }
        }
    }
}
