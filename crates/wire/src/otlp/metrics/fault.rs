//! Why a data point is not taken.

/// What is wrong with one data point, or with all of a metric.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Fault {
    #[error("it has no data that could be read")]
    NoData,
    #[error("invalid temporality and type combination: neither cumulative nor delta")]
    Temporality,
    #[error("the name has no usable character")]
    MetricName,
    #[error("an attribute has no key")]
    NoKey,
    #[error("attribute {0:?} has no usable character")]
    Key(String),
    #[error("a data point has no value")]
    NoValue,
    #[error("a histogram has {bounds} bounds but {buckets} buckets")]
    Buckets { bounds: usize, buckets: usize },
    #[error("the bounds of a histogram do not ascend")]
    Unordered,
    #[error("a histogram with {0} buckets is too large")]
    TooManyBuckets(usize),
    #[error("the buckets of a histogram hold {buckets} observations, its count is {count}")]
    Count { buckets: u64, count: u64 },
    #[error("cannot convert exponential to native histogram: scale must be >= -4, was {0}")]
    Scale(i32),
    #[error("the zero threshold of a histogram is {0}")]
    ZeroThreshold(f64),
    #[error("a histogram has observations in bucket {0}, which no number lies in")]
    Index(i64),
    #[error("the request becomes more than {limit} bytes of series; send it in smaller parts")]
    Room { limit: usize },
}
