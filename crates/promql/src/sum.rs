//! Sums that do not lose small addends, and what is made of them.

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) fn count(n: usize) -> f64 {
    n as f64
}

/// Kahan-Neumaier summation, as Prometheus sums.
#[derive(Debug, Clone, Copy, Default)]
struct Kahan {
    sum: f64,
    compensation: f64,
}

impl Kahan {
    fn add(&mut self, v: f64) {
        let next = self.sum + v;
        if next.is_infinite() {
            self.compensation = 0.0;
        } else if self.sum.abs() >= v.abs() {
            self.compensation += (self.sum - next) + v;
        } else {
            self.compensation += (v - next) + self.sum;
        }
        self.sum = next;
    }

    fn total(self) -> f64 {
        self.sum + self.compensation
    }
}

pub(crate) fn kahan_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = Kahan::default();
    values.for_each(|v| sum.add(v));
    sum.total()
}

pub(crate) fn average(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let n = count(values.len());
    let sum = kahan_sum(values.clone());
    if sum.is_finite() || values.clone().any(|v| !v.is_finite()) {
        return sum / n;
    }
    // The sum overflowed although no value is infinite.
    values.map(|v| v / n).sum()
}

/// Population variance, streaming (Welford) with compensated sums.
pub(crate) fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let (mut mean, mut sum) = (Kahan::default(), Kahan::default());
    let mut n = 0;
    for v in values {
        n += 1;
        let delta = v - mean.total();
        mean.add(delta / count(n));
        sum.add(delta * (v - mean.total()));
    }
    sum.total() / count(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_addends_survive() {
        assert_eq!(kahan_sum([1.0, 1e100, 1.0, -1e100].into_iter()), 2.0);
        assert_eq!(average([1e308, 1e308, 1e308].into_iter()), 1e308);
        assert!(average([f64::INFINITY, f64::NEG_INFINITY].into_iter()).is_nan());
        assert_eq!(variance([7.0].into_iter()), 0.0);
        assert_eq!(variance([1.0, 3.0].into_iter()), 1.0);
    }
}
