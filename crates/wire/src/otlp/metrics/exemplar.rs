//! Exemplars.

use aio_types::{Exemplar, Labels, Sample, TimestampMs};
use opentelemetry_proto::tonic::metrics::v1::{Exemplar as Raw, exemplar};

use super::label::value_of;

/// Most characters of an exemplar's labels together.
const RUNES_MAX: usize = 128;
/// Most exemplars looked at per point.
const COUNT_MAX: usize = 1000;

/// The exemplars of a point. Those without a value are left out; one without a time has the point's.
pub(super) fn read(raw: &[Raw], point_time: TimestampMs) -> Vec<Exemplar> {
    raw.iter().take(COUNT_MAX).filter_map(|raw| one(raw, point_time)).collect()
}

/// Bytes of memory they will take, roughly.
pub(super) fn bytes(raw: &[Raw]) -> usize {
    raw.len().min(COUNT_MAX) * (size_of::<Exemplar>() + 2 * RUNES_MAX)
}

#[expect(clippy::cast_precision_loss, reason = "samples are floats")]
fn one(raw: &Raw, point_time: TimestampMs) -> Option<Exemplar> {
    let v = match raw.value? {
        exemplar::Value::AsDouble(v) => v,
        exemplar::Value::AsInt(v) => v as f64,
    };
    let t = if raw.time_unix_nano == 0 { point_time } else { TimestampMs::from_unix_nanos(raw.time_unix_nano) };
    Some(Exemplar { labels: labels(raw), sample: Sample { t, v } })
}

/// The ids, and the attributes as they are called, if all of them fit.
fn labels(raw: &Raw) -> Labels {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let ids = [("trace_id", &raw.trace_id), ("span_id", &raw.span_id)];
    let is_id = |id: &&(&str, &Vec<u8>)| id.1.len() <= RUNES_MAX && id.1.iter().any(|b| *b != 0);
    let mut pairs: Vec<(String, String)> =
        ids.iter().filter(is_id).map(|(name, id)| ((*name).to_owned(), hex(id))).collect();
    let mut room = RUNES_MAX.checked_sub(pairs.iter().map(|(name, id)| name.len() + id.len()).sum());
    let ids = pairs.len();
    for kv in &raw.filtered_attributes {
        let value = value_of(kv);
        room = room.and_then(|room| room.checked_sub(kv.key.chars().count() + value.chars().count()));
        if room.is_none() {
            pairs.truncate(ids);
            break;
        }
        pairs.push((kv.key.clone(), value.into_owned()));
    }
    // Attributes must not stand in for the ids.
    pairs.rotate_left(ids);
    Labels::from_pairs(pairs.into_iter().filter(|(name, _)| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};

    use super::*;

    fn attribute(key: &str, value: &str) -> KeyValue {
        let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
        KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
    }

    fn labels_of(ids: (usize, usize), attributes: Vec<KeyValue>) -> String {
        let raw = Raw {
            trace_id: vec![0xab; ids.0],
            span_id: vec![1; ids.1],
            filtered_attributes: attributes,
            value: Some(exemplar::Value::AsInt(3)),
            ..Raw::default()
        };
        read(&[raw], TimestampMs(7))[0].labels.to_string()
    }

    #[test]
    fn ids_and_attributes_are_labels_while_all_fit() {
        let (trace, span) = ("ab".repeat(16), "01".repeat(8));
        // The ids take 8 + 32 + 7 + 16 characters, which leaves 65.
        for (attributes, expected) in [
            (vec![], format!(r#"{{span_id="{span}", trace_id="{trace}"}}"#)),
            (
                vec![attribute("a.b", "ü"), attribute("trace_id", "x")],
                format!(r#"{{a.b="ü", span_id="{span}", trace_id="{trace}"}}"#),
            ),
            (
                vec![attribute("k", &"ü".repeat(64))],
                format!(r#"{{k="{}", span_id="{span}", trace_id="{trace}"}}"#, "ü".repeat(64)),
            ),
            (
                vec![attribute("a", "1"), attribute("k", &"ü".repeat(64))],
                format!(r#"{{span_id="{span}", trace_id="{trace}"}}"#),
            ),
        ] {
            assert_eq!(labels_of((16, 8), attributes), expected);
        }
        assert_eq!(labels_of((0, 0), vec![attribute("", "x"), attribute("a", "1")]), r#"{a="1"}"#);
    }

    #[test]
    fn an_exemplar_needs_a_value_and_takes_the_time_of_its_point() {
        let raw = Raw { value: Some(exemplar::Value::AsDouble(0.5)), ..Raw::default() };
        let timed = Raw { time_unix_nano: 9_000_000, ..raw.clone() };
        let read = read(&[Raw::default(), raw, timed], TimestampMs(7));
        let samples: Vec<_> = read.iter().map(|e| e.sample).collect();
        assert_eq!(samples, [7, 9].map(|t| Sample { t: TimestampMs(t), v: 0.5 }));
    }
}
