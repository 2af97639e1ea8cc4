//! Classic histograms as native ones with custom buckets.

use aio_types::{BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram};

use super::classic::ClassicBucket;
use super::compact::compact_to;
use super::print::format_shortest;

/// Why a classic histogram is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Error {
    /// A bucket counts less than nothing.
    NegativeBucket(ClassicBucket),
    /// A bound is NaN.
    BoundIsNan,
    /// Fewer observations than none.
    NegativeCount(f64),
    /// A bucket counts less than one below it.
    NotCumulative {
        /// The count that was added.
        count: f64,
        /// The one of its neighbour.
        neighbour: f64,
    },
    /// The last bucket does not hold all observations.
    CountMismatch {
        /// Observations as the histogram has it.
        count: f64,
        /// The bucket.
        last: ClassicBucket,
    },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n = format_shortest;
        match self {
            Self::NegativeBucket(b) => {
                write!(f, "bucket count must be non-negative: le={}, count={}", n(b.upper_bound), n(b.count))
            }
            Self::BoundIsNan => f.write_str("bucket boundary must not be NaN"),
            Self::NegativeCount(count) => write!(f, "count must be non-negative: count={}", n(*count)),
            Self::NotCumulative { count, neighbour } => {
                let relation = if count < neighbour { '<' } else { '>' };
                write!(f, "count is not cumulative: {} {relation} {}", n(*count), n(*neighbour))
            }
            Self::CountMismatch { count, last } => {
                let (count, le, in_last) = (n(*count), n(last.upper_bound), n(last.count));
                write!(f, "count mismatch: count={count} != le={le} count={in_last}")
            }
        }
    }
}

impl std::error::Error for Error {}

/// Collects the samples of a classic histogram at one moment, in any order. What was wrong first makes the conversion
/// fail.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClassicHistogram {
    buckets: Vec<ClassicBucket>,
    count: Option<f64>,
    sum: f64,
    fault: Option<Error>,
}

impl ClassicHistogram {
    /// The sample of a `_bucket` series. A second one for the same bound is passed over.
    pub fn bucket(&mut self, upper_bound: f64, count: f64) {
        let bucket = ClassicBucket { upper_bound, count };
        if self.fault.is_none() {
            self.fault = self.insert(bucket).err();
        }
    }

    /// The sample of the `_count` series.
    pub fn count(&mut self, count: f64) {
        if count < 0.0 {
            self.fault.get_or_insert(Error::NegativeCount(count));
        }
        self.count = Some(count);
    }

    /// The sample of the `_sum` series.
    pub fn sum(&mut self, sum: f64) {
        self.sum = sum;
    }

    fn insert(&mut self, bucket: ClassicBucket) -> Result<(), Error> {
        if bucket.upper_bound.is_nan() {
            return Err(Error::BoundIsNan);
        }
        if bucket.count < 0.0 {
            return Err(Error::NegativeBucket(bucket));
        }
        let at = self.buckets.partition_point(|b| b.upper_bound < bucket.upper_bound);
        if self.buckets.get(at).is_some_and(|b| b.upper_bound == bucket.upper_bound) {
            return Ok(());
        }
        let below = at.checked_sub(1).map(|i| self.buckets[i].count).filter(|below| bucket.count < *below);
        let above = self.buckets.get(at).map(|b| b.count).filter(|above| bucket.count > *above);
        if let Some(neighbour) = below.or(above) {
            return Err(Error::NotCumulative { count: bucket.count, neighbour });
        }
        self.buckets.insert(at, bucket);
        Ok(())
    }

