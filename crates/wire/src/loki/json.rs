//! The JSON encoding: `{"streams": [{"stream": {…}, "values": [["<ns>", "<line>", {…}]]}]}`, and the older one of
//! `/api/prom/push`: `{"streams": [{"labels": "{…}", "entries": [{"ts": "<RFC 3339>", "line": "…"}]}]}`.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use aio_types::{Labels, LogEntry, LogsWrite, StreamWrite, TimestampNs};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Push;
use crate::{Error, weight};

#[derive(Deserialize)]
#[serde(bound = "S: DeserializeOwned")]
struct Request<S> {
    streams: Option<Vec<Object<S>>>,
}

#[derive(Deserialize)]
struct Stream {
    #[serde(default)]
    stream: BTreeMap<String, Value>,
    #[serde(default)]
    values: Vec<Entry>,
}

#[derive(Deserialize)]
struct LegacyStream {
    #[serde(default)]
    labels: String,
    #[serde(default)]
    entries: Vec<Object<LegacyEntry>>,
}

#[derive(Deserialize)]
struct LegacyEntry {
    #[serde(alias = "timestamp", deserialize_with = "rfc3339")]
    ts: TimestampNs,
    line: String,
}

fn rfc3339<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimestampNs, D::Error> {
    let text = String::deserialize(deserializer)?;
    TimestampNs::from_rfc3339(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no RFC 3339 time")))
}

/// A label's value: a text, or whatever else stands there, as it stands.
struct Value(String);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('"') {
            return serde_json::from_str(raw.get()).map(Self).map_err(D::Error::custom);
        }
        Ok(Self(raw.get().to_owned()))
    }
}

/// A `T` written as an object: serde alone would take an array of the members as well.
struct Object<T>(T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

struct Entry(LogEntry);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[\"<unix time in nanoseconds>\", \"<line>\", {structured metadata}]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Entry, A::Error> {
        let ts: String = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        let ts = ts.parse().map_err(|_| A::Error::custom(format!("{ts:?} is no time in nanoseconds")))?;
        let line: String = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
        let metadata: Option<BTreeMap<String, String>> = seq.next_element()?.flatten();
        if seq.next_element::<serde::de::IgnoredAny>()?.is_some() {
            return Err(A::Error::invalid_length(4, &self));
        }
        Ok(Entry(LogEntry {
            ts: TimestampNs(ts),
            line: line.into(),
            metadata: Labels::from_pairs(metadata.unwrap_or_default()),
        }))
    }
}

fn read<S: DeserializeOwned>(body: &[u8]) -> Result<impl Iterator<Item = S>, Error> {
    weight::of_json(body)?;
    let Object(request): Object<Request<S>> =
        serde_json::from_slice(body).map_err(|e| Error::malformed("push request", e))?;
    Ok(request.streams.unwrap_or_default().into_iter().map(|Object(stream)| stream))
}

/// Decodes a push request.
///
/// # Errors
/// [`Error::Malformed`] with line and column, [`Error::TooHeavy`].
pub fn decode_json(body: &[u8]) -> Result<Push, Error> {
    let stream = |s: Stream| StreamWrite {
        labels: Labels::from_pairs(s.stream.into_iter().map(|(name, Value(value))| (name, value))),
        entries: s.values.into_iter().map(|e| e.0).collect(),
    };
    let write = LogsWrite { streams: read(body)?.map(stream).collect() };
    Ok(Push { write, unreadable: Vec::new() })
}

/// Decodes a push request of the older form, which knows no structured metadata.
///
/// # Errors
/// As [`decode_json`].
pub fn decode_legacy_json(body: &[u8]) -> Result<Push, Error> {
    let entry =
        |Object(e): Object<LegacyEntry>| LogEntry { ts: e.ts, line: e.line.into(), metadata: Labels::default() };
    let mut push = Push::default();
    for stream in read::<LegacyStream>(body)? {
        push.add(&stream.labels, stream.entries.into_iter().map(entry).collect());
    }
    Ok(push)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PUSH: &str = r#"{"streams":[{"stream":{"job":"a"},"values":[["5","one"],["6","two",{"trace_id":"x"}]]}]}"#;

    #[test]
    fn a_request_as_agents_send_it() {
        let write = decode_json(PUSH.as_bytes()).expect("decodes").write;
        let [stream] = &write.streams[..] else { panic!("one stream") };
        assert_eq!(stream.labels.to_string(), r#"{job="a"}"#);
        assert_eq!(stream.entries[1].ts, TimestampNs(6));
        assert_eq!(stream.entries[1].metadata.get("trace_id"), "x");
    }

    #[test]
    fn the_older_form_is_understood() {
        let body = br#"{"streams":[{"labels":"{job=\"a\"}","entries":[{"ts":"1970-01-01T00:00:01.5Z","line":"x"}]},
            {"labels":"job","entries":[{"ts":"1970-01-01T00:00:01Z","line":"y"}]}]}"#;
        let push = decode_legacy_json(body).expect("decodes");
        let [stream] = &push.write.streams[..] else { panic!("one stream") };
        assert_eq!((stream.labels.get("job"), stream.entries[0].ts), ("a", TimestampNs(1_500_000_000)));
        assert_eq!(push.unreadable.len(), 1);
        assert!(decode_legacy_json(br#"{"streams":[{"labels":"{}","entries":[{"ts":"5","line":"x"}]}]}"#).is_err());
    }

    #[test]
    fn nothing_at_all_is_an_empty_push() {
        for body in ["{}", r#"{"streams":null}"#, r#"{"streams":[]}"#] {
            assert_eq!(decode_json(body.as_bytes()), Ok(Push::default()), "{body}");
        }
    }

    #[test]
    fn labels_that_are_no_texts_are_taken_as_they_stand() {
        let body = br#"{"streams":[{"stream":{"a":1,"b":true,"c":null,"d":{"e": [1.50]},"f":"g\u00e9"},"values":[["5","x"]]}]}"#;
        let push = decode_json(body).expect("decodes");
        let want = [("a", "1"), ("b", "true"), ("c", "null"), ("d", r#"{"e": [1.50]}"#), ("f", "gé")];
        assert_eq!(push.write.streams[0].labels, Labels::from_pairs(want));
    }

    #[test]
    fn other_shapes_are_refused() {
        for body in [
            r#"{"streams":[{"stream":{},"values":[[5,"numeric time"]]}]}"#,
            r#"{"streams":[{"stream":{},"values":[["5",7]]}]}"#,
            r#"{"streams":[{"stream":{},"values":[["x","bad time"]]}]}"#,
            r#"{"streams":[{"stream":{},"values":[["5"]]}]}"#,
            r#"{"streams":[{"stream":{},"values":[["5","a",{"k":{"nested":1}}]]}]}"#,
            r#"{"streams":[[{"a":"b"},[["5","a"]]]]}"#,
            "[]",
            "{",
        ] {
            assert!(decode_json(body.as_bytes()).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn changed_bodies_never_panic(at in 0..PUSH.len(), with in any::<u8>()) {
            let mut body = PUSH.as_bytes().to_vec();
            body[at] = with;
            let _any = decode_json(&body);
        }
    }
}
