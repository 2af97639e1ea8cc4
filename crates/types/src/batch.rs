//! What a write carries, whatever protocol brought it.

use crate::{Exemplar, Labels, Metadata, Samples};

/// New samples of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesWrite {
    /// Full label set, `__name__` included.
    pub labels: Labels,
    /// In any order.
    pub samples: Samples,
    /// In any order.
    pub exemplars: Vec<Exemplar>,
}

/// One request's worth of metrics. The same label set may occur more than once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricsWrite {
    /// Series with their data.
    pub series: Vec<SeriesWrite>,
    /// Metadata by metric family name.
    pub metadata: Vec<(String, Metadata)>,
}
