//! How many series there are, and which labels make them so many.

use aio_types::TimeRange;

/// Figures of the series that take samples now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cardinality {
    /// How many series.
    pub series: u64,
    /// How many different pairs of label name and value.
    pub label_pairs: u64,
    /// How many runs of samples in memory.
    pub chunks: u64,
    /// From the oldest to the newest sample; `None` where there is none.
    pub range: Option<TimeRange>,
    /// Metric names by their series.
    pub series_by_metric: Vec<(String, u64)>,
    /// Label names by their different values.
    pub values_by_label: Vec<(String, u64)>,
    /// Label names by the bytes of their values over all series.
    pub bytes_by_label: Vec<(String, u64)>,
    /// `name=value` by the series that have it.
    pub series_by_pair: Vec<(String, u64)>,
}

/// One immutable part of what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockFigures {
    /// Its name.
    pub name: String,
    /// From its oldest to its newest sample.
    pub range: TimeRange,
    /// How many series.
    pub series: u64,
    /// How many runs of samples.
    pub chunks: u64,
    /// How many samples.
    pub samples: u64,
    /// On disk.
    pub bytes: u64,
    /// Parts of it that are deleted and not yet gone.
    pub holes: u64,
}
