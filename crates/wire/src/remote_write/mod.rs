//! Prometheus remote write, both versions, read without copies: only what is kept is copied out of the request.
//!
//! ```text
//!   1.0  prometheus.WriteRequest          v1::decode --+--> labels, exemplars   (labels.rs)
//!   2.0  io.prometheus.write.v2.Request   v2::decode --+--> native histograms   (histogram.rs)
//! ```
//!
//! What a series costs is charged to a budget before it is made: references to one long symbol are short on the wire.

mod family;
mod faults;
mod histogram;
mod labels;
#[cfg(test)]
pub(crate) mod messages;
pub mod v1;
pub mod v2;

use aio_types::{Exemplar, MetricKind, MetricsWrite};

pub use faults::Faults;

/// What a request held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// The usable part.
    pub write: MetricsWrite,
    /// Series that were left out without a word to the sender, as 1.0 has it.
    pub skipped: Faults,
    /// What the sender is to hear of. In 1.0 it costs the whole request, in 2.0 only what is named.
    pub refused: Faults,
}

/// Most characters of an exemplar's labels together, as OpenMetrics has it.
const EXEMPLAR_RUNES_MAX: usize = 128;

/// Whether an exemplar is short enough: one that is not is left out, and its series is kept.
fn is_short(exemplar: &Exemplar) -> bool {
    let runes = |text: &str| text.chars().count();
    exemplar.labels.iter().map(|(name, value)| runes(name) + runes(value)).sum::<usize>() <= EXEMPLAR_RUNES_MAX
}

/// Both versions number kinds alike.
fn kind(number: i32) -> MetricKind {
    match number {
        1 => MetricKind::Counter,
        2 => MetricKind::Gauge,
        3 => MetricKind::Histogram,
        4 => MetricKind::GaugeHistogram,
        5 => MetricKind::Summary,
        6 => MetricKind::Info,
        7 => MetricKind::StateSet,
        _ => MetricKind::Unknown,
    }
}
