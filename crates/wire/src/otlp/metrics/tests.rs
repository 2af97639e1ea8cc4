//! Each kind of metric and each setting, from OTLP's JSON to series.

use aio_types::{Histogram, LabelsRef, MetricKind, SeriesRef, is_stale};
use proptest::prelude::*;

use super::Strategy;
use super::*;
use crate::otlp::{decode_json, decode_protobuf};

const NOW: TimestampMs = TimestampMs(5_000);
const RESOURCE: &str = r#"{"key":"service.name","value":{"stringValue":"s"}}"#;

fn request(resource: &str, scope: &str, metrics: &str) -> ExportMetricsServiceRequest {
    let body = format!(
        r#"{{"resourceMetrics":[{{"resource":{{"attributes":[{resource}]}},"scopeMetrics":[{{{scope}"metrics":[{metrics}]}}]}}]}}"#
    );
    decode_json(body.as_bytes()).expect("valid")
}

/// Series as lines, and everything else.
fn with(translation: &Translation, metric: &str) -> (Vec<String>, Translated) {
    let out = translate(&request(RESOURCE, "", metric), NOW, translation);
    (lines(&out), out)
}

fn translated(metric: &str) -> (Vec<String>, Translated) {
    with(&Translation::default(), metric)
}

fn lines(out: &Translated) -> Vec<String> {
    out.write.iter().map(line).collect()
}

fn line(series: SeriesRef<'_>) -> String {
    match (series.samples.floats.first(), series.samples.histograms.first()) {
        (Some(s), _) => format!("{} {} {}", series.labels, s.v, s.t.0),
        (None, Some(h)) => format!("{} histogram {} {}", series.labels, h.h.count, h.t.0),
        (None, None) => panic!("{series:?}"),
    }
}

fn first(out: &Translated) -> SeriesRef<'_> {
    out.write.series(0).expect("a series")
}

fn histogram_of(out: &Translated) -> &Histogram {
    &first(out).samples.histograms[0].h
}

#[test]
fn a_histogram_is_cumulative_and_ends_with_infinity() {
    let (lines, out) = translated(
        r#"{"name":"d","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"7000000","count":"6",
        "startTimeUnixNano":"3000000","sum":2.5,"min":0.1,"max":7,"bucketCounts":["1","2","3"],"explicitBounds":[0.5,1],
        "exemplars":[{"asDouble":0.7,"timeUnixNano":"6000000","traceId":"5b8efff798038103d269b633813fc60c"},
        {"asDouble":0.5},{"asInt":"9"},{}]}]}}"#,
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
    let exemplars: Vec<Vec<f64>> = out.write.iter().map(|s| s.exemplars.iter().map(|e| e.sample.v).collect()).collect();
    assert_eq!(exemplars, [vec![], vec![], vec![0.5], vec![0.7], vec![9.0]]);
    let exemplar = &out.write.series(3).expect("there").exemplars[0];
    assert_eq!(exemplar.labels.get("trace_id"), "5b8efff798038103d269b633813fc60c");
    assert!(out.write.iter().all(|s| s.samples.start_of(0) == TimestampMs(3)));
    let (name, metadata) = &out.write.metadata[0];
    assert_eq!((name.as_str(), metadata.kind, metadata.unit.as_str()), ("d_seconds", MetricKind::Histogram, "seconds"));
}

#[test]
fn sums_gauges_and_summaries() {
    use MetricKind::{Counter, Gauge, Summary};
    for (metric, kind, expected) in [
        (
            r#"{"name":"c","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[{"asInt":"3"}]}}"#,
            Counter,
            r#"{__name__="c_total", job="s"} 3 5000"#,
        ),
        (
            r#"{"name":"u","unit":"1","sum":{"aggregationTemporality":2,"dataPoints":[{"asDouble":1.5}]}}"#,
            Gauge,
            r#"{__name__="u", job="s"} 1.5 5000"#,
        ),
        (
            r#"{"name":"g","unit":"1","gauge":{"dataPoints":[{"asDouble":0.5,"timeUnixNano":"8999999"}]}}"#,
            Gauge,
            r#"{__name__="g_ratio", job="s"} 0.5 8"#,
        ),
        (
            r#"{"name":"q","summary":{"dataPoints":[{"count":"2","sum":3,"quantileValues":[{"quantile":0.9,"value":2}]}]}}"#,
            Summary,
            r#"{__name__="q", job="s", quantile="0.9"} 2 5000"#,
        ),
    ] {
        let (lines, out) = translated(metric);
        assert_eq!(lines.last().map(String::as_str), Some(expected));
        assert_eq!((out.rejected_points, out.write.metadata[0].1.kind), (0, kind));
    }
}

