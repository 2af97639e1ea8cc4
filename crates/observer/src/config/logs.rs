//! `logs`.

use std::time::Duration;

use aio_ingest::{KeptStreams, LogsRetention};

use super::logs_limits::{LIMITS, LogsLimits};
use super::metrics::{RETENTION, Retention};
use super::prometheus::required;
use super::reader::Reader;
use crate::schema::{Kind, Section, TEXTS, no_check, scalars};

pub(super) static LOGS: Section = Section {
    keys: &[
        ("rule_files", TEXTS),
        ("trace_ids", Kind::Scalar(|text| scalars::one_of(text, &["match", "show"]))),
        ("out_of_order", Kind::Scalar(scalars::duration)),
        ("chunk_age", Kind::Scalar(scalars::positive_duration)),
    ],
    with: &[&OF_TENANTS],
    check: no_check,
};

/// What tenants may have of their own.
pub(super) static OF_TENANTS: Section = Section {
    keys: &[
        ("retention", Kind::Section(&RETENTION)),
        ("retention_stream", Kind::List(&Kind::Section(&STREAMS))),
        ("limits", Kind::Section(&LIMITS)),
    ],
    with: &[],
    check: no_check,
};

static STREAMS: Section = Section {
    keys: &[
        ("selector", Kind::Scalar(|text| aio_logql::parse_matchers(text).map(|_| ()).map_err(|e| e.to_string()))),
        ("priority", Kind::Scalar(scalars::integer)),
        ("period", Kind::Scalar(scalars::positive_duration)),
    ],
    with: &[],
    check: |node, faults| {
        required(node, faults, "selector");
        required(node, faults, "period");
    },
};

/// The logs signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logs {
    pub(crate) retention: Retention,
    /// Streams with a retention of their own.
    pub(crate) retention_stream: Vec<Streams>,
    pub(crate) limits: LogsLimits,
    /// Whether ids lifted from text appear among a result's labels.
    pub(crate) trace_ids_shown: bool,
    /// How much older than its stream's newest a line may be; zero for any.
    pub(crate) out_of_order: Duration,
    /// How long lines stay in memory before they are written to files.
    pub(crate) chunk_age: Duration,
}

/// Streams with a retention of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Streams {
    selector: String,
    priority: i64,
    period: Duration,
}

impl Default for Logs {
    fn default() -> Self {
        Self {
            retention: Retention { time: Duration::from_secs(7 * 86_400), size_bytes: 20_000_000_000 },
            retention_stream: Vec::new(),
            limits: LogsLimits::default(),
            trace_ids_shown: false,
            out_of_order: Duration::ZERO,
            chunk_age: Duration::from_secs(600),
        }
    }
}

impl Logs {
    pub(super) fn read(reader: Reader<'_>, defaults: &Self) -> Self {
        Self {
            retention: Retention::read(reader.section("retention"), defaults.retention),
            retention_stream: reader
                .items("retention_stream")
                .map_or_else(|| defaults.retention_stream.clone(), |items| items.map(Streams::read).collect()),
            limits: LogsLimits::read(reader.section("limits"), &defaults.limits),
            trace_ids_shown: reader.text("trace_ids").map_or(defaults.trace_ids_shown, |text| text == "show"),
            out_of_order: reader.duration("out_of_order", defaults.out_of_order),
            chunk_age: reader.duration("chunk_age", defaults.chunk_age),
        }
    }

    /// What the store takes.
    pub(crate) fn kept(&self) -> LogsRetention {
        LogsRetention {
            time: self.retention.time,
            bytes: self.retention.size_bytes as u64,
            streams: self.retention_stream.iter().filter_map(Streams::kept).collect(),
        }
    }

    /// What the write path takes.
    pub(crate) fn writes(&self) -> aio_ingest::LogsLimits {
        self.limits.writes(self.out_of_order)
    }

    /// What the engine takes.
    pub(crate) fn engine(&self) -> aio_logql::Config {
        aio_logql::Config { shows_trace_ids: self.trace_ids_shown, ..self.limits.engine() }
    }
}

impl Streams {
    fn read(reader: Reader<'_>) -> Self {
        Self {
            selector: reader.text("selector").unwrap_or_default().to_owned(),
            priority: reader.text("priority").and_then(scalars::to_integer).unwrap_or(0),
            period: reader.duration("period", Duration::ZERO),
        }
    }

    fn kept(&self) -> Option<KeptStreams> {
        let matchers = aio_logql::parse_matchers(&self.selector).ok()?;
        Some(KeptStreams { matchers, priority: self.priority, time: self.period })
    }
}
