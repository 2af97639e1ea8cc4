//! What stands behind an operand and binds tighter than any operator: ranges, subqueries, `offset`, `@`, `anchored`
//! and `smoothed`.

use super::{PartKind, Reader};
use crate::parse::ast::{At, ExprKind, Extension, Span, UnaryOp};
use crate::parse::duration::{DurationExpr, DurationKind};
use crate::parse::error::Fault;
use crate::parse::token::{Keyword, Preset, TokenKind};

/// Something behind an operand. The spans are those of its last word.
#[derive(Debug)]
pub(in crate::parse) enum Suffix {
    Range(DurationExpr, Span),
    Subquery {
        range: DurationExpr,
        step: Option<DurationExpr>,
        close: Span,
    },
    /// Never a literal 0.
    Offset(DurationExpr, Span),
    At(At, Span),
    Extension(Extension),
}

/// What an operand is so far, and which modifiers it has.
#[derive(Debug, Clone, Copy)]
struct Shape {
    base: Base,
    start: usize,
    has_offset: bool,
    has_at: bool,
    extension: Option<Extension>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Vector,
    Matrix,
    Subquery,
    Other,
}

impl Shape {
    fn fault(&self, why: impl Into<String>) -> Fault {
        Fault::new(Span { start: self.start, end: self.start }, why)
    }
}

