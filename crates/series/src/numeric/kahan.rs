//! Sums that do not lose small addends.

use aio_types::Sample;

/// How many sums are worked on at once: additions to one sum wait for each other, those to several do not.
pub const LANES: usize = 8;

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
    #[inline]
    pub fn add(&mut self, v: f64) {
        // Choices rather than branches, so that compilers do several at once.
        let next = self.sum + v;
        let is_larger = self.sum.abs() >= v.abs();
        let (large, small) = if is_larger { (self.sum, v) } else { (v, self.sum) };
        let lost = self.compensation + ((large - next) + small);
        self.compensation = if next.is_infinite() { 0.0 } else { lost };
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

/// Adds the values of each slice, in their order, to the sum of the same position.
pub fn add_all(sums: &mut [Kahan; LANES], slices: [&[Sample]; LANES]) {
    let shortest = slices.iter().map(|samples| samples.len()).min().unwrap_or(0);
    let heads = slices.map(|samples| &samples[..shortest]);
    let (mut running, mut lost) = (sums.map(|sum| sum.sum), sums.map(|sum| sum.compensation));
    for position in 0..shortest {
        for ((sum, lost), samples) in running.iter_mut().zip(&mut lost).zip(&heads) {
            add_finite(sum, lost, samples[position].v);
        }
    }
    for (lane, (sum, samples)) in sums.iter_mut().zip(slices).enumerate() {
        let is_finite = running[lane].is_finite() && lost[lane].is_finite();
        // What is not finite stays so, and has rules of its own.
        let done = if is_finite { shortest } else { 0 };
        if is_finite {
            *sum = Kahan { sum: running[lane], compensation: lost[lane] };
        }
        samples[done..].iter().for_each(|sample| sum.add(sample.v));
    }
}

/// As [`Kahan::add`] where all is finite: what plain addition loses is the same number whichever way it is found.
/// Source: D. E. Knuth's TwoSum, which needs no comparison.
#[inline]
fn add_finite(sum: &mut f64, lost: &mut f64, v: f64) {
    let next = *sum + v;
    let added = next - *sum;
    *lost += (*sum - (next - added)) + (v - added);
    *sum = next;
}

/// The compensated sum of `values`; zero of none.
pub fn kahan_sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Kahan::default();
    values.into_iter().for_each(|v| sum.add(v));
    sum.total()
}

#[cfg(test)]
mod tests {
    use aio_types::TimestampMs;

    use super::*;

    #[test]
    fn several_sums_are_as_each_for_itself() {
        let odd = [1e300, -1e300, 0.1, f64::MAX, f64::INFINITY, f64::NAN, -0.0, 3.0, 1e-300, f64::NEG_INFINITY];
        let sample = |i: u32| Sample {
            t: TimestampMs(i.into()),
            v: if i.is_multiple_of(7) { odd[i as usize / 7 % odd.len()] } else { f64::from(i * i % 101).sqrt() },
        };
        let samples: Vec<_> = (0..200).map(sample).collect();
        for from in 0..150 {
            let slices = std::array::from_fn(|lane| &samples[from + lane..from + 5 * lane + from % 11]);
            let mut sums = [Kahan::default(); LANES];
            add_all(&mut sums, slices);
            for (sum, slice) in sums.iter().zip(slices) {
                let mut alone = Kahan::default();
                slice.iter().for_each(|s| alone.add(s.v));
                let bits = |k: &Kahan| (k.sum.to_bits(), k.compensation.to_bits());
                assert_eq!(bits(sum), bits(&alone));
            }
        }
    }

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
