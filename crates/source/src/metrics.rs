//! Metrics: matchers in, series out.

use std::collections::BTreeMap;

use aio_types::{Exemplar, Labels, Matcher, Metadata, Sample, TimeRange};

use crate::Error;

/// One series with its samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Full label set, `__name__` included.
    pub labels: Labels,
    /// Ascending by time, unique times, all inside the range asked for; stale markers included.
    pub samples: Vec<Sample>,
}

/// Exemplars of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesExemplars {
    /// Labels of the series.
    pub labels: Labels,
    /// Ascending by time.
    pub exemplars: Vec<Exemplar>,
}

/// A consistent view of one tenant's metrics: it never changes while it is held.
///
/// A selection is one list of matchers that must all pass; methods that take several selections answer their union.
pub trait MetricsSource: Send + Sync {
    /// Series that match and have at least one sample in `range`, sorted by labels.
    ///
    /// # Errors
    /// [`Error::TooManySamples`] once more than `max_samples` samples were gathered; [`Error::Storage`].
    fn select(&self, matchers: &[Matcher], range: TimeRange, max_samples: usize) -> Result<Vec<Series>, Error>;

    /// Label sets that match and may have samples in `range`, sorted, unique.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn series(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<Labels>, Error>;

    /// Label names of the matching series (of all series for no selection), sorted, unique.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn label_names(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error>;

    /// Values of `name` among the matching series (all series for no selection), sorted, unique.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn label_values(&self, name: &str, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error>;

    /// Exemplars in `range` of the matching series.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn exemplars(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<SeriesExemplars>, Error>;

    /// Metadata by metric family name.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn metadata(&self) -> Result<BTreeMap<String, Vec<Metadata>>, Error>;
}
