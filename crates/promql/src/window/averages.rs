//! `sum_over_time` and `avg_over_time`, of floats or of histograms.

use aio_series::growth::Window;
use aio_series::histogram::{Aggregate as _, Mean, Total};
use aio_series::numeric::{self, Kahan};
use aio_series::{Remark, Remarks};

use super::function::Told;
use crate::column::Point;

fn mixed() -> Told {
    (Point::Absent, Remark::MixedKinds.into())
}

fn incompatible() -> Told {
    (Point::Absent, Remark::MixedLayouts.into())
}

pub(super) fn sum(window: &Window<'_>) -> Told {
    match (window.floats, window.histograms) {
        ([_, ..], [_, ..]) => mixed(),
        (_, [first, rest @ ..]) => {
            let mut total = Total::of(&first.h);
            if rest.iter().any(|sample| total.add(&sample.h).is_err()) {
                return incompatible();
            }
            let remarks = total.met().remarks();
            (Point::Histogram(total.finish().into()), remarks)
        }
        (floats, []) => {
            let mut sum = Kahan::default();
            floats.iter().for_each(|s| sum.add(s.v));
            (Point::Float(if sum.sum.is_infinite() { sum.sum } else { sum.total() }), Remarks::NONE)
        }
    }
}

pub(super) fn average(window: &Window<'_>) -> Told {
    match (window.floats, window.histograms) {
        ([_, ..], [_, ..]) => mixed(),
        (_, [first, rest @ ..]) => {
            let mut mean = Mean::of(&first.h);
            if rest.iter().any(|sample| mean.add(&sample.h).is_err()) {
                return incompatible();
            }
            let remarks = mean.met().remarks();
            (Point::Histogram(mean.finish().into()), remarks)
        }
        (floats, []) => (Point::Float(numeric::average(floats.iter().map(|s| s.v))), Remarks::NONE),
    }
}
