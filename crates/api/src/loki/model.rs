//! Results as Loki encodes them.

use aio_logql::{Answer, Direction, MetricSeries, StreamLines};
use aio_types::{Labels, TimestampNs};
use serde_json::{Map, Value, json};

/// What a query read and yielded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary {
    pub(super) lines: u64,
    pub(super) bytes: u64,
    pub(super) seconds: f64,
}

/// The whole body of a query's answer.
pub(super) fn body(answer: &Answer, at: TimestampNs, direction: Direction, categorize: bool, read: Summary) -> Value {
    let mut entries = 0;
    let (kind, result) = match answer {
        Answer::Streams(streams) => {
            entries = streams.iter().map(|s| s.lines.len()).sum();
            ("streams", if categorize { categorized(streams, direction) } else { merged(streams, direction) })
        }
        Answer::Matrix(series) => ("matrix", series.iter().map(matrix).collect()),
        Answer::Vector(samples) => {
            let sample =
                |(labels, v): &(Labels, f64)| json!({"metric": metric(labels), "value": [seconds(at), text(*v)]});
            ("vector", samples.iter().map(sample).collect())
        }
        Answer::Scalar(v) => ("scalar", json!([at.to_ms().0, text(*v)])),
    };
    let mut data = json!({"resultType": kind, "result": result, "stats": stats(entries, read)});
    if categorize {
        data["encodingFlags"] = json!(["categorize-labels"]);
    }
    json!({"status": "success", "data": data})
}

fn stats(entries: usize, read: Summary) -> Value {
    let per_second = |n: u64| {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate"
        )]
        if read.seconds > 0.0 { (n as f64 / read.seconds) as u64 } else { 0 }
    };
    json!({
        "summary": {
            "bytesProcessedPerSecond": per_second(read.bytes), "linesProcessedPerSecond": per_second(read.lines),
            "totalBytesProcessed": read.bytes, "totalLinesProcessed": read.lines, "execTime": read.seconds,
            "queueTime": 0, "subqueries": 0, "totalEntriesReturned": entries, "splits": 0, "shards": 0,
            "totalPostFilterLines": 0, "totalStructuredMetadataBytesProcessed": 0,
        },
        "querier": {"store": {"chunk": {}}}, "ingester": {"store": {"chunk": {}}}, "cache": {}, "index": {},
    })
}

fn metric(labels: &Labels) -> Value {
    Value::Object(labels.iter().map(|(n, v)| (n.to_owned(), Value::from(v))).collect::<Map<_, _>>())
}

fn text(v: f64) -> String {
    aio_promql::format_float(v, false)
}

/// Seconds with milliseconds as their fraction.
fn seconds(t: TimestampNs) -> Value {
    let ms = t.to_ms();
    if ms.0 % 1000 == 0 { Value::from(ms.0 / 1000) } else { Value::from(ms.as_secs_f64()) }
}

fn matrix(series: &MetricSeries) -> Value {
    let points: Vec<Value> = series.points.iter().map(|(t, v)| json!([seconds(*t), text(*v)])).collect();
    json!({"metric": metric(&series.labels), "values": points})
}

/// Groups of equal labels, whichever kind each label is of.
fn merged(streams: &[StreamLines], direction: Direction) -> Value {
    let rows = streams.iter().map(|s| (s.merged(), s));
    group(rows, direction, |_, line| json!([line.ts.0.to_string(), line.line]))
}

/// Groups by stream; the other labels stand beside each line.
fn categorized(streams: &[StreamLines], direction: Direction) -> Value {
    let rows = streams.iter().map(|s| (s.stream.clone(), s));
    group(rows, direction, |stream, line| {
        let mut extra = Map::new();
        for (name, labels) in [("structuredMetadata", &stream.metadata), ("parsed", &stream.parsed)] {
            if !labels.is_empty() {
                extra.insert(name.to_owned(), metric(labels));
            }
        }
        json!([line.ts.0.to_string(), line.line, extra])
    })
}

fn group<'a>(
    rows: impl Iterator<Item = (Labels, &'a StreamLines)>,
    direction: Direction,
    encode: impl Fn(&StreamLines, &aio_logql::LogLine) -> Value,
) -> Value {
    let mut groups: std::collections::BTreeMap<Labels, Vec<(TimestampNs, Value)>> = std::collections::BTreeMap::new();
    for (labels, stream) in rows {
        let lines = stream.lines.iter().map(|line| (line.ts, encode(stream, line)));
        groups.entry(labels).or_default().extend(lines);
    }
    let encode_group = |(labels, mut lines): (Labels, Vec<(TimestampNs, Value)>)| {
        // Stable: lines of one time keep the order they came in.
        match direction {
            Direction::Forward => lines.sort_by_key(|(t, _)| *t),
            Direction::Backward => lines.sort_by_key(|(t, _)| std::cmp::Reverse(*t)),
        }
        let values: Vec<Value> = lines.into_iter().map(|(_, v)| v).collect();
        json!({"stream": metric(&labels), "values": values})
    };
    groups.into_iter().map(encode_group).collect()
}
