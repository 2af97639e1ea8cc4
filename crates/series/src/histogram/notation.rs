//! The notation of histograms in test scripts and in unit tests of rules.
//!
//! ```text
//!   {{schema:1 sum:-0.3 count:3.1 z_bucket:7 z_bucket_w:0.05 buckets:[5.1 10 7] offset:-3
//!     n_buckets:[4 5] n_offset:-5 counter_reset_hint:gauge custom_values:[1 2]}}
//! ```
//!
//! Every field may be left out and stands for zero or nothing then; none may occur twice. `buckets` are counts from the
//! index `offset` on, `n_buckets` those of the negative side. A sequence of histograms is written `HxN` (`H`, N + 1
//! times), `H+IxN` or `H-IxN` (`I` added or subtracted each time). Source: `promql/parser` of Prometheus.

use std::sync::Arc;

use aio_types::{BucketSpan, Histogram, ResetHint};

use super::compact::compact_to;
use super::print::format_shortest;
use super::{add, subtract};

/// Repetitions that a sequence may ask for.
const REPEATS_MAX: usize = 100_000;
/// Buckets that a side may spell out.
const BUCKETS_MAX: usize = 65_536;

/// A histogram that was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Described {
    /// The histogram.
    pub histogram: Histogram,
    /// Whether its reset hint was spelled out, and so is to be compared.
    pub hint_given: bool,
}

/// Why a text is no histogram. Offsets are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text does not start with `{{`.
    #[error("a histogram starts with {{{{")]
    NoStart,
    /// The text ends before `}}`.
    #[error("histogram description ends without }}}}")]
    NoEnd,
    /// A field that does not exist, or text where a field is expected.
    #[error("bad histogram descriptor found: {0:?}")]
    UnknownField(String),
    /// A field that occurs twice.
    #[error("duplicate key {0:?} in histogram")]
    Duplicate(String),
    /// A field whose value cannot be read.
    #[error("error parsing {field} of a histogram: {value:?}")]
    BadValue {
        /// Its name.
        field: String,
        /// What stands there.
        value: String,
    },
    /// A sequence whose count cannot be read or is too high.
    #[error("bad repetition of a histogram: {0:?}")]
    BadRepetition(String),
    /// A sequence whose histograms cannot be combined.
    #[error("error combining histograms: {0}")]
    CannotCombine(String),
}

/// Reads one histogram at the start of `text`; returns it and the rest behind it.
///
/// # Errors
/// If there is none.
pub fn parse(text: &str) -> Result<(Described, &str), Error> {
    let inner = text.strip_prefix("{{").ok_or(Error::NoStart)?;
    let (body, rest) = inner.split_once("}}").ok_or(Error::NoEnd)?;
    let mut fields = Fields::default();
    let mut body = body.trim();
    while !body.is_empty() {
        let (name, after) = body.split_once(':').ok_or_else(|| Error::UnknownField(body.to_owned()))?;
        let (value, after) = split_value(after);
        fields.set(&name.to_ascii_lowercase(), value)?;
        body = after.trim_start();
    }
    Ok((fields.build(), rest))
}

/// A list in brackets, or what stands up to the next blank.
fn split_value(text: &str) -> (&str, &str) {
    let end = if text.starts_with('[') { text.find(']').map(|i| i + 1) } else { text.find(char::is_whitespace) };
    text.split_at(end.unwrap_or(text.len()))
}

/// Reads a histogram or a sequence of them at the start of `text`; returns all and the rest behind it.
///
/// # Errors
/// If there is none, or its histograms cannot be combined.
pub fn parse_sequence(text: &str) -> Result<(Vec<Described>, &str), Error> {
    let (base, rest) = parse(text)?;
    if let Some(after) = rest.strip_prefix('x') {
        let (times, rest) = repetitions(after)?;
        return Ok((vec![base; times + 1], rest));
    }
    let subtracts = rest.starts_with('-');
    if !subtracts && !rest.starts_with('+') {
        return Ok((vec![base], rest));
    }
    let (step, rest) = parse(&rest[1..])?;
    let after = rest.strip_prefix('x').ok_or_else(|| Error::BadRepetition(rest.to_owned()))?;
    let (times, rest) = repetitions(after)?;
    Ok((steps(base, &step, times, subtracts)?, rest))
}

fn repetitions(text: &str) -> Result<(usize, &str), Error> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = text.split_at(digits);
    let times = number.parse().ok().filter(|times| *times <= REPEATS_MAX);
    Ok((times.ok_or_else(|| Error::BadRepetition(text.to_owned()))?, rest))
}

