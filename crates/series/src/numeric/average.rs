//! Averages whose sums may overflow.

use super::{Kahan, count};

/// A running average. It sums as long as the sum is finite, and moves a mean along from there on, as Prometheus does
/// for `avg` and `avg_over_time`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Average {
    /// The sum, or the mean once it moves.
    total: Kahan,
    n: usize,
    moves: bool,
}

impl Average {
    /// Takes in `v`.
    pub fn add(&mut self, v: f64) {
        self.n += 1;
        if self.n == 1 {
            self.total = Kahan::of(v);
            return;
        }
        let n = count(self.n);
        if !self.moves {
            let mut next = self.total;
            next.add(v);
            if !next.sum.is_infinite() {
                self.total = next;
                return;
            }
            self.moves = true;
            self.total.sum /= n - 1.0;
            self.total.compensation /= n - 1.0;
        }
        self.total.scale((n - 1.0) / n);
        self.total.add(v / n);
    }

    /// The average; `None` of nothing.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let n = count(self.n);
        match (self.n, self.moves) {
            (0, _) => None,
            (_, true) => Some(self.total.total()),
            (_, false) => Some(self.total.sum / n + self.total.compensation / n),
        }
    }
}

/// The average of `values`; NaN of none.
pub fn average(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut average = Average::default();
    values.into_iter().for_each(|v| average.add(v));
    average.value().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_survive_sums_that_overflow() {
        const INF: f64 = f64::INFINITY;
        for (values, expected) in [
            (&[1e308, 1e308, 1e308][..], 1e308),
            (&[1.0, 2.0, 6.0], 3.0),
            (&[0.1, 0.1, 0.1], 0.1),
            (&[INF, 1.0], INF),
            (&[1.0, INF, 3.0], INF),
            (&[1e100, 1.0, -1e100, 1.0], 0.5),
        ] {
            let got = average(values.iter().copied());
            assert!(got == expected || (got - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{values:?} {got}");
        }
        for values in [&[INF, -INF][..], &[f64::NAN, 1.0], &[]] {
            assert!(average(values.iter().copied()).is_nan(), "{values:?}");
        }
    }
}
