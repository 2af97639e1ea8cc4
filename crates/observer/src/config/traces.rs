//! `traces`.

use std::time::Duration;

use aio_store_traces::TracesRetention;

use super::metrics::{RETENTION, Retention};
use super::reader::Reader;
use crate::schema::{Kind, Section, no_check};

pub(super) static TRACES: Section =
    Section { keys: &[("retention", Kind::Section(&RETENTION))], with: &[], check: no_check };

/// The traces signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Traces {
    pub(crate) retention: Retention,
}

impl Default for Traces {
    fn default() -> Self {
        Self { retention: Retention { time: Duration::from_secs(7 * 86_400), size_bytes: 10_000_000_000 } }
    }
}

impl Traces {
    /// What the store keeps.
    pub(crate) fn kept(&self) -> TracesRetention {
        TracesRetention { time: self.retention.time, bytes: self.retention.size_bytes as u64 }
    }

    pub(super) fn read(reader: Reader<'_>) -> Self {
        Self { retention: Retention::read(reader.section("retention"), Self::default().retention) }
    }
}
