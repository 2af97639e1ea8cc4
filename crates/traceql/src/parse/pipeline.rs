//! Stages and what stands in parentheses.

use super::lexer::Token;
use super::operand::Operand;
use super::reader::Reader;
use crate::ast::{Aggregate, AggregateOp, FieldExpr, Metrics, Pipeline, Root, Scalar, SpansetExpr, Stage, Static};
use crate::error::Error;

/// What stages come to.
enum Piped {
    Spans(Pipeline),
    /// One that ends with a number, which needs something to compare it with.
    Scalar(Pipeline, Aggregate),
    Metrics(Metrics),
    /// No stage yet.
    Operand(Operand),
}

impl Reader<'_> {
    pub(super) fn root(&mut self) -> Result<Root, Error> {
        match self.piped()? {
            Piped::Spans(pipeline) => Ok(Root::Spans(pipeline)),
            Piped::Metrics(metrics) => Ok(Root::Metrics(metrics)),
            Piped::Scalar(..) | Piped::Operand(_) => self.unexpected(""),
        }
    }

    /// `( … )`
    pub(super) fn in_parens(&mut self) -> Result<Operand, Error> {
        self.parens(|reader| match reader.piped()? {
            Piped::Spans(mut pipeline) if pipeline.stages.len() == 1 => match pipeline.stages.remove(0) {
                Stage::Spans(expr) => Ok(Operand::Spans(expr, true)),
                stage => Ok(Operand::Spans(SpansetExpr::Pipeline(Pipeline { stages: vec![stage] }), true)),
            },
            Piped::Spans(pipeline) => Ok(Operand::Spans(SpansetExpr::Pipeline(pipeline), true)),
            Piped::Scalar(pipeline, aggregate) => Ok(Operand::Scalar(Scalar::Pipeline(pipeline, aggregate))),
            Piped::Metrics(metrics) => Ok(Operand::Metrics(metrics)),
            Piped::Operand(operand) => Ok(operand),
        })
    }

    fn piped(&mut self) -> Result<Piped, Error> {
        let first = match self.stage_by_name(true)? {
            Some(stage) => stage,
            None => match self.operand()? {
                Operand::Spans(expr, _) => Stage::Spans(expr),
                Operand::Filter(left, op, right) => Stage::Filter(left, op, right),
                Operand::Metrics(metrics) => return self.second_stages(metrics).map(Piped::Metrics),
                operand @ Operand::Scalar(_) => return Ok(Piped::Operand(operand)),
            },
        };
        let mut stages = vec![first];
        while self.take("|") {
            if let Some(first) = self.first_stage()? {
                let metrics = Metrics::Spans(Pipeline { stages }, first);
                return self.second_stages(metrics).map(Piped::Metrics);
            }
            let stage = match self.stage_by_name(false)? {
                Some(stage) => stage,
                None => match self.operand()? {
                    Operand::Spans(expr, _) => Stage::Spans(expr),
                    Operand::Filter(left, op, right) => Stage::Filter(left, op, right),
                    Operand::Scalar(Scalar::Aggregate(of)) => return Ok(Piped::Scalar(Pipeline { stages }, of)),
                    Operand::Scalar(_) | Operand::Metrics(_) => return self.unexpected(""),
                },
            };
            stages.push(stage);
        }
        Ok(Piped::Spans(Pipeline { stages }))
    }

    fn stage_by_name(&mut self, is_first: bool) -> Result<Option<Stage>, Error> {
        if self.take_word("by") {
            return self.parens(Self::field_expr).map(|of| Some(Stage::By(of)));
        }
        if self.take_word("select") {
            return self.parens(|reader| reader.list(Self::field)).map(|fields| Some(Stage::Select(fields)));
        }
        if !is_first && self.take_word("coalesce") {
            self.empty_parens()?;
            return Ok(Some(Stage::Coalesce));
        }
        Ok(None)
    }

    /// `{ … }`
    pub(super) fn braces(&mut self) -> Result<FieldExpr, Error> {
        self.expect("{")?;
        if self.take("}") {
            return Ok(FieldExpr::Static(Static::Bool(true)));
        }
        let expr = self.nest(Self::field_expr)?;
        self.expect("}")?;
        Ok(expr)
    }

    /// `count()`, `max(duration)`
    pub(super) fn aggregate(&mut self) -> Result<Option<Aggregate>, Error> {
        let Token::Word(word) = self.peek() else { return Ok(None) };
        let Some(op) = AggregateOp::of(word) else { return Ok(None) };
        self.skip();
        if op == AggregateOp::Count {
            self.empty_parens()?;
            return Ok(Some(Aggregate { op, of: None }));
        }
        let of = self.parens(Self::field_expr)?;
        Ok(Some(Aggregate { op, of: Some(of) }))
    }
}