impl Reader<'_> {
    pub(super) fn suffixes(&mut self, part: usize) -> Result<(), Fault> {
        let Some(of) = self.script.parts.get(part) else { return Ok(()) };
        let base = match of.kind {
            PartKind::Leaf(ExprKind::Vector(_)) => Base::Vector,
            _ => Base::Other,
        };
        let mut shape = Shape { base, start: of.span.start, has_offset: false, has_at: false, extension: None };
        while let Some(suffix) = self.suffix(&mut shape)? {
            if let Some(of) = self.script.parts.get_mut(part) {
                of.suffixes.extend(suffix);
            }
        }
        Ok(())
    }

    /// Yields `Some(None)` for an offset that is none.
    fn suffix(&mut self, shape: &mut Shape) -> Result<Option<Option<Suffix>>, Fault> {
        let suffix = match self.peek().kind {
            TokenKind::LeftBracket => Some(self.bracket(shape)?),
            TokenKind::Keyword(Keyword::Offset) => self.offset(shape)?,
            TokenKind::At => Some(self.at_modifier(shape)?),
            TokenKind::Keyword(Keyword::Anchored) => Some(self.extension(shape, Extension::Anchored)?),
            TokenKind::Keyword(Keyword::Smoothed) => Some(self.extension(shape, Extension::Smoothed)?),
            _ => return Ok(None),
        };
        Ok(Some(suffix))
    }

    fn bracket(&mut self, shape: &mut Shape) -> Result<Suffix, Fault> {
        let open = self.advance();
        let range = self.positive("subquery or range selector", "number, duration, step(), or range()")?;
        if let Some(close) = self.accept(&TokenKind::RightBracket) {
            return range_suffix(shape, open, range, close);
        }
        self.expect(&TokenKind::Colon, "subquery or range", "\":\" or \"]\"")?;
        self.count_operator(open)?;
        let mut step = None;
        if !self.is_next(&TokenKind::RightBracket) {
            step = Some(self.positive("subquery selector", "number, duration, step(), range(), or \"]\"")?);
        }
        let close = self.expect(&TokenKind::RightBracket, "subquery selector", "\"]\"")?;
        *shape = Shape { base: Base::Subquery, has_offset: false, has_at: false, extension: None, ..*shape };
        Ok(Suffix::Subquery { range, step, close })
    }

    fn offset(&mut self, shape: &mut Shape) -> Result<Option<Suffix>, Fault> {
        self.advance();
        let is_open = self.is_next(&TokenKind::LeftParen);
        let offset = self.offset_duration()?;
        let why = if shape.base == Base::Other {
            Some(format!("offset modifier {PRECEDED}"))
        } else if shape.has_offset {
            Some("offset may not be set multiple times".to_owned())
        } else {
            None
        };
        if let Some(why) = why {
            let fault = shape.fault(why);
            // Behind a parenthesis an operator may follow, so the next word was looked at.
            return Err(if is_open { self.fault(fault.span, fault.why) } else { fault });
        }
        let last = self.last();
        shape.has_offset = offset.kind != DurationKind::Literal(0);
        Ok(shape.has_offset.then_some(Suffix::Offset(offset, last)))
    }

    fn at_modifier(&mut self, shape: &mut Shape) -> Result<Suffix, Fault> {
        self.advance();
        let at = self.timestamp(shape)?;
        if shape.base == Base::Other {
            return Err(shape.fault(format!("@ modifier {PRECEDED}")));
        }
        if shape.has_at {
            return Err(shape.fault("@ <timestamp> may not be set multiple times"));
        }
        shape.has_at = true;
        Ok(Suffix::At(at, self.last()))
    }

    fn timestamp(&mut self, shape: &Shape) -> Result<At, Fault> {
        const CONTEXT: &str = "@";
        const EXPECTED: &str = "timestamp";
        let preset = match self.peek().kind {
            TokenKind::Function(Preset::Start) => Some(At::Start),
            TokenKind::Function(Preset::End) => Some(At::End),
            _ => None,
        };
        if let Some(at) = preset {
            self.advance();
            self.expect(&TokenKind::LeftParen, CONTEXT, EXPECTED)?;
            self.expect(&TokenKind::RightParen, CONTEXT, EXPECTED)?;
            return Ok(at);
        }
        let sign = self.sign();
        if sign.is_some() {
            self.advance();
        }
        if !self.is_number_next() {
            return Err(self.unexpected(CONTEXT, EXPECTED));
        }
        let value = self.number()?.value;
        let seconds = if sign == Some(UnaryOp::Minus) { -value } else { value };
        at_time(seconds)
            .ok_or_else(|| shape.fault(format!("timestamp out of bounds for @ modifier: {}", fixed_point(seconds))))
    }

    fn extension(&mut self, shape: &mut Shape, extension: Extension) -> Result<Suffix, Fault> {
        self.advance();
        let name = extension.as_str();
        if !self.options.extended_ranges {
            return Err(shape.fault(format!("{name} modifier is experimental and not enabled")));
        }
        match shape.base {
            Base::Subquery => return Err(shape.fault(format!("{name} modifier is not supported for subqueries"))),
            Base::Other => return Err(shape.fault(format!("{name} modifier not implemented"))),
            Base::Vector | Base::Matrix => {}
        }
        if shape.extension.is_some_and(|other| other != extension) {
            return Err(shape.fault("anchored and smoothed modifiers cannot be used together"));
        }
        shape.extension = Some(extension);
        Ok(Suffix::Extension(extension))
    }

    pub(super) fn is_number_next(&self) -> bool {
        matches!(self.peek().kind, TokenKind::Number | TokenKind::Duration)
    }

    /// The word that was read last.
    fn last(&self) -> Span {
        self.tokens.get(self.at.wrapping_sub(1)).map_or_else(Span::default, |token| token.span)
    }
}

const PRECEDED: &str = "must be preceded by an instant vector selector or range vector selector or a subquery";

fn range_suffix(shape: &mut Shape, open: Span, range: DurationExpr, close: Span) -> Result<Suffix, Fault> {
    let why = if shape.base != Base::Vector {
        "ranges only allowed for vector selectors"
    } else if shape.has_offset {
        "no offset modifiers allowed before range"
    } else if shape.has_at {
        "no @ modifiers allowed before range"
    } else {
        shape.base = Base::Matrix;
        return Ok(Suffix::Range(range, close));
    };
    Err(Fault::new(open.to(close), why))
}

/// Milliseconds, if there are so many.
#[expect(clippy::cast_possible_truncation, reason = "the value is in range, or as large as can be")]
fn at_time(seconds: f64) -> Option<At> {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    let fits = seconds.is_finite() && seconds.abs() < BOUND;
    fits.then(|| At::Time((seconds * 1000.0).round() as i64))
}

/// As C's `%f`.
fn fixed_point(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        format!("{value:.6}")
    }
}
