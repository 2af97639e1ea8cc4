//! Upstream's cases of single functions and operators on native histograms and windows, without a query language around
//! them. Reads the scripts that `OBSERVER_SHARED` or `../shared` hold, and says so where there are none.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use aio_series::growth::{
    Extension, Growth, Instant, Outcome, Value, Window, changes, extended, extrapolated, last_two, resets,
};
use aio_series::histogram::{
    Aggregate as _, ClassicBucket, ClassicHistogram, Keep, Mean, Total, as_stored, classic_fraction, classic_quantile,
    compact, equal, fraction, mean, notation, quantile, standard_deviation, standard_variance, text, trim,
};
use aio_series::numeric::{almost_equal, average, kahan_sum};
use aio_types::{Histogram, Sample, Samples, TimestampMs};

const LOOKBACK_MS: i64 = 300_000;
const SCRIPTS: [&str; 4] =
    ["native_histograms_a.test", "histograms_a.test", "extended_vectors_a.test", "start_timestamps_a.test"];

type Labels = BTreeMap<String, String>;

fn scripts() -> Option<PathBuf> {
    let shared = std::env::var_os("OBSERVER_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    Some(shared.unwrap_or(beside).join("promqltest")).filter(|dir| dir.is_dir())
}

#[test]
fn functions_answer_as_upstream_expects() {
    let Some(dir) = scripts() else {
        eprintln!("skipped: no promqltest scripts");
        return;
    };
    let (mut checked, mut failures) = (0, Vec::new());
    for name in SCRIPTS {
        let script = std::fs::read_to_string(dir.join(name)).expect("a script");
        let mut data = Data::default();
        for block in blocks(&script) {
            data.run(name, &block, &mut checked, &mut failures);
        }
    }
    assert!(failures.is_empty(), "{} of {checked} fail:\n{}", failures.len(), failures.join("\n"));
    assert!(checked > 250, "only {checked} cases understood");
    eprintln!("{checked} cases hold");
}

/// Runs of lines between blank ones; comments are blank.
fn blocks(script: &str) -> Vec<Vec<&str>> {
    let mut blocks = vec![Vec::new()];
    for line in script.lines().map(str::trim) {
        let blank = line.is_empty() || line.starts_with('#');
        let starts = line == "clear" || line.starts_with("load") || line.starts_with("eval");
        if blank || starts {
            blocks.push(Vec::new());
        }
        if !blank && let Some(block) = blocks.last_mut() {
            block.push(line);
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

#[derive(Default)]
struct Data {
    series: BTreeMap<Labels, Samples>,
    uses_starts: bool,
}

impl Data {
    fn run(&mut self, script: &str, block: &[&str], checked: &mut usize, failures: &mut Vec<String>) {
        let (head, lines) = (block[0], &block[1..]);
        if head == "clear" {
            *self = Self::default();
        } else if let Some(step) = head.strip_prefix("load ") {
            self.load(duration(step).expect("a step"), lines);
        } else if let Some(step) = head.strip_prefix("load_with_nhcb ") {
            self.load(duration(step).expect("a step"), lines);
            self.convert();
        } else if let Some(rest) = head.strip_prefix("eval instant at ") {
            let (at, query) = rest.split_once(' ').expect("a query");
            let Some(at) = duration(at) else { return };
            let Some(got) = self.eval(query.trim(), at) else { return };
            let expected: BTreeMap<_, _> =
                lines.iter().filter(|line| !line.starts_with("expect")).filter_map(|line| expectation(line)).collect();
            *checked += 1;
            if !same(&got, &expected) {
                failures.push(format!("{script}: {head}\n  got {}\n  for {}", show(&got), show(&expected)));
            }
        }
    }

    fn load(&mut self, step: i64, lines: &[&str]) {
        let mut starts: Option<(String, Vec<Option<i64>>)> = None;
        for line in lines {
            let (series, values) = split_series(line);
            if let Some(name) = series.strip_suffix("@st") {
                starts = Some((name.to_owned(), offsets(values)));
                continue;
            }
            let offsets = starts.take().filter(|(name, _)| *name == series).map(|(_, offsets)| offsets);
            self.uses_starts |= offsets.is_some();
            let samples = self.series.entry(labels(series)).or_default();
            for (i, value) in (0..).zip(values_of(values)) {
                let t = TimestampMs(i64::from(i) * step);
                let offset = offsets.as_ref().and_then(|o| o.get(usize::try_from(i).unwrap_or(0)).copied().flatten());
                let start = TimestampMs(offset.map_or(0, |offset| t.0 + offset));
                match value {
                    None => {}
                    Some(Value::Float(v)) => samples.push_float(Sample { t, v }, start),
                    Some(Value::Histogram(h)) => {
                        samples.histograms.push(aio_types::HistogramSample { t, start, h: Arc::new(h) });
                    }
                }
            }
            as_stored(&mut samples.histograms);
        }
    }

    /// Adds native histograms with custom buckets for classic ones.
    fn convert(&mut self) {
        let mut found: BTreeMap<Labels, BTreeMap<TimestampMs, ClassicHistogram>> = BTreeMap::new();
        for (labels, samples) in &self.series {
            let name = labels.get("__name__").map_or("", String::as_str);
            let Some((base, kind)) = name.rsplit_once('_') else { continue };
            let mut of = labels.clone();
            of.insert("__name__".to_owned(), base.to_owned());
            let le = of.remove("le").and_then(|le| number(&le));
            if !matches!((kind, le), ("bucket", Some(_)) | ("count" | "sum", _)) {
                continue;
            }
            for sample in &samples.floats {
                let classic = found.entry(of.clone()).or_default().entry(sample.t).or_default();
                match (kind, le) {
                    ("bucket", Some(le)) => classic.bucket(le, sample.v),
                    ("count", _) => classic.count(sample.v),
                    _ => classic.sum(sample.v),
                }
            }
        }
        for (labels, moments) in found {
            let samples = self.series.entry(labels).or_default();
            samples.histograms = (moments.into_iter())
                // Those of earlier loads may be none.
                .filter_map(|(t, classic)| Some((t, classic.convert().ok()?)))
                .map(|(t, h)| aio_types::HistogramSample { t, start: TimestampMs(0), h: Arc::new(h) })
                .collect();
            as_stored(&mut samples.histograms);
        }
    }

    /// The answer for each classic histogram whose buckets are selected.
    fn classic(
        &self,
        selector: &str,
        at: i64,
        f: impl Fn(&mut Vec<ClassicBucket>) -> f64,
    ) -> Option<BTreeMap<Labels, Value>> {
        let wanted = selected(selector)?;
        let mut groups: BTreeMap<Labels, Vec<ClassicBucket>> = BTreeMap::new();
        for (labels, samples) in self.series.iter().filter(|(labels, _)| matches(labels, &wanted)) {
            if !samples.histograms.is_empty() {
                return None;
            }
            let mut of = without_name(labels, false);
            let Some(upper_bound) = of.remove("le").and_then(|le| number(&le)) else { continue };
            let newest = samples.floats.iter().rfind(|s| s.t.0 <= at && s.t.0 > at - LOOKBACK_MS);
            if let Some(sample) = newest {
                groups.entry(of).or_default().push(ClassicBucket { upper_bound, count: sample.v });
            }
        }
        Some(groups.into_iter().map(|(labels, mut buckets)| (labels, Value::Float(f(&mut buckets)))).collect())
    }

    fn has_floats(&self, selector: &str) -> bool {
        let wanted = selected(selector).unwrap_or_default();
        self.series.iter().any(|(labels, samples)| matches(labels, &wanted) && !samples.floats.is_empty())
    }

    /// The answer to a query, if it is one of a single function or operator.
    fn eval(&self, query: &str, at: i64) -> Option<BTreeMap<Labels, Value>> {
        for (sign, keep) in [(" </ ", Keep::Below), (" >/ ", Keep::Above)] {
            if let Some((selector, limit)) = query.split_once(sign) {
                let limit = number(limit)?;
                return self.instant(selector, at, true, |h| {
                    let mut h = h.clone();
                    trim(&mut h, keep, limit);
                    Some(Value::Histogram(h))
                });
            }
        }
        let (name, arguments) = query.strip_suffix(')')?.split_once('(')?;
        let (numbers, selector) = arguments.rsplit_once(", ").map_or(("", arguments), |split| split);
        let numbers: Vec<f64> = numbers.split(", ").filter(|n| !n.is_empty()).map(number).collect::<Option<_>>()?;
        let float = |v: f64| Some(Value::Float(v));
        match (name, numbers.as_slice()) {
            ("histogram_quantile", [q]) if self.has_floats(selector) => {
                self.classic(selector, at, |buckets| classic_quantile(*q, buckets).value)
            }
            ("histogram_fraction", [a, b]) if self.has_floats(selector) => {
                self.classic(selector, at, |buckets| classic_fraction(*a, *b, buckets))
            }
            ("histogram_quantile", [q]) => self.instant(selector, at, false, |h| float(quantile(h, *q).0)),
            ("histogram_fraction", [a, b]) => self.instant(selector, at, false, |h| float(fraction(h, *a, *b).0)),
            ("histogram_stddev", []) => self.instant(selector, at, false, |h| float(standard_deviation(h))),
            ("histogram_stdvar", []) => self.instant(selector, at, false, |h| float(standard_variance(h))),
            ("histogram_avg", []) => self.instant(selector, at, false, |h| float(mean(h))),
            ("histogram_count", []) => self.instant(selector, at, false, |h| float(h.count)),
            ("histogram_sum", []) => self.instant(selector, at, false, |h| float(h.sum)),
            (_, []) => self.ranged(name, selector, at),
            _ => None,
        }
    }

    fn instant(
        &self,
        selector: &str,
        at: i64,
        keeps_name: bool,
        f: impl Fn(&Histogram) -> Option<Value>,
    ) -> Option<BTreeMap<Labels, Value>> {
        let wanted = selected(selector)?;
        let mut out = BTreeMap::new();
        for (labels, samples) in self.series.iter().filter(|(labels, _)| matches(labels, &wanted)) {
            if !samples.floats.is_empty() {
                // Classic buckets are grouped by a query language.
                return None;
            }
            let newest = samples.histograms.iter().rfind(|s| s.t.0 <= at && s.t.0 > at - LOOKBACK_MS);
            if let Some(value) = newest.filter(|s| !s.h.is_stale()).and_then(|s| f(&s.h)) {
                out.insert(without_name(labels, keeps_name), value);
            }
        }
        Some(out)
    }

    fn ranged(&self, function: &str, selector: &str, at: i64) -> Option<BTreeMap<Labels, Value>> {
        let (selector, rest) = selector.split_once('[')?;
        let (range, modifier) = rest.split_once(']')?;
        let (wanted, range) = (selected(selector)?, duration(range)?);
        let (before, behind, extension) = match modifier.trim() {
            "" => (0, 0, None),
            "anchored" => (LOOKBACK_MS, 0, Some(Extension::Anchored)),
            "smoothed" => (LOOKBACK_MS, LOOKBACK_MS, Some(Extension::Smoothed)),
            _ => return None,
        };
        let mut out = BTreeMap::new();
        for (labels, samples) in self.series.iter().filter(|(labels, _)| matches(labels, &wanted)) {
            let mut cut = samples.clone();
            cut.retain_range(aio_types::TimeRange {
                start: TimestampMs(at - range - before + 1),
                end: TimestampMs(at + behind),
            });
            cut.histograms.retain(|s| !s.h.is_stale());
            let window = Window {
                floats: &cut.floats,
                starts: &cut.starts,
                histograms: &cut.histograms,
                uses_starts: self.uses_starts,
                start: TimestampMs(at - range),
                end: TimestampMs(at),
            };
            if cut.floats.iter().any(|s| aio_types::is_stale(s.v)) {
                return None;
            }
            if let Some(value) = apply(function, &window, extension)? {
                out.insert(without_name(labels, false), value);
            }
        }
        Some(out)
    }
}

/// `None` if the function is not one of these.
fn apply(function: &str, window: &Window<'_>, extension: Option<Extension>) -> Option<Option<Value>> {
    let grown = |growth| match extension {
        Some(extension) => extended(window, growth, extension).value,
        None => extrapolated(window, growth).value,
    };
    let anchored = extension == Some(Extension::Anchored);
    Some(match function {
        "rate" => grown(Growth::Rate),
        "increase" => grown(Growth::Increase),
        "delta" => grown(Growth::Delta),
        "resets" if extension != Some(Extension::Smoothed) => resets(window, anchored).map(Value::Float),
        "changes" if extension != Some(Extension::Smoothed) => changes(window, anchored).map(Value::Float),
        _ if extension.is_some() => return None,
        "irate" => last_two(window, Instant::Rate).value,
        "idelta" => last_two(window, Instant::Delta).value,
        "sum_over_time" | "avg_over_time" => over_time(function == "sum_over_time", window).value,
        _ => return None,
    })
}

fn over_time(sums: bool, window: &Window<'_>) -> Outcome {
    let values = window.floats.iter().map(|s| s.v);
    let value = match window.histograms {
        [] if window.floats.is_empty() => None,
        [] => Some(Value::Float(if sums { kahan_sum(values) } else { average(values) })),
        _ if !window.floats.is_empty() => None,
        [first, rest @ ..] if sums => {
            let mut total = Total::of(&first.h);
            rest.iter().all(|s| total.add(&s.h).is_ok()).then(|| Value::Histogram(total.finish()))
        }
        [first, rest @ ..] => {
            let mut mean = Mean::of(&first.h);
            rest.iter().all(|s| mean.add(&s.h).is_ok()).then(|| Value::Histogram(mean.finish()))
        }
    };
    Outcome { value, ..Outcome::default() }
}

// === What scripts are made of ===

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Milliseconds of `1m30s`, perhaps negative; a number alone is seconds.
fn duration(text: &str) -> Option<i64> {
    if let Some(positive) = text.strip_prefix('-') {
        return duration(positive).map(|ms| -ms);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(seconds * 1000);
    }
    let (mut total, mut rest) = (0, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let n: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len() - digits);
        let factor = match &rest[digits..digits + unit] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total += n * factor;
        rest = &rest[digits + unit..];
    }
    Some(total)
}

/// The series and its values.
fn split_series(line: &str) -> (&str, &str) {
    let end = if line.starts_with("{{") { 0 } else { line.find('}').map_or(0, |i| i + 1) };
    let brace = line.find('{').unwrap_or(usize::MAX);
    let blank = line.find(char::is_whitespace).unwrap_or(line.len());
    let end = if brace < blank { end } else { 0 };
    let after = line[end..].find(char::is_whitespace).map_or(line.len(), |i| end + i);
    line.split_at(after)
}

fn labels(series: &str) -> Labels {
    let (name, rest) = series.split_once('{').unwrap_or((series, ""));
    let mut labels = Labels::new();
    if !name.is_empty() {
        labels.insert("__name__".to_owned(), name.to_owned());
    }
    for pair in rest.trim_end_matches('}').split(',') {
        if let Some((name, value)) = pair.split_once('=') {
            labels.insert(name.trim().to_owned(), value.trim().trim_matches('"').to_owned());
        }
    }
    labels
}

/// A selector of a name and equalities only.
fn selected(selector: &str) -> Option<Labels> {
    let plain = selector.trim();
    let strange = [" smoothed", " anchored", "(", ")", "!=", "=~", "!~", "offset", "@", " + ", " - ", "*", "/"];
    let fine = !plain.is_empty() && !strange.iter().any(|s| plain.contains(s)) && !plain.contains('[');
    fine.then(|| labels(plain))
}

fn matches(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}

fn without_name(labels: &Labels, keeps_name: bool) -> Labels {
    labels.iter().filter(|(name, _)| keeps_name || *name != "__name__").map(|(n, v)| (n.clone(), v.clone())).collect()
}

fn values_of(mut text: &str) -> Vec<Option<Value>> {
    let mut values = Vec::new();
    loop {
        text = text.trim_start();
        if text.is_empty() {
            return values;
        }
        if text.starts_with("{{") {
            let (all, rest) = notation::parse_sequence(text).expect("valid notation");
            values.extend(all.into_iter().map(|d| Some(Value::Histogram(d.histogram))));
            text = rest;
            continue;
        }
        let (token, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
        values.extend(floats(token));
        text = rest;
    }
}

fn floats(token: &str) -> Vec<Option<Value>> {
    let float = |v: f64| Some(Value::Float(v));
    if token == "stale" {
        return vec![float(aio_types::stale_nan())];
    }
    let (what, times) = match token.rsplit_once('x') {
        Some((what, times)) => (what, times.parse::<u32>().expect("a count")),
        None => (token, 0),
    };
    if what == "_" {
        return vec![None; times.max(1) as usize];
    }
    let sign = what[1..].find(['+', '-']).map(|i| i + 1).filter(|i| !what[..*i].ends_with('e'));
    let (base, step) = sign.map_or((what, "0"), |i| what.split_at(i));
    let base: f64 = base.parse().expect("a number");
    let step: f64 = step.trim_start_matches('+').parse().expect("a step");
    let mut v = base;
    let mut all = Vec::new();
    for _ in 0..=times {
        all.push(float(v));
        v += step;
    }
    all
}

/// Start timestamps by their distance from samples.
fn offsets(text: &str) -> Vec<Option<i64>> {
    let mut all = Vec::new();
    for token in text.split_whitespace() {
        let (what, times) = token.rsplit_once('x').map_or((token, 0), |(w, n)| (w, n.parse::<i64>().expect("a count")));
        if what == "_" {
            all.extend(std::iter::repeat_n(None, usize::try_from(times.max(1)).unwrap_or(1)));
            continue;
        }
        let sign = what[1..].find(['+', '-']).map(|i| i + 1);
        let (base, step) = sign.map_or((what, "0s"), |i| what.split_at(i));
        let base = duration(base).expect("a duration");
        let step = duration(step.trim_start_matches('+')).expect("a duration");
        all.extend((0..=times).map(|i| Some(base + i * step)));
    }
    all
}

fn expectation(line: &str) -> Option<(Labels, Value)> {
    let (series, values) = if line.starts_with("{}") { line.split_at(2) } else { split_series(line) };
    let value = values_of(values).into_iter().next()??;
    Some((labels(series), value))
}

fn same(got: &BTreeMap<Labels, Value>, expected: &BTreeMap<Labels, Value>) -> bool {
    got.len() == expected.len()
        && got.iter().zip(expected).all(|((a, got), (b, expected))| {
            a == b
                && match (got, expected) {
                    (Value::Float(a), Value::Float(b)) => almost_equal(*a, *b, 1e-6),
                    (Value::Histogram(a), Value::Histogram(b)) => same_histograms(a, b),
                    _ => false,
                }
        })
}

fn same_histograms(a: &Histogram, b: &Histogram) -> bool {
    let (mut a, mut b) = (a.clone(), b.clone());
    compact(&mut a);
    compact(&mut b);
    let close = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| almost_equal(*a, *b, 1e-6));
    let numbers_are_close = close(&[a.count, a.sum, a.zero_count], &[b.count, b.sum, b.zero_count])
        && close(&a.positive_buckets, &b.positive_buckets)
        && close(&a.negative_buckets, &b.negative_buckets);
    // Numbers that are close become equal, for a look at all the rest.
    let rest = Histogram {
        count: b.count,
        sum: b.sum,
        zero_count: b.zero_count,
        positive_buckets: b.positive_buckets.clone(),
        negative_buckets: b.negative_buckets.clone(),
        ..a
    };
    numbers_are_close && equal(&rest, &b)
}

fn show(values: &BTreeMap<Labels, Value>) -> String {
    let one = |(labels, value): (&Labels, &Value)| match value {
        Value::Float(v) => format!("{labels:?} {v}"),
        Value::Histogram(h) => format!("{labels:?} schema {} {}", h.schema, text(h)),
    };
    values.iter().map(one).collect::<Vec<_>>().join("; ")
}
