//! How often a series changed.

use super::Window;
use super::merge::{From, Kind, anchor, each_pair};
use crate::histogram::equal;

/// How often the series changed its value; NaN to NaN is no change, a float to a histogram is. `anchored` windows begin
/// with the last sample at or before their start, which they hold as well. Nothing without samples, or if an anchored
/// window has none behind its start.
#[must_use]
pub fn changes(window: &Window<'_>, anchored: bool) -> Option<f64> {
    if window.floats.is_empty() && window.histograms.is_empty() {
        return None;
    }
    let from = if anchored { anchor(window)? } else { From::default() };
    let mut changes = 0_u32;
    each_pair(window, from, |(_, previous), (_, current)| {
        let changed = match (previous, current) {
            (Kind::Float(a), Kind::Float(b)) => a != b && !(a.is_nan() && b.is_nan()),
            (Kind::Histogram(a), Kind::Histogram(b)) => !equal(&a.h, &b.h),
            _ => true,
        };
        changes += u32::from(changed);
    });
    Some(f64::from(changes))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::Series;
    use super::*;

    #[test]
    fn other_values_and_other_kinds_are_changes() {
        let nan = f64::NAN;
        for (series, expected) in [
            (Series::floats(&[(10, 1.0), (20, 1.0), (30, 2.0), (40, nan), (50, nan)]), Some(2.0)),
            (Series::default(), None),
            (Series::histograms(&[(10, "count:2"), (20, "count:2"), (30, "count:2 sum:1")]), Some(1.0)),
            (Series::floats(&[(10, 1.0), (30, 3.0)]).and_histograms(&[(20, "count:2"), (40, "count:2")]), Some(3.0)),
        ] {
            assert_eq!(changes(&series.around(0, 60), false), expected, "{series:?}");
        }
    }

    #[test]
    fn anchored_windows_begin_with_the_sample_before() {
        let series = Series::floats(&[(0, 1.0), (60, 2.0), (120, 3.0)]);
        assert_eq!(changes(&series.around(30, 120), false), Some(2.0), "the caller has cut the window");
        assert_eq!(changes(&series.around(60, 120), true), Some(1.0));
        assert_eq!(changes(&series.around(30, 120), true), Some(2.0));
        assert_eq!(changes(&series.around(120, 180), true), None);
    }
}
