//! Prometheus remote write 1.0: `prometheus.WriteRequest`.
//!
//! Strings are read as bytes, so that one label of invalid UTF-8 costs its series and not the request.

use aio_types::{Exemplar, Labels, METRIC_NAME, Metadata, MetricKind, MetricsWrite, Sample, SeriesWrite, TimestampMs};
use prost::Message;

use crate::Error;
use crate::weight::{self, Field, LEAF, Shape};

/// What a request held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// The usable part.
    pub write: MetricsWrite,
    /// Series of which something had to be left out.
    pub invalid_series: u64,
    /// The first of these and what is wrong with it.
    pub first_invalid: Option<String>,
    /// Native histogram samples, which are left out.
    pub histograms: u64,
    /// The first series that had some.
    pub first_histogram: Option<String>,
}

/// Most characters of an exemplar's labels together, as OpenMetrics has it.
const EXEMPLAR_RUNES_MAX: usize = 128;

impl Decoded {
    fn invalid(&mut self, series: &str, reason: &str) {
        self.invalid_series += 1;
        self.first_invalid.get_or_insert_with(|| format!("series {series}: {reason}"));
    }
}

#[derive(Clone, PartialEq, Message)]
struct WriteRequestProto {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeriesProto>,
    #[prost(message, repeated, tag = "3")]
    metadata: Vec<MetadataProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeriesProto {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<LabelProto>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<SampleProto>,
    #[prost(message, repeated, tag = "3")]
    exemplars: Vec<ExemplarProto>,
    #[prost(message, repeated, tag = "4")]
    histograms: Vec<HistogramProto>,
}

#[derive(Clone, PartialEq, Message)]
struct LabelProto {
    #[prost(bytes = "vec", tag = "1")]
    name: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct SampleProto {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

#[derive(Clone, PartialEq, Message)]
struct ExemplarProto {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<LabelProto>,
    #[prost(double, tag = "2")]
    value: f64,
    #[prost(int64, tag = "3")]
    timestamp: i64,
}

/// Only its presence matters: the fields are skipped.
#[derive(Clone, Copy, PartialEq, Message)]
struct HistogramProto {}

#[derive(Clone, PartialEq, Message)]
struct MetadataProto {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(bytes = "vec", tag = "2")]
    metric_family_name: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    help: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    unit: Vec<u8>,
}

static REQUEST: Shape =
    Shape::new(&[Field::list::<TimeSeriesProto>(1, &SERIES), Field::list::<MetadataProto>(3, &LEAF)]);
static SERIES: Shape = Shape::new(&[
    Field::list::<LabelProto>(1, &LEAF),
    Field::list::<SampleProto>(2, &LEAF),
    Field::list::<ExemplarProto>(3, &EXEMPLAR),
]);
static EXEMPLAR: Shape = Shape::new(&[Field::list::<LabelProto>(1, &LEAF)]);

/// Decodes a request that is already decompressed.
///
/// # Errors
/// [`Error::Malformed`] when the bytes are no `WriteRequest`, [`Error::TooHeavy`] when it would take too much memory;
/// unusable series are counted instead.
pub fn decode(decompressed: &[u8]) -> Result<Decoded, Error> {
    weight::of_protobuf(decompressed, &REQUEST)?;
    let request = WriteRequestProto::decode(decompressed).map_err(|e| Error::malformed("remote write request", e))?;
    let mut out = Decoded::default();
    for series in request.timeseries {
        add_series(series, &mut out);
    }
    out.write.metadata = request.metadata.into_iter().filter_map(metadata).collect();
    Ok(out)
}

fn add_series(series: TimeSeriesProto, out: &mut Decoded) {
    let labels = match series_labels(&series.labels) {
        Ok(labels) => labels,
        Err(reason) => return out.invalid(&shown(&series.labels), &reason),
    };
    if !series.histograms.is_empty() {
        out.histograms += series.histograms.len() as u64;
        out.first_histogram.get_or_insert_with(|| labels.to_string());
    }
    let samples: Vec<Sample> = series.samples.iter().map(|s| sample(s.timestamp, s.value)).collect();
    let exemplars: Vec<Exemplar> = series.exemplars.iter().filter_map(exemplar).collect();
    if !samples.is_empty() || !exemplars.is_empty() {
        out.write.series.push(SeriesWrite { labels, samples: samples.into(), exemplars });
    }
}

fn series_labels(pairs: &[LabelProto]) -> Result<Labels, String> {
    let labels = label_set(pairs)?;
    if labels.metric_name().is_empty() {
        return Err(format!("label {METRIC_NAME:?} is missing"));
    }
    Ok(labels)
}

/// A valid label set; names may be any UTF-8, as in Prometheus 3.
fn label_set(pairs: &[LabelProto]) -> Result<Labels, String> {
    let mut checked = pairs.iter().map(label).collect::<Result<Vec<_>, _>>()?;
    checked.sort_unstable_by_key(|(name, _)| *name);
    if let Some(twice) = checked.windows(2).find(|w| w[0].0 == w[1].0) {
        return Err(format!("label name {:?} occurs twice", twice[0].0));
    }
    Ok(Labels::from_pairs(checked))
}

fn label(pair: &LabelProto) -> Result<(&str, &str), String> {
    let name = std::str::from_utf8(&pair.name).map_err(|_| "a label name is not UTF-8".to_owned())?;
    if name.is_empty() {
        return Err("a label name is empty".to_owned());
    }
    let value = std::str::from_utf8(&pair.value).map_err(|_| format!("the value of label {name:?} is not UTF-8"))?;
    Ok((name, value))
}

/// The labels as they came, for an error text.
fn shown(pairs: &[LabelProto]) -> String {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let pairs: Vec<String> =
        pairs.iter().take(20).map(|p| format!("{}={:?}", lossy(&p.name), lossy(&p.value))).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn sample(timestamp: i64, value: f64) -> Sample {
    Sample { t: TimestampMs(timestamp), v: value }
}

/// An exemplar with unusable or too long labels is left out: its series is worth more.
fn exemplar(proto: &ExemplarProto) -> Option<Exemplar> {
    let labels = label_set(&proto.labels).ok()?;
    let runes: usize = labels.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
    if runes > EXEMPLAR_RUNES_MAX {
        return None;
    }
    Some(Exemplar { labels, sample: sample(proto.timestamp, proto.value) })
}

fn metadata(proto: MetadataProto) -> Option<(String, Metadata)> {
    let name = String::from_utf8(proto.metric_family_name).ok().filter(|n| !n.is_empty())?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Some((name, Metadata { kind: kind(proto.kind), help: text(proto.help), unit: text(proto.unit) }))
}

fn kind(number: i32) -> MetricKind {
    match number {
        1 => MetricKind::Counter,
        2 => MetricKind::Gauge,
        3 => MetricKind::Histogram,
        4 => MetricKind::GaugeHistogram,
        5 => MetricKind::Summary,
        6 => MetricKind::Info,
        7 => MetricKind::StateSet,
        _ => MetricKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels_of(pairs: &[(&[u8], &[u8])]) -> Vec<LabelProto> {
        pairs.iter().map(|(n, v)| LabelProto { name: n.to_vec(), value: v.to_vec() }).collect()
    }

    fn series_of(pairs: &[(&[u8], &[u8])]) -> TimeSeriesProto {
        TimeSeriesProto {
            labels: labels_of(pairs),
            samples: vec![SampleProto { value: 1.5, timestamp: 7 }],
            ..Default::default()
        }
    }

    fn round_trip(timeseries: Vec<TimeSeriesProto>) -> Decoded {
        decode(&WriteRequestProto { timeseries, metadata: vec![] }.encode_to_vec()).expect("decodes")
    }

    #[test]
    fn a_series_arrives_with_all_it_has() {
        let mut series = series_of(&[(b"job", b"a"), (b"__name__", b"up")]);
        series.exemplars.push(ExemplarProto { labels: labels_of(&[(b"trace_id", b"x")]), value: 2.0, timestamp: 8 });
        let metadata =
            MetadataProto { kind: 1, metric_family_name: b"up".to_vec(), help: b"h".to_vec(), unit: b"u".to_vec() };
        let body = WriteRequestProto { timeseries: vec![series], metadata: vec![metadata] }.encode_to_vec();
        let out = decode(&body).expect("decodes");
        assert_eq!(out.invalid_series, 0);
        let got = &out.write.series[0];
        assert_eq!(got.labels.to_string(), r#"{__name__="up", job="a"}"#);
        assert_eq!(got.samples.floats, [Sample { t: TimestampMs(7), v: 1.5 }]);
        assert_eq!(got.exemplars[0].labels.get("trace_id"), "x");
        let want = Metadata { kind: MetricKind::Counter, help: "h".into(), unit: "u".into() };
        assert_eq!(out.write.metadata, [("up".to_owned(), want)]);
    }

    #[test]
    fn a_bad_series_costs_only_itself() {
        let good: &[(&[u8], &[u8])] = &[(b"__name__", b"up")];
        for (bad, reason) in [
            (&[(&b"a"[..], &b"b"[..])][..], "missing"),
            (&[(&b"__name__"[..], &b"up"[..]), (b"", b"x")][..], "empty"),
            (&[(&b"__name__"[..], &b"up"[..]), (b"a", b"1"), (b"a", b"2")][..], "twice"),
            (&[(&b"__name__"[..], &b"up"[..]), (b"a", b"\xff")][..], "not UTF-8"),
            (&[(&b"__name__"[..], &b"up"[..]), (b"\xff", b"a")][..], "not UTF-8"),
        ] {
            let out = round_trip(vec![series_of(bad), series_of(good)]);
            assert_eq!((out.invalid_series, out.write.series.len()), (1, 1), "{reason}");
            let text = out.first_invalid.expect("named");
            assert!(text.contains(reason), "{text}");
        }
    }

    #[test]
    fn native_histograms_are_counted_and_the_rest_of_the_series_is_kept() {
        let mut series = series_of(&[(b"__name__", b"h")]);
        series.histograms.push(HistogramProto {});
        let out = round_trip(vec![series]);
        assert_eq!((out.invalid_series, out.histograms, out.write.series.len()), (0, 1, 1));
        assert_eq!(out.first_histogram.as_deref(), Some(r#"{__name__="h"}"#));
    }

    #[test]
    fn labels_may_come_unsorted_and_empty_values_are_no_labels() {
        let out = round_trip(vec![series_of(&[(b"z", b"1"), (b"b", b""), (b"__name__", b"up"), (b"a", b"2")])]);
        assert_eq!(out.write.series[0].labels.to_string(), r#"{__name__="up", a="2", z="1"}"#);
    }

    #[test]
    fn a_stale_marker_keeps_its_bits_and_a_long_exemplar_is_left_out() {
        let mut series = series_of(&[(b"__name__", b"up")]);
        series.samples[0].value = aio_types::stale_nan();
        let long = "x".repeat(130);
        for value in [b"short".as_slice(), long.as_bytes()] {
            let labels = labels_of(&[(b"trace_id", value)]);
            series.exemplars.push(ExemplarProto { labels, value: 1.0, timestamp: 7 });
        }
        let out = round_trip(vec![series]);
        assert!(aio_types::is_stale(out.write.series[0].samples.floats[0].v));
        assert_eq!(out.write.series[0].exemplars.len(), 1);
    }

    #[test]
    fn truncated_requests_are_malformed() {
        let request = WriteRequestProto { timeseries: vec![series_of(&[(b"__name__", b"up")])], metadata: vec![] };
        let body = request.encode_to_vec();
        assert!(matches!(decode(&body[..body.len() - 1]), Err(Error::Malformed { .. })));
        assert_eq!(decode(&[]).expect("an empty request"), Decoded::default());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&body);
        }

        #[test]
        fn flipped_bytes_never_panic(at in 0_usize..40, with in any::<u8>()) {
            let request = WriteRequestProto {
                timeseries: vec![series_of(&[(b"__name__", b"up"), (b"job", b"a")])],
                metadata: vec![],
            };
            let mut body = request.encode_to_vec();
            let at = at % body.len();
            body[at] = with;
            let _ = decode(&body);
        }
    }
}