    /// The native histogram. A missing count is that of the highest bucket, a missing bucket up to +Inf has the count.
    /// Whole counts keep small gaps spelled out, as they are stored that way.
    ///
    /// # Errors
    /// If the samples make no histogram.
    pub fn convert(mut self) -> Result<Histogram, Error> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let count = self.count.or(self.buckets.last().map(|b| b.count)).unwrap_or(0.0);
        if self.buckets.last().is_none_or(|last| last.upper_bound != f64::INFINITY) {
            self.buckets.push(ClassicBucket { upper_bound: f64::INFINITY, count });
        }
        if let Some(last) = self.buckets.last().copied().filter(|last| last.count != count) {
            return Err(Error::CountMismatch { count, last });
        }
        let mut counted = 0.0;
        let counts = self.buckets.iter().map(|b| b.count - std::mem::replace(&mut counted, b.count)).collect();
        let length = u32::try_from(self.buckets.len()).unwrap_or(u32::MAX);
        let mut h = Histogram {
            schema: CUSTOM_BUCKETS_SCHEMA,
            count,
            sum: self.sum,
            positive_spans: vec![BucketSpan { offset: 0, length }],
            positive_buckets: counts,
            custom_bounds: self.buckets[..self.buckets.len() - 1].iter().map(|b| b.upper_bound).collect(),
            ..Histogram::default()
        };
        let whole = is_whole(count) && self.buckets.iter().all(|b| is_whole(b.count));
        compact_to(&mut h, if whole { 2 } else { 0 });
        Ok(h)
    }
}

fn is_whole(v: f64) -> bool {
    v.fract() == 0.0 && v.abs() < 9.2e18
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::{notation, validate};

    const INF: f64 = f64::INFINITY;

    fn converted(buckets: &[(f64, f64)], count: Option<f64>) -> Result<Histogram, Error> {
        let mut classic = ClassicHistogram::default();
        buckets.iter().for_each(|(le, n)| classic.bucket(*le, *n));
        if let Some(count) = count {
            classic.count(count);
        }
        classic.sum(7.0);
        classic.convert()
    }

    #[test]
    fn classic_histograms_become_native_ones() {
        for (buckets, count, expected) in [
            (
                &[(1.0, 2.0), (5.0, 5.0), (INF, 6.0)][..],
                Some(6.0),
                "{{schema:-53 count:6 sum:7 custom_values:[1 5] buckets:[2 3 1]}}",
            ),
            (
                &[(5.0, 5.0), (INF, 6.0), (1.0, 2.0)],
                None,
                "{{schema:-53 count:6 sum:7 custom_values:[1 5] buckets:[2 3 1]}}",
            ),
            (&[(1.0, 2.0), (1.0, 9.0)], Some(3.0), "{{schema:-53 count:3 sum:7 custom_values:[1] buckets:[2 1]}}"),
            (
                &[(1.0, 0.0), (2.0, 1.5)],
                None,
                "{{schema:-53 count:1.5 sum:7 custom_values:[1 2] offset:1 buckets:[1.5]}}",
            ),
            (&[], Some(3.0), "{{schema:-53 count:3 sum:7 custom_values:[] buckets:[3]}}"),
            (&[], None, "{{schema:-53 sum:7 custom_values:[]}}"),
        ] {
            let h = converted(buckets, count).expect("a histogram");
            assert_eq!((notation::print(&h).as_str(), validate(&h)), (expected, Ok(())), "{buckets:?}");
        }
        let gap = converted(&[(1.0, 2.0), (2.0, 2.0), (INF, 3.0)], None).expect("a histogram");
        assert_eq!((gap.positive_spans.len(), gap.positive_buckets.len()), (1, 3), "small gaps of whole counts stay");
    }

    #[test]
    fn faults_are_those_of_prometheus() {
        for (buckets, count, expected) in [
            (&[(1.0, -2.0)][..], None, "bucket count must be non-negative: le=1, count=-2"),
            (&[(f64::NAN, 2.0)], None, "bucket boundary must not be NaN"),
            (&[(1.0, 2.0)], Some(-1.0), "count must be non-negative: count=-1"),
            (&[(1.0, 2.0), (2.0, 1.0)], None, "count is not cumulative: 1 < 2"),
            (&[(2.0, 1.0), (1.0, 2.0)], None, "count is not cumulative: 2 > 1"),
            (&[(INF, 1.0)], Some(2.0), "count mismatch: count=2 != le=+Inf count=1"),
        ] {
            assert_eq!(converted(buckets, count).expect_err("no histogram").to_string(), expected);
        }
    }
}
