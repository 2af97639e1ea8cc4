//! Runs Prometheus' own evaluation scripts, where they are at hand: a case may be refused by name, but an answer that
//! is given must be right. The folder is `$OBSERVER_SHARED/promqltest` or `../shared/promqltest` beside the checkout.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aio_promql::{Config, Engine, Error, Options, Value, parse_selector};
use aio_source::FixedMetrics;
use aio_types::{Labels, MatchOp, Sample, TimeRange, TimestampMs, stale_nan};

/// Files whose cases need what is refused at load already.
const NATIVE_HISTOGRAMS: &str = "{{";
/// These assume delayed removal of metric names, or `__type__` and `__unit__` as part of the name: both are settings
/// that servers have off.
const OTHER_SETTINGS: &[&str] = &["name_label_dropping_a.test", "type_and_unit_a.test"];
/// A wrong answer that is known, with its reason.
const KNOWN: &[(&str, usize, &str)] = &[
    ("functions_a.test", 444, "the parser reads the escape \\xff as a character, not as a byte"),
    ("operators_a.test", 651, "right only with delayed removal of metric names"),
];

#[derive(Default, Debug)]
struct Tally {
    right: usize,
    refused: usize,
    /// How often each reason was given.
    reasons: BTreeMap<String, usize>,
    skipped: usize,
    wrong: Vec<String>,
}

#[test]
fn answers_equal_prometheus_wherever_one_is_given() {
    let Some(dir) = scripts() else {
        eprintln!("SKIPPED: no promqltest folder at hand (set OBSERVER_SHARED)");
        return;
    };
    let mut tally = Tally::default();
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "test")) {
        run(file, &mut tally);
    }
    let (right, refused, skipped) = (tally.right, tally.refused, tally.skipped);
    eprintln!("promqltest: {right} right, {refused} refused by name, {skipped} skipped");
    tally.reasons.iter().for_each(|(reason, count)| eprintln!("  {count} times: {reason}"));
    assert!(right > 350, "{right} right");
    assert!(tally.wrong.is_empty(), "{} wrong:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
}