#[test]
fn what_cannot_be_kept_is_counted_and_named_and_bounded() {
    let long = "x".repeat(5000);
    let histogram = |rest: &str| {
        format!(r#"{{"name":"h","histogram":{{"aggregationTemporality":2,"dataPoints":[{{"count":"1",{rest}}}]}}}}"#)
    };
    let exponential = |rest: &str| {
        format!(
            r#"{{"name":"e","exponentialHistogram":{{"aggregationTemporality":2,"dataPoints":[{{"count":"1",{rest}}}]}}}}"#
        )
    };
    for (metric, why) in [
        (r#"{"name":"c","sum":{"dataPoints":[{"asInt":"3"}]}}"#.to_owned(), "invalid temporality and type combination"),
        (r#"{"name":"...","gauge":{"dataPoints":[{"asInt":"3"}]}}"#.to_owned(), "name"),
        (r#"{"name":"g","gauge":{"dataPoints":[{}]}}"#.to_owned(), "no value"),
        (r#"{"name":"nothing"}"#.to_owned(), "no data"),
        (histogram(r#""bucketCounts":["1"],"explicitBounds":[1,2]"#), "2 bounds but 1 buckets"),
        (histogram(r#""bucketCounts":["1","0","0"],"explicitBounds":[2,2]"#), "ascend"),
        (histogram(r#""bucketCounts":["1","0"],"explicitBounds":["NaN"]"#), "ascend"),
        (exponential(r#""scale":-5,"positive":{"bucketCounts":["1"]}"#), "must be >= -4, was -5"),
        (exponential(r#""positive":{"bucketCounts":["2"]}"#), "hold 2 observations, its count is 1"),
        (
            r#"{"name":"g","gauge":{"dataPoints":[{"asInt":"3","attributes":[{"value":{"intValue":"1"}}]}]}}"#
                .to_owned(),
            "no key",
        ),
        (
            r#"{"name":"g","gauge":{"dataPoints":[{"asInt":"3","attributes":[{"key":"字符"}]}]}}"#.to_owned(),
            "no usable character",
        ),
        (format!(r#"{{"name":"{long}","gauge":{{"dataPoints":[{{}}]}}}}"#), "xxx"),
    ] {
        let good = r#"{"name":"good","gauge":{"dataPoints":[{"asInt":"1"}]}}"#;
        let (lines, out) = translated(&format!("{metric},{good}"));
        assert_eq!(lines, [r#"{__name__="good", job="s"} 1 5000"#], "{metric}");
        assert_eq!(out.rejected_points, 1, "{metric}");
        assert!(out.message.contains(why) && out.message.len() < 1500, "{}", out.message);
    }
}

#[test]
fn a_metric_without_points_is_told_and_costs_none() {
    let (lines, out) = translated(r#"{"name":"g","gauge":{"dataPoints":[]}}"#);
    assert_eq!((lines.len(), out.write.metadata.len(), out.rejected_points), (0, 0, 0));
    assert!(out.message.contains(r#"metric "g": it has no data points"#), "{}", out.message);
}

#[test]
fn a_point_without_recorded_value_ends_its_series() {
    for (metric, series) in [
        (r#"{"name":"g","gauge":{"dataPoints":[{"flags":1}]}}"#, 1),
        (r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"flags":1,"sum":0,"count":"0"}]}}"#, 3),
        (r#"{"name":"q","summary":{"dataPoints":[{"flags":1,"quantileValues":[{"quantile":0.5}]}]}}"#, 3),
    ] {
        let (_, out) = translated(metric);
        assert_eq!(out.write.series_count(), series);
        assert!(out.write.iter().all(|s| is_stale(s.samples.floats[0].v)), "{metric}");
    }
    let stale = r#"{"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"flags":1}]}}"#;
    assert!(histogram_of(&translated(stale).1).is_stale());
    let custom = Translation { custom_buckets: true, ..Translation::default() };
    let stale = r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"flags":1,"count":"7"}]}}"#;
    assert!(histogram_of(&with(&custom, stale).1).is_stale());
}

#[test]
fn an_infinite_bound_yields_one_infinite_bucket() {
    let metric = r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"6",
        "bucketCounts":["1","2","3"],"explicitBounds":["-Infinity","Infinity"]}]}}"#;
    let (lines, _) = translated(metric);
    let expected = [
        r#"{__name__="h_count", job="s"} 6 5000"#,
        r#"{__name__="h_bucket", job="s", le="-Inf"} 1 5000"#,
        r#"{__name__="h_bucket", job="s", le="+Inf"} 6 5000"#,
    ];
    assert_eq!(lines, expected);
    let (_, out) = with(&Translation { custom_buckets: true, ..Translation::default() }, metric);
    let h = histogram_of(&out);
    assert_eq!((&*h.custom_bounds, h.positive_buckets.as_slice()), (&[f64::NEG_INFINITY][..], &[1.0, 5.0][..]));
}

#[test]
fn an_exponential_histogram_is_one_native_histogram_under_the_bare_name() {
    let (lines, out) = translated(
        r#"{"name":"e","unit":"s","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"count":"3","sum":1.5,
        "scale":3,"startTimeUnixNano":"2000000","timeUnixNano":"9000000","positive":{"offset":1,"bucketCounts":["3"]},
        "exemplars":[{"asDouble":1.2}]}]}}"#,
    );
    assert_eq!(lines, [r#"{__name__="e_seconds", job="s"} histogram 3 9"#]);
    assert_eq!((out.rejected_points, out.message.as_str()), (0, ""));
    let series = first(&out);
    assert_eq!((series.samples.histograms[0].start, series.exemplars.len()), (TimestampMs(2), 1));
    assert_eq!((histogram_of(&out).schema, histogram_of(&out).positive_spans[0].offset), (3, 2));
}

#[test]
fn a_histogram_with_bounds_is_one_native_histogram_where_that_is_asked_for() {
    let custom = Translation { custom_buckets: true, ..Translation::default() };
    let metric =
        |rest: &str| format!(r#"{{"name":"h","histogram":{{"aggregationTemporality":2,"dataPoints":[{{{rest}}}]}}}}"#);
    let (lines, out) = with(
        &custom,
        &metric(r#""count":"7","sum":3,"bucketCounts":["0","0","2","0","0","0","5"],"explicitBounds":[1,2,3,4,5,6]"#),
    );
    assert_eq!(lines, [r#"{__name__="h", job="s"} histogram 7 5000"#]);
    let h = histogram_of(&out);
    assert_eq!((h.schema, h.sum, &*h.custom_bounds), (-53, 3.0, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0][..]));
    let spans: Vec<_> = h.positive_spans.iter().map(|s| (s.offset, s.length)).collect();
    assert_eq!((spans, h.positive_buckets.as_slice()), (vec![(2, 1), (3, 1)], &[2.0, 5.0][..]));
    let (_, out) = with(&custom, &metric(r#""count":"7","bucketCounts":["1","1"],"explicitBounds":[1]"#));
    assert!(out.message.contains("hold 2 observations, its count is 7"), "{}", out.message);
    let (_, out) = with(&custom, &metric(r#""count":"7","sum":3"#));
    assert_eq!((histogram_of(&out).positive_buckets.as_slice(), out.rejected_points), (&[7.0][..], 0));
}

#[test]
fn refused_series_are_counted_as_points() {
    let (_, out) = translated(
        r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[
        {"count":"3","bucketCounts":["1","2"],"explicitBounds":[1]},{"count":"3","bucketCounts":["1","2"],"explicitBounds":[1]}]}}"#,
    );
    assert_eq!(out.points.len(), out.write.series_count());
    assert_eq!(Translated::points_of(&out.points, &[]), 0);
    assert_eq!(Translated::points_of(&out.points, &[0, 1, 2]), 1);
    assert_eq!(Translated::points_of(&out.points, &[0, 5]), 2);
}

#[test]
fn deltas_are_kept_apart_until_they_are_added_up() {
    let (lines, mut out) = translated(
        r#"{"name":"c","sum":{"isMonotonic":true,"aggregationTemporality":1,"dataPoints":[{"asInt":"3","timeUnixNano":"9000000",
        "startTimeUnixNano":"8000000"}]}},{"name":"h","histogram":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA",
        "dataPoints":[{"count":"3","bucketCounts":["1","2"],"explicitBounds":[1]}]}}"#,
    );
    assert_eq!((lines.len(), out.deltas.len(), out.write.metadata[0].1.kind), (0, 2, MetricKind::Counter));
    let (sum, histogram) = (out.deltas[0].clone(), out.deltas[1].clone());
    assert_eq!((sum.start, sum.t, &sum.value), (TimestampMs(8), TimestampMs(9), &Value::Number(3.0)));
    out.spread(sum);
    out.spread(histogram);
    assert_eq!(first(&out).labels.to_string(), r#"{__name__="c_total", job="s"}"#);
    assert_eq!(out.points, [Some(1), Some(2), Some(2), Some(2)]);
}

#[test]
fn a_start_after_the_end_is_none() {
    let (_, out) = translated(
        r#"{"name":"g","gauge":{"dataPoints":[{"asInt":"1","timeUnixNano":"1000000","startTimeUnixNano":"2000000"}]}}"#,
    );
    assert_eq!(first(&out).samples.start_of(0), TimestampMs(0));
}

#[test]
fn names_and_labels_by_strategy() {
    let metric = r#"{"name":"http.requests","unit":"s","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[
        {"asInt":"1","attributes":[{"key":"http.route","value":{"stringValue":"/"}}]}]}}"#;
    for (strategy, expected) in [
        ("UnderscoreEscapingWithSuffixes", r#"{__name__="http_requests_seconds_total", http_route="/", job="s"}"#),
        ("UnderscoreEscapingWithoutSuffixes", r#"{__name__="http_requests", http_route="/", job="s"}"#),
        ("NoUTF8EscapingWithSuffixes", r#"{__name__="http.requests_seconds_total", http.route="/", job="s"}"#),
        ("NoTranslation", r#"{__name__="http.requests", http.route="/", job="s"}"#),
    ] {
        let strategy = Strategy::of_name(strategy).expect("known");
        let (_, out) = with(&Translation { strategy, ..Translation::default() }, metric);
        assert_eq!(first(&out).labels.to_string(), expected);
        assert_eq!(out.write.metadata[0].0, first(&out).labels.metric_name());
    }
    assert_eq!(Strategy::of_name("Nope"), None);
}

#[test]
fn several_attributes_of_one_label_are_joined_and_told_once() {
    let point = r#"{"asInt":"1","attributes":[{"key":"a.b","value":{"stringValue":"x"}},{"key":"a_b","value":{"stringValue":"y"}}]}"#;
    let (lines, out) = translated(&format!(r#"{{"name":"g","gauge":{{"dataPoints":[{point},{point}]}}}}"#));
    assert_eq!(lines[0], r#"{__name__="g", a_b="x;y", job="s"} 1 5000"#);
    assert_eq!(out.message.matches("a_b").count(), 1, "{}", out.message);
    assert_eq!(out.rejected_points, 0);
}

/// The labels of the first series, and of `target_info`.
fn of_resource(translation: &Translation, resource: &str, scope: &str, attributes: &str) -> (String, String) {
    let metric = format!(r#"{{"name":"g","gauge":{{"dataPoints":[{{"asInt":"1","attributes":[{attributes}]}}]}}}}"#);
    let out = translate(&request(resource, scope, &metric), NOW, translation);
    let info = out.write.iter().find(|s| s.labels.metric_name() == "target_info");
    let shown = |labels: LabelsRef<'_>| labels.to_labels().filter(|name| name != "__name__").to_string();
    (shown(first(&out).labels), info.map(|s| shown(s.labels)).unwrap_or_default())
}

#[test]
fn resources_and_scopes_become_labels_as_configured() {
    let text = |pairs: &[(&str, &str)]| -> String {
        let pair = |(k, v): &(&str, &str)| format!(r#"{{"key":"{k}","value":{{"stringValue":"{v}"}}}}"#);
        pairs.iter().map(pair).collect::<Vec<_>>().join(",")
    };
    let resource = text(&[
        ("service.name", "cart"),
        ("service.namespace", "shop"),
        ("service.instance.id", "7"),
        ("host.name", "h"),
    ]);
    let scope =
        r#""scope":{"name":"lib","version":"1","attributes":[{"key":"x","value":{"intValue":"3"}}]},"schemaUrl":"u","#;
    let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
    let default = Translation::default;
    for (translation, point, labels, info) in [
        (
            default(),
            text(&[("job", "mine")]),
            r#"{instance="7", job="shop/cart"}"#,
            r#"{host_name="h", instance="7", job="shop/cart"}"#,
        ),
        (
            Translation { keep_identifying_attributes: true, target_info: true, ..default() },
            String::new(),
            r#"{instance="7", job="shop/cart"}"#,
            r#"{host_name="h", instance="7", job="shop/cart", service_instance_id="7", service_name="cart", service_namespace="shop"}"#,
        ),
        (
            Translation { promotion: Promotion::Only(names(&["host.name"])), ..default() },
            String::new(),
            r#"{host_name="h", instance="7", job="shop/cart"}"#,
            r#"{host_name="h", instance="7", job="shop/cart"}"#,
        ),
        (
            Translation { promotion: Promotion::AllBut(names(&["service.namespace"])), ..default() },
            text(&[("host.name", "of the point")]),
            r#"{host_name="of the point", instance="7", job="shop/cart", service_instance_id="7", service_name="cart"}"#,
            r#"{host_name="h", instance="7", job="shop/cart"}"#,
        ),
        (
            Translation { promote_scope: true, ..default() },
            text(&[("otel_scope_name", "of the point"), ("otel.scope.x", "of the point")]),
            r#"{instance="7", job="shop/cart", otel_scope_name="lib", otel_scope_schema_url="u", otel_scope_version="1", otel_scope_x="3"}"#,
            r#"{host_name="h", instance="7", job="shop/cart"}"#,
        ),
        (
            Translation {
                target_info: false,
                strategy: Strategy::NoTranslation,
                promotion: Promotion::AllBut(names(&[])),
                ..default()
            },
            String::new(),
            r#"{host.name="h", instance="7", job="shop/cart", service.instance.id="7", service.name="cart", service.namespace="shop"}"#,
            "",
        ),
    ] {
        let got = of_resource(&translation, &resource, scope, &point);
        assert_eq!((got.0.as_str(), got.1.as_str()), (labels, info), "{translation:?}");
    }
    for (resource, info) in [
        (text(&[("service.name", "cart")]), ""),
        (text(&[("host.name", "h")]), ""),
        (text(&[("host.name", "h"), ("job", "j")]), r#"{host_name="h", job="j"}"#),
        (text(&[("service.instance.id", "7"), ("x", "")]), r#"{instance="7"}"#),
        (text(&[("service.name", "cart"), ("字符", "h")]), ""),
    ] {
        assert_eq!(of_resource(&default(), &resource, "", "").1, info, "{resource}");
    }
}

#[test]
fn target_info_is_there_for_every_lookback_of_a_long_batch_and_once_for_equal_resources() {
    let resource = r#"{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}},
        {"key":"host.name","value":{"stringValue":"h"}}]},"scopeMetrics":[{"metrics":[{"name":"g","gauge":{"dataPoints":[
        {"asInt":"1","timeUnixNano":"1000000"},{"asInt":"1","timeUnixNano":"400000000000"}]}}]}]}"#;
    let body = format!(r#"{{"resourceMetrics":[{resource},{resource}]}}"#);
    let out = translate(&decode_json(body.as_bytes()).expect("valid"), NOW, &Translation::default());
    assert_eq!(out.write.iter().filter(|s| s.labels.metric_name() == "target_info").count(), 1);
    let info = out.write.iter().last().expect("target_info");
    assert_eq!(info.samples.floats.iter().map(|s| s.t.0).collect::<Vec<_>>(), [1, 150_001, 300_001, 400_000]);
    assert_eq!(out.points.last(), Some(&None));
    assert_eq!(
        out.write.metadata.last().map(|(name, m)| (name.as_str(), m.kind)),
        Some(("target_info", MetricKind::Gauge))
    );
}

#[test]
fn what_a_request_becomes_is_bounded() {
    let long = "x".repeat(4 << 20);
    let resource = format!(r#"{RESOURCE},{{"key":"long","value":{{"stringValue":"{long}"}}}}"#);
    let points = vec![r#"{"asInt":"1"}"#; 100].join(",");
    let promote = Translation { promotion: Promotion::AllBut([].into()), ..Translation::default() };
    let metric = format!(r#"{{"name":"g","gauge":{{"dataPoints":[{points}]}}}}"#);
    let out = translate(&request(&resource, "", &metric), NOW, &promote);
    assert!(out.rejected_points > 30 && out.rejected_points < 100, "{}", out.rejected_points);
    assert!(out.bytes <= crate::DECODED_BYTES_MAX);
    assert!(out.message.contains("smaller parts"), "{}", out.message);
}

proptest! {
    #[test]
    fn a_classic_histogram_is_that_of_a_naive_count(counts in proptest::collection::vec(0..9_u64, 1..12), sum in -1e6..1e6_f64) {
        let bounds: Vec<f64> = (1..counts.len()).map(|i| i as f64 / 4.0).collect();
        let total: u64 = counts.iter().sum();
        let metric = format!(
            r#"{{"name":"h","histogram":{{"aggregationTemporality":2,"dataPoints":[{{"count":"{total}","sum":"{sum}","bucketCounts":{counts:?},"explicitBounds":{bounds:?}}}]}}}}"#
        );
        let (_, out) = translated(&metric);
        for series in out.write.iter() {
            let v = series.samples.floats[0].v;
            let le = match series.labels.get("le") { "+Inf" => f64::INFINITY, le => le.parse().unwrap_or(f64::NAN) };
            match series.labels.metric_name() {
                "h_bucket" => {
                    let inside = counts.iter().enumerate().filter(|(i, _)| bounds.get(*i).copied().unwrap_or(f64::INFINITY) <= le);
                    prop_assert_eq!(v, inside.map(|(_, n)| *n as f64).sum::<f64>());
                }
                "h_count" => prop_assert_eq!(v, total as f64),
                name => prop_assert!(name == "h_sum" && v.to_bits() == sum.to_bits()),
            }
        }
        prop_assert_eq!(out.write.series_count(), bounds.len() + 3);
    }

    #[test]
    fn no_body_panics_under_any_setting(body in proptest::collection::vec(any::<u8>(), 0..200), which in 0..4_usize) {
        let translation = Translation {
            strategy: Strategy::NAMES[which].1,
            promotion: Promotion::AllBut([].into()),
            promote_scope: true,
            custom_buckets: which % 2 == 0,
            ..Translation::default()
        };
        if let Ok(request) = decode_protobuf(&body) {
            let out = translate(&request, NOW, &translation);
            prop_assert_eq!(out.points.len(), out.write.series_count());
        }
    }
}
