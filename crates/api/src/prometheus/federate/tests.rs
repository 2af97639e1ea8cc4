use std::sync::Arc;

use aio_source::FixedMetrics;
use aio_types::{
    BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramSample, Labels, MatchOp, Matcher, Sample, Samples,
    TimeRange, TimestampMs, stale_nan,
};
use aio_wire::exposition::{self, MetricFamily};
use aio_wire::openmetrics::Escaping;
use prost::Message as _;

use super::newest::{Newest, newest};
use super::{Page, text};

fn floats(values: &[(i64, f64)]) -> Samples {
    values.iter().map(|&(t, v)| Sample { t: TimestampMs(t), v }).collect::<Vec<_>>().into()
}

fn histogram(h: Histogram) -> Samples {
    let sample = HistogramSample { t: TimestampMs(7), start: TimestampMs(0), h: Arc::new(h) };
    Samples { histograms: vec![sample], ..Samples::default() }
}

fn custom() -> Histogram {
    Histogram {
        schema: CUSTOM_BUCKETS_SCHEMA,
        count: 6.0,
        sum: 9.5,
        positive_spans: vec![BucketSpan { offset: 0, length: 3 }],
        positive_buckets: vec![1.0, 2.0, 3.0],
        custom_bounds: Arc::from([0.5, 1.0]),
        ..Histogram::default()
    }
}

fn exponential() -> Histogram {
    Histogram {
        schema: 1,
        count: 4.0,
        sum: 2.5,
        zero_count: 1.0,
        zero_threshold: 0.001,
        negative_spans: vec![BucketSpan { offset: -2, length: 1 }],
        negative_buckets: vec![1.0],
        positive_spans: vec![BucketSpan { offset: 0, length: 1 }],
        positive_buckets: vec![2.0],
        ..Histogram::default()
    }
}

fn found() -> Vec<Newest> {
    let series = [
        (vec![("__name__", "b"), ("zone", "own")], floats(&[(1, 1.0), (5, 2.5)])),
        (vec![("__name__", "a.b"), ("instance", "x")], floats(&[(4, 1e21)])),
        (vec![("__name__", "gone")], floats(&[(4, 1.0), (5, stale_nan())])),
        (vec![("__name__", "h")], histogram(custom())),
        (vec![("__name__", "native")], histogram(exponential())),
    ];
    let series = series.into_iter().map(|(labels, samples)| (Labels::from_pairs(labels), samples)).collect();
    let all = vec![Matcher::new("__name__", MatchOp::Regex, ".+").expect("valid")];
    newest(&FixedMetrics { series }, &[all.clone(), all], TimeRange::new(0, 10)).expect("reads")
}

fn page(escaping: Escaping, native: bool) -> Vec<MetricFamily> {
    let external = Labels::from_pairs([("zone", "eu")]);
    Page { external: &external, escaping }.families(&found(), native)
}

#[test]
fn the_newest_sample_of_a_living_series_is_told_with_external_labels() {
    let rest = "# TYPE b untyped\nb{zone=\"own\",instance=\"\"} 2.5 5\n\
        # TYPE h histogram\nh_bucket{instance=\"\",zone=\"eu\",le=\"0.5\"} 1 7\n\
        h_bucket{instance=\"\",zone=\"eu\",le=\"1\"} 3 7\nh_bucket{instance=\"\",zone=\"eu\",le=\"+Inf\"} 6 7\n\
        h_sum{instance=\"\",zone=\"eu\"} 9.5 7\nh_count{instance=\"\",zone=\"eu\"} 6 7\n";
    for (escaping, first) in [
        (Escaping::Quoted, "# TYPE \"a.b\" untyped\n{\"a.b\",instance=\"x\",zone=\"eu\"} 1e+21 4\n"),
        (Escaping::Underscores, "# TYPE a_b untyped\na_b{instance=\"x\",zone=\"eu\"} 1e+21 4\n"),
    ] {
        let told: String = page(escaping, false).iter().map(text::family).collect();
        assert_eq!(told, format!("{first}{rest}"));
    }
}

#[test]
fn protobuf_holds_native_histograms_too() {
    use exposition::MetricType::{Histogram, Untyped};

    let bytes: Vec<u8> =
        page(Escaping::Quoted, true).iter().flat_map(|family| family.encode_length_delimited_to_vec()).collect();
    let mut rest = bytes.as_slice();
    let mut families = Vec::new();
    while !rest.is_empty() {
        families.push(MetricFamily::decode_length_delimited(&mut rest).expect("a family"));
    }
    let names: Vec<_> = families.iter().map(|family| (family.name(), family.r#type())).collect();
    assert_eq!(names, [("a.b", Untyped), ("b", Untyped), ("h", Histogram), ("native", Histogram)]);
    let native = families[3].metric[0].histogram.clone().expect("a histogram");
    let span = |offset, length| exposition::BucketSpan { offset: Some(offset), length: Some(length) };
    assert_eq!(
        native,
        exposition::Histogram {
            sample_sum: Some(2.5),
            sample_count_float: Some(4.0),
            schema: Some(1),
            zero_threshold: Some(0.001),
            zero_count_float: Some(1.0),
            negative_span: vec![span(-2, 1)],
            negative_count: vec![1.0],
            positive_span: vec![span(0, 1)],
            positive_count: vec![2.0],
            ..exposition::Histogram::default()
        }
    );
}
