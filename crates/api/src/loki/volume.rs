//! `index/volume` and `volume_range`: bytes by stream or by label, counted exactly.
//!
//! ```text
//!   range   start |---|--------|--------|--| end      steps are multiples of their width
//!   points            ^        ^        ^  ^          a millisecond before the end of each step; the last at the end
//! ```
//!
//! Of each step the largest volumes are told. Where no series has more than one point, the answer is a vector.

use std::collections::BTreeMap;

use aio_source::{LogsCount, LogsCounted};
use aio_types::{Labels, MatchOp, Matcher, TimestampNs};
use axum::Json;
use serde_json::{Value, json};

use super::params::{Call, LIMIT_DEFAULT, Range, narrowing};
use super::stats::{Summary, stats};
use crate::error::{ApiError, BareError};

/// What a point lies before the end of its step.
const GAP_NS: i64 = 1_000_000;

/// How bytes are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// By the values of some labels together.
    Series,
    /// By the name of each label.
    Labels,
}

struct Request {
    matchers: Vec<Matcher>,
    /// The labels that matter; all for none.
    labels: Vec<String>,
    by: By,
    limit: usize,
}

impl Request {
    fn new(call: &Call, limit: usize) -> Result<Self, ApiError> {
        let targets: Vec<String> = call
            .params
            .get("targetLabels")
            .map(|t| t.split(',').map(|n| n.trim().to_owned()).collect())
            .unwrap_or_default();
        let by = match call.params.get("aggregateBy") {
            None | Some("" | "series") => By::Series,
            Some("labels") => By::Labels,
            Some(_) => return Err(ApiError::BadRequest("invalid aggregation option".to_owned())),
        };
        let mut matchers = selection(call)?;
        let labels = if targets.is_empty() && by == By::Labels {
            Vec::new()
        } else if targets.is_empty() {
            let mut names: Vec<String> = matchers.iter().map(|m| m.name.to_string()).collect();
            names.dedup();
            names
        } else {
            // Streams without a label that is asked for are left out.
            for target in &targets {
                if matchers.iter().all(|m| *m.name != **target) {
                    matchers.push(
                        Matcher::new(target.as_str(), MatchOp::NotEqual, "")
                            .map_err(|e| ApiError::BadRequest(e.to_string()))?,
                    );
                }
            }
            targets
        };
        Ok(Self { matchers, labels, by, limit })
    }

    fn names(&self, labels: &Labels) -> Vec<Labels> {
        let is_wanted = |name: &str| self.labels.is_empty() || self.labels.iter().any(|wanted| wanted == name);
        match self.by {
            By::Series => vec![labels.filter(is_wanted)],
            // The label's name is all that is told; its value is empty, which label sets do not hold.
            By::Labels => labels
                .iter()
                .filter(|(name, _)| is_wanted(name))
                .map(|(name, _)| Labels::from_pairs([(name, NO_VALUE)]))
                .collect(),
        }
    }

