//! Which lines are acceptable, and what is added to them. Limits and texts are Loki's.

use std::fmt::{self, Write as _};

use aio_types::{Labels, LogEntry, LogsWrite, StreamWrite, TimestampMs, TimestampNs};

use crate::level;

const LABELS_MAX: usize = 15;
const LABEL_NAME_BYTES_MAX: usize = 1024;
const LABEL_VALUE_BYTES_MAX: usize = 2048;
const LINE_BYTES_MAX: usize = 256 << 10;
const METADATA_BYTES_MAX: usize = 64 << 10;
const METADATA_PAIRS_MAX: usize = 128;
const AGE_NS_MAX: i64 = 7 * 86_400 * 1_000_000_000;
const AHEAD_NS_MAX: i64 = 600 * 1_000_000_000;
/// How many faults a report names; the rest is counted.
const FAULTS_MAX: usize = 10;
/// How much of a stream, a name or a value a fault shows.
const SHOWN_BYTES_MAX: usize = 512;

const SERVICE: &str = "service_name";
const LEVEL: &str = "detected_level";

/// Labels that may name a stream's service, in order of precedence.
const SERVICE_LABELS: [&str; 13] = [
    "service",
    "app",
    "application",
    "app_name",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "k8s_container_name",
    "component",
    "workload",
    "job",
    "k8s_job_name",
];

/// What became of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogsReport {
    /// Lines stored, repeats of stored ones included.
    pub accepted: u64,
    /// Lines refused.
    pub rejected: u64,
    /// Why, for the first of them.
    pub faults: Vec<String>,
}

impl LogsReport {
    /// Adds lines that are not stored.
    pub fn reject(&mut self, lines: usize, why: String) {
        self.rejected += lines as u64;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(why);
        }
    }

    /// All faults as one text.
    #[must_use]
    pub fn message(&self) -> String {
        self.faults.join("\n")
    }
}

/// The acceptable part of a write, completed; and what was left out.
pub(crate) fn accept(write: LogsWrite, now: TimestampMs) -> (LogsWrite, LogsReport) {
    let mut report = LogsReport::default();
    let mut streams = Vec::with_capacity(write.streams.len());
    for stream in write.streams {
        if stream.entries.is_empty() {
            continue;
        }
        if let Err(why) = check_labels(&stream.labels) {
            report.reject(stream.entries.len(), why);
            continue;
        }
        let labels = with_service(&stream.labels);
        let mut entries = Vec::with_capacity(stream.entries.len());
        for entry in stream.entries {
            match check_entry(&stream.labels, &entry, now) {
                Ok(()) => entries.push(with_level(&stream.labels, entry)),
                Err(why) => report.reject(1, why),
            }
        }
        report.accepted += entries.len() as u64;
        if !entries.is_empty() {
            streams.push(StreamWrite { labels, entries });
        }
    }
    (LogsWrite { streams }, report)
}

/// A name, a value or a stream in a fault: long ones are cut, since a report names several.
struct Short<T>(T);

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

fn check_labels(labels: &Labels) -> Result<(), String> {
    let stream = Short(labels);
    let count = labels.iter().filter(|(name, _)| *name != SERVICE).count();
    if count > LABELS_MAX {
        return Err(format!("entry for stream '{stream}' has {count} label names; limit {LABELS_MAX}"));
    }
    for (name, value) in labels.iter() {
        if !is_label_name(name) {
            return Err(format!("stream '{stream}' has invalid label name: '{}'", Short(name)));
        }
        if name.len() > LABEL_NAME_BYTES_MAX {
            return Err(format!("stream '{stream}' has label name too long: '{}'", Short(name)));
        }
        if value.len() > LABEL_VALUE_BYTES_MAX {
            return Err(format!("stream '{stream}' has label value too long: '{}'", Short(value)));
        }
    }
    Ok(())
}

