//! Histograms whose counts are whole numbers: those are told as integers, which are smaller.

use aio_types::Histogram;

/// Up to here every whole number is a float.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Whether every count is whole.
pub(crate) fn is_integer(h: &Histogram) -> bool {
    let is_whole =
        |count: &f64| *count >= 0.0 && *count <= WHOLE_MAX && count.fract() == 0.0 && count.is_sign_positive();
    [h.count, h.zero_count].iter().chain(&h.positive_buckets).chain(&h.negative_buckets).all(is_whole)
}

/// A whole count as an integer.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
pub(crate) fn unsigned(count: f64) -> u64 {
    count as u64
}

/// Whole counts as differences, the first one from zero.
pub(crate) fn deltas(counts: &[f64]) -> Vec<i64> {
    let mut last = 0;
    let delta = |count: &f64| {
        let count = unsigned(*count).cast_signed();
        count - std::mem::replace(&mut last, count)
    };
    counts.iter().map(delta).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_counts_are_integers() {
        for (count, want) in
            [(0.0, true), (3.0, true), (3.5, false), (-1.0, false), (-0.0, false), (f64::NAN, false), (1e300, false)]
        {
            let h = Histogram { positive_buckets: vec![1.0, count], ..Histogram::default() };
            assert_eq!(is_integer(&h), want, "{count}");
        }
        assert_eq!(deltas(&[3.0, 1.0, 1.0, 5.0]), [3, -2, 0, 4]);
    }
}
