//! One `eval`.

use std::collections::BTreeMap;

use aio_promql::notation::{self, Described, duration_ms};
use aio_types::Labels;

use super::expect::Expected;

/// When a case is evaluated, milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    Instant(i64),
    Range { start: i64, end: i64, step: i64 },
}

/// What is asked, and what the answer must be.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) query: String,
    pub(super) when: When,
    pub(super) expected: Expected,
    /// Start and step of the points of a range vector.
    pub(super) range_vector: Option<(i64, i64)>,
    pub(super) scalar: Option<f64>,
    /// With the position of each, from 0 up.
    pub(super) series: BTreeMap<Labels, (usize, Vec<Described>)>,
}

pub(super) fn parse(head: &str, body: &[&str]) -> Result<Case, String> {
    let (word, rest) = head.split_once(char::is_whitespace).ok_or("no command")?;
    let (when, query) = when(rest.trim_start())?;
    let mut case = Case {
        query: query.to_owned(),
        when,
        expected: Expected::of_command(word)?,
        range_vector: None,
        scalar: None,
        series: BTreeMap::new(),
    };
    for line in body {
        case.line(line)?;
    }
    Ok(case)
}

fn when(rest: &str) -> Result<(When, &str), String> {
    let duration = |text: &str| duration_ms(text).ok_or_else(|| format!("no duration: {text:?}"));
    let mut left = rest.splitn(3, char::is_whitespace);
    match (left.next(), left.next(), left.next()) {
        (Some("instant"), Some("at"), Some(rest)) => {
            let (at, query) = rest.trim().split_once(char::is_whitespace).ok_or("no query")?;
            Ok((When::Instant(duration(at)?), query.trim()))
        }
        (Some("range"), Some("from"), Some(rest)) => {
            let (start, rest) = rest.split_once(" to ").ok_or("no end")?;
            let (end, rest) = rest.split_once(" step ").ok_or("no step")?;
            let (step, query) = rest.trim().split_once(char::is_whitespace).ok_or("no query")?;
            let (start, end, step) = (duration(start.trim())?, duration(end.trim())?, duration(step)?);
            Ok((When::Range { start, end, step }, query.trim()))
        }
        _ => Err(format!("neither instant nor range: {rest:?}")),
    }
}

impl Case {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(rest) = line.strip_prefix("expect range vector from ") {
            let (start, rest) = rest.split_once(" to ").ok_or("no end")?;
            let (_, step) = rest.split_once(" step ").ok_or("no step")?;
            self.range_vector = duration_ms(start.trim()).zip(duration_ms(step.trim()));
        } else if line.split_whitespace().next() == Some("expect") || line.starts_with("expected_fail") {
            self.expected.line(line)?;
        } else if let Some(v) = number(line) {
            self.scalar = Some(v);
        } else {
            let series = notation::series(line).map_err(|e| e.to_string())?;
            let position = self.series.len();
            self.series.insert(series.labels, (position, series.values));
        }
        Ok(())
    }
}

fn number(text: &str) -> Option<f64> {
    let hex = text.strip_prefix("0x").and_then(|digits| i64::from_str_radix(digits, 16).ok());
    #[expect(clippy::cast_precision_loss, reason = "scripts hold small numbers")]
    let hex = hex.map(|n| n as f64);
    hex.or_else(|| text.parse().ok())
}
