//! OTLP log records as lines of streams, by the mapping Loki uses.
//!
//! A fixed list of resource attributes makes the stream's labels; everything else becomes structured metadata of the
//! line, so that the number of streams stays small.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aio_types::{Labels, LogEntry, LogsWrite, StreamWrite, TimestampMs, TimestampNs};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use super::value;
use crate::loki::normal_name;

/// Resource attributes that identify a stream.
const STREAM_ATTRIBUTES: [&str; 18] = [
    "service.name",
    "service.namespace",
    "service.instance.id",
    "deployment.environment",
    "deployment.environment.name",
    "cloud.region",
    "cloud.availability_zone",
    "k8s.cluster.name",
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.container.name",
    "k8s.replicaset.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.cronjob.name",
    "k8s.job.name",
    "container.name",
];

/// How deep nested attribute values are flattened; what lies deeper is kept as JSON.
const FLATTEN_DEPTH_MAX: usize = 8;

/// Translates one export; `received_at` stands in for records without a time.
#[must_use]
pub fn translate(request: ExportLogsServiceRequest, received_at: TimestampMs) -> LogsWrite {
    let mut streams: BTreeMap<Labels, Vec<LogEntry>> = BTreeMap::new();
    for resource_logs in request.resource_logs {
        let attributes = resource_logs.resource.map(|r| r.attributes).unwrap_or_default();
        let (labels, resource_metadata) = split(&attributes);
        let entries = streams.entry(labels).or_default();
        for scope_logs in resource_logs.scope_logs {
            let mut shared = resource_metadata.clone();
            scope_metadata(scope_logs.scope.as_ref(), &mut shared);
            entries.extend(scope_logs.log_records.into_iter().map(|r| entry(r, &shared, received_at)));
        }
    }
    let streams = streams.into_iter().filter(|(_, entries)| !entries.is_empty());
    LogsWrite { streams: streams.map(|(labels, entries)| StreamWrite { labels, entries }).collect() }
}

type Pairs = Vec<(String, String)>;

fn split(attributes: &[KeyValue]) -> (Labels, Pairs) {
    let mut labels = Pairs::new();
    let mut metadata = Pairs::new();
    for kv in attributes {
        let Some(value) = &kv.value else { continue };
        if STREAM_ATTRIBUTES.contains(&kv.key.as_str()) {
            labels.push((name(&kv.key), value::line_text(value).into_owned()));
        } else {
            flatten(&kv.key, value, FLATTEN_DEPTH_MAX, &mut metadata);
        }
    }
    (Labels::from_pairs(labels), metadata)
}

fn scope_metadata(scope: Option<&InstrumentationScope>, out: &mut Pairs) {
    let Some(scope) = scope else { return };
    attributes(&scope.attributes, out);
    text("scope_name", scope.name.clone(), out);
    text("scope_version", scope.version.clone(), out);
    count("scope_dropped_attributes_count", scope.dropped_attributes_count, out);
}

fn entry(record: LogRecord, shared: &Pairs, received_at: TimestampMs) -> LogEntry {
    let (time, observed) = (record.time_unix_nano, record.observed_time_unix_nano);
    let ts = match (time, observed) {
        (0, 0) => TimestampNs::from_ms(received_at),
        (0, observed) => TimestampNs::from_unix_nanos(observed),
        (time, _) => TimestampNs::from_unix_nanos(time),
    };
    let mut pairs = shared.clone();
    attributes(&record.attributes, &mut pairs);
    if time != 0 && observed != 0 {
        pairs.push(("observed_timestamp".to_owned(), observed.to_string()));
    }
    if record.severity_number != 0 {
        pairs.push(("severity_number".to_owned(), record.severity_number.to_string()));
    }
    text("severity_text", record.severity_text, &mut pairs);
    count("dropped_attributes_count", record.dropped_attributes_count, &mut pairs);
    count("flags", record.flags, &mut pairs);
    text("trace_id", hex(&record.trace_id), &mut pairs);
    text("span_id", hex(&record.span_id), &mut pairs);
    text("event_name", record.event_name, &mut pairs);
    let line = record.body.as_ref().map(|body| value::line_text(body).into_owned()).unwrap_or_default();
    LogEntry { ts, line: line.into(), metadata: Labels::from_pairs(pairs) }
}

/// An absent field must not hide an attribute of its name.
fn text(key: &str, value: String, out: &mut Pairs) {
    if !value.is_empty() {
        out.push((key.to_owned(), value));
    }
}

fn count(key: &str, value: u32, out: &mut Pairs) {
    if value != 0 {
        out.push((key.to_owned(), value.to_string()));
    }
}

fn attributes(attributes: &[KeyValue], out: &mut Pairs) {
    for kv in attributes {
        if let Some(value) = &kv.value {
            flatten(&kv.key, value, FLATTEN_DEPTH_MAX, out);
        }
    }
}

