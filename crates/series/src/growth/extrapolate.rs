//! Rates, increases and deltas, extrapolated to the edges of the range.

use aio_types::TimestampMs;

use super::{Growth, Outcome, Window, add, floats, histograms, seconds};
use crate::histogram::multiply;
use crate::numeric::count;
use crate::{Remark, Remarks};

/// How much the series grew in the range, from what its samples show: growth is extrapolated to an edge that is nearer
/// than 1.1 average intervals, else by half an interval, and a counter is not extended below zero. A counter that is
/// known to start inside of the range, before its first sample, starts there at zero.
///
/// Nothing below two samples, or below one of a counter that starts inside of the range. Floats and histograms do not
/// mix.
#[must_use]
pub fn extrapolated(window: &Window<'_>, growth: Growth) -> Outcome {
    match (window.floats.is_empty(), window.histograms.is_empty()) {
        (true, true) => Outcome::default(),
        (false, false) => Outcome::nothing(Remark::MixedKinds),
        (false, true) => of_floats(window, growth),
        (true, false) => of_histograms(window, growth),
    }
}

fn of_floats(window: &Window<'_>, growth: Growth) -> Outcome {
    let (Some(first), Some(last)) = (window.floats.first(), window.floats.last()) else { return Outcome::default() };
    let (mut grown, remarks) = floats::growth(window, growth);
    let sampled = Sampled::new(window, growth, window.floats.len(), [first.t, last.t], window.float_start(0));
    if sampled.starts_at_zero {
        grown += first.v;
    }
    let to_zero = (grown > 0.0 && first.v >= 0.0).then(|| first.v / grown);
    match sampled.factor(window, growth, to_zero) {
        Some(factor) => Outcome::float(grown * factor, remarks),
        None => Outcome::nothing(remarks),
    }
}

fn of_histograms(window: &Window<'_>, growth: Growth) -> Outcome {
    let samples = window.histograms;
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Outcome::default() };
    let times = [first.t, last.t];
    let sampled = Sampled::new(window, growth, samples.len(), times, window.histogram_start(first));
    let mut remarks = Remarks::NONE;
    let mut grown = if samples.len() > 1 {
        let (grown, told) = histograms::growth(window, growth);
        remarks.extend(told);
        match grown {
            Ok(grown) => Some(grown),
            Err(why) => return Outcome::nothing(merged(remarks, why)),
        }
    } else {
        None
    };
    if sampled.starts_at_zero {
        match &mut grown {
            None => grown = Some((*first.h).clone()),
            Some(grown) => {
                if let Err(why) = add(grown, &first.h, &mut remarks) {
                    return Outcome::nothing(merged(remarks, why));
                }
            }
        }
    }
    let Some(mut grown) = grown else { return Outcome::nothing(remarks) };
    let to_zero = (grown.count > 0.0 && first.h.count >= 0.0).then(|| first.h.count / grown.count);
    let Some(factor) = sampled.factor(window, growth, to_zero) else { return Outcome::nothing(remarks) };
    multiply(&mut grown, factor);
    Outcome::histogram(grown, remarks)
}

fn merged(mut remarks: Remarks, why: Remark) -> Remarks {
    remarks.insert(why);
    remarks
}

/// What samples cover of a range.
struct Sampled {
    first: TimestampMs,
    last: TimestampMs,
    /// Intervals between samples.
    gaps: usize,
    /// Since when the first one counts.
    since: TimestampMs,
    /// Whether a counter starts inside of the range, and known to.
    starts_at_zero: bool,
}

impl Sampled {
    fn new(window: &Window<'_>, growth: Growth, n: usize, [first, last]: [TimestampMs; 2], since: TimestampMs) -> Self {
        let known = since != TimestampMs(0) && since > window.start && since < first;
        Self { first, last, gaps: n.saturating_sub(1), since, starts_at_zero: known && growth.is_counter() }
    }

