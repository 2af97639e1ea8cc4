//! How values are written in answers. Written straight to text: order of keys and the shape of samples are part of the
//! contract (Grafana reads them streaming).

use aio_promql::{Instant, Series, Value, VectorSample, write_float, write_whole};
use aio_types::{Histogram, Labels, Sample, TimestampMs};
use rayon::prelude::*;

/// About so many samples are written to one text.
const TEXT_SAMPLES: usize = 4096;
/// What a sample mostly takes.
const SAMPLE_BYTES: usize = 36;
/// What a series' labels mostly take.
const LABELS_BYTES: usize = 200;

/// Whether nobody waits any more.
pub(super) type Stop<'a> = dyn Fn() -> bool + Sync + 'a;

/// The members `resultType` and `result` of an answer, as texts that follow each other: long ones are written by several
/// threads, and left out once `stop` says true.
pub(super) fn texts(value: &Value, stop: &Stop<'_>) -> Vec<String> {
    let mut out = String::new();
    match value {
        Value::Scalar(sample) => {
            out.push_str("\"resultType\":\"scalar\",\"result\":");
            // A scalar never takes the exponent form.
            write_pair(&mut out, sample, false);
        }
        Value::String(t, text) => {
            out.push_str("\"resultType\":\"string\",\"result\":[");
            write_time(&mut out, *t);
            out.push(',');
            write_string(&mut out, text);
            out.push(']');
        }
        Value::Vector(samples) => {
            out.push_str("\"resultType\":\"vector\",\"result\":[");
            return listed(out, samples, 1, write_vector_sample, stop);
        }
        Value::Matrix(series) => {
            out.push_str("\"resultType\":\"matrix\",\"result\":[");
            let longest = series.iter().map(|one| one.samples.len()).max().unwrap_or(1);
            return listed(out, series, longest, write_series, stop);
        }
    }
    vec![out]
}

/// A list that `begin` has opened, of items of so many samples at most.
fn listed<T: Sync>(
    begin: String,
    items: &[T],
    samples: usize,
    write: fn(&mut String, &T),
    stop: &Stop<'_>,
) -> Vec<String> {
    let per_text = (TEXT_SAMPLES / samples.max(1)).max(1);
    let text = |items: &[T]| {
        if stop() {
            return String::new();
        }
        let mut out = String::with_capacity(items.len() * (samples * SAMPLE_BYTES + LABELS_BYTES));
        for item in items {
            write(&mut out, item);
            out.push(',');
        }
        out
    };
    let mut texts = vec![begin];
    if items.len() <= per_text {
        texts.push(text(items));
    } else {
        texts.par_extend(items.par_chunks(per_text).map(text));
    }
    if let Some(last) = texts.last_mut() {
        if last.ends_with(',') {
            last.pop();
        }
        last.push(']');
    }
    texts
}

fn write_vector_sample(out: &mut String, sample: &VectorSample) {
    write_metric(out, &sample.labels);
    match &sample.value {
        Instant::Float(v) => {
            out.push_str("\"value\":");
            write_sample(out, &Sample { t: sample.t, v: *v });
        }
        Instant::Histogram(h) => {
            out.push_str("\"histogram\":");
            write_histogram_sample(out, sample.t, h);
        }
    }
    out.push('}');
}

fn write_series(out: &mut String, series: &Series) {
    write_metric(out, &series.labels);
    let (floats, histograms) = (&series.samples.floats, &series.samples.histograms);
    if !floats.is_empty() {
        out.push_str("\"values\":[");
        write_list(out, floats, write_sample);
        out.push(']');
    }
    if !histograms.is_empty() {
        out.push_str(if floats.is_empty() { "\"histograms\":[" } else { ",\"histograms\":[" });
        write_list(out, histograms, |out, sample| write_histogram_sample(out, sample.t, &sample.h));
        out.push(']');
    }
    out.push('}');
}

fn write_list<T>(out: &mut String, items: &[T], write: impl Fn(&mut String, &T)) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write(out, item);
    }
}

/// `[time,{"count":"…","sum":"…","buckets":[[rule,"lower","upper","count"],…]}]`, of the buckets that count something.
fn write_histogram_sample(out: &mut String, t: TimestampMs, h: &Histogram) {
    out.push('[');
    write_time(out, t);
    out.push_str(",{\"count\":");
    write_number(out, h.count);
    out.push_str(",\"sum\":");
    write_number(out, h.sum);
    let buckets: Vec<_> = aio_promql::buckets(h).filter(|bucket| bucket.count != 0.0).collect();
    if !buckets.is_empty() {
        out.push_str(",\"buckets\":[");
        write_list(out, &buckets, |out, bucket| {
            out.push('[');
            write_whole(out, (bucket.rule as u8).into());
            for v in [bucket.lower, bucket.upper, bucket.count] {
                out.push(',');
                write_number(out, v);
            }
            out.push(']');
        });
        out.push(']');
    }
    out.push_str("}]");
}

