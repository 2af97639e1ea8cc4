//! The plain evaluator.

use std::collections::{BTreeMap, BTreeSet};

use crate::Matrix;
use crate::query::Query;
use crate::source::Row;

type Labels = BTreeMap<String, String>;

/// A line that passed: its labels and value.
struct Sample {
    second: i64,
    labels: Labels,
    value: f64,
}

/// The answer, or `None` where a line's fault fails the query.
pub(crate) fn evaluate(query: &Query, rows: &[Row], (start, end, step): (i64, i64, i64)) -> Option<Matrix> {
    let read: i64 = query.offset;
    let is_read = |r: &&Row| r.second > start - read - query.window && r.second <= end - read;
    let mut samples = Vec::new();
    let steps: Vec<i64> = (0..).map(|i| start + i * step).take_while(|t| *t <= end).collect();
    for row in rows.iter().filter(is_read) {
        // A line in no window is not looked at.
        let in_window = |t: &i64| row.second > t - read - query.window && row.second <= t - read;
        if steps.iter().any(in_window)
            && let Some(sample) = sample(query, row)?
        {
            samples.push(sample);
        }
    }
    let mut out = Matrix::new();
    for t in steps {
        for (labels, value) in at(query, &samples, t) {
            out.entry(labels).or_default().insert(t, value);
        }
    }
    Some(out)
}

/// Labels that parsers must find; `None` for all.
fn needed(query: &Query) -> Option<BTreeSet<String>> {
    let sums = matches!(query.op, "bytes_over_time" | "bytes_rate" | "sum_over_time" | "rate" | "count_over_time");
    let groups = match (&query.outer, &query.by) {
        _ if query.op == "absent_over_time" => Vec::new(),
        (Some(("sum", None)), _) if sums => Vec::new(),
        (Some(("sum", Some((false, by)))), _) if sums => by.clone(),
        (_, Some(by)) => by.clone(),
        _ => return None,
    };
    let mut names: BTreeSet<String> = groups.into_iter().map(str::to_owned).collect();
    let looked_at = query.stages.iter().flat_map(|stage| match *stage {
        r#"| level="error""# | "| label_format lvl=level" => vec!["level"],
        "| took > 5" => vec!["took"],
        r#"| level="info" or pod="p""# => vec!["level", "pod"],
        r#"| __error__="""# => vec!["__error__"],
        _ => vec![],
    });
    names.extend(looked_at.map(str::to_owned));
    names.extend(query.unwraps.then(|| "took".to_owned()));
    names.extend(query.unwraps.then(|| "__error__".to_owned()));
    Some(names)
}

/// The labels of a line between two stages.
struct State<'a> {
    labels: Labels,
    /// Names that stages have made labels of, even if they are gone.
    made: BTreeSet<String>,
    needed: Option<&'a BTreeSet<String>>,
}

impl State<'_> {
    fn has_enough(&self) -> bool {
        self.needed.is_some_and(|needed| needed.is_subset(&self.made))
    }

    fn set(&mut self, name: &str, value: &str) {
        self.labels.insert(name.to_owned(), value.to_owned());
        self.made.insert(name.to_owned());
    }

    /// Whether the line is what the parser reads.
    fn parse(&mut self, parser: &str, row: &Row) -> bool {
        let reads_json = parser.starts_with("| json");
        if self.has_enough() || (reads_json && !row.is_json) {
            return self.has_enough();
        }
        // A line of JSON is one word that is no pair.
        let fields = if reads_json == row.is_json { row.fields.as_slice() } else { &[] };
        let asked: &[(&str, &str)] = match parser {
            "| json" | "| logfmt" => {
                self.parse_all(fields);
                return true;
            }
            "| logfmt took" => &[("took", "took")],
            r#"| logfmt lvl="level", took"# => &[("lvl", "level"), ("took", "took")],
            _ => &[("level", "level"), ("took", "took")],
        };
        if reads_json {
            for (label, key) in asked {
                match fields.iter().find(|(name, _)| name == key) {
                    Some((_, value)) => self.set(label, value),
                    None if !self.labels.contains_key(*label) => self.set(label, ""),
                    None => {}
                }
            }
        } else {
            self.parse_asked(asked, fields);
        }
        true
    }

    /// The first of equal names stays.
    fn parse_all(&mut self, fields: &[(&str, String)]) {
        for (name, value) in fields {
            let is_taken = self.labels.contains_key(*name) && !self.made.contains(*name);
            let name = if is_taken { format!("{name}_extracted") } else { (*name).to_owned() };
            if self.needed.is_none_or(|needed| needed.contains(&name)) && !self.made.contains(&name) {
                self.set(&name, value);
            }
        }
    }

    /// The last of equal names stays, of those up to where everything is found.
    fn parse_asked(&mut self, asked: &[(&str, &str)], fields: &[(&str, String)]) {
        for (label, _) in asked {
            self.labels.insert((*label).to_owned(), String::new());
            self.made.remove(*label);
        }
        for (name, value) in fields {
            if let Some((label, _)) = asked.iter().find(|(_, key)| key == name) {
                self.set(label, value);
            }
            if self.has_enough() {
                break;
            }
        }
        self.made.extend(asked.iter().map(|(label, _)| (*label).to_owned()));
    }
}

