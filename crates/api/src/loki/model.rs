//! Results as Loki encodes them. Readers stream these bodies, so the order of keys is part of the contract: `status`,
//! `data`; inside of it `resultType`, `encodingFlags`, `result`, `stats`; a stream is `stream`, then `values`.

use std::collections::BTreeMap;

use aio_logql::{Answer, Direction, LogLine, MetricSeries, StreamLines};
use aio_types::{Labels, TimestampNs};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer};

use super::flags::Flags;
use super::stats::{Summary, stats};

/// What shapes an answer's encoding.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// The moment of an instant query.
    pub(super) at: TimestampNs,
    pub(super) direction: Direction,
    pub(super) flags: Flags,
}

/// The whole body of a query's answer.
pub(super) fn body(answer: &Answer, shape: &Shape, read: Summary, warnings: &[String]) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Body { answer, shape, read, warnings })
}

/// One frame of a tail: lines in the order they are shown in, and the streams and times of those that were passed over.
pub(super) fn frame(
    lines: &[StreamLines],
    flags: &Flags,
    dropped: &[(Labels, TimestampNs)],
) -> serde_json::Result<String> {
    serde_json::to_string(&Frame { lines, flags, dropped })
}

struct Frame<'a> {
    lines: &'a [StreamLines],
    flags: &'a Flags,
    dropped: &'a [(Labels, TimestampNs)],
}

impl Serialize for Frame<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let categorize = self.flags.categorize();
        let mut frame = serializer.serialize_map(None)?;
        frame.serialize_entry("streams", &Each(self.lines, |lines| Apart { lines, categorize }))?;
        if !self.dropped.is_empty() {
            frame.serialize_entry("dropped_entries", &Each(self.dropped, Dropped))?;
        }
        if !self.flags.names().is_empty() {
            frame.serialize_entry("encodingFlags", self.flags.names())?;
        }
        frame.end()
    }
}

/// A stream of its own, whether there are others with its labels or not.
struct Apart<'a> {
    lines: &'a StreamLines,
    categorize: bool,
}

impl Serialize for Apart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { lines: from, categorize } = *self;
        let rows = from.lines.iter().map(|line| Row { from, line, categorize }).collect();
        Group((&told_labels(from, categorize), &rows)).serialize(serializer)
    }
}

struct Dropped<'a>(&'a (Labels, TimestampNs));

impl Serialize for Dropped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (labels, ts) = self.0;
        let mut dropped = serializer.serialize_map(None)?;
        dropped.serialize_entry("timestamp", &ts.0.to_string())?;
        if !labels.is_empty() {
            dropped.serialize_entry("labels", &Object(labels))?;
        }
        dropped.end()
    }
}

struct Body<'a> {
    answer: &'a Answer,
    shape: &'a Shape,
    read: Summary,
    warnings: &'a [String],
}

struct Data<'a>(&'a Body<'a>);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("status", "success")?;
        if !self.warnings.is_empty() {
            body.serialize_entry("warnings", self.warnings)?;
        }
        body.serialize_entry("data", &Data(self))?;
        body.end()
    }
}

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Body { answer, shape, read, .. }) = self;
        let mut data = serializer.serialize_map(None)?;
        data.serialize_entry("resultType", kind(answer))?;
        if matches!(answer, Answer::Streams(_)) && !shape.flags.names().is_empty() {
            data.serialize_entry("encodingFlags", shape.flags.names())?;
        }
        match answer {
            Answer::Streams(streams) => data.serialize_entry("result", &groups(streams, shape))?,
            Answer::Matrix(series) => data.serialize_entry("result", &Each(series, Matrix))?,
            Answer::Vector(samples) => data.serialize_entry("result", &Each(samples, |s| Sample(s, shape.at)))?,
            Answer::Scalar(v) => data.serialize_entry("result", &(shape.at.to_ms().0, text(*v)))?,
        }
        data.serialize_entry("stats", &stats(entries(answer), *read))?;
        data.end()
    }
}

fn kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Streams(_) => "streams",
        Answer::Matrix(_) => "matrix",
        Answer::Vector(_) => "vector",
        Answer::Scalar(_) => "scalar",
    }
}

/// Lines or points.
fn entries(answer: &Answer) -> usize {
    match answer {
        Answer::Streams(streams) => streams.iter().map(|s| s.lines.len()).sum(),
        Answer::Matrix(series) => series.len(),
        Answer::Vector(samples) => samples.len(),
        Answer::Scalar(_) => 1,
    }
}

