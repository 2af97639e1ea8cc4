//! What a line that nobody named a parser for has: JSON is tried, then logfmt. Source: Loki's `detected_fields`.

use std::collections::BTreeMap;

use aio_types::{Labels, LogEntry, TimestampNs};

use crate::line::{Category, ERROR, ERROR_DETAILS, LabelScratch, LineLabels, Needed};
use crate::stage::json;
use crate::stage::logfmt::Logfmt;
use crate::units;

/// What was found in a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detected {
    /// `json` or `logfmt`, where one of them could read the line.
    pub parser: Option<&'static str>,
    /// Labels and their values.
    pub fields: Vec<(String, String)>,
    /// Keys that lead to a label, for those of JSON.
    pub paths: BTreeMap<String, Vec<String>>,
}

/// Reads a line of a stream. What goes by the name of a label of the stream gets another; structured metadata may share
/// its names with what is found.
#[must_use]
pub fn detect(stream: &Labels, line: &str) -> Detected {
    let entry = LogEntry { ts: TimestampNs(0), line: line.into(), metadata: Labels::default() };
    let mut scratch = LabelScratch::default();
    let mut labels = LineLabels::new(stream, &entry, &Needed::All, &mut scratch);
    json::apply(line, &mut labels);
    if labels.error().is_none() {
        return Detected { parser: Some("json"), fields: parsed(&labels), paths: json::paths(line) };
    }
    let mut labels = LineLabels::new(stream, &entry, &Needed::All, &mut scratch);
    let Ok(logfmt) = Logfmt::new(false, false, &[]) else { return Detected::default() };
    logfmt.apply(line, &mut labels);
    if labels.error().is_some() {
        return Detected::default();
    }
    Detected { parser: Some("logfmt"), fields: parsed(&labels), paths: BTreeMap::new() }
}

fn parsed(labels: &LineLabels<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    labels.each(|category, name, value| {
        if category == Category::Parsed && name != ERROR && name != ERROR_DETAILS {
            found.push((name.to_owned(), value.to_owned()));
        }
    });
    found
}

/// What a value can be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// A whole number.
    Int,
    /// Another number.
    Float,
    /// True or false.
    Boolean,
    /// A duration with its unit.
    Duration,
    /// A size with its unit.
    Bytes,
    /// Anything else.
    String,
}

impl FieldType {
    /// Of one value.
    #[must_use]
    pub fn of(value: &str) -> Self {
        match value {
            _ if value.parse::<i64>().is_ok() => Self::Int,
            _ if value.parse::<f64>().is_ok() => Self::Float,
            "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False" => Self::Boolean,
            _ if units::go_duration_ns(value).is_some() => Self::Duration,
            _ if units::bytes(value).is_some() => Self::Bytes,
            _ => Self::String,
        }
    }

    /// Of values of this and that type.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Int | Self::Float, Self::Int | Self::Float) => Self::Float,
            _ => Self::String,
        }
    }

    /// As the API names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Duration => "duration",
            Self::Bytes => "bytes",
            Self::String => "string",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> (Option<&'static str>, String) {
        let found = detect(&Labels::from_pairs([("app", "a")]), line);
        (found.parser, found.fields.iter().map(|(n, v)| format!("{n}={v} ")).collect())
    }

    #[test]
    fn json_is_tried_and_then_logfmt() {
        for (line, parser, fields) in [
            (r#"{"a":1,"b":{"c":"x"},"app":"y"}"#, Some("json"), "a=1 b_c=x app_extracted=y "),
            ("level=info app=q", Some("logfmt"), "level=info app_extracted=q "),
            ("plain text", Some("logfmt"), ""),
            (r#"{"a":"#, Some("logfmt"), ""),
        ] {
            assert_eq!(of(line), (parser, fields.to_owned()), "{line}");
        }
    }

    #[test]
    fn labels_of_json_know_their_keys() {
        let paths = json::paths(r#"{"user":{"id":1,"full name":{"x":"y"}},"user_id":2,"z":[1],"1":true}"#);
        let told: Vec<_> = paths.iter().map(|(name, path)| format!("{name}={}", path.join("."))).collect();
        assert_eq!(told, ["_1=1", "user_full_name_x=user.full name.x", "user_id=user.id"]);
    }

    #[test]
    fn values_have_types() {
        for (value, want) in [
            ("12", "int"),
            ("1.5", "float"),
            ("true", "boolean"),
            ("250ms", "duration"),
            ("1.5KB", "bytes"),
            ("x", "string"),
        ] {
            assert_eq!(FieldType::of(value).as_str(), want, "{value}");
        }
        assert_eq!(FieldType::Int.and(FieldType::Float), FieldType::Float);
        assert_eq!(FieldType::Int.and(FieldType::Boolean), FieldType::String);
    }
}
