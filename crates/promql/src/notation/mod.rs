//! The notation of series in test scripts and in unit tests of rules: `name{label="v"} 1+2x3 _ stale {{count:1}}`.

mod duration;
mod values;

use std::sync::Arc;

use aio_types::{Histogram, HistogramSample, Labels, MatchOp, Sample, Samples, TimestampMs};

pub use self::duration::duration_ms;
use crate::parse;

/// Why a line is no series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {text:?}: {why}")]
pub struct Error {
    text: String,
    why: String,
}

impl Error {
    fn new(text: &str, why: impl Into<String>) -> Self {
        Self { text: text.to_owned(), why: why.into() }
    }
}

/// What a series has at one step.
#[derive(Debug, Clone, PartialEq)]
pub enum Described {
    /// Nothing.
    Omitted,
    /// A float; a stale marker is one.
    Float(f64),
    /// A histogram, and whether its reset hint was spelled out.
    Histogram(Arc<Histogram>, bool),
}

/// A series with its values, one per step.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// Its values.
    pub values: Vec<Described>,
}

/// Reads a line of a series and its values.
///
/// # Errors
/// Where it is none.
pub fn series(line: &str) -> Result<Series, Error> {
    let end = selector_end(line).ok_or_else(|| Error::new(line, "braces do not end"))?;
    let (selector, text) = line.split_at(end);
    Ok(Series { labels: labels(selector)?, values: values::values(text)? })
}

/// Reads a line `series@st offsets`: the series and when its samples start, in milliseconds from their own times.
///
/// # Errors
/// Where it is none.
pub fn starts(line: &str) -> Result<(Labels, Vec<Option<i64>>), Error> {
    let (selector, offsets) = line.split_once("@st").ok_or_else(|| Error::new(line, "no @st"))?;
    Ok((labels(selector)?, values::offsets(offsets)?))
}

/// Whether a line says when samples start.
#[must_use]
pub fn is_starts(line: &str) -> bool {
    selector_end(line).is_some_and(|end| line[end..].starts_with("@st"))
        || line.split_whitespace().next().is_some_and(|word| word.ends_with("@st"))
}

/// The series as samples `step_ms` apart from time 0 on; `starts` says since when they count.
#[must_use]
pub fn samples(values: &[Described], starts: &[Option<i64>], step_ms: i64) -> Samples {
    let mut out = Samples::default();
    let mut t = TimestampMs(0);
    for (i, value) in values.iter().enumerate() {
        let start = starts.get(i).copied().flatten().map_or(TimestampMs(0), |offset| t.saturating_add(offset));
        match value {
            Described::Omitted => {}
            Described::Float(v) => out.push_float(Sample { t, v: *v }, start),
            Described::Histogram(h, _) => out.histograms.push(HistogramSample { t, start, h: Arc::clone(h) }),
        }
        t = t.saturating_add(step_ms);
    }
    out
}

/// Where the name and the labels end, which may hold blanks.
fn selector_end(line: &str) -> Option<usize> {
    let word_end = line.find([' ', '\t']).unwrap_or(line.len());
    match line.find('{') {
        Some(open) if open < word_end => Some(open + closing(&line[open..])? + 1),
        _ => Some(word_end),
    }
}

/// Where the braces end that `text` starts with.
fn closing(text: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"' | '\''), '\\') => escaped = true,
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '}') => return Some(i),
            _ => {}
        }
    }
    None
}

fn labels(selector: &str) -> Result<Labels, Error> {
    let selector = selector.trim();
    if selector == "{}" {
        return Ok(Labels::default());
    }
    let matchers = parse::parse_selector(selector).map_err(|e| Error::new(selector, e.to_string()))?;
    if matchers.iter().any(|m| m.op != MatchOp::Equal) {
        return Err(Error::new(selector, "labels have values"));
    }
    Ok(Labels::from_pairs(matchers.into_iter().map(|m| (m.name, m.value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_labels_and_values() {
        let one = series(r#"m{a="x } y"} 1 _x2 2+2x1"#).expect("a series");
        assert_eq!(one.labels.to_string(), r#"{__name__="m", a="x } y"}"#);
        let float = Described::Float;
        let expected = [float(1.0), Described::Omitted, Described::Omitted, float(2.0), float(4.0)];
        assert_eq!(one.values, expected);
        assert_eq!(series("{} 1").expect("a series").labels, Labels::default());
        assert!(series(r#"m{a="x"#).is_err() && series("m 1 ?").is_err());
    }

    #[test]
    fn starts_are_told_by_offsets() {
        assert!(is_starts(r#"m{a="x y"}@st 0s"#) && !is_starts("m 1"));
        let (labels, offsets) = starts("m@st _ -1m 0s").expect("starts");
        assert_eq!((labels.metric_name(), offsets.as_slice()), ("m", &[None, Some(-60_000), Some(0)][..]));
        let all = samples(&[Described::Float(1.0), Described::Float(2.0)], &offsets, 120_000);
        assert_eq!(all.starts, [TimestampMs(0), TimestampMs(60_000)]);
    }
}
