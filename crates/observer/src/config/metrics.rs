//! `metrics`, and the retention all signals share.

use std::time::Duration;

use super::reader::Reader;
use crate::schema::{Kind, Section, no_check, scalars};

pub(super) static METRICS: Section = Section {
    keys: &[
        ("retention", Kind::Section(&RETENTION)),
        ("out_of_order", Kind::Scalar(scalars::duration)),
        ("block_range", Kind::Scalar(scalars::positive_duration)),
        ("promql", Kind::Section(&PROMQL)),
    ],
    with: &[],
    check: no_check,
};

pub(super) static RETENTION: Section = Section {
    keys: &[("time", Kind::Scalar(scalars::positive_duration)), ("size", Kind::Scalar(scalars::size))],
    with: &[],
    check: no_check,
};

static PROMQL: Section = Section {
    keys: &[
        ("delayed_name_removal", Kind::Scalar(scalars::boolean)),
        ("lookback", Kind::Scalar(scalars::positive_duration)),
        ("subquery_step", Kind::Scalar(scalars::positive_duration)),
        ("timeout", Kind::Scalar(scalars::positive_duration)),
        ("max_samples", Kind::Scalar(scalars::count)),
        ("max_memory", Kind::Scalar(scalars::size)),
        ("cache", Kind::Scalar(scalars::size)),
        ("start_timestamps", Kind::Scalar(scalars::boolean)),
        ("type_and_unit_labels", Kind::Scalar(scalars::boolean)),
    ],
    with: &[],
    check: no_check,
};

/// The metrics signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metrics {
    pub(crate) retention: Retention,
    /// Samples this much older than a series' newest are accepted.
    pub(crate) out_of_order: Duration,
    /// How long samples stay in memory before they become a block.
    pub(crate) block_range: Duration,
    pub(crate) promql: Promql,
}

/// How long and how much a signal is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    pub(crate) time: Duration,
    /// Active for metrics and logs; not yet for traces.
    pub(crate) size_bytes: usize,
}

/// How PromQL is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Promql {
    /// Whether names of metrics go at the end of a query rather than where values change.
    pub(crate) delayed_name_removal: bool,
    pub(crate) lookback: Duration,
    pub(crate) subquery_step: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_samples: usize,
    /// What one query may hold.
    pub(crate) max_memory_bytes: usize,
    /// Answers of range queries that are kept.
    pub(crate) cache_bytes: usize,
    /// Whether start times of samples tell of resets.
    pub(crate) start_timestamps: bool,
    /// Whether the label `__type__` says what is a counter.
    pub(crate) type_and_unit_labels: bool,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            retention: Retention { time: Duration::from_secs(15 * 86_400), size_bytes: 20_000_000_000 },
            out_of_order: Duration::from_secs(3600),
            block_range: Duration::from_secs(2 * 3600),
            promql: Promql {
                delayed_name_removal: false,
                lookback: Duration::from_secs(300),
                subquery_step: Duration::from_secs(60),
                timeout: Duration::from_secs(120),
                max_samples: 50_000_000,
                max_memory_bytes: 1 << 30,
                cache_bytes: 32 << 20,
                start_timestamps: false,
                type_and_unit_labels: false,
            },
        }
    }
}

impl Metrics {
    /// A subquery that names no step takes the evaluation interval, as upstream has it.
    pub(super) fn read(reader: Reader<'_>, global: Reader<'_>) -> Self {
        let mut defaults = Self::default();
        let interval = global.duration("evaluation_interval", Duration::ZERO);
        if !interval.is_zero() {
            defaults.promql.subquery_step = interval;
        }
        Self {
            retention: Retention::read(reader.section("retention"), defaults.retention),
            out_of_order: reader.duration("out_of_order", defaults.out_of_order),
            block_range: reader.duration("block_range", defaults.block_range),
            promql: Promql::read(reader.section("promql"), &defaults.promql),
        }
    }
}

impl Retention {
    pub(super) fn read(reader: Reader<'_>, defaults: Self) -> Self {
        Self { time: reader.duration("time", defaults.time), size_bytes: reader.bytes("size", defaults.size_bytes) }
    }
}

impl Promql {
    fn read(reader: Reader<'_>, defaults: &Self) -> Self {
        Self {
            delayed_name_removal: reader.boolean("delayed_name_removal", defaults.delayed_name_removal),
            lookback: reader.duration("lookback", defaults.lookback),
            subquery_step: reader.duration("subquery_step", defaults.subquery_step),
            timeout: reader.duration("timeout", defaults.timeout),
            max_samples: reader.count("max_samples", defaults.max_samples),
            max_memory_bytes: reader.bytes("max_memory", defaults.max_memory_bytes),
            cache_bytes: reader.bytes("cache", defaults.cache_bytes),
            start_timestamps: reader.boolean("start_timestamps", defaults.start_timestamps),
            type_and_unit_labels: reader.boolean("type_and_unit_labels", defaults.type_and_unit_labels),
        }
    }

    /// What the engine takes.
    pub(crate) fn engine(&self) -> aio_promql::Config {
        self.over(aio_promql::Config::default())
    }

    fn over(&self, mut config: aio_promql::Config) -> aio_promql::Config {
        let millis = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
        config.lookback_ms = millis(self.lookback);
        config.subquery_step_ms = millis(self.subquery_step);
        config.max_samples = self.max_samples;
        config.max_bytes = self.max_memory_bytes;
        config.answers_bytes = self.cache_bytes;
        config.delayed_name_removal = self.delayed_name_removal;
        config.start_timestamps = self.start_timestamps;
        config.type_and_unit_labels = self.type_and_unit_labels;
        config
    }
}
