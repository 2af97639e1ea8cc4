//! Which plans yield at a step what depends on nothing but samples up to it.

use aio_types::{METRIC_NAME, MatchOp, Matcher};

use crate::parse::Extension;
use crate::plan::{Aggregate, Plan, Shift, Window, WindowSource};

/// Words by which a text may refer to its own times.
const OWN_TIMES: [&str; 4] = ["start(", "end(", "range(", "step("];

/// Whether an answer to `text` may be made of parts that were evaluated at different times.
pub(crate) fn is_reusable(text: &str, plan: &Plan) -> bool {
    !may_name_own_times(text) && is_local(plan)
}

/// Space may stand before a parenthesis, and comments too; a `#` in a string does no harm but to go without.
fn may_name_own_times(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    text.contains('#') || OWN_TIMES.iter().any(|word| text.contains(word))
}

/// Whether its value at a step depends on nothing but samples up to it: nothing is fixed in time, shifted into the
/// future or seen from both sides.
fn is_local(plan: &Plan) -> bool {
    match plan {
        Plan::Number(_) | Plan::Text(_) | Plan::Time | Plan::Date { input: None, .. } => true,
        Plan::Selector(selector) => is_past(selector.shift) && !selector.smoothed,
        Plan::Range(window) | Plan::AbsentOverTime { window, .. } => is_local_window(window),
        Plan::OverWindow(over) => {
            is_local_window(&over.window) && is_of_one_metric(&over.window) && over.params.iter().all(is_local)
        }
        Plan::Fixed(inner)
        | Plan::Negate(inner)
        | Plan::Date { input: Some(inner), .. }
        | Plan::Histogram { input: inner, .. }
        | Plan::Timestamp(inner)
        | Plan::StartTimestamp(inner)
        | Plan::Vector(inner)
        | Plan::Scalar(inner)
        | Plan::Absent { input: inner, .. } => is_local(inner),
        Plan::Binary(binary) => is_local(&binary.left) && is_local(&binary.right),
        Plan::Aggregate(aggregate) => is_local_aggregate(aggregate),
        Plan::Math { input, params, .. } => is_local(input) && params.iter().all(is_local),
        Plan::Extreme { sides, .. } => sides.iter().all(is_local),
        Plan::Quantiles(quantiles) => {
            is_local(&quantiles.input) && quantiles.quantiles.iter().all(|(plan, _)| is_local(plan))
        }
        Plan::Fraction(fraction) => [&fraction.input, &fraction.lower, &fraction.upper].into_iter().all(is_local),
        Plan::LabelReplace(replace) => is_local(&replace.input),
        Plan::LabelJoin(join) => is_local(&join.input),
        // Looks at all the steps of what it asks for.
        Plan::Sort(_) | Plan::Info(_) => false,
    }
}

fn is_past(shift: Shift) -> bool {
    shift.at.is_none() && shift.offset_ms >= 0
}

fn is_local_window(window: &Window) -> bool {
    let inner = match &window.source {
        WindowSource::Stored { .. } => true,
        WindowSource::Subquery { plan, .. } => is_local(plan),
    };
    inner && is_past(window.shift) && window.extension != Some(Extension::Smoothed)
}

/// Series of several metrics may be refused for what they are called, wherever in the query's time they are.
fn is_of_one_metric(window: &Window) -> bool {
    let names_one = |matcher: &Matcher| &*matcher.name == METRIC_NAME && matcher.op == MatchOp::Equal;
    match &window.source {
        WindowSource::Stored { matchers, .. } => matchers.iter().any(names_one),
        WindowSource::Subquery { .. } => false,
    }
}

fn is_local_aggregate(aggregate: &Aggregate) -> bool {
    // Some parameters are judged by all of their steps.
    let is_plain = |param: &Plan| matches!(param, Plan::Number(_) | Plan::Text(_));
    is_local(&aggregate.input) && aggregate.param.as_ref().is_none_or(is_plain)
}