/// The start of a series' object, up to where its values come.
fn write_metric(out: &mut String, labels: &Labels) {
    out.push_str("{\"metric\":{");
    for (i, (name, value)) in labels.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(out, name);
        out.push(':');
        write_string(out, value);
    }
    out.push_str("},");
}

/// A number in quotes.
fn write_number(out: &mut String, v: f64) {
    out.push('"');
    write_float(out, v, true);
    out.push('"');
}

fn write_sample(out: &mut String, sample: &Sample) {
    write_pair(out, sample, true);
}

fn write_pair(out: &mut String, sample: &Sample, exponent: bool) {
    out.push('[');
    write_time(out, sample.t);
    out.push_str(",\"");
    write_float(out, sample.v, exponent);
    out.push_str("\"]");
}

/// Seconds with as many of three decimals as are needed.
pub(crate) fn write_time(out: &mut String, t: TimestampMs) {
    let (seconds, ms) = (t.0.unsigned_abs() / 1000, t.0.unsigned_abs() % 1000);
    if t.0 < 0 {
        out.push('-');
    }
    write_whole(out, i64::try_from(seconds).unwrap_or(i64::MAX));
    if ms > 0 {
        let decimals = format!(".{ms:03}");
        out.push_str(decimals.trim_end_matches('0'));
    }
}

fn write_string(out: &mut String, text: &str) {
    let is_plain = |b: u8| b >= b' ' && b != b'"' && b != b'\\';
    if text.bytes().all(is_plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_no_trailing_zeros() {
        for (ms, expected) in [
            (1_435_781_451_781, "1435781451.781"),
            (1_435_781_451_000, "1435781451"),
            (-1500, "-1.5"),
            (0, "0"),
            (10_000, "10"),
        ] {
            let mut out = String::new();
            write_time(&mut out, TimestampMs(ms));
            assert_eq!(out, expected);
        }
    }

    fn written(value: &Value) -> String {
        texts(value, &|| false).concat()
    }

    fn sample(value: Instant) -> VectorSample {
        VectorSample { labels: Labels::from_pairs([("a", "x\"y")]), t: TimestampMs(1500), value }
    }

    #[test]
    fn a_vector_is_written_key_by_key() {
        let value = Value::Vector(vec![sample(Instant::Float(f64::NAN))]);
        let expected = r#""resultType":"vector","result":[{"metric":{"a":"x\"y"},"value":[1.5,"NaN"]}]"#;
        assert_eq!(written(&value), expected);
    }

    #[test]
    fn histograms_are_written_with_the_buckets_that_count() {
        let span = aio_types::BucketSpan { offset: 1, length: 3 };
        let h = Histogram {
            count: 4.0,
            sum: -0.5,
            zero_count: 1.0,
            zero_threshold: 0.001,
            positive_spans: vec![span],
            positive_buckets: vec![2.0, 0.0, 1.0],
            ..Histogram::default()
        };
        let of = |h: Histogram| written(&Value::Vector(vec![sample(Instant::Histogram(h.into()))]));
        let buckets = r#"[[3,"-0.001","0.001","1"],[0,"1","2","2"],[0,"4","8","1"]]"#;
        let full = of(h);
        assert!(
            full.contains(&format!(r#""histogram":[1.5,{{"count":"4","sum":"-0.5","buckets":{buckets}}}]"#)),
            "{full}"
        );
        assert!(of(Histogram::default()).contains(r#""histogram":[1.5,{"count":"0","sum":"0"}]"#));
    }

    #[test]
    fn long_lists_are_one_list() {
        let t = TimestampMs(1000);
        let samples = aio_promql::Samples::from(vec![Sample { t, v: 1.5 }; 100]);
        let series = |i: usize| Series { labels: Labels::from_pairs([("i", i.to_string())]), samples: samples.clone() };
        for count in [0, 1, 40, 41, 200] {
            let text = written(&Value::Matrix((0..count).map(series).collect()));
            let json: serde_json::Value = serde_json::from_str(&format!("{{{text}}}")).expect("JSON");
            let found = json["result"].as_array().expect("a list");
            assert_eq!(found.len(), count);
            let numbered = found
                .iter()
                .enumerate()
                .all(|(i, one)| one["metric"]["i"].as_str().is_some_and(|n| n.parse() == Ok(i)));
            assert!(numbered && found.iter().all(|one| one["values"].as_array().is_some_and(|v| v.len() == 100)));
        }
    }

    #[test]
    fn a_series_may_have_both_kinds() {
        let t = TimestampMs(1000);
        let mut samples = aio_promql::Samples::from(vec![Sample { t, v: 1.0 }]);
        let h = std::sync::Arc::new(Histogram::default());
        samples.histograms.push(aio_types::HistogramSample { t: TimestampMs(2000), start: TimestampMs(0), h });
        let value = Value::Matrix(vec![Series { labels: Labels::default(), samples }]);
        let expected = r#"{"metric":{},"values":[[1,"1"]],"histograms":[[2,{"count":"0","sum":"0"}]]}"#;
        assert!(written(&value).contains(expected), "{}", written(&value));
    }
}
