//! Sums and means of many histograms, with compensated addition.

use aio_types::{Histogram, ResetHint};

use super::add::{Combined, IncompatibleLayouts};
use super::cells::{Cell, Running};
use super::scale::has_overflow;
use crate::numeric::{Kahan, count};
use crate::{Remark, Remarks};

/// What an aggregation met on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Aggregated {
    /// A histogram that follows a reset.
    reset: bool,
    /// A histogram that follows none.
    not_reset: bool,
    /// Custom bounds that differ.
    bounds_reconciled: bool,
}

impl Aggregated {
    fn of(h: &Histogram) -> Self {
        let mut met = Self::default();
        met.hint(h);
        met
    }

    fn hint(&mut self, h: &Histogram) {
        self.reset |= h.reset_hint == ResetHint::Reset;
        self.not_reset |= h.reset_hint == ResetHint::NotReset;
    }

    fn combined(&mut self, combined: Combined) {
        self.bounds_reconciled |= combined.bounds_reconciled;
    }

    /// What there is to tell.
    #[must_use]
    pub fn remarks(self) -> Remarks {
        let mut remarks = Remarks::NONE;
        remarks.insert_if(self.reset && self.not_reset, Remark::ResetsCollide);
        remarks.insert_if(self.bounds_reconciled, Remark::BoundsReconciledAggregating);
        remarks
    }
}

/// Many histograms on their way to one.
pub trait Aggregate: Sized {
    /// What one histogram comes to.
    fn of(first: &Histogram) -> Self;

    /// Takes in `h`.
    ///
    /// # Errors
    /// If it has custom buckets and those before have not, or the other way round.
    fn add(&mut self, h: &Histogram) -> Result<(), IncompatibleLayouts>;

    /// What the aggregation met.
    fn met(&self) -> Aggregated;

    /// What it came to, perhaps with empty buckets: aggregations [compact](super::compact()) it, functions over time do
    /// not.
    fn finish(self) -> Histogram;
}

/// A running sum of histograms, as `sum` and `sum_over_time` of Prometheus.
#[derive(Debug, Clone)]
pub struct Total {
    running: Running<Kahan>,
    met: Aggregated,
}

impl Aggregate for Total {
    fn of(first: &Histogram) -> Self {
        Self { running: Running::of(first), met: Aggregated::of(first) }
    }

    fn add(&mut self, h: &Histogram) -> Result<(), IncompatibleLayouts> {
        self.met.hint(h);
        self.met.combined(self.running.combine(h, 1.0)?);
        Ok(())
    }

    fn met(&self) -> Aggregated {
        self.met
    }

    fn finish(self) -> Histogram {
        self.running.into_histogram(Kahan::total)
    }
}

/// A running mean of histograms, as `avg` and `avg_over_time` of Prometheus. It sums as long as all numbers stay finite,
/// and moves a mean along from there on.
#[derive(Debug, Clone)]
pub struct Mean {
    /// The sum, or the mean once it moves.
    running: Running<Kahan>,
    n: usize,
    moves: bool,
    /// No number can have become greater than this.
    magnitude: f64,
    met: Aggregated,
}

impl Mean {
    /// Adds `h` to the sum; says whether all numbers stayed finite, else the sum is as it was.
    fn sums(&mut self, h: &Histogram) -> Result<bool, IncompatibleLayouts> {
        if self.magnitude < f64::MAX / 4.0 {
            self.met.combined(self.running.combine(h, 1.0)?);
            return Ok(true);
        }
        let mut next = self.running.clone();
        self.met.combined(next.combine(h, 1.0)?);
        let finite = !has_overflow(&next.clone().into_histogram(Cell::sum));
        if finite {
            self.running = next;
        }
        Ok(finite)
    }
}

impl Aggregate for Mean {
    fn of(first: &Histogram) -> Self {
        let (running, magnitude, met) = (Running::of(first), magnitude(first), Aggregated::of(first));
        Self { running, n: 1, moves: false, magnitude, met }
    }

    fn add(&mut self, h: &Histogram) -> Result<(), IncompatibleLayouts> {
        self.met.hint(h);
        self.n += 1;
        self.magnitude += magnitude(h);
        if !self.moves && self.sums(h)? {
            return Ok(());
        }
        let n = count(self.n);
        if !self.moves {
            self.moves = true;
            self.running.each(|cell| {
                cell.sum /= n - 1.0;
                cell.compensation /= n - 1.0;
            });
        }
        let share = (n - 1.0) / n;
        self.running.each(|cell| cell.scale(share));
        let mut part = h.clone();
        super::divide(&mut part, n);
        self.met.combined(self.running.combine(&part, 1.0)?);
        Ok(())
    }

