//! Selectors and subqueries.

use super::{Above, Lowered, Scope, without_parens};
use crate::Error;
use crate::notes::Position;
use crate::parse::{self, At, Extension};
use crate::plan::{Plan, Selector, Shift, Window, WindowSource};

impl Scope {
    pub(super) fn instant(&self, selector: &parse::Selector, place: Position, above: Above) -> Result<Lowered, Error> {
        let shift = self.shift(&selector.shift)?;
        let smoothed = selector.extension == Some(Extension::Smoothed);
        let matchers = selector.matchers.clone();
        let plan = Plan::Selector(Selector { matchers, shift, smoothed, stats_only: above.stats_only(), place });
        let is_fixed = shift.at.is_some();
        Ok(Lowered { plan, is_fixed, wraps: is_fixed })
    }

    pub(super) fn range(&self, matrix: &parse::MatrixSelector, above: Above) -> Result<Lowered, Error> {
        let selector = &matrix.selector;
        let shift = self.shift(&selector.shift)?;
        let source = WindowSource::Stored { matchers: selector.matchers.clone(), stats_only: above.stats_only() };
        let range_ms = matrix.range.positive_ms(self.durations())?;
        let window = Window { source, range_ms, shift, extension: selector.extension };
        Ok(Lowered { plan: Plan::Range(window), is_fixed: shift.at.is_some(), wraps: false })
    }

    pub(super) fn subquery(&self, subquery: &parse::Subquery) -> Result<Lowered, Error> {
        let inner = self.lower(without_parens(&subquery.expr), Above::default())?;
        let plan = if inner.is_fixed { Plan::Fixed(Box::new(inner.plan)) } else { inner.plan };
        let step_ms = match &subquery.step {
            Some(step) => step.positive_ms(self.durations())?.max(1),
            None => self.subquery_step_ms.max(1),
        };
        let shift = self.shift(&subquery.shift)?;
        let range_ms = subquery.range.positive_ms(self.durations())?;
        let source = WindowSource::Subquery { plan: Box::new(plan), step_ms };
        let window = Window { source, range_ms, shift, extension: None };
        Ok(Lowered { plan: Plan::Range(window), is_fixed: shift.at.is_some(), wraps: false })
    }

    pub(super) fn shift(&self, shift: &parse::Shift) -> Result<Shift, Error> {
        let offset_ms = match &shift.offset {
            Some(offset) => offset.offset_ms(self.durations())?,
            None => 0,
        };
        let at = shift.at.map(|at| match at {
            At::Time(t) => aio_types::TimestampMs(t),
            At::Start => self.start,
            At::End => self.end,
        });
        Ok(Shift { offset_ms, at })
    }
}