    /// The largest of each stretch; those that begin with the largest first.
    fn sums(&self, counted: &[LogsCounted]) -> Sums {
        let mut stretches: BTreeMap<usize, BTreeMap<Labels, u64>> = BTreeMap::new();
        for LogsCounted { labels, buckets, .. } in counted {
            for name in self.names(labels).into_iter().filter(|name| !name.is_empty()) {
                for (stretch, bucket) in buckets {
                    *stretches.entry(*stretch).or_default().entry(name.clone()).or_default() +=
                        bucket.line_bytes + bucket.metadata_bytes;
                }
            }
        }
        let mut sums: BTreeMap<Labels, BTreeMap<usize, u64>> = BTreeMap::new();
        for (stretch, volumes) in stretches {
            let mut volumes: Vec<_> = volumes.into_iter().collect();
            // Stable: of equal ones the first by their labels stays first.
            volumes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
            volumes.truncate(self.limit);
            for (name, bytes) in volumes {
                sums.entry(name).or_default().insert(stretch, bytes);
            }
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        let first = |buckets: &BTreeMap<usize, u64>| buckets.first_key_value().map_or(0, |(_, bytes)| *bytes);
        sums.sort_by_key(|(_, buckets)| std::cmp::Reverse(first(buckets)));
        sums
    }
}

/// Bytes by name and stretch.
type Sums = Vec<(Labels, BTreeMap<usize, u64>)>;

/// Stands for an empty value until the answer is written.
const NO_VALUE: &str = "\0";

/// The streams; `{}` for all of them.
fn selection(call: &Call) -> Result<Vec<Matcher>, ApiError> {
    let text = call.query()?;
    let is_all =
        text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(|t| t.trim().is_empty());
    if is_all { Ok(Vec::new()) } else { narrowing(text) }
}

fn metric(labels: &Labels) -> Value {
    let value = |v: &str| Value::from(if v == NO_VALUE { "" } else { v });
    Value::Object(labels.iter().map(|(name, v)| (name.to_owned(), value(v))).collect())
}

fn point(t: TimestampNs, bytes: u64) -> Value {
    let ms = t.to_ms();
    let seconds = if ms.0 % 1000 == 0 { Value::from(ms.0 / 1000) } else { Value::from(ms.as_secs_f64()) };
    json!([seconds, bytes.to_string()])
}

async fn count(call: &Call, request: Request, edges: Vec<TimestampNs>) -> Result<Sums, ApiError> {
    let source = (call.core.sources.logs)(&call.tenant);
    let count = LogsCount { matchers: request.matchers.clone(), edges, by_level: false };
    call.core.queries.run(None, move |_stop| Ok(request.sums(&source.count(&count)?.0))).await
}

fn answer(sums: &Sums, time: impl Fn(usize) -> TimestampNs) -> Json<Value> {
    let is_matrix = sums.iter().any(|(_, buckets)| buckets.len() > 1);
    let series = |(labels, buckets): &(Labels, BTreeMap<usize, u64>)| {
        let mut points = buckets.iter().map(|(stretch, bytes)| point(time(*stretch), *bytes));
        if is_matrix {
            json!({"metric": metric(labels), "values": points.collect::<Vec<_>>()})
        } else {
            json!({"metric": metric(labels), "value": points.next()})
        }
    };
    let (kind, result) = (if is_matrix { "matrix" } else { "vector" }, sums.iter().map(series).collect::<Vec<_>>());
    let stats = stats(result.len(), Summary::default());
    Json(json!({"status": "success", "data": {"resultType": kind, "result": result, "stats": stats}}))
}

/// However many are asked for; zero means as many as by default.
fn limit(call: &Call) -> Result<usize, ApiError> {
    let is_zero = call.params.get("limit").is_some_and(|text| text.parse() == Ok(0));
    Ok(if is_zero { None } else { call.count("limit", "limit")? }.unwrap_or(LIMIT_DEFAULT))
}

pub(super) async fn instant(call: Call) -> Result<Json<Value>, BareError> {
    let limit = limit(&call)?;
    call.moment()?;
    let (start, end) = call.last_hour()?;
    call.check_length(start, end)?;
    let request = Request::new(&call, limit)?;
    let sums = count(&call, request, edges(start, end, i64::MAX)).await?;
    Ok(answer(&sums, |_| end))
}

pub(super) async fn range(call: Call) -> Result<Json<Value>, BareError> {
    let limit = limit(&call)?;
    let Range { start, end, step_ns, .. } = call.range_with(limit)?;
    // Each step is looked at on its own.
    call.check_length(start, end.min(start.saturating_add(step_ns)))?;
    let request = Request::new(&call, limit)?;
    let edges = edges(start, end, step_ns);
    let sums = count(&call, request, edges.clone()).await?;
    let time = |stretch: usize| match edges.get(stretch + 1) {
        Some(next) if stretch + 2 < edges.len() => next.saturating_add(-GAP_NS),
        _ => end,
    };
    Ok(answer(&sums, time))
}

/// The start, the multiples of the step in between, and the end: a line at the very end counts, too.
fn edges(start: TimestampNs, end: TimestampNs, step: i64) -> Vec<TimestampNs> {
    let mut edges = vec![start];
    let mut next = start.0.div_euclid(step).saturating_add(1).saturating_mul(step);
    while next < end.0 {
        edges.push(TimestampNs(next));
        next = next.saturating_add(step);
    }
    edges.push(end.saturating_add(1));
    edges
}

#[cfg(test)]
mod tests {
    use aio_source::Bucket;

