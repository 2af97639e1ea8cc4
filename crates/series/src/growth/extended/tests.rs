use super::super::fixtures::{Series, shown};
use super::super::{Growth, smoothed_at};
use super::*;
use Extension::{Anchored, Smoothed};
use Growth::{Delta, Increase, Rate};
use aio_types::TimestampMs;

fn check(series: &Series, at: (i64, i64), growth: Growth, extension: Extension, expected: Option<&str>) -> Remarks {
    let outcome = extended(&series.around(at.0, at.1), growth, extension);
    assert_eq!(shown(&outcome).as_deref(), expected, "{growth:?} {extension:?} {at:?} {series:?}");
    outcome.remarks
}

/// From `extended_vectors.test` of Prometheus: `metric 1+1x2 _ _ 9+1x4` every 15 s, a range of 60 s.
#[test]
fn growth_is_measured_from_edge_to_edge() {
    let series =
        Series::floats(&[(0, 1.0), (15, 2.0), (30, 3.0), (75, 9.0), (90, 10.0), (105, 11.0), (120, 12.0), (135, 13.0)]);
    for (end, anchored, smoothed) in [
        (20, "1", "1.333333333"),
        (35, "2", "2.666666667"),
        (50, "2", "4.666666667"),
        (65, "2", "6.333333333"),
        (80, "7", "7"),
        (95, "7", "6.666666667"),
        (110, "8", "5.666666667"),
        (125, "9", "4.666666667"),
    ] {
        let up_to_end = series.around(end - 60, end).floats.partition_point(|s| s.t.0 <= end * 1000);
        let cut = Window { floats: &series.around(0, 0).floats[..up_to_end], ..series.around(end - 60, end) };
        assert_eq!(shown(&extended(&cut, Increase, Anchored)).as_deref(), Some(anchored), "{end}");
        check(&series, (end - 60, end), Increase, Smoothed, Some(smoothed));
    }
}

#[test]
fn resets_are_added_back_and_gauges_may_fall() {
    let falling = Series::floats(&[(0, 9.0), (60, 8.0), (120, 5.0), (180, 4.0)]);
    check(&falling, (15, 135), Increase, Smoothed, Some("12"));
    check(&falling, (0, 180), Increase, Anchored, Some("17"));
    check(&falling, (0, 180), Delta, Anchored, Some("-5"));
    check(&falling, (30, 90), Delta, Smoothed, Some("-2"));
    check(&falling, (0, 120), Rate, Smoothed, Some("0.108333333"));
}

#[test]
fn nothing_comes_of_samples_outside_of_the_range() {
    let series = Series::floats(&[(10, 5.0), (20, 6.0)]);
    for extension in [Anchored, Smoothed] {
        check(&series, (20, 30), Increase, extension, None);
        check(&Series::default(), (20, 30), Increase, extension, None);
    }
    check(&series, (0, 5), Increase, Smoothed, None);
    check(&series, (5, 15), Increase, Smoothed, Some("0.5"));
    let mixed = Series::floats(&[(10, 5.0)]).and_histograms(&[(20, "count:1")]);
    assert_eq!(check(&mixed, (0, 30), Increase, Anchored, None), Remark::MixedKinds.into());
}

#[test]
fn histograms_grow_from_edge_to_edge() {
    let series = Series::histograms(&[
        (0, "count:4 buckets:[4]"),
        (60, "count:8 buckets:[8]"),
        (120, "count:2 buckets:[2]"),
        (180, "count:6 buckets:[6]"),
    ]);
    for (at, extension, expected) in [
        ((0, 60), Anchored, "count:6 buckets:[6]"),
        ((30, 60), Smoothed, "count:2 buckets:[2]"),
        ((30, 150), Smoothed, "count:6 buckets:[6]"),
        ((90, 150), Smoothed, "count:3 buckets:[3]"),
        ((75, 105), Smoothed, "count:1 buckets:[1]"),
    ] {
        // An anchored window ends with its range; this one holds all of them: 6 - 4, and 4 from before the reset.
        let cut = if extension == Anchored { (at.0, 180) } else { at };
        let expected = if extension == Anchored { "count:10 buckets:[10]" } else { expected };
        assert_eq!(check(&series, cut, Increase, extension, Some(expected)), Remarks::NONE, "{at:?}");
    }
    assert_eq!(check(&series, (0, 180), Delta, Anchored, Some("count:2 buckets:[2]")), Remark::NotGauge.into());
}

#[test]
fn layouts_and_hints_of_histograms_are_watched() {
    let custom = Series::histograms(&[(0, "count:1"), (60, "schema:-53 count:2 custom_values:[1]")]);
    assert_eq!(check(&custom, (0, 60), Increase, Anchored, None), Remark::MixedLayouts.into());
    let gauges =
        Series::histograms(&[(0, "count:1 counter_reset_hint:gauge"), (60, "count:2 counter_reset_hint:gauge")]);
    assert_eq!(check(&gauges, (0, 60), Increase, Anchored, Some("count:1")), Remark::NotCounter.into());
    assert_eq!(check(&gauges, (0, 60), Delta, Anchored, Some("count:1")), Remarks::NONE);
}

#[test]
fn range_selectors_show_values_at_both_edges() {
    let series = Series::floats(&[(0, 0.0), (10, 1.0), (20, 2.0), (30, 3.0)]);
    let shown = |extension, start, end| -> Vec<(i64, f64)> {
        extended_floats(&series.around(start, end), extension).iter().map(|s| (s.t.0 / 1000, s.v)).collect()
    };
    assert_eq!(shown(Smoothed, 5, 25), [(5, 0.5), (10, 1.0), (20, 2.0), (25, 2.5)]);
    assert_eq!(shown(Anchored, 5, 35), [(5, 0.0), (10, 1.0), (20, 2.0), (30, 3.0), (35, 3.0)]);
    assert_eq!(shown(Smoothed, 10, 20), [(10, 1.0), (20, 2.0)]);
    assert_eq!(shown(Anchored, 30, 40), []);
}

#[test]
fn instant_selectors_show_values_between_samples() {
    let series = Series::floats(&[(10, 1.0), (20, 2.0)]);
    for (t, expected) in [(5, None), (10, Some("1")), (15, Some("1.5")), (20, Some("2")), (25, Some("2"))] {
        assert_eq!(shown(&smoothed_at(&series.around(0, 0), TimestampMs(t * 1000))).as_deref(), expected, "{t}");
    }
    let series =
        Series::histograms(&[(10, "count:2 buckets:[2]"), (20, "count:4 buckets:[4]"), (30, "count:2 buckets:[2]")]);
    for (t, expected) in [
        (5, None),
        (15, Some("count:3 buckets:[3]")),
        (20, Some("count:4 buckets:[4]")),
        // A counter that was reset starts at zero.
        (25, Some("count:1 buckets:[1]")),
        (35, Some("count:2 buckets:[2]")),
    ] {
        assert_eq!(shown(&smoothed_at(&series.around(0, 0), TimestampMs(t * 1000))).as_deref(), expected, "{t}");
    }
}