/// `None` for a fault, `Some(None)` for a line that does not pass.
fn sample(query: &Query, row: &Row) -> Option<Option<Sample>> {
    let needed = needed(query);
    let line = row.line();
    let text = |s: &str| s.to_owned();
    let labels = [(text("app"), text(row.app)), (text("pod"), text(row.pod))].into();
    let mut state = State { labels, made: BTreeSet::new(), needed: needed.as_ref() };
    let mut error = "";
    let get = |labels: &Labels, name: &str| labels.get(name).cloned().unwrap_or_default();
    for stage in &query.stages {
        let State { labels, made, .. } = &mut state;
        let passes = match *stage {
            r#"|= "error""# => line.contains("error"),
            r#"!= "info" or "warn""# => !line.contains("info") && !line.contains("warn"),
            r#"|~ "err|in""# => line.contains("err") || line.contains("in"),
            parser if parser.starts_with("| json") || parser.starts_with("| logfmt") => {
                if !state.parse(parser, row) {
                    error = "JSONParserErr";
                }
                true
            }
            r#"| level="error""# => get(labels, "level") == "error",
            "| took > 5" => match labels.get("took").map(|took| took.parse::<f64>()) {
                None => false,
                Some(Ok(took)) => took > 5.0,
                Some(Err(_)) => {
                    error = if error.is_empty() { "LabelFilterErr" } else { error };
                    true
                }
            },
            r#"| level="info" or pod="p""# => get(labels, "level") == "info" || get(labels, "pod") == "p",
            "| drop level, nope=\"x\"" => {
                labels.remove("level");
                true
            }
            "| keep level, took, nope=\"x\"" => {
                labels.retain(|name, _| name == "level" || name == "took");
                true
            }
            "| label_format lvl=level" => {
                if let Some(level) = labels.remove("level") {
                    labels.insert(text("lvl"), level);
                    made.insert(text("lvl"));
                }
                true
            }
            r#"| __error__="""# => error.is_empty(),
            other => panic!("{other}"),
        };
        if !passes {
            return Some(None);
        }
    }
    let mut labels = state.labels;
    let mut value = if query.op.starts_with("bytes") { line.len() as f64 } else { 1.0 };
    if query.unwraps {
        match labels.get("took").map(|took| took.parse::<f64>()) {
            None | Some(Err(_)) => return Some(None),
            Some(Ok(_)) if !error.is_empty() => return Some(None),
            Some(Ok(took)) => value = took,
        }
        let pushed =
            matches!(query.outer, Some(("sum", Some((false, _))))) && matches!(query.op, "sum_over_time" | "rate");
        let is_kept = query.by.is_some() || pushed;
        if !is_kept {
            labels.remove("took");
        }
    }
    let is_tolerated = error == "JSONParserErr" && needed.is_some_and(|names| names.contains("__error__"));
    if !error.is_empty() && !is_tolerated {
        return None;
    }
    Some(Some(Sample { second: row.second, labels, value }))
}

fn grouped(labels: &Labels, without: bool, names: &[&str]) -> Labels {
    let kept = labels.iter().filter(|(n, v)| !v.is_empty() && names.contains(&n.as_str()) != without);
    kept.map(|(n, v)| (n.clone(), v.clone())).collect()
}