fn is_label_name(name: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.chars().all(valid) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn check_entry(labels: &Labels, entry: &LogEntry, now: TimestampMs) -> Result<(), String> {
    let stream = Short(labels);
    let now = TimestampNs::from_ms(now);
    let oldest = now.saturating_add(-AGE_NS_MAX);
    if entry.ts < oldest {
        let (ts, oldest) = (entry.ts.to_rfc3339(), oldest.to_rfc3339());
        return Err(format!(
            "entry for stream '{stream}' has timestamp too old: {ts}, oldest acceptable timestamp is: {oldest}"
        ));
    }
    if entry.ts > now.saturating_add(AHEAD_NS_MAX) {
        return Err(format!("entry for stream '{stream}' has timestamp too new: {}", entry.ts.to_rfc3339()));
    }
    if entry.line.len() > LINE_BYTES_MAX {
        return Err(format!(
            "max entry size '{LINE_BYTES_MAX}' bytes exceeded for stream '{stream}' while adding an entry with length \
             '{}' bytes",
            entry.line.len()
        ));
    }
    let bytes: usize = entry.metadata.iter().map(|(n, v)| n.len() + v.len()).sum();
    if bytes > METADATA_BYTES_MAX {
        return Err(format!(
            "stream '{stream}' has structured metadata size too large: '{bytes}' bytes, limit: '{METADATA_BYTES_MAX}' \
             bytes. Please see `limits_config.max_structured_metadata_size` or contact your Loki administrator to \
             increase it."
        ));
    }
    if entry.metadata.len() > METADATA_PAIRS_MAX {
        return Err(format!(
            "stream '{stream}' has too many structured metadata labels: '{}', limit: '{METADATA_PAIRS_MAX}'. Please \
             see `limits_config.max_structured_metadata_entries_count` or contact your Loki administrator to increase \
             it.",
            entry.metadata.len()
        ));
    }
    Ok(())
}

fn with_service(labels: &Labels) -> Labels {
    if !labels.get(SERVICE).is_empty() {
        return labels.clone();
    }
    let found = SERVICE_LABELS.iter().map(|name| labels.get(name)).find(|value| !value.is_empty());
    let mut builder = labels.to_builder();
    builder.push(SERVICE, found.unwrap_or("unknown_service"));
    builder.build()
}

fn with_level(stream: &Labels, mut entry: LogEntry) -> LogEntry {
    let level = match entry.metadata.get(LEVEL) {
        "" => level::detect(stream, &entry),
        sent => level::normal(sent),
    };
    let mut builder = entry.metadata.to_builder();
    builder.push(LEVEL, level);
    entry.metadata = builder.build();
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

    fn push(labels: &[(&str, &str)], seconds: i64, line: &str) -> (LogsWrite, LogsReport) {
        let entry = LogEntry {
            ts: TimestampNs::from_ms(NOW).saturating_add(seconds * 1_000_000_000),
            line: line.into(),
            metadata: Labels::default(),
        };
        let stream = StreamWrite { labels: Labels::from_pairs(labels.iter().copied()), entries: vec![entry] };
        accept(LogsWrite { streams: vec![stream] }, NOW)
    }

    #[test]
    fn services_and_levels_are_added() {
        let (write, report) = push(&[("job", "j"), ("app", "a")], 0, "level=warn");
        assert_eq!(write.streams[0].labels.get(SERVICE), "a");
        assert_eq!(write.streams[0].entries[0].metadata.get(LEVEL), "warn");
        assert_eq!((report.accepted, report.rejected), (1, 0));
        for labels in [&[("x", "y")][..], &[("app", "")], &[]] {
            let (write, report) = push(labels, 0, "");
            assert_eq!((write.streams[0].labels.get(SERVICE), report.rejected), ("unknown_service", 0), "{labels:?}");
        }
    }

    #[test]
    fn metadata_has_limits() {
        let pairs = |count: usize, bytes: usize| {
            let pair = |i| (format!("k{i:03}"), "v".repeat(bytes));
            let metadata = Labels::from_pairs((0..count).map(pair));
            let entry = LogEntry { ts: TimestampNs::from_ms(NOW), line: "x".into(), metadata };
            let labels = Labels::from_pairs([("a", "b")]);
            let stream = StreamWrite { labels, entries: vec![entry] };
            accept(LogsWrite { streams: vec![stream] }, NOW).1.message()
        };
        assert_eq!(pairs(128, 1), "");
        let many = pairs(129, 1);
        assert!(many.contains("has too many structured metadata labels: '129', limit: '128'"), "{many}");
        let large = pairs(1, 65_536);
        assert!(large.contains("structured metadata size too large: '65540' bytes, limit: '65536' bytes"), "{large}");
    }

    #[test]
    fn long_labels_are_cut_in_faults() {
        let long = "é".repeat(1_000_000);
        let message = push(&[("a", "b"), ("long", &long)], 0, "x").1.message();
        assert!(message.starts_with("stream '{a=\"b\", long=\"éé"), "{message:.100}");
        assert!(message.ends_with("éé…'") && message.len() < 1200, "{}", message.len());
    }

    #[test]
    fn one_more_label_is_fine_when_it_names_the_service() {
        let names: Vec<String> = (0..15).map(|i| format!("l{i:02}")).collect();
        let mut labels: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "v")).collect();
        labels.push((SERVICE, "s"));
        assert_eq!(push(&labels, 0, "x").1.rejected, 0);
    }

    #[test]
    fn a_level_sent_along_is_put_in_its_normal_form() {
        let metadata = Labels::from_pairs([(LEVEL, "WARNING"), ("level", "error")]);
        let entry = LogEntry { ts: TimestampNs::from_ms(NOW), line: "fatal".into(), metadata };
        assert_eq!(with_level(&Labels::from_pairs([("level", "info")]), entry).metadata.get(LEVEL), "warn");
    }

    #[test]
    fn limits_speak_as_lokis_do() {
        let many: Vec<(String, String)> = (0..16).map(|i| (format!("l{i:02}"), "v".to_owned())).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let long = "x".repeat(LINE_BYTES_MAX + 1);
        for (labels, seconds, line, want) in [
            (&many[..], 0, "x", "has 16 label names; limit 15"),
            (&[("a", "b")][..], 0, &*long, "max entry size '262144' bytes exceeded for stream '{a=\"b\"}'"),
            (
                &[("a", "b")][..],
                -8 * 86_400,
                "x",
                "entry for stream '{a=\"b\"}' has timestamp too old: 2023-11-06T22:13:20Z, oldest acceptable \
                 timestamp is: 2023-11-07T22:13:20Z",
            ),
            (&[("a", "b")][..], 601, "x", "has timestamp too new: 2023-11-14T22:23:21Z"),
            (&[("a b", "b")][..], 0, "x", "invalid label name: 'a b'"),
        ] {
            let (write, report) = push(labels, seconds, line);
            assert!(write.streams.is_empty());
            assert_eq!(report.rejected, 1);
            assert!(report.message().contains(want), "{}", report.message());
        }
    }
}