fn scripts() -> Option<PathBuf> {
    let shared = std::env::var_os("OBSERVER_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    Some(shared.join("promqltest")).filter(|dir| dir.is_dir())
}

fn run(file: &Path, tally: &mut Tally) {
    let name = file.file_name().unwrap().to_str().unwrap();
    let text = std::fs::read_to_string(file).unwrap().replace('\t', " ");
    let mut memory = FixedMetrics::default();
    let mut unusable = OTHER_SETTINGS.contains(&name);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut i = 0;
    while i < lines.len() {
        let head = lines[i];
        let number = i + 1;
        i += 1;
        if head.is_empty() || head.starts_with('#') {
            continue;
        }
        let mut body = Vec::new();
        while i < lines.len() && !lines[i].is_empty() && head != "clear" {
            if !lines[i].starts_with('#') {
                body.push(lines[i]);
            }
            i += 1;
        }
        if head == "clear" {
            (memory, unusable) = (FixedMetrics::default(), OTHER_SETTINGS.contains(&name));
        } else if let Some(step) = head.strip_prefix("load ") {
            unusable |= !load(&mut memory, duration(step).unwrap(), &body);
        } else if head.starts_with("load") {
            unusable = true;
        } else if unusable || body.iter().any(|l| l.contains(NATIVE_HISTOGRAMS) || l.contains("range vector")) {
            tally.skipped += 1;
        } else {
            case(&memory, head, &body, &format!("{name}:{number}"), tally);
        }
    }
}

fn load(memory: &mut FixedMetrics, step_ms: i64, body: &[&str]) -> bool {
    for line in body {
        if line.contains(NATIVE_HISTOGRAMS) || line.contains("@st") {
            return false;
        }
        let Some((labels, values)) = series(line) else { return false };
        let sample =
            |(i, v): (usize, Option<f64>)| Some(Sample { t: TimestampMs(i64::try_from(i).unwrap() * step_ms), v: v? });
        let samples: Vec<_> = values.into_iter().enumerate().filter_map(sample).collect();
        memory.series.insert(labels, samples.into());
    }
    true
}

/// `name{…} values`, where the selector's text may hold blanks.
fn series(line: &str) -> Option<(Labels, Vec<Option<f64>>)> {
    let end = match line.find('{') {
        Some(open) if !line[..open].contains(' ') => open + closing(&line[open..])? + 1,
        _ => line.find(' ').unwrap_or(line.len()),
    };
    let (selector, values) = line.split_at(end);
    let labels = if selector == "{}" {
        Labels::default()
    } else {
        let mut matchers = parse_selector(&selector.replace("{}", "")).ok()?;
        matchers.retain(|m| m.op == MatchOp::Equal);
        Labels::from_pairs(matchers.into_iter().map(|m| (m.name, m.value)))
    };
    Some((labels, values.split_whitespace().map(expand).collect::<Option<Vec<_>>>()?.concat()))
}

fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
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

fn number(text: &str) -> Option<f64> {
    match text {
        "stale" => Some(stale_nan()),
        "Inf" | "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok(),
    }
}

fn expand(token: &str) -> Option<Vec<Option<f64>>> {
    if let Some(times) = token.strip_prefix("_x") {
        return Some(vec![None; times.parse().ok()?]);
    }
    if token == "_" {
        return Some(vec![None]);
    }
    let Some((start, times)) = token.rsplit_once('x') else { return Some(vec![Some(number(token)?)]) };
    let times: u32 = times.parse().ok()?;
    if let Some(v) = number(start) {
        return Some(vec![Some(v); times as usize + 1]);
    }
    let at = (1..start.len()).rev().find(|&i| {
        start.is_char_boundary(i)
            && matches!(&start[i..=i], "+" | "-")
            && number(&start[..i]).is_some()
            && start[i + 1..].parse::<f64>().is_ok()
    })?;
    let sign = if &start[at..=at] == "-" { -1.0 } else { 1.0 };
    let (first, change) = (number(&start[..at])?, sign * start[at + 1..].parse::<f64>().ok()?);
    Some((0..=times).map(|i| Some(first + f64::from(i) * change)).collect())
}

fn duration(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, reason = "small numbers in scripts")]
        return Some((seconds * 1000.0) as i64);
    }
    let (sign, mut rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut total = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |n| digits + n);
        let unit = match &rest[digits..unit_end] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            "y" => 31_536_000_000,
            _ => return None,
        };
        total += rest[..digits].parse::<i64>().ok()? * unit;
        rest = &rest[unit_end..];
    }
    Some(sign * total)
}

type Expected = BTreeMap<Labels, Vec<Option<f64>>>;

fn case(memory: &FixedMetrics, head: &str, body: &[&str], place: &str, tally: &mut Tally) {
    let Some((query, grid)) = parse_eval(head) else {
        tally.skipped += 1;
        return;
    };
    let engine = Engine::new(Config::default());
    let options = Options { lookback_ms: None, stop: &|| false };
    let (start, end, step) = grid;
    let result = match step {
        None => engine.instant(memory, query, TimestampMs(start), &options),
        Some(step) => engine.range(memory, query, TimeRange::new(start, end), step, &options),
    };
    let must_fail = head.starts_with("eval_fail") || body.iter().any(|l| l.starts_with("expect fail"));
    let known = KNOWN.iter().any(|(file, line, _)| place == format!("{file}:{line}"));
    let fault = match result {
        Err(error @ (Error::NotSupported(_) | Error::Parse(_) | Error::RangeOf(_)))
            if !must_fail || matches!(error, Error::NotSupported(_)) =>
        {
            tally.refused += 1;
            *tally.reasons.entry(error.to_string()).or_default() += 1;
            return;
        }
        Err(_) if must_fail => None,
        Err(error) => Some(format!("failed: {error}")),
        Ok(outcome) if must_fail => Some(format!("must fail, gave {:?}", outcome.value)),
        Ok(outcome) => compare(&outcome.value, body, start, step)
            .or_else(|| remarks("warn", &outcome.warnings, body))
            .or_else(|| remarks("info", &outcome.infos, body)),
    };
    match fault {
        None => tally.right += 1,
        Some(_) if known => tally.skipped += 1,
        Some(fault) => tally.wrong.push(format!("{place}: {query}: {fault}")),
    }
}

