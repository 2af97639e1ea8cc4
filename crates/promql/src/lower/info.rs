//! The call of `info`.

use super::{Scope, without_parens};
use crate::Error;
use crate::parse::{Expr, ExprKind};
use crate::plan::{Info, Plan, Shift};

impl Scope {
    pub(super) fn info(&self, args: &[Expr], input: Plan) -> Result<Info, Error> {
        let matchers = args.get(1).and_then(|arg| without_parens(arg).selector()).map(|s| s.matchers.clone());
        let shift = match args.first() {
            Some(arg) => self.first_shift(arg)?.unwrap_or_default(),
            None => Shift::default(),
        };
        Ok(Info { input, matchers, shift })
    }

    /// The time that the first selector looks at: its own and that of the subqueries around it, up to the innermost
    /// `@`.
    fn first_shift(&self, expr: &Expr) -> Result<Option<Shift>, Error> {
        if let Some(selector) = expr.selector() {
            return self.shift(&selector.shift).map(Some);
        }
        match &expr.kind {
            ExprKind::Subquery(subquery) => {
                let Some(mut shift) = self.first_shift(&subquery.expr)? else { return Ok(None) };
                if shift.at.is_none() {
                    let outer = self.shift(&subquery.shift)?;
                    shift = Shift { offset_ms: shift.offset_ms.saturating_add(outer.offset_ms), at: outer.at };
                }
                Ok(Some(shift))
            }
            _ => {
                for child in children(expr) {
                    if let Some(shift) = self.first_shift(child)? {
                        return Ok(Some(shift));
                    }
                }
                Ok(None)
            }
        }
    }
}

fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Call(call) => call.args.iter().collect(),
        ExprKind::Aggregate(aggregate) => std::iter::once(&*aggregate.expr).chain(aggregate.param.as_deref()).collect(),
        ExprKind::Binary(binary) => vec![&binary.lhs, &binary.rhs],
        ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => vec![inner],
        _ => Vec::new(),
    }
}