fn at(query: &Query, samples: &[Sample], t: i64) -> Labelled {
    let (from, to) = (t - query.offset - query.window, t - query.offset);
    let in_window = samples.iter().filter(|s| s.second > from && s.second <= to);
    let mut groups: BTreeMap<Labels, Vec<&Sample>> = BTreeMap::new();
    for s in in_window {
        let labels = match &query.by {
            _ if query.op == "absent_over_time" => Labels::new(),
            Some(by) => {
                s.labels.iter().filter(|(n, _)| by.contains(&n.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect()
            }
            None => s.labels.clone(),
        };
        groups.entry(labels).or_default().push(s);
    }
    let mut series: Labelled = groups.iter().map(|(l, s)| (l.clone(), over(query, s))).collect();
    if query.op == "absent_over_time" {
        series = if series.is_empty() { Labelled::from([(Labels::new(), 1.0)]) } else { Labelled::new() };
    }
    tail(query.tail, outer(query, series))
}

type Labelled = BTreeMap<Labels, f64>;

fn over(query: &Query, samples: &[&Sample]) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(|s| s.value).collect();
    let n = values.len() as f64;
    let sum: f64 = values.iter().sum();
    let variance = values.iter().map(|v| (v - sum / n).powi(2)).sum::<f64>() / n;
    match query.op {
        "rate" | "bytes_rate" => sum / query.window as f64,
        "avg_over_time" => sum / n,
        "min_over_time" => values.into_iter().fold(f64::INFINITY, f64::min),
        "max_over_time" => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
        "stdvar_over_time" => variance,
        "stddev_over_time" => variance.sqrt(),
        "first_over_time" => samples.iter().min_by_key(|s| s.second).map_or(0.0, |s| s.value),
        "last_over_time" => samples.iter().max_by_key(|s| s.second).map_or(0.0, |s| s.value),
        "quantile_over_time" => {
            values.sort_by(f64::total_cmp);
            let last = values.len() - 1;
            // Three quarters of the way from the first to the last.
            let (low, rest) = (last * 3 / 4, last * 3 % 4);
            let high = (low + 1).min(last);
            values[low] + (values[high] - values[low]) * rest as f64 / 4.0
        }
        _ => sum,
    }
}

fn outer(query: &Query, series: Labelled) -> Labelled {
    let Some((op, grouping)) = &query.outer else { return series };
    let (without, names) = grouping.clone().unwrap_or_default();
    let mut groups: BTreeMap<Labels, Vec<(Labels, f64)>> = BTreeMap::new();
    for (labels, value) in series {
        groups.entry(grouped(&labels, without, &names)).or_default().push((labels, value));
    }
    let mut out = Labelled::new();
    for (labels, mut members) in groups {
        let values: Vec<f64> = members.iter().map(|(_, v)| *v).collect();
        let n = values.len() as f64;
        let sum: f64 = values.iter().sum();
        let variance = values.iter().map(|v| (v - sum / n).powi(2)).sum::<f64>() / n;
        let joined = match *op {
            "topk" => {
                members.sort_by(|(_, a), (_, b)| b.total_cmp(a));
                out.extend(members.into_iter().take(2));
                continue;
            }
            "sum" => sum,
            "avg" => sum / n,
            "min" => values.into_iter().fold(f64::INFINITY, f64::min),
            "max" => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
            "count" => n,
            "stdvar" => variance,
            _ => variance.sqrt(),
        };
        out.insert(labels, joined);
    }
    out
}

fn tail(tail: &str, series: Labelled) -> Labelled {
    let each = |f: &dyn Fn(f64) -> Option<f64>| series.iter().filter_map(|(l, v)| Some((l.clone(), f(*v)?))).collect();
    match tail {
        "" => series,
        "* 2" => each(&|v| Some(v * 2.0)),
        "> 1" => each(&|v| (v > 1.0).then_some(v)),
        ">= bool 1" => each(&|v| Some(f64::from(u8::from(v >= 1.0)))),
        "and vector(1)" => series.into_iter().filter(|(l, _)| l.is_empty()).collect(),
        "unless on() vector(1)" => Labelled::new(),
        "or vector(0)" => {
            let mut out = series;
            out.entry(Labels::new()).or_insert(0.0);
            out
        }
        other => panic!("{other}"),
    }
}