fn text(v: f64) -> String {
    aio_promql::format_float(v, false)
}

/// A time as seconds with milliseconds as their fraction.
struct Seconds(TimestampNs);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ms = self.0.to_ms();
        if ms.0 % 1000 == 0 {
            serializer.serialize_i64(ms.0 / 1000)
        } else {
            serializer.serialize_f64(ms.as_secs_f64())
        }
    }
}

struct Object<'a>(&'a Labels);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

/// A list whose items are encoded as what the function makes of them.
struct Each<'a, T, F>(&'a [T], F);

impl<'a, T, U: Serialize, F: Fn(&'a T) -> U> Serialize for Each<'a, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(&self.1))
    }
}

struct Sample<'a>(&'a (Labels, f64), TimestampNs);

impl Serialize for Sample<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (labels, value) = self.0;
        let mut sample = serializer.serialize_struct("Sample", 2)?;
        sample.serialize_field("metric", &Object(labels))?;
        sample.serialize_field("value", &(Seconds(self.1), text(*value)))?;
        sample.end()
    }
}

struct Matrix<'a>(&'a MetricSeries);

impl Serialize for Matrix<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut series = serializer.serialize_struct("Series", 2)?;
        series.serialize_field("metric", &Object(&self.0.labels))?;
        series
            .serialize_field("values", &Each(&self.0.points, |(t, v): &(TimestampNs, f64)| (Seconds(*t), text(*v))))?;
        series.end()
    }
}

/// A line and the labels it came with.
struct Row<'a> {
    from: &'a StreamLines,
    line: &'a LogLine,
    categorize: bool,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_tuple(if self.categorize { 3 } else { 2 })?;
        row.serialize_element(&self.line.ts.0.to_string())?;
        row.serialize_element(&self.line.line)?;
        if self.categorize {
            row.serialize_element(&Categories(self.from))?;
        }
        row.end()
    }
}

struct Categories<'a>(&'a StreamLines);

impl Serialize for Categories<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, labels) in [("structuredMetadata", &self.0.metadata), ("parsed", &self.0.parsed)] {
            if !labels.is_empty() {
                map.serialize_entry(name, &Object(labels))?;
            }
        }
        map.end()
    }
}

/// Lines of equal labels, in the order asked for.
struct Groups<'a>(BTreeMap<Labels, Vec<Row<'a>>>);

impl Serialize for Groups<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut groups = serializer.serialize_seq(Some(self.0.len()))?;
        for group in &self.0 {
            groups.serialize_element(&Group(group))?;
        }
        groups.end()
    }
}

struct Group<'a>((&'a Labels, &'a Vec<Row<'a>>));

impl Serialize for Group<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (labels, rows) = self.0;
        let mut group = serializer.serialize_struct("Stream", 2)?;
        group.serialize_field("stream", &Object(labels))?;
        group.serialize_field("values", rows)?;
        group.end()
    }
}

/// The stream's own where the other labels stand beside each line, else all together.
fn told_labels(from: &StreamLines, categorize: bool) -> Labels {
    if categorize { from.stream.clone() } else { from.merged() }
}

