//! OTLP/JSON: hex ids, 64 bit integers as strings, unknown fields ignored.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::plain::Plain;
use crate::Error;

/// Decodes a JSON message. `serde_json` refuses documents nested deeper than 128 levels.
///
/// The generated types are stricter than protobuf's JSON mapping: they refuse null for an absent field, enums by name,
/// counts as text, and lists or pairs with parts left out. What is wrong inside of a metric's data they do not even
/// refuse: the data is then missing. Every body is therefore read by way of [`plain`](super::plain).
///
/// # Errors
/// [`Error::Malformed`] when the body is no such message.
pub fn decode_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    // The generated types would take a list for a message of so many fields.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::malformed("JSON body", "it is no object"));
    }
    let value = serde_json::from_slice::<Value>(body);
    value.and_then(|value| T::deserialize(Plain::from(value))).map_err(|e| Error::malformed("JSON body", e))
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::{metric, number_data_point};
    use proptest::prelude::*;

    use super::*;
    use crate::otlp::decode_protobuf;

    /// After the examples of the opentelemetry-proto repository, with fields of the future added.
    const METRICS: &str = r#"{"resourceMetrics":[{"resource":{"attributes":[
        {"key":"service.name","value":{"stringValue":"my.service"}}],"fromTheFuture":{"a":[1]}},
        "scopeMetrics":[{"scope":{"name":"my.library","version":"1.0.0"},"metrics":[
        {"name":"my.counter","unit":"1","description":"I am a Counter","unknownField":true,
         "sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
          {"asDouble":5,"startTimeUnixNano":"1544712660300000000","timeUnixNano":"1544712660300000000",
           "attributes":[{"key":"n","value":{"intValue":"42"}}],
           "exemplars":[{"timeUnixNano":"1544712660300000000","asInt":"3",
             "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174"}]}]}},
        {"name":"my.gauge","gauge":{"dataPoints":[{"asInt":"10","timeUnixNano":1544712660300000000}]}},
        {"name":"my.histogram","histogram":{"aggregationTemporality":2,"dataPoints":[
          {"timeUnixNano":"1544712660300000000","count":"2","sum":2,"bucketCounts":["1","1"],
           "explicitBounds":[1]}]}}]}]}]}"#;

    #[test]
    fn a_body_as_the_specification_shows_it() {
        let request: ExportMetricsServiceRequest = decode_json(METRICS.as_bytes()).expect("decodes");
        let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
        let Some(metric::Data::Sum(sum)) = &metrics[0].data else { panic!("a sum: {metrics:?}") };
        let point = &sum.data_points[0];
        assert_eq!(point.time_unix_nano, 1_544_712_660_300_000_000);
        assert_eq!(point.value, Some(number_data_point::Value::AsDouble(5.0)));
        assert_eq!(point.exemplars[0].trace_id[..2], [0x5b, 0x8e]);
        assert_eq!(point.exemplars[0].span_id.len(), 8);
        let Some(metric::Data::Gauge(gauge)) = &metrics[1].data else { panic!("a gauge: {metrics:?}") };
        assert_eq!(gauge.data_points[0].value, Some(number_data_point::Value::AsInt(10)));
        let Some(metric::Data::Histogram(histogram)) = &metrics[2].data else { panic!("{metrics:?}") };
        assert_eq!(histogram.data_points[0].bucket_counts, [1, 1]);
    }

    #[test]
    fn data_of_metrics_is_read_with_all_liberties() {
        let body = |data: &str| {
            format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m",{data}}}]}}]}}]}}"#)
        };
        let decode = |data: &str| decode_json::<ExportMetricsServiceRequest>(body(data).as_bytes()).expect("decodes");
        let cumulative = r#""aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE""#;
        for (liberal, strict) in [
            (
                format!(r#""sum":{{{cumulative},"isMonotonic":true,"dataPoints":[{{"asInt":3,"flags":"1"}}]}}"#),
                r#""sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"asInt":"3","flags":1}]}"#,
            ),
            (
                r#""gauge":{"dataPoints":[{"asDouble":"1.5"}]}"#.to_owned(),
                r#""gauge":{"dataPoints":[{"asDouble":1.5}]}"#,
            ),
            (
                format!(
                    r#""histogram":{{{cumulative},"dataPoints":[{{"count":2,"sum":"4.5","min":"1","max":"3",
                    "bucketCounts":[1,"1"],"explicitBounds":["1.5"],"exemplars":[{{"asDouble":"2.5"}}]}}]}}"#
                ),
                r#""histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"2","sum":4.5,"min":1,"max":3,
                    "bucketCounts":["1","1"],"explicitBounds":[1.5],"exemplars":[{"asDouble":2.5}]}]}"#,
            ),
            (
                format!(
                    r#""exponentialHistogram":{{{cumulative},"dataPoints":[{{"count":"3","scale":"2","zeroCount":"1",
                    "zeroThreshold":"0.5","positive":{{"offset":"-1","bucketCounts":["2"]}}}}]}}"#
                ),
                r#""exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"count":3,"scale":2,"zeroCount":1,
                    "zeroThreshold":0.5,"positive":{"offset":-1,"bucketCounts":["2"]}}]}"#,
            ),
            (
                r#""summary":{"dataPoints":[{"count":"1","sum":"2","quantileValues":[{"quantile":"0.5","value":"7"}]}]}"#
                    .to_owned(),
                r#""summary":{"dataPoints":[{"count":1,"sum":2,"quantileValues":[{"quantile":0.5,"value":7}]}]}"#,
            ),
        ] {
            let read = decode(&liberal);
            let metric = &read.resource_metrics[0].scope_metrics[0].metrics[0];
            assert!(metric.data.is_some(), "{liberal}");
            assert_eq!(read, decode(strict), "{liberal}");
        }
    }

    #[test]
    fn traces_have_hex_ids_and_may_have_unknown_value_kinds() {
        let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",
            "spanId":"eee19b7ec3c1b174","parentSpanId":"","name":"s","kind":2,"startTimeUnixNano":"1","endTimeUnixNano":"2",
            "attributes":[{"key":"a","value":{"futureValue":{"x":1}}},{"key":"b","value":{}}]}]}]}]}"#;
        let request: ExportTraceServiceRequest = decode_json(body).expect("decodes");
        let span = &request.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!((span.trace_id.len(), span.span_id.len(), span.attributes.len()), (16, 8, 2));
    }

    #[test]
    fn enums_and_numbers_come_by_name_or_number_or_text() {
        let body = |kind: &str, code: &str, count: &str, nanos: &str| {
            format!(
                r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"5B8EFFF798038103D269B633813FC60C",
                "spanId":"EEE19B7EC3C1B174","kind":{kind},"status":{{"code":{code}}},"droppedAttributesCount":{count},
                "startTimeUnixNano":{nanos},"futureField":[{{}}],"events":[{{"timeUnixNano":{nanos}}}],
                "attributes":[{{"key":"i","value":{{"intValue":7}}}}],"flags":{count}}}]}}]}}]}}"#
            )
        };
        let want: ExportTraceServiceRequest = decode_json(body("2", "2", "3", "\"5\"").as_bytes()).expect("decodes");
        let span = &want.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!((span.kind, span.flags, span.start_time_unix_nano, span.trace_id[0]), (2, 3, 5, 0x5b));
        for text in
            [body("\"SPAN_KIND_SERVER\"", "\"STATUS_CODE_ERROR\"", "\"3\"", "5"), body("\"2\"", "2", "\"3\"", "\"5\"")]
        {
            assert_eq!(decode_json(text.as_bytes()), Ok(want.clone()), "{text}");
        }
        assert!(decode_json::<ExportTraceServiceRequest>(body("\"SPAN_KIND_X\"", "2", "3", "5").as_bytes()).is_err());
    }

    #[test]
    fn every_kind_of_value_is_read_with_its_parts_left_out() {
        let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[
            {"key":"nan","value":{"doubleValue":"NaN"}},{"key":"inf","value":{"doubleValue":"-Infinity"}},
            {"key":"whole","value":{"doubleValue":2}},{"key":"int","value":{"intValue":"-9223372036854775808"}},
            {"key":"bytes","value":{"bytesValue":"AQI="}},{"value":{"boolValue":true}},{"key":"none"},
            {"key":"list","value":{"arrayValue":{"values":[{"stringValue":""},{}]}}},
            {"key":"map","value":{"kvlistValue":{"values":[{"value":{"kvlistValue":{}}}]}}}
            ]}]}]}]}"#;
        let request: ExportTraceServiceRequest = decode_json(body).expect("decodes");
        let spans = crate::otlp::traces::translate(request).rejected_spans;
        assert_eq!(spans, 1, "it has no ids");
        let request: ExportTraceServiceRequest = decode_json(body).expect("decodes");
        let attributes = &request.resource_spans[0].scope_spans[0].spans[0].attributes;
        let shown: Vec<String> = attributes
            .iter()
            .map(|kv| format!("{}={:?}", kv.key, kv.value.as_ref().and_then(|v| v.value.as_ref())))
            .collect();
        assert_eq!(shown[0], "nan=Some(DoubleValue(NaN))");
        assert_eq!(shown[1], "inf=Some(DoubleValue(-inf))");
        assert_eq!(shown[2], "whole=Some(DoubleValue(2.0))");
        assert_eq!(shown[3], "int=Some(IntValue(-9223372036854775808))");
        assert_eq!(shown[4], "bytes=Some(BytesValue([1, 2]))");
        assert_eq!(shown[5], "=Some(BoolValue(true))");
        assert_eq!(shown[6], "none=None");
        assert!(shown[7].contains("StringValue") && shown[8].contains("KvlistValue"), "{shown:?}");
    }

    #[test]
    fn empty_objects_are_empty_requests() {
        for body in ["{}", r#"{"resourceSpans":[]}"#, r#"{"resourceSpans":null}"#, r#"{"resourceSpans":[{}]}"#] {
            let request: ExportTraceServiceRequest = decode_json(body.as_bytes()).expect(body);
            assert!(request.resource_spans.iter().all(|r| r.scope_spans.is_empty()), "{body}");
        }
    }

    #[test]
    fn nulls_and_empty_lists_are_accepted() {
        let body = br#"{"resourceMetrics":[{"resource":null,"scopeMetrics":[{"metrics":[{"name":"g","unit":null,
            "gauge":{"dataPoints":[{"asInt":"1","timeUnixNano":null,
            "attributes":[{"key":"a","value":{"arrayValue":{}}}]}]}}]}]}]}"#;
        let request: ExportMetricsServiceRequest = decode_json(body).expect("decodes");
        let metric = &request.resource_metrics[0].scope_metrics[0].metrics[0];
        assert!(matches!(&metric.data, Some(metric::Data::Gauge(g)) if g.data_points.len() == 1), "{metric:?}");
    }

    #[test]
    fn truncated_and_deeply_nested_bodies_are_malformed() {
        let half = &METRICS.as_bytes()[..METRICS.len() / 2];
        assert!(matches!(decode_json::<ExportMetricsServiceRequest>(half), Err(Error::Malformed { .. })));
        for open in ["[", "{\"x\":", "{\"resourceMetrics\":["] {
            let deep = open.repeat(100_000);
            assert!(decode_json::<ExportMetricsServiceRequest>(deep.as_bytes()).is_err(), "{open}");
        }
        let value = format!("{}{}", r#"{"arrayValue":{"values":["#.repeat(5000), "]}}".repeat(5000));
        let body =
            format!(r#"{{"resourceMetrics":[{{"resource":{{"attributes":[{{"key":"a","value":{value}}}]}}}}]}}"#);
        assert!(decode_json::<ExportMetricsServiceRequest>(body.as_bytes()).is_err());
    }

    #[test]
    fn deeply_nested_protobuf_is_malformed() {
        // KeyValue.value = AnyValue.array_value = ArrayValue.values = AnyValue ... around nothing.
        let mut inner = Vec::new();
        for _ in 0..400 {
            for tag in [0x0a, 0x2a] {
                let mut outer = vec![tag];
                prost::encode_length_delimiter(inner.len(), &mut outer).expect("room");
                outer.append(&mut inner);
                inner = outer;
            }
        }
        let decoded = decode_protobuf::<opentelemetry_proto::tonic::common::v1::AnyValue>(&inner);
        assert!(matches!(decoded, Err(Error::Malformed { .. })), "{}", inner.len());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode_json::<ExportMetricsServiceRequest>(&body);
            let _ = decode_protobuf::<ExportMetricsServiceRequest>(&body);
            let _ = decode_protobuf::<ExportTraceServiceRequest>(&body);
        }

        #[test]
        fn changed_bodies_never_panic(at in 0..METRICS.len(), with in any::<u8>()) {
            let mut body = METRICS.as_bytes().to_vec();
            body[at] = with;
            let _ = decode_json::<ExportMetricsServiceRequest>(&body);
        }
    }
}