    fn met(&self) -> Aggregated {
        self.met
    }

    fn finish(self) -> Histogram {
        let n = count(self.n);
        if self.moves {
            self.running.into_histogram(Kahan::total)
        } else {
            self.running.into_histogram(|cell| cell.sum / n + cell.compensation / n)
        }
    }
}

/// The sum of the magnitudes of all numbers.
fn magnitude(h: &Histogram) -> f64 {
    let single = [h.zero_count, h.count, h.sum];
    let buckets = h.positive_buckets.iter().chain(&h.negative_buckets).chain(h.custom_bounds.iter());
    // NaN is no overflow, and must not hide one.
    single.iter().chain(buckets).map(|v| if v.is_nan() { f64::INFINITY } else { v.abs() }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::{compact, notation};

    fn parsed(texts: &[&str]) -> Vec<Histogram> {
        texts.iter().map(|text| notation::parse(text).expect("valid notation").0.histogram).collect()
    }

    fn check(texts: &[&str], total: &str, mean: &str, remarks: Remarks) {
        let all = parsed(texts);
        let (mut sum, mut average) = (Total::of(&all[0]), Mean::of(&all[0]));
        for h in &all[1..] {
            sum.add(h).expect("compatible");
            average.add(h).expect("compatible");
        }
        assert_eq!((sum.met().remarks(), average.met().remarks()), (remarks, remarks), "{texts:?}");
        for (mut h, expected) in [(sum.finish(), total), (average.finish(), mean)] {
            compact(&mut h);
            assert_eq!(notation::print(&h), expected, "{texts:?}");
        }
    }

    #[test]
    fn many_histograms_become_one() {
        check(
            &[
                "{{count:4 sum:10 buckets:[1 2 1]}}",
                "{{count:2 sum:2 offset:1 buckets:[2]}}",
                "{{count:0 buckets:[0 0 0 0 0]}}",
            ],
            "{{count:6 sum:12 buckets:[1 4 1]}}",
            "{{count:2 sum:4 buckets:[0.3333333333333333 1.3333333333333333 0.3333333333333333]}}",
            Remarks::NONE,
        );
        check(
            &["{{count:1 sum:1e100}}", "{{count:1 sum:1}}", "{{count:1 sum:-1e100}}", "{{count:1 sum:1}}"],
            "{{count:4 sum:2}}",
            "{{count:1 sum:0.5}}",
            Remarks::NONE,
        );
    }

    #[test]
    fn means_survive_sums_that_overflow() {
        let all = parsed(&["{{count:4 sum:1.7e308 buckets:[4]}}", "{{count:8 sum:1.7e308 buckets:[8]}}"]);
        let mut mean = Mean::of(&all[0]);
        mean.add(&all[1]).expect("compatible");
        mean.add(&all[1]).expect("compatible");
        let h = mean.finish();
        assert!((h.sum / 1.7e308 - 1.0).abs() < 1e-12 && (h.count - 20.0 / 3.0).abs() < 1e-12, "{h:?}");
    }

    #[test]
    fn aggregations_tell_of_collisions_and_bounds() {
        check(
            &["{{counter_reset_hint:reset count:1}}", "{{count:1}}", "{{counter_reset_hint:not_reset count:1}}"],
            "{{count:3}}",
            "{{count:1}}",
            Remark::ResetsCollide.into(),
        );
        check(
            &[
                "{{schema:-53 count:3 custom_values:[1 2] buckets:[1 2]}}",
                "{{schema:-53 count:3 custom_values:[2 3] buckets:[1 2]}}",
            ],
            "{{schema:-53 count:6 custom_values:[2] buckets:[4 2]}}",
            "{{schema:-53 count:3 custom_values:[2] buckets:[2 1]}}",
            Remark::BoundsReconciledAggregating.into(),
        );
        let [custom, exponential] = &parsed(&["{{schema:-53 custom_values:[1]}}", "{{}}"])[..] else { return };
        assert_eq!(Total::of(custom).add(exponential), Err(IncompatibleLayouts));
        assert_eq!(Mean::of(exponential).add(custom), Err(IncompatibleLayouts));
    }
}