    /// By what to multiply what was sampled; `None` if there is too little. `to_zero` is how much longer a counter must
    /// have grown to get where its first sample is, in parts of what was sampled.
    fn factor(&self, window: &Window<'_>, growth: Growth, to_zero: Option<f64>) -> Option<f64> {
        let mut sampled = seconds(self.first, self.last);
        let average = if self.gaps > 0 { sampled / count(self.gaps) } else { 0.0 };
        let threshold = average * 1.1;
        let reach = |distance: f64| if distance >= threshold { average / 2.0 } else { distance };
        let mut to_start = 0.0;
        if self.starts_at_zero {
            sampled = seconds(self.since, self.last);
        } else if self.gaps == 0 {
            return None;
        } else {
            to_start = reach(seconds(window.start, self.first));
            if let Some(to_zero) = to_zero.filter(|_| growth.is_counter()).map(|part| sampled * part) {
                to_start = if to_zero < to_start { to_zero } else { to_start };
            }
        }
        let to_end = reach(seconds(self.last, window.end));
        let mut factor = if sampled == 0.0 { 1.0 } else { (sampled + to_start + to_end) / sampled };
        if growth == Growth::Rate {
            factor /= window.seconds();
        }
        Some(factor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Series, shown};
    use super::*;
    use Growth::{Delta, Increase, Rate};

    fn check(series: &Series, growth: Growth, expected: Option<&str>, remarks: impl Into<Remarks>) {
        let outcome = extrapolated(&series.around(0, 60), growth);
        assert_eq!((shown(&outcome).as_deref(), outcome.remarks), (expected, remarks.into()), "{growth:?} {series:?}");
    }

    fn check_floats(points: &[(i64, f64)], growth: Growth, expected: Option<&str>) {
        check(&Series::floats(points), growth, expected, Remarks::NONE);
    }

    #[test]
    fn growth_is_extrapolated_to_near_edges_and_counters_not_below_zero() {
        let regular = [(10, 100.0), (25, 115.0), (40, 130.0), (55, 145.0)];
        check_floats(&regular, Increase, Some("60"));
        check_floats(&regular, Rate, Some("1"));
        check_floats(&regular, Delta, Some("60"));
        // The counter stood at zero two seconds before its first sample.
        check_floats(&[(10, 2.0), (25, 17.0), (40, 32.0), (55, 47.0)], Increase, Some("52"));
        // A reset adds what was there before.
        check_floats(&[(1, 10.0), (30, 4.0), (60, 7.0)], Increase, Some("7.118644068"));
        // Far edges are extended by half a gap.
        check_floats(&[(30, 0.0), (35, 5.0)], Delta, Some("10"));
        check_floats(&[(30, 1.0)], Rate, None);
        check_floats(&[], Rate, None);
    }

    #[test]
    fn known_starts_replace_extrapolation() {
        let points = [(20, 2.0), (40, 4.0), (60, 6.0)];
        for (starts, expected) in [
            ([0, 0, 0], "6"),
            ([5, 5, 5], "6"),
            // At the start of the range is outside of it.
            ([-1, -1, -1], "6"),
            // A reset that values do not show.
            ([5, 5, 50], "10"),
            ([20, 20, 20], "6"),
        ] {
            check(&Series::floats(&points).started(&starts), Increase, Some(expected), Remarks::NONE);
        }
        check(&Series::floats(&points).started(&[5, 5, 50]), Delta, Some("6"), Remarks::NONE);
        check(&Series::floats(&points).started(&[5, 10, 10]), Increase, Some("6"), Remark::StartOverlaps);
        let one = Series::floats(&[(40, 4.0)]).started(&[20]);
        check(&one, Increase, Some("4"), Remarks::NONE);
        check(&one, Rate, Some("0.066666667"), Remarks::NONE);
        check(&one, Delta, None, Remarks::NONE);
        check(&Series::floats(&[(40, 4.0)]).started(&[40]), Increase, None, Remarks::NONE);
        let one = Series::histograms(&[(40, "count:4 sum:8 buckets:[4]")]).started(&[20]);
        check(&one, Increase, Some("count:4 sum:8 buckets:[4]"), Remarks::NONE);
    }

    #[test]
    fn histograms_grow_by_bucket() {
        let regular = Series::histograms(&[
            (20, "count:4 sum:4 buckets:[2 2]"),
            (40, "count:5 sum:9 buckets:[2 2 1]"),
            (60, "count:8 sum:12 buckets:[3 2 3]"),
        ]);
        check(&regular, Increase, Some("count:6 sum:12 buckets:[1.5 0 4.5]"), Remarks::NONE);
        check(&regular, Rate, Some("count:0.1 sum:0.2 buckets:[0.025 0 0.07500000000000001]"), Remarks::NONE);
        check(&regular, Delta, Some("count:6 sum:12 buckets:[1.5 0 4.5]"), Remark::NotGauge);
        let reset = Series::histograms(&[
            (20, "count:4 buckets:[2 2]"),
            (40, "count:1 buckets:[1]"),
            (60, "count:3 buckets:[3]"),
        ]);
        check(&reset, Increase, Some("count:4.5 buckets:[4.5]"), Remarks::NONE);
    }

    #[test]
    fn layouts_and_hints_of_histograms_are_watched() {
        let gauge = "counter_reset_hint:gauge count:1 buckets:[1]";
        let custom = "schema:-53 count:1 custom_values:[1] buckets:[1]";
        let counter = "count:1 buckets:[1]";
        let finer = "schema:1 count:1 buckets:[1]";
        for (samples, growth, expected, remarks) in [
            ([gauge, gauge, gauge], Increase, Some(""), Remarks::from(Remark::NotCounter)),
            ([counter, gauge, counter], Increase, Some(""), Remark::NotCounter.into()),
            ([gauge, gauge, gauge], Delta, Some(""), Remarks::NONE),
            ([counter, counter, custom], Rate, None, Remark::MixedLayouts.into()),
            ([counter, custom, counter], Rate, None, Remark::MixedLayouts.into()),
            // What comes before a reset may have any layout.
            ([custom, counter, counter], Rate, Some("count:0.025 buckets:[0.025]"), Remarks::NONE),
            ([finer, counter, counter], Increase, Some(""), Remarks::NONE),
            ([gauge, custom, gauge], Delta, Some(""), Remarks::NONE),
        ] {
            let series = Series::histograms(&[(20, samples[0]), (40, samples[1]), (60, samples[2])]);
            check(&series, growth, expected, remarks);
        }
        let mixed = Series::floats(&[(20, 1.0)]).and_histograms(&[(40, counter)]);
        check(&mixed, Rate, None, Remark::MixedKinds);
        let bounds = Series::histograms(&[
            (20, "schema:-53 count:3 custom_values:[1 2] buckets:[1 2]"),
            (60, "schema:-53 count:7 custom_values:[2 3] buckets:[3 4]"),
        ]);
        let expected = "schema:-53 count:6 custom_values:[2] offset:1 buckets:[6]";
        check(&bounds, Increase, Some(expected), Remark::BoundsReconciledSubtracting);
    }
}
