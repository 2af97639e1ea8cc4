//! Calls of functions, and aggregations.

use super::script::is_metric_name;
use super::{PartKind, Reader};
use crate::parse::ast::{AggregateOp, BinaryOp, Span};
use crate::parse::error::Fault;
use crate::parse::function::Function;
use crate::parse::quote::quote;
use crate::parse::token::{Keyword, TokenKind};

/// What the library calls all that takes arguments.
pub(in crate::parse) const SCRIPT_FUNCTION: &str = "call";

/// What is called.
#[derive(Debug)]
pub(in crate::parse) enum Callee {
    Function(&'static Function),
    Aggregate { op: AggregateOp, grouping: Vec<String>, without: bool },
}

/// The arguments of a call.
struct Arguments {
    count: usize,
    close: Span,
}

impl Reader<'_> {
    pub(super) fn call(&mut self) -> Result<usize, Fault> {
        let span = self.advance();
        let name = self.word(span);
        let function = Function::named(name);
        // A place holder where the name is not known; that is said once the arguments are known to be well-formed.
        let callee = Callee::Function(function.unwrap_or_else(|| &super::super::function::FUNCTIONS[0]));
        let part = self.push(PartKind::Call(callee), span);
        let arguments = self.arguments()?;
        self.close(part, arguments.close);
        match function {
            None => Err(Fault::new(span, format!("unknown function with name {}", quote(name)))),
            Some(function) if function.is_experimental && !self.options.experimental_functions => {
                Err(Fault::new(span, format!("function {} is not enabled", quote(name))))
            }
            Some(_) => Ok(part),
        }
    }

    /// Whether the next word, which could be an aggregation, is one and not the name of a metric.
    pub(super) fn is_aggregation(&self) -> bool {
        matches!(
            self.peek_after(1).kind,
            TokenKind::LeftParen | TokenKind::Keyword(Keyword::By) | TokenKind::Keyword(Keyword::Without)
        )
    }

    pub(super) fn aggregation(&mut self, op: AggregateOp) -> Result<usize, Fault> {
        let span = self.advance();
        self.aggregations += 1;
        let part = self.push(PartKind::Call(Callee::Aggregate { op, grouping: Vec::new(), without: false }), span);
        let before = self.grouping()?;
        let arguments = self.arguments()?;
        let grouping = if before.is_some() { before } else { self.grouping()? };
        self.aggregations -= 1;
        self.close(part, arguments.close);
        if let Some((_, _, close)) = grouping.as_ref().filter(|(_, _, close)| close.end > arguments.close.end) {
            self.close(part, *close);
        }
        let checked = self.check_count(op, span, arguments.count);
        checked.map_err(|fault| if grouping.is_none() { self.fault(fault.span, fault.why) } else { fault })?;
        if let (Some(part), Some((grouping, without, _))) = (self.script.parts.get_mut(part), grouping) {
            part.kind = PartKind::Call(Callee::Aggregate { op, grouping, without });
        }
        Ok(part)
    }

    /// `by (…)` or `without (…)`, and where it ends.
    fn grouping(&mut self) -> Result<Option<(Vec<String>, bool, Span)>, Fault> {
        let without = self.is_next(&TokenKind::Keyword(Keyword::Without));
        if !without && !self.is_next(&TokenKind::Keyword(Keyword::By)) {
            return Ok(None);
        }
        self.advance();
        let (labels, close) = self.labels()?;
        Ok(Some((labels, without, close)))
    }

    fn check_count(&self, op: AggregateOp, span: Span, count: usize) -> Result<(), Fault> {
        let wanted = if op.param_type().is_some() { 2 } else { 1 };
        if count == 0 {
            return Err(Fault::new(span, "no arguments for aggregate expression provided"));
        }
        if op.is_experimental() && !self.options.experimental_functions {
            let flag = "must be enabled with --enable-feature=promql-experimental-functions";
            return Err(Fault::new(span, format!("{}() is experimental and {flag}", op.as_str())));
        }
        if count != wanted {
            let what = "wrong number of arguments for aggregate expression provided";
            return Err(Fault::new(span, format!("{what}, expected {wanted}, got {count}")));
        }
        Ok(())
    }

    /// Arguments in parentheses.
    fn arguments(&mut self) -> Result<Arguments, Fault> {
        let open = self.expect(&TokenKind::LeftParen, "", "")?;
        self.deeper(open)?;
        self.script.text.push(' ');
        self.script.text.push_str(SCRIPT_FUNCTION);
        self.script.text.push('(');
        let mut count = 0;
        while !self.is_next(&TokenKind::RightParen) {
            self.expression()?;
            count += 1;
            let Some(comma) = self.accept(&TokenKind::Comma) else { break };
            self.script.text.push(',');
            if !self.starts_expression() {
                return Err(self.fault(comma, "trailing commas not allowed in function call args"));
            }
        }
        let close = self.expect(&TokenKind::RightParen, "", "")?;
        self.script.text.push(')');
        self.nesting -= 1;
        Ok(Arguments { count, close })
    }

    pub(super) fn starts_expression(&self) -> bool {
        match &self.peek().kind {
            TokenKind::Number | TokenKind::Duration | TokenKind::String => true,
            TokenKind::LeftParen | TokenKind::LeftBrace => true,
            TokenKind::Operator(BinaryOp::Add | BinaryOp::Sub) => true,
            kind => is_metric_name(kind),
        }
    }
}
