//! `logs.limits`: keys and meaning are those of Loki's `limits_config`.

use std::time::Duration;

use super::reader::Reader;
use super::units;
use crate::schema::{Kind, Section, no_check, scalars};

pub(super) static LIMITS: Section = Section {
    keys: &[
        ("max_label_names_per_series", Kind::Scalar(scalars::count)),
        ("max_label_name_length", Kind::Scalar(scalars::count)),
        ("max_label_value_length", Kind::Scalar(scalars::count)),
        ("max_line_size", Kind::Scalar(size)),
        ("max_line_size_truncate", Kind::Scalar(scalars::boolean)),
        ("max_structured_metadata_size", Kind::Scalar(size)),
        ("max_structured_metadata_entries_count", Kind::Scalar(scalars::count)),
        ("reject_old_samples", Kind::Scalar(scalars::boolean)),
        ("reject_old_samples_max_age", Kind::Scalar(scalars::duration)),
        ("creation_grace_period", Kind::Scalar(scalars::duration)),
        ("max_global_streams_per_user", Kind::Scalar(scalars::count)),
        ("ingestion_rate_mb", Kind::Scalar(megabytes)),
        ("ingestion_burst_size_mb", Kind::Scalar(megabytes)),
        ("per_stream_rate_limit", Kind::Scalar(size)),
        ("per_stream_rate_limit_burst", Kind::Scalar(size)),
        ("max_entries_limit_per_query", Kind::Scalar(scalars::count)),
        ("max_query_series", Kind::Scalar(scalars::count)),
        ("max_query_length", Kind::Scalar(scalars::duration)),
    ],
    with: &[],
    check: no_check,
};

/// What senders and askers of lines may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogsLimits {
    writes: aio_ingest::LogsLimits,
    lines_max: usize,
    series_max: usize,
    range_max: Duration,
}

impl Default for LogsLimits {
    fn default() -> Self {
        let queries = aio_logql::Config::default();
        Self {
            writes: aio_ingest::LogsLimits::default(),
            lines_max: queries.lines_max,
            series_max: queries.series_max,
            range_max: Duration::from_nanos(queries.range_ns_max.unsigned_abs()),
        }
    }
}

impl LogsLimits {
    pub(super) fn read(reader: Reader<'_>, defaults: &Self) -> Self {
        let writes = &defaults.writes;
        let bytes = |key, default| reader.text(key).and_then(|text| to_size(text).ok()).unwrap_or(default);
        let size = |key, default: usize| usize::try_from(bytes(key, default as u64)).unwrap_or(usize::MAX);
        let megabytes = |key, default| reader.text(key).and_then(to_bytes).unwrap_or(default);
        let age = reader.duration("reject_old_samples_max_age", writes.age);
        let rejects_old = reader.boolean("reject_old_samples", !writes.age.is_zero());
        Self {
            writes: aio_ingest::LogsLimits {
                labels: reader.count("max_label_names_per_series", writes.labels),
                label_name_bytes: reader.count("max_label_name_length", writes.label_name_bytes),
                label_value_bytes: reader.count("max_label_value_length", writes.label_value_bytes),
                line_bytes: size("max_line_size", writes.line_bytes),
                is_cutting_lines: reader.boolean("max_line_size_truncate", writes.is_cutting_lines),
                metadata_bytes: size("max_structured_metadata_size", writes.metadata_bytes),
                metadata_pairs: reader.count("max_structured_metadata_entries_count", writes.metadata_pairs),
                age: if rejects_old { age } else { Duration::ZERO },
                ahead: reader.duration("creation_grace_period", writes.ahead),
                behind: writes.behind,
                streams: reader.count("max_global_streams_per_user", writes.streams),
                rate_bytes: megabytes("ingestion_rate_mb", writes.rate_bytes),
                burst_bytes: megabytes("ingestion_burst_size_mb", writes.burst_bytes),
                stream_rate_bytes: bytes("per_stream_rate_limit", writes.stream_rate_bytes),
                stream_burst_bytes: bytes("per_stream_rate_limit_burst", writes.stream_burst_bytes),
            },
            lines_max: reader.count("max_entries_limit_per_query", defaults.lines_max),
            series_max: reader.count("max_query_series", defaults.series_max),
            range_max: reader.duration("max_query_length", defaults.range_max),
        }
    }

    pub(super) fn writes(&self, behind: Duration) -> aio_ingest::LogsLimits {
        aio_ingest::LogsLimits { behind, ..self.writes.clone() }
    }

    pub(super) fn engine(&self) -> aio_logql::Config {
        aio_logql::Config {
            lines_max: self.lines_max,
            series_max: self.series_max,
            range_ns_max: i64::try_from(self.range_max.as_nanos()).unwrap_or(i64::MAX),
            ..aio_logql::Config::default()
        }
    }
}

fn megabytes(text: &str) -> Result<(), String> {
    to_bytes(text).map(|_| ()).ok_or_else(|| format!("{text:?} is not a number of megabytes"))
}

/// A megabyte is 2^20 bytes.
fn to_bytes(text: &str) -> Option<u64> {
    let megabytes: f64 = text.parse().ok()?;
    let is_sensible = megabytes.is_finite() && (0.0..1e9).contains(&megabytes);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just before")]
    is_sensible.then_some((megabytes * 1_048_576.0) as u64)
}

fn size(text: &str) -> Result<(), String> {
    to_size(text).map(|_| ())
}

/// Units are powers of 1024 in Loki's configuration, whether they have an `i` or not; without one it is bytes.
fn to_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (count, unit) = text.split_at(unit_at);
    let unit = match unit.trim().to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => "B".to_owned(),
        unit => format!("{unit}iB"),
    };
    units::bytes(&format!("{count}{unit}")).map_err(|_| format!("{text:?} is not a size such as 256KB or 3MB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_loki() {
        for (text, bytes) in [("256KB", 262_144), ("3MB", 3 << 20), ("64KiB", 65_536), ("262144", 262_144), ("7b", 7)] {
            assert_eq!(to_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "KB", "3XB", "-1"] {
            assert!(to_size(text).is_err(), "{text}");
        }
        assert_eq!(
            (to_bytes("4"), to_bytes("0.5"), to_bytes("-1"), to_bytes("inf")),
            (Some(4 << 20), Some(1 << 19), None, None)
        );
    }
}
