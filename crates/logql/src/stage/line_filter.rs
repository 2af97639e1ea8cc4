//! `|= "a" or "b"`, `!~ "a.*"`, `|> "a <_> b"`, `|= ip("10.0.0.0/8")`.

use memchr::memmem::Finder;
use regex::Regex;

use super::address::Addresses;
use super::pattern::PatternFilter;
use crate::parse::ast::{self, LineOp};

/// What a line must hold, or must not.
#[derive(Debug)]
pub(crate) struct LineFilter {
    is_negated: bool,
    /// Any of them suffices.
    tests: Vec<Test>,
}

#[derive(Debug)]
enum Test {
    Text(Box<Finder<'static>>),
    Regex(Regex),
    Pattern(PatternFilter),
    Address(Addresses),
}

impl LineFilter {
    /// # Errors
    /// What is no pattern.
    pub(crate) fn new(filter: &ast::LineFilter) -> Result<Self, String> {
        let test = |operand: &ast::LineOperand| test(filter.op, operand);
        let tests = filter.operands.iter().map(test).collect::<Result<_, _>>()?;
        Ok(Self { is_negated: filter.op.is_negated(), tests })
    }

    pub(crate) fn passes(&self, text: &str) -> bool {
        self.tests.iter().any(|test| test.holds(text)) != self.is_negated
    }
}

fn test(op: LineOp, operand: &ast::LineOperand) -> Result<Test, String> {
    if operand.is_ip {
        return match op {
            LineOp::Contains | LineOp::ContainsNot => Addresses::parse(&operand.text).map(Test::Address),
            _ => Err("ip: invalid operation".to_owned()),
        };
    }
    match op {
        LineOp::Contains | LineOp::ContainsNot => {
            Ok(Test::Text(Box::new(Finder::new(operand.text.as_bytes()).into_owned())))
        }
        LineOp::Matches | LineOp::MatchesNot => compile(&operand.text).map(Test::Regex),
        LineOp::Pattern | LineOp::PatternNot => PatternFilter::parse(&operand.text).map(Test::Pattern),
    }
}

/// A regular expression in Go's dialect.
///
/// # Errors
/// What Go says of it.
pub(super) fn compile(regex: &str) -> Result<Regex, String> {
    let translated = aio_types::pattern::translate(regex).map_err(|e| format!("error parsing regexp: {e}"))?;
    let regex = regex::RegexBuilder::new(&translated).size_limit(4 << 20).build();
    regex.map_err(|e| format!("error parsing regexp: {}", e.to_string().lines().last().unwrap_or_default()))
}

impl Test {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Text(finder) => finder.find(text.as_bytes()).is_some(),
            Self::Regex(regex) => regex.is_match(text),
            Self::Pattern(pattern) => pattern.matches(text),
            Self::Address(addresses) => addresses.are_in(text),
        }
    }
}
