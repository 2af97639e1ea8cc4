//! Metrics: matchers in, series out.

use std::collections::BTreeMap;

use aio_types::{Exemplar, Labels, Matcher, Metadata, Samples, TimeRange, TimestampMs};

use crate::{BlockFigures, Cardinality, Error};

/// Exemplars of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesExemplars {
    /// Labels of the series.
    pub labels: Labels,
    /// Ascending by time.
    pub exemplars: Vec<Exemplar>,
}

/// A moment in the history of what a source shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Which history.
    pub history: u64,
    /// The last change that is part of it.
    pub change: u64,
}

/// One series of a selection. Its samples are decoded when they are asked for, on whatever thread asks.
pub trait SeriesReader: Send + Sync {
    /// Full label set, `__name__` included.
    fn labels(&self) -> &Labels;

    /// Appends the samples in `range` to `out`: ascending by time, unique times, stale markers included. `range` lies
    /// within the one the series was selected for.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn read(&self, range: TimeRange, out: &mut Samples) -> Result<(), Error>;

    /// As [`Self::read`], of the newest sample in `range` alone, or of it and others before it.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn read_newest(&self, range: TimeRange, out: &mut Samples) -> Result<(), Error> {
        self.read(range, out)
    }
}

/// A consistent view of one tenant's metrics: it never changes while it is held.
///
/// A selection is one list of matchers that must all pass; methods that take several selections answer their union.
pub trait MetricsSource: Send + Sync {
    /// Series that match and may have samples in `range`, sorted by labels, unique.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn select<'a>(&'a self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<Box<dyn SeriesReader + 'a>>, Error>;

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

    /// Which moment this view is of; `None` where changes are not kept account of.
    fn mark(&self) -> Option<Mark> {
        None
    }

    /// The view of that mark shows the same as this one of everything observed before the time returned.
    fn unchanged_before(&self, _mark: Mark) -> TimestampMs {
        TimestampMs::MIN
    }

    /// Figures of the series that take samples now, each list with its `limit` largest, largest first. Nothing where
    /// a source does not count.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn cardinality(&self, _limit: usize) -> Result<Cardinality, Error> {
        Ok(Cardinality::default())
    }

    /// The immutable parts, oldest first; none where a source has no such thing.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn blocks(&self) -> Result<Vec<BlockFigures>, Error> {
        Ok(Vec::new())
    }
}