fn steps(base: Described, step: &Described, times: usize, subtracts: bool) -> Result<Vec<Described>, Error> {
    if base.histogram.schema > step.histogram.schema {
        let (from, to) = (step.histogram.schema, base.histogram.schema);
        return Err(Error::CannotCombine(format!("cannot merge from schema {from} to {to}")));
    }
    let mut current = base.histogram;
    // The hint of the step says whether hints are compared, as upstream has it.
    let described = |histogram: &Histogram| Described { histogram: histogram.clone(), hint_given: step.hint_given };
    let mut all = vec![described(&current)];
    for _ in 0..times {
        let combine = if subtracts { subtract } else { add };
        combine(&mut current, &step.histogram).map_err(|e| Error::CannotCombine(e.to_string()))?;
        all.push(described(&current));
    }
    Ok(all)
}

#[derive(Default)]
struct Fields {
    described: Described,
    seen: Vec<String>,
    offset: i32,
    negative_offset: i32,
}

impl Fields {
    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        if self.seen.iter().any(|seen| seen == name) {
            return Err(Error::Duplicate(name.to_owned()));
        }
        self.seen.push(name.to_owned());
        let bad = || Error::BadValue { field: name.to_owned(), value: value.to_owned() };
        let h = &mut self.described.histogram;
        match name {
            "schema" => h.schema = value.parse().map_err(|_| bad())?,
            "offset" => self.offset = value.parse().map_err(|_| bad())?,
            "n_offset" => self.negative_offset = value.parse().map_err(|_| bad())?,
            "sum" => h.sum = number(value).ok_or_else(bad)?,
            "count" => h.count = number(value).ok_or_else(bad)?,
            "z_bucket" => h.zero_count = number(value).ok_or_else(bad)?,
            "z_bucket_w" => h.zero_threshold = number(value).ok_or_else(bad)?,
            "buckets" => h.positive_buckets = list(value).ok_or_else(bad)?,
            "n_buckets" => h.negative_buckets = list(value).ok_or_else(bad)?,
            // Printed for a histogram without bounds, so read as well.
            "custom_values" if value == "[]" => h.custom_bounds = Arc::default(),
            "custom_values" => h.custom_bounds = Arc::from(list(value).ok_or_else(bad)?),
            "counter_reset_hint" => {
                h.reset_hint = hint(value).ok_or_else(bad)?;
                self.described.hint_given = true;
            }
            _ => return Err(Error::UnknownField(name.to_owned())),
        }
        Ok(())
    }

    fn build(mut self) -> Described {
        let h = &mut self.described.histogram;
        h.positive_spans = one_span(self.offset, &h.positive_buckets);
        h.negative_spans = one_span(self.negative_offset, &h.negative_buckets);
        self.described
    }
}

fn one_span(offset: i32, counts: &[f64]) -> Vec<BucketSpan> {
    let length = u32::try_from(counts.len()).unwrap_or(u32::MAX);
    if length == 0 { Vec::new() } else { vec![BucketSpan { offset, length }] }
}

fn number(text: &str) -> Option<f64> {
    (!text.starts_with('+')).then(|| text.parse().ok()).flatten()
}

/// `[1 2 3]`, with at least one number.
fn list(text: &str) -> Option<Vec<f64>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let numbers: Vec<f64> = inner.split_whitespace().take(BUCKETS_MAX + 1).map(number).collect::<Option<_>>()?;
    (!numbers.is_empty() && numbers.len() <= BUCKETS_MAX).then_some(numbers)
}

const HINTS: [(&str, ResetHint); 4] = [
    ("unknown", ResetHint::Unknown),
    ("reset", ResetHint::Reset),
    ("not_reset", ResetHint::NotReset),
    ("gauge", ResetHint::Gauge),
];

fn hint(text: &str) -> Option<ResetHint> {
    HINTS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, hint)| hint)
}

/// The histogram in this notation, with one run of buckets on each side; fields that are zero and an unknown hint are
/// left out.
#[must_use]
pub fn print(h: &Histogram) -> String {
    let mut h = h.clone();
    compact_to(&mut h, u16::MAX);
    let mut fields = Vec::new();
    if h.schema != 0 {
        fields.push(format!("schema:{}", h.schema));
    }
    let numbers = [("count", h.count), ("sum", h.sum), ("z_bucket", h.zero_count), ("z_bucket_w", h.zero_threshold)];
    fields.extend(numbers.iter().filter(|(_, v)| *v != 0.0).map(|(name, v)| format!("{name}:{}", format_shortest(*v))));
    if h.uses_custom_buckets() {
        fields.push(format!("custom_values:{}", print_list(&h.custom_bounds)));
    }
    if let Some((name, _)) = HINTS.iter().find(|(_, hint)| *hint == h.reset_hint && *hint != ResetHint::Unknown) {
        fields.push(format!("counter_reset_hint:{name}"));
    }
    print_side(&mut fields, ["offset", "buckets"], &h.positive_spans, &h.positive_buckets);
    print_side(&mut fields, ["n_offset", "n_buckets"], &h.negative_spans, &h.negative_buckets);
    format!("{{{{{}}}}}", fields.join(" "))
}