fn groups<'a>(streams: &'a [StreamLines], shape: &Shape) -> Groups<'a> {
    let categorize = shape.flags.categorize();
    let mut groups: BTreeMap<Labels, Vec<Row<'_>>> = BTreeMap::new();
    for from in streams {
        let rows = from.lines.iter().map(|line| Row { from, line, categorize });
        groups.entry(told_labels(from, categorize)).or_default().extend(rows);
    }
    for rows in groups.values_mut() {
        // Stable: lines of one time keep the order they came in.
        match shape.direction {
            Direction::Forward => rows.sort_by_key(|row| row.line.ts),
            Direction::Backward => rows.sort_by_key(|row| std::cmp::Reverse(row.line.ts)),
        }
    }
    Groups(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(answer: &Answer, flags: &str) -> String {
        let (at, flags) = (TimestampNs(1_795_344_135_334_000_000), Flags::read(flags));
        let shape = Shape { at, direction: Direction::Backward, flags };
        let body = body(answer, &shape, Summary::default(), &[]).expect("encodes");
        let body = String::from_utf8(body).expect("text");
        body.split(",\"stats\":").next().expect("a first part").to_owned()
    }

    fn streams() -> Answer {
        let line = |ts, line: &str| LogLine { ts: TimestampNs(ts), line: line.into() };
        let with = |level: &str, lines| StreamLines {
            stream: Labels::from_pairs([("app", "a")]),
            metadata: Labels::from_pairs([("detected_level", level)]),
            parsed: Labels::default(),
            lines,
        };
        Answer::Streams(vec![with("error", vec![line(2, "b")]), with("info", vec![line(3, "c"), line(1, "a\"")])])
    }

    #[test]
    fn keys_stand_in_the_order_streaming_readers_need() {
        assert_eq!(
            encoded(&streams(), "x,categorize-labels"),
            concat!(
                r#"{"status":"success","data":{"resultType":"streams","encodingFlags":["x","categorize-labels"],"result":["#,
                r#"{"stream":{"app":"a"},"values":["#,
                r#"["3","c",{"structuredMetadata":{"detected_level":"info"}}],"#,
                r#"["2","b",{"structuredMetadata":{"detected_level":"error"}}],"#,
                r#"["1","a\"",{"structuredMetadata":{"detected_level":"info"}}]]}]"#,
            )
        );
        assert_eq!(
            encoded(&streams(), ""),
            concat!(
                r#"{"status":"success","data":{"resultType":"streams","result":["#,
                r#"{"stream":{"app":"a","detected_level":"error"},"values":[["2","b"]]},"#,
                r#"{"stream":{"app":"a","detected_level":"info"},"values":[["3","c"],["1","a\""]]}]"#,
            )
        );
    }

    #[test]
    fn numbers_are_written_as_loki_writes_them() {
        assert!(encoded(&Answer::Scalar(2.0), "").ends_with(r#""resultType":"scalar","result":[1795344135334,"2"]"#));
        let vector = Answer::Vector(vec![(Labels::default(), f64::INFINITY)]);
        assert!(encoded(&vector, "").ends_with(r#""result":[{"metric":{},"value":[1795344135.334,"+Inf"]}]"#));
        let points = vec![(TimestampNs(60_000_000_000), 0.5), (TimestampNs(60_001_000_000), 1.0)];
        let matrix = Answer::Matrix(vec![MetricSeries { labels: Labels::from_pairs([("a", "b")]), points }]);
        assert!(
            encoded(&matrix, "").ends_with(r#""result":[{"metric":{"a":"b"},"values":[[60,"0.5"],[60.001,"1"]]}]"#),
            "{}",
            encoded(&matrix, "")
        );
        assert!(encoded(&Answer::Streams(Vec::new()), "").ends_with(r#""resultType":"streams","result":[]"#));
    }

    #[test]
    fn lines_of_a_frame_are_streams_of_their_own() {
        let one = |level: &str, ts, line: &str| StreamLines {
            stream: Labels::from_pairs([("app", "a")]),
            metadata: Labels::from_pairs([("l", level)]),
            parsed: Labels::default(),
            lines: vec![LogLine { ts: TimestampNs(ts), line: line.into() }],
        };
        let lines = [one("x", 1, "a"), one("y", 2, "b"), one("x", 3, "c")];
        let dropped = [(Labels::from_pairs([("app", "a")]), TimestampNs(7)), (Labels::default(), TimestampNs(8))];
        let told = |flags: &str, dropped: &[_]| frame(&lines, &Flags::read(flags), dropped).expect("encodes");
        assert_eq!(
            told("", &dropped),
            concat!(
                r#"{"streams":[{"stream":{"app":"a","l":"x"},"values":[["1","a"]]},"#,
                r#"{"stream":{"app":"a","l":"y"},"values":[["2","b"]]},"#,
                r#"{"stream":{"app":"a","l":"x"},"values":[["3","c"]]}],"#,
                r#""dropped_entries":[{"timestamp":"7","labels":{"app":"a"}},{"timestamp":"8"}]}"#,
            )
        );
        let categorized = told("categorize-labels", &[]);
        assert!(categorized.starts_with(
            r#"{"streams":[{"stream":{"app":"a"},"values":[["1","a",{"structuredMetadata":{"l":"x"}}]]},"#
        ));
        assert!(categorized.ends_with(r#""encodingFlags":["categorize-labels"]}"#), "{categorized}");
    }
}
