//! The level of a line, found the way Loki finds `detected_level`.

use aio_types::{Labels, LogEntry};
use serde_json::Value;

/// Names under which senders keep a level, in order of precedence.
const NAMES: [&str; 14] = [
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

/// Longer lines are not searched for words to their end.
const SCANNED_BYTES: usize = 4096;
/// Levels may be one object deep in JSON lines.
const JSON_DEPTH: usize = 2;

/// The level of a line, `unknown` where nothing tells.
pub(crate) fn detect(stream: &Labels, entry: &LogEntry) -> String {
    let named = |labels: &Labels| NAMES.iter().map(|n| labels.get(n)).find(|v| !v.is_empty()).map(normal);
    named(stream)
        .or_else(|| named(&entry.metadata))
        .or_else(|| entry.metadata.get("severity_number").parse().ok().and_then(of_number).map(str::to_owned))
        .or_else(|| of_line(&entry.line))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// One spelling per level; words that are none are kept.
pub(crate) fn normal(value: &str) -> String {
    let lower = value.to_ascii_lowercase();
    match lower.as_str() {
        "trace" | "trc" => "trace",
        "debug" | "dbg" => "debug",
        "info" | "inf" | "information" => "info",
        "warn" | "wrn" | "warning" => "warn",
        "error" | "err" => "error",
        "critical" => "critical",
        "fatal" => "fatal",
        _ => return value.to_owned(),
    }
    .to_owned()
}

/// OTLP's severity numbers come in fours.
fn of_number(number: i64) -> Option<&'static str> {
    Some(match number {
        1..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warn",
        17..=20 => "error",
        21..=24 => "fatal",
        _ => return None,
    })
}

fn of_line(line: &str) -> Option<String> {
    let trimmed = line.trim();
    let named = if trimmed.starts_with('{') && trimmed.ends_with('}') {
        let value = serde_json::from_str::<Value>(trimmed).ok();
        value.and_then(|value| of_json(&value, JSON_DEPTH).map(normal))
    } else {
        of_logfmt(line).map(normal)
    };
    named.or_else(|| of_words(line).map(str::to_owned))
}

fn of_json(value: &Value, depth: usize) -> Option<&str> {
    let object = value.as_object()?;
    let here = NAMES.iter().find_map(|n| object.get(*n).and_then(Value::as_str)).filter(|v| !v.is_empty());
    here.or_else(|| (depth > 1).then(|| object.values().find_map(|v| of_json(v, depth - 1)))?)
}

/// Keys are compared without regard to case; of several the earliest name in the list wins.
fn of_logfmt(line: &str) -> Option<&str> {
    if !line.contains('=') {
        return None;
    }
    let pairs = || line.split([' ', '\t']).filter_map(|word| word.split_once('='));
    NAMES.iter().find_map(|name| {
        let found = pairs().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim_matches('"')).filter(|v| !v.is_empty())
    })
}

/// The first word of the line that names a level and stands by itself.
fn of_words(line: &str) -> Option<&'static str> {
    let end = line.char_indices().map(|(i, _)| i).find(|i| *i >= SCANNED_BYTES).unwrap_or(line.len());
    let is_boundary = |c: char| " \t\n[({\"=])}:,!".contains(c);
    let opens = |c: char| " \t\n[({\"=".contains(c);
    let mut before = ' ';
    for word in line[..end].split_inclusive(is_boundary) {
        let bare = word.trim_end_matches(is_boundary);
        let found = WORDS.iter().find(|(name, _)| bare.eq_ignore_ascii_case(name));
        if let Some((_, level)) = found.filter(|_| opens(before)) {
            return Some(level);
        }
        before = word.chars().next_back().unwrap_or(' ');
    }
    None
}

const WORDS: [(&str, &str); 9] = [
    ("trace", "trace"),
    ("debug", "debug"),
    ("fatal", "fatal"),
    ("critical", "critical"),
    ("error", "error"),
    ("err", "error"),
    ("warning", "warn"),
    ("warn", "warn"),
    ("info", "info"),
];

#[cfg(test)]
mod tests {
    use aio_types::TimestampNs;

    use super::*;

    #[test]
    fn levels_are_found_where_loki_finds_them() {
        let none: &[(&str, &str)] = &[];
        for (stream, metadata, line, want) in [
            (&[("level", "WARN")][..], none, "error", "warn"),
            (none, &[("severity_text", "Information")][..], "error", "info"),
            (none, &[("severity_number", "17")][..], "info", "error"),
            (none, none, r#"{"msg":"x","lvl":"dbg"}"#, "debug"),
            (none, none, r#"{"log":{"level":"fatal"}}"#, "fatal"),
            (none, none, r#"{"msg":"set level=notice","x":1}"#, "unknown"),
            (none, none, r#"{"level":3,"msg":"an error"}"#, "error"),
            (none, none, r#"{"level":"info", broken ERROR}"#, "info"),
            (none, none, "ts=1 LEVEL=Warning", "warn"),
            (none, none, "severity=info level=debug", "debug"),
            (none, &[("severity_number", "3"), ("level", "notice")][..], "error", "notice"),
            (&[("severity", "crit")][..], &[("level", "info")][..], "error", "crit"),
            (none, none, "a warn, then an error", "warn"),
            (none, none, "x:error", "unknown"),
            (none, none, "(FATAL) x", "fatal"),
            (none, none, "ts=1 level=err msg=\"all info\"", "error"),
            (none, none, "2026-01-01 00:00:00 WARNING [x] disk", "warn"),
            (none, none, "level=notice", "notice"),
            (none, none, "informal terror", "unknown"),
            (none, none, "GET /error/x", "unknown"),
            (none, none, "[Error] x", "error"),
            (none, none, "", "unknown"),
        ] {
            let entry = LogEntry {
                ts: TimestampNs(0),
                line: line.into(),
                metadata: Labels::from_pairs(metadata.iter().copied()),
            };
            assert_eq!(detect(&Labels::from_pairs(stream.iter().copied()), &entry), want, "{line}");
        }
    }
}