/// What is expected of warnings or infos; where nothing is, any will do.
fn remarks(kind: &str, got: &[String], body: &[&str]) -> Option<String> {
    let fault = |what: &str| Some(format!("{kind}: {what}, not {got:?}"));
    if body.contains(&format!("expect no_{kind}").as_str()) && !got.is_empty() {
        return fault("none");
    }
    for line in body.iter().filter_map(|l| l.strip_prefix("expect ")?.strip_prefix(kind)) {
        let line = line.trim();
        let matches = |text: &String| match (line.strip_prefix("msg:"), line.strip_prefix("regex:")) {
            (Some(msg), _) => text == msg.trim(),
            (_, Some(regex)) => regex::Regex::new(regex.trim()).is_ok_and(|r| r.is_match(text)),
            _ => true,
        };
        if !got.iter().any(matches) {
            return fault(line);
        }
    }
    None
}

/// Start, end and, for a range query, step; milliseconds.
type Times = (i64, i64, Option<i64>);

fn parse_eval(head: &str) -> Option<(&str, Times)> {
    let (_, rest) = head.split_once(' ')?;
    if let Some(rest) = rest.strip_prefix("instant at ") {
        let (at, query) = rest.split_once(' ')?;
        let at = duration(at)?;
        return Some((query.trim(), (at, at, None)));
    }
    let rest = rest.strip_prefix("range from ")?;
    let (start, rest) = rest.split_once(" to ")?;
    let (end, rest) = rest.split_once(" step ")?;
    let (step, query) = rest.split_once(' ')?;
    Some((query.trim(), (duration(start)?, duration(end)?, Some(duration(step)?))))
}

fn compare(value: &Value, body: &[&str], start: i64, step: Option<i64>) -> Option<String> {
    let body: Vec<_> = body.iter().filter(|l| !l.starts_with("expect ")).collect();
    let mut expected = Expected::new();
    for line in &body {
        if let (Value::Scalar(sample), Some(want)) = (value, number(line)) {
            return (!close(sample.v, want)).then(|| format!("gave {}, not {want}", sample.v));
        }
        let Some((labels, values)) = series(line) else { return Some(format!("cannot read {line:?}")) };
        expected.insert(labels, values);
    }
    let mut got = Expected::new();
    match value {
        Value::Vector(rows) => got.extend(rows.iter().map(|(l, s)| (l.clone(), vec![Some(s.v)]))),
        Value::Matrix(rows) => {
            for row in rows {
                let mut values = Vec::new();
                for s in &row.samples {
                    let at = usize::try_from((s.t.0 - start) / step.unwrap_or(1)).unwrap_or(0);
                    values.resize(at.max(values.len()), None);
                    values.push(Some(s.v));
                }
                got.insert(row.labels.clone(), values);
            }
        }
        Value::Scalar(_) | Value::String(..) => return None,
    }
    for values in expected.values_mut() {
        while values.last() == Some(&None) {
            values.pop();
        }
    }
    expected.retain(|_, values| !values.is_empty());
    let same = |a: &[Option<f64>], b: &[Option<f64>]| {
        a.len() == b.len()
            && a.iter().zip(b).all(|(a, b)| match (a, b) {
                (Some(a), Some(b)) => close(*a, *b),
                (a, b) => a.is_none() && b.is_none(),
            })
    };
    let equal =
        got.len() == expected.len() && got.iter().zip(&expected).all(|((gl, gv), (el, ev))| gl == el && same(gv, ev));
    (!equal).then(|| format!("gave {got:?}, not {expected:?}"))
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() / (a.abs() + b.abs()) < 1e-6
}
