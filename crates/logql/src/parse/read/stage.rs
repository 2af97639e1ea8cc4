//! Pipelines.

use super::Reader;
use super::selector::checked;
use crate::error::Error;
use crate::parse::ast::{
    Extraction, LabelFormat, LabelMatcher, LabelPick, LabelSource, LineFilter, LineOp, LineOperand, Parser, Stage,
};
use crate::parse::token::Token;
use crate::stage::pattern::PatternParser;
use crate::stage::regexp::RegexpParser;

/// Patterns are a language of their own.
const EMPTY_PATTERN: &str =
    "parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL";

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
        let word = match *self.peek() {
            Token::Identifier(_) | Token::Symbol("(") => return self.label_filter().map(Stage::Label),
            Token::Symbol(word) => word,
            _ => return Err(self.unexpected(&[])),
        };
        self.at += 1;
        Ok(match word {
            "json" => Stage::Parser(Parser::Json(self.extractions()?)),
            "logfmt" => Stage::Parser(self.logfmt()?),
            "regexp" => Stage::Parser(self.regexp()?),
            "pattern" => Stage::Parser(self.pattern()?),
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

    fn regexp(&mut self) -> Result<Parser, Error> {
        let text = self.text(&["STRING"])?;
        RegexpParser::new(&text).map_err(|why| Error::Invalid(format!("invalid regexp parser: {why}")))?;
        Ok(Parser::Regexp(text))
    }

    fn pattern(&mut self) -> Result<Parser, Error> {
        let text = self.text(&["STRING"])?;
        let why = if text.is_empty() { Some(EMPTY_PATTERN.into()) } else { PatternParser::parse(&text).err() };
        match why {
            Some(why) => Err(Error::Invalid(format!("invalid pattern parser: {why}"))),
            None => Ok(Parser::Pattern(text)),
        }
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
        let value = self.text(&["STRING"])?;
        checked(LabelMatcher { name, op, value }).map(LabelPick::Match)
    }
}
