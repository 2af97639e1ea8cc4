//! The level of a line, found the way Loki finds `detected_level`.
//!
//! ```text
//!   label of the stream > metadata of a known name > OTLP's number > JSON or logfmt field > word of the line
//! ```

mod json;
mod logfmt;
mod words;

use std::borrow::Cow;

use aio_types::{Labels, LogEntry};

/// The metadata that holds a line's level.
const LEVEL: &str = "detected_level";
/// Names under which senders keep a level, in order of precedence.
pub const LEVEL_NAMES: [&str; 14] = [
    "level",
    "LEVEL",
    "Level",
    "log.level",
    "severity",
    "SEVERITY",
    "Severity",
    "SeverityText",
    "lvl",
    "LVL",
    "Lvl",
    "severity_text",
    "Severity_Text",
    "SEVERITY_TEXT",
];
const UNKNOWN: &str = "unknown";

/// Adds their level to the lines of one stream.
#[derive(Debug)]
pub(crate) struct Levels {
    of_stream: Option<Cow<'static, str>>,
    /// The metadata of lines that come without any, by level: most do, and share it.
    shared: Vec<Labels>,
}

impl Levels {
    pub(crate) fn of(stream: &Labels) -> Self {
        Self { of_stream: named(stream), shared: Vec::new() }
    }

    /// The line with its level in its metadata.
    pub(crate) fn complete(&mut self, mut entry: LogEntry) -> LogEntry {
        if entry.metadata.is_empty() {
            let level = match &self.of_stream {
                Some(level) => level,
                None => of_line(&entry.line),
            };
            entry.metadata = match self.shared.iter().find(|labels| labels.get(LEVEL) == level) {
                Some(labels) => labels.clone(),
                None => {
                    self.shared.push(Labels::from_pairs([(LEVEL, level)]));
                    self.shared[self.shared.len() - 1].clone()
                }
            };
            return entry;
        }
        let level = self.with_metadata(&entry);
        let sent = entry.metadata.iter();
        entry.metadata = Labels::from_pairs(sent.chain([(LEVEL, &*level)]));
        entry
    }

    fn with_metadata(&self, entry: &LogEntry) -> Cow<'static, str> {
        match entry.metadata.get(LEVEL) {
            "" => {}
            sent => return normal(sent),
        }
        self.of_stream.clone().or_else(|| named(&entry.metadata)).unwrap_or_else(|| {
            Cow::Borrowed(match entry.metadata.get("severity_number") {
                "" => of_line(&entry.line),
                number => of_number(number),
            })
        })
    }
}

fn is_named(name: &str) -> bool {
    LEVEL_NAMES.contains(&name)
}

fn named(labels: &Labels) -> Option<Cow<'static, str>> {
    LEVEL_NAMES.iter().map(|name| labels.get(name)).find(|value| !value.is_empty()).map(normal)
}

/// One spelling per level; words that are none are kept.
fn normal(value: &str) -> Cow<'static, str> {
    known(value).map_or_else(|| Cow::Owned(value.to_owned()), Cow::Borrowed)
}

/// The level that a text is a spelling of.
fn known(value: &str) -> Option<&'static str> {
    const SPELLINGS: [(&str, &str); 14] = [
        ("info", "info"),
        ("debug", "debug"),
        ("warn", "warn"),
        ("error", "error"),
        ("warning", "warn"),
        ("trace", "trace"),
        ("fatal", "fatal"),
        ("critical", "critical"),
        ("err", "error"),
        ("inf", "info"),
        ("information", "info"),
        ("wrn", "warn"),
        ("dbg", "debug"),
        ("trc", "trace"),
    ];
    SPELLINGS.iter().find(|(spelling, _)| spelling.eq_ignore_ascii_case(value)).map(|(_, level)| *level)
}

/// OTLP's severity numbers come in fours.
fn of_number(number: &str) -> &'static str {
    match number.parse::<i64>() {
        Err(_) => "info",
        Ok(0) => UNKNOWN,
        Ok(..=4) => "trace",
        Ok(..=8) => "debug",
        Ok(..=12) => "info",
        Ok(..=16) => "warn",
        Ok(..=20) => "error",
        Ok(..=24) => "fatal",
        Ok(_) => UNKNOWN,
    }
}

fn of_line(line: &str) -> &'static str {
    let front = line.trim_start();
    let found = if front.starts_with('{') && front.trim_end().ends_with('}') {
        json::level(front)
    } else if line.contains('=') {
        logfmt::value(line).and_then(|value| known(&value))
    } else {
        None
    };
    found.or_else(|| words::level(line)).unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use aio_types::TimestampNs;

    use super::*;

    fn level(stream: &[(&str, &str)], metadata: &[(&str, &str)], line: &str) -> String {
        let entry =
            LogEntry { ts: TimestampNs(0), line: line.into(), metadata: Labels::from_pairs(metadata.iter().copied()) };
        let entry = Levels::of(&Labels::from_pairs(stream.iter().copied())).complete(entry);
        for (name, value) in metadata.iter().filter(|(name, _)| *name != LEVEL) {
            assert_eq!(entry.metadata.get(name), *value);
        }
        entry.metadata.get(LEVEL).to_owned()
    }

    #[test]
    fn levels_are_found_where_loki_finds_them() {
        let none: &[(&str, &str)] = &[];
        for (stream, metadata, line, want) in [
            (&[("level", "WARN")][..], none, "error", "warn"),
            (none, &[("severity_text", "Information")][..], "error", "info"),
            (none, &[("severity_number", "17")][..], "info", "error"),
            (none, &[("severity_number", "0")][..], "info", "unknown"),
            (none, &[("severity_number", "25")][..], "info", "unknown"),
            (none, &[("severity_number", "-3")][..], "info", "trace"),
            (none, &[("severity_number", "x")][..], "error", "info"),
            (none, &[("severity_number", "3"), ("level", "notice")][..], "error", "notice"),
            (none, &[("detected_level", "ERR")][..], "info", "error"),
            (none, &[("detected_level", "odd"), ("level", "info")][..], "info", "odd"),
            (&[("severity", "crit")][..], &[("level", "info")][..], "error", "crit"),
            (none, &[("k", "v")][..], "a warn", "warn"),
            (none, none, r#"{"msg":"x","lvl":"dbg"}"#, "debug"),
            (none, none, "  {\"lvl\":\"dbg\"}\n", "debug"),
            (none, none, r#"{"msg":"set level=notice","x":1}"#, "unknown"),
            (none, none, "ts=1 LEVEL=Warning", "warn"),
            (none, none, "level=notice", "unknown"),
            (none, none, "level=notice fatal", "fatal"),
            (none, none, "a warn, then an error", "warn"),
            (none, none, "", "unknown"),
        ] {
            assert_eq!(level(stream, metadata, line), want, "{line} {metadata:?}");
        }
    }

    #[test]
    fn lines_without_metadata_share_theirs() {
        let mut levels = Levels::of(&Labels::from_pairs([("app", "a")]));
        for line in ["info", "error", "info", "x", "error"] {
            let entry = LogEntry { ts: TimestampNs(0), line: line.into(), metadata: Labels::default() };
            assert_eq!(levels.complete(entry).metadata.get(LEVEL), if line == "x" { UNKNOWN } else { line });
        }
        assert_eq!(levels.shared.len(), 3);
    }
}
