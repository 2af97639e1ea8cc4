//! The largest and the smallest at each moment.

use super::{Series, group};

/// Of equal numbers those with the first labels.
pub(super) fn top(mut series: Vec<Series>, n: i64, largest: bool) -> Vec<Series> {
    let n = usize::try_from(n).unwrap_or(0);
    if series.len() <= n {
        return series;
    }
    series.sort_by_cached_key(|series| group::text(&series.labels));
    let steps = series.iter().map(|series| series.values.len()).max().unwrap_or(0);
    let mut order: Vec<usize> = Vec::new();
    for step in 0..steps {
        order.clear();
        order.extend((0..series.len()).filter(|at| series[*at].values.get(step).is_some_and(|v| !v.is_nan())));
        if order.len() <= n {
            continue;
        }
        order.sort_by(|a, b| {
            let (a, b) = (series[*a].values[step], series[*b].values[step]);
            if largest { b.total_cmp(&a) } else { a.total_cmp(&b) }
        });
        for at in &order[n..] {
            series[*at].values[step] = f64::NAN;
        }
    }
    series.retain(|series| series.values.iter().any(|value| !value.is_nan()));
    series
}
