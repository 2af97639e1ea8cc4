//! How often a counter was reset.

use super::Window;
use super::merge::{From, Kind, anchor, each_pair};
use super::starts::is_reset;
use crate::histogram::detect_reset;

/// How often the counter was reset: where it fell, where start timestamps say so, and where floats and histograms meet.
/// `anchored` windows begin with the last sample at or before their start, which they hold as well. Nothing without
/// samples, or if an anchored window has none behind its start.
#[must_use]
pub fn resets(window: &Window<'_>, anchored: bool) -> Option<f64> {
    if window.floats.is_empty() && window.histograms.is_empty() {
        return None;
    }
    let from = if anchored { anchor(window)? } else { From::default() };
    let mut resets = 0_u32;
    each_pair(window, from, |(before, previous), (now, current)| {
        let reset = match (previous, current) {
            (Kind::Float(previous), Kind::Float(current)) => current < previous || is_reset(before, now),
            (Kind::Histogram(previous), Kind::Histogram(current)) => {
                is_reset(before, now) || detect_reset(&previous.h, &current.h)
            }
            _ => true,
        };
        resets += u32::from(reset);
    });
    Some(f64::from(resets))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::Series;
    use super::*;

    #[test]
    fn falls_starts_and_changes_of_kind_are_resets() {
        for (series, expected) in [
            (Series::floats(&[(10, 1.0), (20, 2.0), (30, 1.0), (40, f64::NAN), (50, 0.0)]), Some(1.0)),
            (Series::floats(&[(10, 1.0), (20, 2.0), (30, 3.0)]).started(&[5, 15, 15]), Some(1.0)),
            (Series::floats(&[(10, 1.0)]), Some(0.0)),
            (Series::default(), None),
            (Series::histograms(&[(10, "count:2"), (20, "count:3"), (30, "count:1")]), Some(1.0)),
            (Series::histograms(&[(10, "count:2"), (20, "count:3 counter_reset_hint:reset")]), Some(1.0)),
            (Series::histograms(&[(10, "count:2"), (20, "count:3")]).started(&[5, 15]), Some(1.0)),
            (Series::floats(&[(10, 1.0), (30, 3.0)]).and_histograms(&[(20, "count:2"), (40, "count:2")]), Some(3.0)),
        ] {
            assert_eq!(resets(&series.around(0, 60), false), expected, "{series:?}");
        }
    }

    #[test]
    fn anchored_windows_begin_with_the_sample_before() {
        let series = Series::floats(&[(0, 2.0), (120, 1.0), (480, 0.0)]);
        for (start, end, expected) in
            [(60, 480, Some(2.0)), (420, 480, Some(1.0)), (480, 540, None), (0, 480, Some(2.0))]
        {
            assert_eq!(resets(&series.around(start, end), true), expected, "{start}..{end}");
        }
        let mixed =
            Series::floats(&[(0, 5.0), (30, 1.0), (70, 0.0)]).and_histograms(&[(20, "count:2"), (40, "count:1")]);
        // From the histogram at 40 on.
        assert_eq!(resets(&mixed.around(50, 70), true), Some(1.0));
        // From the float at 30 on: to a histogram, and back.
        assert_eq!(resets(&mixed.around(30, 70), true), Some(2.0));
    }
}
