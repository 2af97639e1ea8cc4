//! OTLP/JSON: hex ids, 64 bit integers as strings, unknown fields ignored.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, weight};

/// Decodes a JSON message. `serde_json` refuses documents nested deeper than 128 levels.
///
/// The generated types are stricter than protobuf's JSON mapping: they refuse `null` for an absent field and an
/// array or map value without `values`. A body they refuse is therefore tried once more in a plainer form.
///
/// # Errors
/// [`Error::Malformed`] when the body is no such message, [`Error::TooLarge`] when it would take too much memory.
pub fn decode_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    // The generated types would take a list for a message of so many fields.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::malformed("JSON body", "it is no object"));
    }
    weight::check_json(body)?;
    serde_json::from_slice(body).or_else(|first| relaxed(body).ok_or_else(|| Error::malformed("JSON body", first)))
}

fn relaxed<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    plain(&mut value);
    T::deserialize(value).ok()
}

/// Drops nulls of objects and adds the `values` an empty list may leave out.
fn plain(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Object(fields) => {
            fields.retain(|_, v| !v.is_null());
            for (key, field) in fields.iter_mut() {
                if let ("arrayValue" | "kvlistValue", Value::Object(list)) = (key.as_str(), &mut *field) {
                    list.entry("values").or_insert_with(|| Value::Array(Vec::new()));
                }
                plain(field);
            }
        }
        _ => {}
    }
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
    fn traces_have_hex_ids_and_may_have_unknown_value_kinds() {
        let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",
            "spanId":"eee19b7ec3c1b174","parentSpanId":"","name":"s","kind":2,"startTimeUnixNano":"1","endTimeUnixNano":"2",
            "attributes":[{"key":"a","value":{"futureValue":{"x":1}}},{"key":"b","value":{}}]}]}]}]}"#;
        let request: ExportTraceServiceRequest = decode_json(body).expect("decodes");
        let span = &request.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!((span.trace_id.len(), span.span_id.len(), span.attributes.len()), (16, 8, 2));
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
        for other in ["[]", " \"x\"", "null", "", "7"] {
            assert!(decode_json::<ExportMetricsServiceRequest>(other.as_bytes()).is_err(), "{other}");
        }
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
        for tag in [0x12, 0x0a, 0x0a, 0x0a] {
            let mut outer = vec![tag];
            prost::encode_length_delimiter(inner.len(), &mut outer).expect("room");
            outer.append(&mut inner);
            inner = outer;
        }
        let decoded = decode_protobuf::<ExportMetricsServiceRequest>(&inner);
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
