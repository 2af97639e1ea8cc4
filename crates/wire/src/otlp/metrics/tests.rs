//! Each kind of metric, from OTLP's JSON to series.

use super::*;
use crate::otlp::decode_json;

const NOW: TimestampMs = TimestampMs(5_000);

fn translated(metric: &str) -> (Vec<String>, Translated) {
    let resource = r#"{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]}"#;
    let body =
        format!(r#"{{"resourceMetrics":[{{"resource":{resource},"scopeMetrics":[{{"metrics":[{metric}]}}]}}]}}"#);
    let out = translate(decode_json(body.as_bytes()).expect("valid"), NOW);
    let line = |s: &SeriesWrite| format!("{} {} {}", s.labels, s.samples.floats[0].v, s.samples.floats[0].t.0);
    (out.write.series.iter().map(line).collect(), out)
}

#[test]
fn a_histogram_is_cumulative_and_ends_with_infinity() {
    let (lines, out) = translated(
        r#"{"name":"d","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"7000000","count":"6",
        "sum":2.5,"bucketCounts":["1","2","3"],"explicitBounds":[0.5,1],
        "exemplars":[{"asDouble":0.7,"timeUnixNano":"6000000","traceId":"5b8efff798038103d269b633813fc60c"}]}]}}"#,
    );
    assert_eq!(
        lines,
        [
            r#"{__name__="d_seconds_count", job="s"} 6 7"#,
            r#"{__name__="d_seconds_sum", job="s"} 2.5 7"#,
            r#"{__name__="d_seconds_bucket", job="s", le="0.5"} 1 7"#,
            r#"{__name__="d_seconds_bucket", job="s", le="1"} 3 7"#,
            r#"{__name__="d_seconds_bucket", job="s", le="+Inf"} 6 7"#,
        ]
    );
    let exemplar = &out.write.series[3].exemplars[0];
    assert_eq!(exemplar.labels.get("trace_id"), "5b8efff798038103d269b633813fc60c");
    assert_eq!(out.write.metadata[0].1.kind, MetricKind::Histogram);
}

#[test]
fn sums_gauges_and_summaries() {
    for (metric, expected) in [
        (
            r#"{"name":"c","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[{"asInt":"3"}]}}"#,
            r#"{__name__="c_total", job="s"} 3 5000"#,
        ),
        (
            r#"{"name":"u","sum":{"aggregationTemporality":2,"dataPoints":[{"asDouble":1.5}]}}"#,
            r#"{__name__="u", job="s"} 1.5 5000"#,
        ),
        (
            r#"{"name":"g","unit":"1","gauge":{"dataPoints":[{"asDouble":0.5}]}}"#,
            r#"{__name__="g_ratio", job="s"} 0.5 5000"#,
        ),
        (
            r#"{"name":"q","summary":{"dataPoints":[{"count":"2","sum":3,"quantileValues":[{"quantile":0.9,"value":2}]}]}}"#,
            r#"{__name__="q", job="s", quantile="0.9"} 2 5000"#,
        ),
    ] {
        let (lines, out) = translated(metric);
        assert_eq!(lines.last().map(String::as_str), Some(expected));
        assert_eq!(out.rejected_points, 0);
    }
}

#[test]
fn what_cannot_be_kept_is_counted_and_named_and_bounded() {
    let long = "x".repeat(5000);
    for (metric, rejected, why) in [
        (r#"{"name":"c","sum":{"aggregationTemporality":1,"dataPoints":[{"asInt":"3"}]}}"#.to_owned(), 1, "temporality"),
        (r#"{"name":"...","gauge":{"dataPoints":[{"asInt":"3"}]}}"#.to_owned(), 1, "name"),
        (r#"{"name":"g","gauge":{"dataPoints":[{}]}}"#.to_owned(), 1, "no value"),
        (r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"1","bucketCounts":["1"],"explicitBounds":[1,2]}]}}"#.to_owned(), 1, "bounds"),
        (r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"1","bucketCounts":["1","0","0"],"explicitBounds":[2,2]}]}}"#.to_owned(), 1, "ascend"),
        (format!(r#"{{"name":"{long}","gauge":{{"dataPoints":[{{}}]}}}}"#), 1, "xxx"),
    ] {
        let (lines, out) = translated(&metric);
        assert!(lines.is_empty(), "{lines:?}");
        assert_eq!(out.rejected_points, rejected);
        assert!(out.message.contains(why) && out.message.len() < 1500, "{}", out.message);
    }
}

#[test]
fn a_point_without_recorded_value_ends_its_series() {
    let (_, out) = translated(r#"{"name":"g","gauge":{"dataPoints":[{"flags":1}]}}"#);
    assert!(aio_types::is_stale(out.write.series[0].samples.floats[0].v));
}

#[test]
fn an_infinite_bound_yields_one_infinite_bucket() {
    let point = HistogramDataPoint {
        count: 3,
        bucket_counts: vec![1, 2, 0],
        explicit_bounds: vec![f64::NEG_INFINITY, f64::INFINITY],
        ..HistogramDataPoint::default()
    };
    let mut out = Translated::default();
    let mut resource = Resource { identity: BTreeMap::new(), span: None, received_at: NOW };
    resource.histogram(&mut out, "h", &point);
    let lines: Vec<_> = out.write.series.iter().map(|s| s.labels.to_string()).collect();
    let expected =
        [r#"{__name__="h_count"}"#, r#"{__name__="h_bucket", le="-Inf"}"#, r#"{__name__="h_bucket", le="+Inf"}"#];
    assert_eq!(lines, expected);
}

#[test]
fn an_exponential_histogram_keeps_count_and_sum() {
    let (lines, out) = translated(
        r#"{"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"count":"3","sum":1.5,"scale":3,
        "positive":{"offset":1,"bucketCounts":["3"]}}]}}"#,
    );
    assert_eq!(lines, [r#"{__name__="e_count", job="s"} 3 5000"#, r#"{__name__="e_sum", job="s"} 1.5 5000"#]);
    assert_eq!(out.rejected_points, 0);
    assert!(out.message.contains("exponential"));
}

#[test]
fn refused_series_are_counted_as_points() {
    let (_, out) = translated(
        r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[
        {"count":"3","bucketCounts":["1","2"],"explicitBounds":[1]},{"count":"3","bucketCounts":["1","2"],"explicitBounds":[1]}]}}"#,
    );
    assert_eq!(out.points.len(), out.write.series.len());
    assert_eq!(Translated::points_of(&out.points, &[]), 0);
    assert_eq!(Translated::points_of(&out.points, &[0, 1, 2]), 1);
    assert_eq!(Translated::points_of(&out.points, &[0, 5]), 2);
}

#[test]
fn target_info_is_there_for_every_lookback_of_a_long_batch() {
    let body = r#"{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}},
        {"key":"host.name","value":{"stringValue":"h"}}]},"scopeMetrics":[{"metrics":[{"name":"g","gauge":{"dataPoints":[
        {"asInt":"1","timeUnixNano":"1000000"},{"asInt":"1","timeUnixNano":"400000000000"}]}}]}]}]}"#;
    let out = translate(decode_json(body.as_bytes()).expect("valid"), NOW);
    let info = out.write.series.last().expect("target_info");
    assert_eq!(info.labels.metric_name(), "target_info");
    assert_eq!(info.samples.floats.iter().map(|s| s.t.0).collect::<Vec<_>>(), [1, 150_001, 300_001, 400_000]);
    assert_eq!(out.points.last(), Some(&None));
}
