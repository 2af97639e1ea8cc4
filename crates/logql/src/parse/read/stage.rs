//! Pipelines.

use super::Reader;
use crate::error::Error;
use crate::parse::ast::{
    Extraction, LabelFormat, LabelMatcher, LabelPick, LabelSource, LineFilter, LineOp, LineOperand, Parser, Stage,
};
use crate::parse::token::Token;

impl Reader {
    /// Stages up to what is none, `unwrap` included.
    pub(super) fn stages(&mut self) -> Result<Vec<Stage>, Error> {
        let mut stages = Vec::new();
        loop {
            if let Some(op) = self.line_op() {
                self.line_filter(op, &mut stages)?;
            } else if self.is("|") && *self.peek_after(1) != Token::Symbol("unwrap") {
                self.at += 1;
                stages.push(self.stage()?);
            } else {
                return Ok(stages);
            }
            self.stages_are_few(&stages)?;
        }
    }

    fn stages_are_few(&self, stages: &[Stage]) -> Result<(), Error> {
        if stages.len() > super::OPERATORS_MAX { Err(self.fail("pipeline has too many stages")) } else { Ok(()) }
    }

    fn line_op(&mut self) -> Option<LineOp> {
        let op = match self.peek() {
            Token::Symbol("|=") => LineOp::Contains,
            Token::Symbol("!=") => LineOp::ContainsNot,
            Token::Symbol("|~") => LineOp::Matches,
            Token::Symbol("!~") => LineOp::MatchesNot,
            Token::Symbol("|>") => LineOp::Pattern,
            Token::Symbol("!>") => LineOp::PatternNot,
            _ => return None,
        };
        self.at += 1;
        Some(op)
    }

    fn line_filter(&mut self, op: LineOp, stages: &mut Vec<Stage>) -> Result<(), Error> {
        let mut operands = vec![self.line_operand()?];
        while self.take("or") {
            operands.push(self.line_operand()?);
        }
        if !op.is_negated() {
            stages.push(Stage::Line(LineFilter { op, operands }));
            return Ok(());
        }
        // None of them: one filter each.
        stages.extend(operands.into_iter().map(|operand| Stage::Line(LineFilter { op, operands: vec![operand] })));
        Ok(())
    }

    fn line_operand(&mut self) -> Result<LineOperand, Error> {
        if *self.peek() == Token::Function("ip") {
            self.at += 1;
            return Ok(LineOperand { is_ip: true, text: self.ip_range()? });
        }
        Ok(LineOperand { is_ip: false, text: self.text(&["STRING", "ip"])? })
    }

    /// `("10.0.0.0/8")`
    pub(super) fn ip_range(&mut self) -> Result<String, Error> {
        self.expect("(")?;
        let range = self.text(&["STRING"])?;
        self.expect(")")?;
        Ok(range)
    }

    fn stage(&mut self) -> Result<Stage, Error> {
        let Token::Symbol(word) = *self.peek() else { return self.label_filter().map(Stage::Label) };
        if word == "(" {
            return self.label_filter().map(Stage::Label);
        }
        self.at += 1;
        Ok(match word {
            "json" => Stage::Parser(Parser::Json(self.extractions()?)),
            "logfmt" => Stage::Parser(self.logfmt()?),
            "regexp" => Stage::Parser(Parser::Regexp(self.text(&["STRING"])?)),
            "pattern" => Stage::Parser(Parser::Pattern(self.text(&["STRING"])?)),
            "unpack" => Stage::Parser(Parser::Unpack),
            "line_format" => Stage::LineFormat(self.text(&["STRING"])?),
            "label_format" => Stage::LabelFormat(self.list(Self::label_format)?),
            "decolorize" => Stage::Decolorize,
            "drop" => Stage::Drop(self.list(Self::label_pick)?),
            "keep" => Stage::Keep(self.list(Self::label_pick)?),
            _ => {
                self.at -= 1;
                return Err(self.unexpected(&[]));
            }
        })
    }

    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let mut items = vec![item(self)?];
        while self.take(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn logfmt(&mut self) -> Result<Parser, Error> {
        let (mut strict, mut keep_empty) = (false, false);
        while let Token::Flag(flag) = *self.peek() {
            self.at += 1;
            strict |= flag == "--strict";
            keep_empty |= flag == "--keep-empty";
        }
        Ok(Parser::Logfmt { strict, keep_empty, extractions: self.extractions()? })
    }

    fn extractions(&mut self) -> Result<Vec<Extraction>, Error> {
        if matches!(self.peek(), Token::Identifier(_)) { self.list(Self::extraction) } else { Ok(Vec::new()) }
    }

    fn extraction(&mut self) -> Result<Extraction, Error> {
        let label = self.identifier(&["IDENTIFIER"])?;
        let path = if self.take("=") { self.text(&["STRING"])? } else { label.clone() };
        Ok(Extraction { label, path })
    }

    fn label_format(&mut self) -> Result<LabelFormat, Error> {
        let label = self.identifier(&["IDENTIFIER"])?;
        self.expect("=")?;
        let from = match self.peek() {
            Token::Text(_) => LabelSource::Template(self.text(&[])?),
            _ => LabelSource::Label(self.identifier(&["IDENTIFIER", "STRING"])?),
        };
        Ok(LabelFormat { label, from })
    }

    fn label_pick(&mut self) -> Result<LabelPick, Error> {
        let name = self.identifier(&["IDENTIFIER"])?;
        let Some(op) = self.match_op() else { return Ok(LabelPick::Name(name)) };
        Ok(LabelPick::Match(LabelMatcher { name, op, value: self.text(&["STRING"])? }))
    }
}