fn print_side(fields: &mut Vec<String>, [offset, buckets]: [&str; 2], spans: &[BucketSpan], counts: &[f64]) {
    let start = spans.first().map_or(0, |span| span.offset);
    if start != 0 {
        fields.push(format!("{offset}:{start}"));
    }
    if !counts.is_empty() {
        fields.push(format!("{buckets}:{}", print_list(counts)));
    }
}

fn print_list(numbers: &[f64]) -> String {
    let numbers: Vec<_> = numbers.iter().map(|v| format_shortest(*v)).collect();
    format!("[{}]", numbers.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_reads_every_field_and_prints_it_again() {
        let text = "{{schema:1 count:3.1 sum:-0.3 z_bucket:7.1 z_bucket_w:0.05 counter_reset_hint:gauge offset:-3 \
                    buckets:[5.1 10 7] n_offset:-5 n_buckets:[4.1 5]}}";
        let more = format!("{text} and more");
        let (described, rest) = parse(&more).expect("valid notation");
        let h = &described.histogram;
        assert_eq!((h.schema, h.count, h.sum, h.zero_count, h.zero_threshold), (1, 3.1, -0.3, 7.1, 0.05));
        assert_eq!(h.positive_spans, [BucketSpan { offset: -3, length: 3 }]);
        assert_eq!((&*h.positive_buckets, &*h.negative_buckets), (&[5.1, 10.0, 7.0][..], &[4.1, 5.0][..]));
        assert!(described.hint_given && h.reset_hint == ResetHint::Gauge && rest == " and more");
        assert_eq!(print(h), text);
        for text in ["{{}}", "{{sum:NaN}}", "{{schema:-53 count:3 custom_values:[-1 5] buckets:[1 2]}}", "{{sum:-Inf}}"]
        {
            assert_eq!(print(&parse(text).expect("valid notation").0.histogram), text);
        }
        let spaced = parse("{{  Schema:2\tbuckets:[ 1  2 ] }}").expect("valid notation").0.histogram;
        assert_eq!(print(&spaced), "{{schema:2 buckets:[1 2]}}");
    }

    #[test]
    fn gaps_are_spelled_out() {
        let span = |offset, length| BucketSpan { offset, length };
        let h = Histogram {
            positive_spans: vec![span(2, 1), span(2, 1)],
            positive_buckets: vec![1.0, 2.0],
            ..Histogram::default()
        };
        assert_eq!(print(&h), "{{offset:2 buckets:[1 0 0 2]}}");
    }

    #[test]
    fn sequences_repeat_and_step() {
        for (text, expected) in [
            ("{{count:1}} x", vec!["{{count:1}}"]),
            ("{{count:1}}x2", vec!["{{count:1}}"; 3]),
            ("{{count:1}}+{{count:2}}x2", vec!["{{count:1}}", "{{count:3}}", "{{count:5}}"]),
            ("{{count:1 buckets:[1]}}-{{count:1 buckets:[1]}}x1", vec!["{{count:1 buckets:[1]}}", "{{}}"]),
            ("{{count:1}}x0", vec!["{{count:1}}"]),
        ] {
            let (all, _) = parse_sequence(text).expect("valid notation");
            let printed: Vec<_> = all.iter().map(|d| print(&d.histogram)).collect();
            assert_eq!(printed, expected, "{text}");
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let bad = |field: &str, value: &str| Error::BadValue { field: field.to_owned(), value: value.to_owned() };
        for (text, expected) in [
            ("5", Error::NoStart),
            ("{{count:1", Error::NoEnd),
            ("{{cnt:1}}", Error::UnknownField("cnt".to_owned())),
            ("{{count}}", Error::UnknownField("count".to_owned())),
            ("{{count:1 count:2}}", Error::Duplicate("count".to_owned())),
            ("{{schema:1.5}}", bad("schema", "1.5")),
            ("{{buckets:1}}", bad("buckets", "1")),
            ("{{buckets:[]}}", bad("buckets", "[]")),
            ("{{buckets:[1 x]}}", bad("buckets", "[1 x]")),
            ("{{sum:+1}}", bad("sum", "+1")),
            ("{{counter_reset_hint:no}}", bad("counter_reset_hint", "no")),
            ("{{}}x", Error::BadRepetition(String::new())),
            ("{{}}+{{}}", Error::BadRepetition(String::new())),
            ("{{}}x9999999999", Error::BadRepetition("9999999999".to_owned())),
            ("{{schema:1}}+{{}}x1", Error::CannotCombine("cannot merge from schema 0 to 1".to_owned())),
        ] {
            assert_eq!(parse_sequence(text).map(|_| ()), Err(expected), "{text}");
        }
    }
}
