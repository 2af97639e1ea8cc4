//! The rules a stream and a line are held to. Texts are Loki's.

use std::fmt::{self, Write as _};

use aio_types::{Labels, LogEntry, TimestampMs, TimestampNs};
use aio_wire::loki::NO_TIME;

use super::limits::LogsLimits;
use super::{SERVICE, service};

/// How much of a stream, a name or a value a fault shows.
const SHOWN_BYTES_MAX: usize = 512;

/// A name, a value or a stream in a fault: long ones are cut, since a report names several.
pub(super) struct Short<T>(pub(super) T);

/// Takes so many more bytes, then fails.
struct Cut {
    text: String,
    left: usize,
}

impl<T: fmt::Display> fmt::Display for Short<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cut = Cut { text: String::new(), left: SHOWN_BYTES_MAX };
        let end = if write!(cut, "{}", self.0).is_ok() { "" } else { "…" };
        write!(f, "{}{end}", cut.text)
    }
}

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let taken = text.floor_char_boundary(self.left);
        self.text.push_str(&text[..taken]);
        self.left -= taken;
        if taken < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

pub(super) fn labels(limits: &LogsLimits, labels: &Labels) -> Result<(), String> {
    let stream = Short(labels);
    let count = labels.iter().filter(|(name, _)| *name != SERVICE).count();
    if count > limits.labels {
        return Err(format!("entry for stream '{stream}' has {count} label names; limit {}", limits.labels));
    }
    for (name, value) in labels.iter() {
        if !is_label_name(name) {
            return Err(format!("stream '{stream}' has invalid label name: '{}'", Short(name)));
        }
        if name.len() > limits.label_name_bytes {
            return Err(format!("stream '{stream}' has label name too long: '{}'", Short(name)));
        }
        if value.len() > limits.label_value_bytes {
            return Err(format!("stream '{stream}' has label value too long: '{}'", Short(value)));
        }
    }
    Ok(())
}

/// The fault of a stream that has a label twice; `pairs` are all it has, by name.
#[must_use]
pub fn duplicate_label(pairs: &[(String, String)], name: &str) -> String {
    let value_of = |name: &str| pairs.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value);
    let own = (SERVICE.to_owned(), service(value_of).to_owned());
    let mut all: Vec<_> = pairs.iter().chain(value_of(SERVICE).is_empty().then_some(&own)).collect();
    all.sort();
    let shown: Vec<_> = all.iter().map(|(name, value)| Labels::from_pairs([(name, value)]).to_string()).collect();
    let stream = format!("{{{}}}", shown.iter().map(|one| &one[1..one.len() - 1]).collect::<Vec<_>>().join(", "));
    format!("stream '{}' has duplicate label name: '{}'", Short(stream), Short(name))
}

fn is_label_name(name: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(valid) && !name.starts_with(|c: char| c.is_ascii_digit())
}

pub(super) fn entry(limits: &LogsLimits, labels: &Labels, entry: &LogEntry, now: TimestampMs) -> Result<(), String> {
    let stream = Short(labels);
    let now = TimestampNs::from_ms(now);
    let ns = |d: std::time::Duration| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX);
    let oldest = now.saturating_add(-ns(limits.age));
    if !limits.age.is_zero() && entry.ts < oldest {
        let ts = if entry.ts == NO_TIME { "0001-01-01T00:00:00Z".to_owned() } else { entry.ts.to_rfc3339() };
        let oldest = oldest.to_rfc3339();
        return Err(format!(
            "entry for stream '{stream}' has timestamp too old: {ts}, oldest acceptable timestamp is: {oldest}"
        ));
    }
    if !limits.ahead.is_zero() && entry.ts > now.saturating_add(ns(limits.ahead)) {
        return Err(format!("entry for stream '{stream}' has timestamp too new: {}", entry.ts.to_rfc3339()));
    }
    if entry.line.len() > limits.line_bytes {
        return Err(format!(
            "max entry size '{}' bytes exceeded for stream '{stream}' while adding an entry with length \
             '{}' bytes",
            limits.line_bytes,
            entry.line.len()
        ));
    }
    let bytes: usize = entry.metadata.iter().map(|(n, v)| n.len() + v.len()).sum();
    if bytes > limits.metadata_bytes {
        return Err(format!(
            "stream '{stream}' has structured metadata too large: '{bytes}' bytes, limit: '{}' \
             bytes. Please see `limits_config.max_structured_metadata_size` or contact your Loki administrator to \
             increase it",
            limits.metadata_bytes
        ));
    }
    if entry.metadata.len() > limits.metadata_pairs {
        return Err(format!(
            "stream '{stream}' has too many structured metadata labels: '{}', limit: '{}'. Please \
             see `limits_config.max_structured_metadata_entries_count` or contact your Loki administrator to increase \
             it",
            entry.metadata.len(),
            limits.metadata_pairs
        ));
    }
    Ok(())
}