/// Maps become one pair per leaf, their keys joined with `_`.
fn flatten(key: &str, value: &AnyValue, depth: usize, out: &mut Pairs) {
    match &value.value {
        Some(Value::KvlistValue(list)) if depth > 0 => {
            for kv in &list.values {
                if let Some(inner) = &kv.value {
                    flatten(&format!("{key}_{}", kv.key), inner, depth - 1, out);
                }
            }
        }
        _ => out.push((name(key), value::line_text(value).into_owned())),
    }
}

/// As names of structured metadata are in Loki's push. Where nothing is left of one it is `_`: one attribute shall not
/// cost an export.
fn name(key: &str) -> String {
    normal_name(key).map_or_else(|_| "_".to_owned(), Cow::into_owned)
}

/// An id of only zeros is no id.
fn hex(id: &[u8]) -> String {
    if id.iter().all(|b| *b == 0) {
        return String::new();
    }
    id.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::decode_json;

    #[test]
    fn labels_metadata_and_times() {
        let body = r#"{"resourceLogs":[{"resource":{"attributes":[
            {"key":"service.name","value":{"stringValue":"cart"}},
            {"key":"host.name","value":{"stringValue":"h"}}]},
          "scopeLogs":[{"scope":{"name":"lib","version":"1"},"logRecords":[
            {"timeUnixNano":"5","observedTimeUnixNano":"6","severityNumber":17,"severityText":"ERROR",
             "body":{"stringValue":"boom"},"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174",
             "attributes":[{"key":"http","value":{"kvlistValue":{"values":[
                {"key":"status.code","value":{"intValue":"500"}}]}}},
                {"key":"9x","value":{"boolValue":true}},{"key":"a..b","value":{"doubleValue":"Infinity"}},
                {"key":"ключ","value":{"stringValue":"v"}}],"eventName":"e"},
            {"observedTimeUnixNano":"7","body":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"1"}}]}}},
            {"body":{"stringValue":"no time"}}]}]}]}"#;
        let write = translate(decode_json(body.as_bytes()).expect("decodes"), TimestampMs(9));
        let [stream] = &write.streams[..] else { panic!("one stream") };
        assert_eq!(stream.labels.to_string(), r#"{service_name="cart"}"#);
        let [boom, json, bare] = &stream.entries[..] else { panic!("three lines") };
        assert_eq!((boom.ts, &*boom.line), (TimestampNs(5), "boom"));
        let want = [
            ("_", "v"),
            ("a_b", "Infinity"),
            ("event_name", "e"),
            ("host_name", "h"),
            ("http_status_code", "500"),
            ("key_9x", "true"),
            ("observed_timestamp", "6"),
            ("scope_name", "lib"),
            ("scope_version", "1"),
            ("severity_number", "17"),
            ("severity_text", "ERROR"),
            ("span_id", "eee19b7ec3c1b174"),
            ("trace_id", "5b8efff798038103d269b633813fc60c"),
        ];
        assert_eq!(boom.metadata.iter().collect::<Vec<_>>(), want);
        assert_eq!((json.ts, &*json.line), (TimestampNs(7), r#"{"a":1}"#));
        assert_eq!(bare.ts, TimestampNs(9_000_000));
    }

    #[test]
    fn absent_fields_do_not_hide_attributes_of_their_names() {
        let body = br#"{"resourceLogs":[{"resource":{"attributes":[]},"scopeLogs":[{"scope":{},"logRecords":[
            {"timeUnixNano":"5","traceId":"","attributes":[
              {"key":"trace_id","value":{"stringValue":"abc"}},{"key":"scope_name","value":{"stringValue":"s"}},
              {"key":"severity_text","value":{"stringValue":"WARN"}}]},
            {"timeUnixNano":"6","traceId":"5b8efff798038103d269b633813fc60c","attributes":[
              {"key":"trace_id","value":{"stringValue":"abc"}}]}]}]}]}"#;
        let write = translate(decode_json(body).expect("decodes"), TimestampMs(9));
        let [first, second] = &write.streams[0].entries[..] else { panic!("two lines") };
        assert_eq!(first.metadata.to_string(), r#"{scope_name="s", severity_text="WARN", trace_id="abc"}"#);
        assert_eq!(second.metadata.get("trace_id"), "5b8efff798038103d269b633813fc60c");
    }

    #[test]
    fn bodies_of_every_kind_become_lines() {
        for (body, want) in [
            (r#"{"stringValue":" kept \n"}"#, " kept \n"),
            (r#"{"intValue":"-7"}"#, "-7"),
            (r#"{"doubleValue":1.5}"#, "1.5"),
            (r#"{"boolValue":false}"#, "false"),
            (r#"{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"a"}]}}"#, r#"[1,"a"]"#),
            (r#"{"kvlistValue":{"values":[{"key":"a","value":{"boolValue":true}}]}}"#, r#"{"a":true}"#),
            (r#"{"bytesValue":"aGk="}"#, "aGk="),
            ("{}", ""),
        ] {
            let text = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{body}}}]}}]}}]}}"#);
            let write = translate(decode_json(text.as_bytes()).expect(body), TimestampMs(9));
            assert_eq!(&*write.streams[0].entries[0].line, want, "{body}");
        }
    }
}
