//! Growth between the last two samples.

use aio_types::{Histogram, HistogramSample, ResetHint};

use super::starts::{Taken, is_reset};
use super::{Outcome, Window, seconds, subtract};
use crate::histogram::{compact, detect_reset, divide};
use crate::{Remark, Remarks};

/// What to compute of the last two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instant {
    /// Growth of a counter per second, `irate`.
    Rate,
    /// Difference of a gauge, `idelta`.
    Delta,
}

/// How much the series grew between its last two samples; nothing if there are fewer, both are of the same moment, or
/// they are of different kinds.
#[must_use]
pub fn last_two(window: &Window<'_>, instant: Instant) -> Outcome {
    let Some([previous, last]) = pick(window) else { return Outcome::default() };
    let interval = seconds(previous.taken.t, last.taken.t);
    if interval == 0.0 {
        return Outcome::default();
    }
    let reset = instant == Instant::Rate && is_reset(previous.taken, last.taken);
    match (previous.of, last.of) {
        (Of::Float(before), Of::Float(now)) => {
            let starts_anew = instant == Instant::Rate && (now < before || reset);
            let grown = if starts_anew { now } else { now - before };
            let per = if instant == Instant::Rate { interval } else { 1.0 };
            Outcome::float(grown / per, Remarks::NONE)
        }
        (Of::Histogram(before), Of::Histogram(now)) => {
            let mut remarks = hints(instant, before, now);
            match grown(instant, before, now, reset, &mut remarks) {
                Ok(mut grown) => {
                    if instant == Instant::Rate {
                        divide(&mut grown, interval);
                    }
                    Outcome::histogram(grown, remarks)
                }
                Err(why) => {
                    remarks.insert(why);
                    Outcome::nothing(remarks)
                }
            }
        }
        _ => Outcome::nothing(Remark::MixedKinds),
    }
}

#[derive(Clone, Copy)]
enum Of<'a> {
    Float(f64),
    Histogram(&'a HistogramSample),
}

#[derive(Clone, Copy)]
struct Picked<'a> {
    taken: Taken,
    of: Of<'a>,
}

/// The last two samples of both kinds, the later one last.
fn pick<'a>(window: &Window<'a>) -> Option<[Picked<'a>; 2]> {
    let float = |i: usize| {
        let sample = &window.floats[i];
        Picked { taken: Taken { start: window.float_start(i), t: sample.t }, of: Of::Float(sample.v) }
    };
    let histogram = |i: usize| {
        let sample = &window.histograms[i];
        Picked { taken: Taken { start: window.histogram_start(sample), t: sample.t }, of: Of::Histogram(sample) }
    };
    let (mut floats, mut histograms) = (window.floats.len(), window.histograms.len());
    let mut take_last = || {
        let float_t = floats.checked_sub(1).map(|i| window.floats[i].t);
        let histogram_t = histograms.checked_sub(1).map(|i| window.histograms[i].t);
        if float_t.is_none() && histogram_t.is_none() {
            return None;
        }
        if float_t > histogram_t {
            floats -= 1;
            Some(float(floats))
        } else {
            histograms -= 1;
            Some(histogram(histograms))
        }
    };
    let last = take_last()?;
    Some([take_last()?, last])
}

fn hints(instant: Instant, before: &HistogramSample, now: &HistogramSample) -> Remarks {
    let gauges = [before, now].map(|sample| sample.h.reset_hint == ResetHint::Gauge);
    let mut remarks = Remarks::NONE;
    match instant {
        Instant::Rate => remarks.insert_if(gauges.contains(&true), Remark::NotCounter),
        Instant::Delta => remarks.insert_if(gauges.contains(&false), Remark::NotGauge),
    }
    remarks
}

fn grown(
    instant: Instant,
    before: &HistogramSample,
    now: &HistogramSample,
    reset: bool,
    remarks: &mut Remarks,
) -> Result<Histogram, Remark> {
    let mut grown = Histogram::clone(&now.h);
    if instant == Instant::Delta || !(reset || detect_reset(&before.h, &now.h)) {
        subtract(&mut grown, &before.h, remarks)?;
    }
    grown.reset_hint = ResetHint::Gauge;
    compact(&mut grown);
    Ok(grown)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Series, shown};
    use super::*;
    use Instant::{Delta, Rate};

    fn check(series: &Series, instant: Instant, expected: Option<&str>, remarks: impl Into<Remarks>) {
        let outcome = last_two(&series.around(0, 60), instant);
        assert_eq!((shown(&outcome).as_deref(), outcome.remarks), (expected, remarks.into()), "{instant:?} {series:?}");
    }

    #[test]
    fn the_last_two_samples_count() {
        let floats = Series::floats(&[(10, 50.0), (30, 9.0), (40, 3.0)]);
        check(&floats, Rate, Some("0.3"), Remarks::NONE);
        check(&floats, Delta, Some("-6"), Remarks::NONE);
        let started = Series::floats(&[(30, 9.0), (40, 30.0)]).started(&[20, 35]);
        check(&started, Rate, Some("3"), Remarks::NONE);
        check(&started, Delta, Some("21"), Remarks::NONE);
        check(&Series::floats(&[(10, 1.0)]), Rate, None, Remarks::NONE);
        check(&Series::default(), Rate, None, Remarks::NONE);
        check(&Series::floats(&[(10, 1.0), (10, 2.0)]), Rate, None, Remarks::NONE);
    }

    #[test]
    fn histograms_count_if_both_are_some() {
        let grown = Series::floats(&[(5, 1.0)])
            .and_histograms(&[(20, "count:1 buckets:[1]"), (30, "count:21 buckets:[11 10]")]);
        check(&grown, Rate, Some("count:2 buckets:[1 1]"), Remarks::NONE);
        check(&grown, Delta, Some("count:20 buckets:[10 10]"), Remark::NotGauge);
        let reset = Series::histograms(&[(20, "count:9 buckets:[9]"), (30, "count:5 buckets:[5]")]);
        check(&reset, Rate, Some("count:0.5 buckets:[0.5]"), Remarks::NONE);
        let mixed = Series::floats(&[(25, 1.0)]).and_histograms(&[(20, "count:1"), (30, "count:2")]);
        check(&mixed, Rate, None, Remark::MixedKinds);
        let gauges = Series::histograms(&[(20, "count:1 counter_reset_hint:gauge"), (30, "count:1")]);
        check(&gauges, Rate, Some(""), Remark::NotCounter);
        let layouts = Series::histograms(&[(20, "count:1"), (30, "schema:-53 count:2 custom_values:[1]")]);
        // A counter is taken to be reset there.
        check(&layouts, Rate, Some("schema:-53 count:0.2 custom_values:[1]"), Remarks::NONE);
        let mut both = Remarks::from(Remark::NotGauge);
        both.insert(Remark::MixedLayouts);
        check(&layouts, Delta, None, both);
    }
}