    use super::*;

    #[test]
    fn steps_are_multiples_of_their_width() {
        let all = |start, end, step| {
            edges(TimestampNs(start), TimestampNs(end), step).iter().map(|t| t.0).collect::<Vec<_>>()
        };
        assert_eq!(all(12, 35, 10), [12, 20, 30, 36]);
        assert_eq!(all(10, 30, 10), [10, 20, 31]);
        assert_eq!(all(5, 7, i64::MAX), [5, 8]);
        assert_eq!(all(7, 7, 10), [7, 8]);
    }

    #[test]
    fn bytes_are_added_up_by_series_or_by_name() {
        let counted = |pairs: &[(&str, &str)], bytes| LogsCounted {
            labels: Labels::from_pairs(pairs.iter().copied()),
            level: String::new(),
            buckets: BTreeMap::from([(0, Bucket { lines: 1, line_bytes: bytes, metadata_bytes: 1 })]),
        };
        let all = [
            counted(&[("app", "a"), ("pod", "1")], 9),
            counted(&[("app", "a"), ("pod", "2")], 19),
            counted(&[("app", "b")], 99),
        ];
        let sums = |labels: &[&str], by, limit| {
            let labels = labels.iter().map(|l| (*l).to_owned()).collect();
            let request = Request { matchers: Vec::new(), labels, by, limit };
            let told = |(l, b): &(Labels, BTreeMap<usize, u64>)| (metric(l).to_string(), b.values().sum());
            request.sums(&all).iter().map(told).collect::<Vec<(String, u64)>>()
        };
        let row = |text: &str, bytes| (text.to_owned(), bytes);
        assert_eq!(sums(&["app"], By::Series, 9), [row(r#"{"app":"b"}"#, 100), row(r#"{"app":"a"}"#, 30)]);
        assert_eq!(sums(&["app"], By::Series, 1), [row(r#"{"app":"b"}"#, 100)]);
        assert_eq!(sums(&[], By::Labels, 9), [row(r#"{"app":""}"#, 130), row(r#"{"pod":""}"#, 30)]);
        assert_eq!(sums(&[], By::Series, 9)[1], row(r#"{"app":"a","pod":"2"}"#, 20));
    }

    #[test]
    fn each_step_has_its_largest_and_shapes_follow_the_points() {
        let counted = |app: &str, buckets: &[(usize, u64)]| LogsCounted {
            labels: Labels::from_pairs([("app", app)]),
            level: String::new(),
            buckets: buckets
                .iter()
                .map(|(at, bytes)| (*at, Bucket { lines: 1, line_bytes: *bytes, metadata_bytes: 0 }))
                .collect(),
        };
        let told = |limit, all: &[LogsCounted]| {
            let request = Request { matchers: Vec::new(), labels: vec!["app".to_owned()], by: By::Series, limit };
            let Json(body) =
                answer(&request.sums(all), |stretch| TimestampNs(i64::try_from(stretch).unwrap_or(0) * 1_000_000_000));
            let data = &body["data"];
            format!("{} {}", data["resultType"].as_str().unwrap_or_default(), data["result"])
        };
        let all = [counted("a", &[(1, 5), (2, 9)]), counted("b", &[(1, 7), (2, 3)])];
        assert_eq!(
            told(9, &all),
            concat!(
                r#"matrix [{"metric":{"app":"b"},"values":[[1,"7"],[2,"3"]]},"#,
                r#"{"metric":{"app":"a"},"values":[[1,"5"],[2,"9"]]}]"#
            )
        );
        assert_eq!(
            told(1, &all),
            r#"vector [{"metric":{"app":"a"},"value":[2,"9"]},{"metric":{"app":"b"},"value":[1,"7"]}]"#
        );
        assert_eq!(told(9, &[]), "vector []");
    }
}
