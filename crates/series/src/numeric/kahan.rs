//! Sums that do not lose small addends.

/// A running sum with Kahan-Neumaier compensation, as `util/kahansum` of Prometheus: an infinite sum has none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Kahan {
    /// The sum as plain addition has it.
    pub sum: f64,
    /// What plain addition lost.
    pub compensation: f64,
}

impl Kahan {
    /// A sum of one addend.
    #[must_use]
    pub fn of(v: f64) -> Self {
        Self { sum: v, compensation: 0.0 }
    }

    /// Adds `v`.
    pub fn add(&mut self, v: f64) {
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

    /// Multiplies what was summed so far by `factor`.
    pub fn scale(&mut self, factor: f64) {
        self.sum *= factor;
        self.compensation *= factor;
    }

    /// The sum, compensated.
    #[must_use]
    pub fn total(self) -> f64 {
        self.sum + self.compensation
    }
}

/// The compensated sum of `values`; zero of none.
pub fn kahan_sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Kahan::default();
    values.into_iter().for_each(|v| sum.add(v));
    sum.total()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_addends_survive() {
        for (values, expected) in [
            (&[1.0, 1e100, 1.0, -1e100][..], 2.0),
            (&[], 0.0),
            (&[f64::INFINITY, 1.0], f64::INFINITY),
            (&[f64::MAX, f64::MAX, 1.0], f64::INFINITY),
        ] {
            assert_eq!(kahan_sum(values.iter().copied()), expected, "{values:?}");
        }
        assert!(kahan_sum([f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }
}
