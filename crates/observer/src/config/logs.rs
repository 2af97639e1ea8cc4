//! `logs`.

use std::time::Duration;

use super::metrics::{RETENTION, Retention};
use super::reader::Reader;
use crate::schema::{Kind, Section, TEXTS, no_check, scalars};

pub(super) static LOGS: Section = Section {
    keys: &[
        ("retention", Kind::Section(&RETENTION)),
        ("rule_files", TEXTS),
        ("trace_ids", Kind::Scalar(|text| scalars::one_of(text, &["match", "show"]))),
    ],
    with: &[],
    check: no_check,
};

/// The logs signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logs {
    pub(crate) retention: Retention,
    /// Whether ids lifted from text appear among a result's labels. Not active yet.
    pub(crate) trace_ids_shown: bool,
}

impl Default for Logs {
    fn default() -> Self {
        let retention = Retention { time: Duration::from_secs(7 * 86_400), size_bytes: 20_000_000_000 };
        Self { retention, trace_ids_shown: false }
    }
}

impl Logs {
    pub(super) fn read(reader: Reader<'_>) -> Self {
        Self {
            retention: Retention::read(reader.section("retention"), Self::default().retention),
            trace_ids_shown: reader.text("trace_ids") == Some("show"),
        }
    }
}
