//! Subqueries: an expression at absolute multiples of a step, as series of samples.

use std::collections::HashMap;
use std::sync::Arc;

use aio_types::{Histogram, HistogramSample, ResetHint, Sample, Samples, TimestampMs};

use super::size_of;
use crate::Error;
use crate::budget::Weight;
use crate::column::is_absent;
use crate::eval::{Context, Tally};
use crate::labels::RowLabels;
use crate::plan::{Plan, Times};
use crate::row::Row;

/// A subquery is evaluated by parts of this many steps, so that the values between its nodes stay small and a query that
/// is given up stops soon.
const PART_STEPS: usize = 1 << 16;

/// A series that was computed.
#[derive(Debug)]
pub(super) struct Computed {
    pub(super) labels: RowLabels,
    pub(super) drop_name: bool,
    pub(super) samples: Samples,
}

impl Context<'_> {
    /// Evaluates at the multiples of the step that lie in any window that ends at `times`. `tally` says how what the
    /// expression looks at counts.
    pub(super) fn computed(
        &self,
        plan: &Plan,
        step_ms: i64,
        range_ms: i64,
        times: Times,
        tally: Tally,
    ) -> Result<Vec<Computed>, Error> {
        let before = times.start.0.saturating_sub(range_ms);
        let first = before.div_euclid(step_ms).saturating_add(1).saturating_mul(step_ms);
        let all = Times::until(TimestampMs(first), times.end(), step_ms);
        let held = self.query.budget.held();
        let mut joined = Joined::default();
        let mut done = 0;
        while done < all.steps {
            let part = Times { start: all.get(done), steps: (all.steps - done).min(PART_STEPS), ..all };
            let inner = Context { times: part, tally, ..*self };
            joined.append(inner.eval(plan)?.into_rows()?, part);
            self.query.budget.settle(held, Weight::of_samples(joined.size))?;
            done += part.steps;
        }
        Ok(joined.series)
    }
}

/// The series of a subquery, of which one part of its steps after the other is known.
#[derive(Default)]
struct Joined {
    series: Vec<Computed>,
    places: HashMap<RowLabels, usize>,
    size: usize,
}

impl Joined {
    fn append(&mut self, rows: Vec<Row>, times: Times) {
        for row in rows {
            let place = *self.places.entry(row.labels).or_insert_with_key(|labels| {
                let (labels, samples) = (labels.clone(), Samples::default());
                self.series.push(Computed { labels, drop_name: row.drop_name, samples });
                self.series.len() - 1
            });
            let samples = &mut self.series[place].samples;
            self.size -= size_of(samples);
            let floats = times.iter().zip(row.column.floats()).filter(|(_, v)| !is_absent(**v));
            samples.floats.extend(floats.map(|(t, v)| Sample { t, v: *v }));
            samples.histograms.extend(row.column.histograms().map(|(step, h)| HistogramSample {
                t: times.get(step),
                start: TimestampMs(0),
                h: without_hint(h),
            }));
            self.size += size_of(samples);
        }
    }
}

/// What is known about the reset before a histogram need not hold for the samples that a subquery takes.
fn without_hint(h: &Arc<Histogram>) -> Arc<Histogram> {
    match h.reset_hint {
        ResetHint::Unknown | ResetHint::Gauge => Arc::clone(h),
        ResetHint::Reset | ResetHint::NotReset => {
            Arc::new(Histogram { reset_hint: ResetHint::Unknown, ..(**h).clone() })
        }
    }
}
