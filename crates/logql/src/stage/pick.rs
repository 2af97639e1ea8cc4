//! `| drop a, b="c"` and `| keep a, b="c"`.

use aio_types::Matcher;

use crate::line::{LineLabels, TRACE_ID};
use crate::parse::ast::LabelPick;
use crate::parse::matcher;

/// Labels by name, some only where a matcher passes.
#[derive(Debug)]
pub(crate) struct Picks(Vec<(String, Option<Matcher>)>);

impl Picks {
    /// # Errors
    /// What is no pattern.
    pub(crate) fn new(picks: &[LabelPick]) -> Result<Self, String> {
        let pick = |pick: &LabelPick| match pick {
            LabelPick::Name(name) => Ok((name.clone(), None)),
            LabelPick::Match(m) => Ok((m.name.clone(), Some(matcher(m).map_err(|e| e.to_string())?))),
        };
        picks.iter().map(pick).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn drop(&self, labels: &mut LineLabels<'_>) {
        for (name, matcher) in &self.0 {
            if matcher.as_ref().is_none_or(|m| m.matches(labels.filtered(name))) {
                labels.delete(name);
            }
        }
    }

    pub(crate) fn keep(&self, labels: &mut LineLabels<'_>) {
        let is_picked = |name: &str, value: &str| {
            self.0.iter().any(|(n, matcher)| n == name && matcher.as_ref().is_none_or(|m| m.matches(value)))
        };
        labels.retain(is_picked);
        let asks = self.0.iter().any(|(name, _)| name == TRACE_ID);
        labels.retain_lifted(asks, |id| is_picked(TRACE_ID, id));
    }
}
