//! The JSON encoding: `{"streams": [{"stream": {…}, "values": [["<ns>", "<line>", {…}]]}]}`.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use aio_types::{Labels, LogEntry, LogsWrite, StreamWrite, TimestampNs};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::{Error, weight};

#[derive(Deserialize)]
struct Push {
    #[serde(default)]
    streams: Vec<Object<Stream>>,
}

#[derive(Deserialize)]
struct Stream {
    #[serde(default)]
    stream: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Entry>,
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
        let metadata: BTreeMap<String, String> = seq.next_element()?.unwrap_or_default();
        if seq.next_element::<serde::de::IgnoredAny>()?.is_some() {
            return Err(A::Error::invalid_length(4, &self));
        }
        Ok(Entry(LogEntry { ts: TimestampNs(ts), line: line.into(), metadata: Labels::from_pairs(metadata) }))
    }
}

/// Decodes a push request.
///
/// # Errors
/// [`Error::Malformed`] with line and column, [`Error::TooLarge`] where it would take too much memory.
pub fn decode_json(body: &[u8]) -> Result<LogsWrite, Error> {
    weight::check_json(body)?;
    let Object(push): Object<Push> = serde_json::from_slice(body).map_err(|e| Error::malformed("push request", e))?;
    let stream = |Object(s): Object<Stream>| StreamWrite {
        labels: Labels::from_pairs(s.stream),
        entries: s.values.into_iter().map(|e| e.0).collect(),
    };
    Ok(LogsWrite { streams: push.streams.into_iter().map(stream).collect() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PUSH: &str = r#"{"streams":[{"stream":{"job":"a"},"values":[["5","one"],["6","two",{"trace_id":"x"}]]}]}"#;

    #[test]
    fn a_request_as_agents_send_it() {
        let write = decode_json(PUSH.as_bytes()).expect("decodes");
        let [stream] = &write.streams[..] else { panic!("one stream") };
        assert_eq!(stream.labels.to_string(), r#"{job="a"}"#);
        assert_eq!(stream.entries[1].ts, TimestampNs(6));
        assert_eq!(stream.entries[1].metadata.get("trace_id"), "x");
    }

    #[test]
    fn other_shapes_are_refused() {
        for body in [
            r#"{"streams":[{"stream":{},"values":[[5,"numeric time"]]}]}"#,
            r#"{"streams":[{"stream":{},"values":[["5",7]]}]}"#,
            r#"{"streams":[{"stream":{},"values":[["x","bad time"]]}]}"#,
            r#"{"streams":[{"stream":{},"values":[["5"]]}]}"#,
            r#"{"streams":[{"stream":{},"values":[["5","a",{"k":{"nested":1}}]]}]}"#,
            r#"{"streams":[{"stream":{"a":1},"values":[]}]}"#,
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
