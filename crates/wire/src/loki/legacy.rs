//! The JSON of `/api/prom/push`: `{"streams": [{"labels": "{…}", "entries": [{"ts": "<RFC 3339>", "line": "…"}]}]}`. Keys are
//! known in any case, null is nothing, and what is not known is left out. The newer encoding is refused by name.

use std::borrow::Cow;
use std::fmt;

use aio_types::{Labels, LogEntry, TimestampNs};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::json::streams;
use super::labels::parse_labels;
use super::name::{Pairs, metadata};
use super::text::{self, Mended};
use super::{NO_TIME, Push};
use crate::Error;

/// Decodes a push request of the older form.
///
/// # Errors
/// As [`decode_json`](super::decode_json).
pub fn decode_legacy_json(body: &[u8]) -> Result<Push, Error> {
    let mut push = Push::default();
    for stream in streams::<Option<Stream<'_>>>(&text::of_body(body)?)? {
        let Stream { labels, entries } = stream.unwrap_or_default();
        let mut list = Vec::with_capacity(entries.len());
        for entry in entries {
            let Entry { ts, line, pairs } = entry.unwrap_or_default();
            let metadata = metadata(pairs).unwrap_or_else(|why| {
                push.misname(why);
                Labels::default()
            });
            list.push(LogEntry { ts: ts.unwrap_or(NO_TIME), line: line.into(), metadata });
        }
        push.add(parse_labels(&labels), list);
    }
    Ok(push)
}

#[derive(Default)]
struct Stream<'a> {
    labels: Cow<'a, str>,
    entries: Vec<Option<Entry<'a>>>,
}

impl<'de> Deserialize<'de> for Stream<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(StreamVisitor)
    }
}

struct StreamVisitor;

impl<'de> Visitor<'de> for StreamVisitor {
    type Value = Stream<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with labels and entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut stream = Stream::default();
        while let Some(Mended(key)) = map.next_key()? {
            if key.eq_ignore_ascii_case("labels") {
                stream.labels = string(&mut map)?;
            } else if key.eq_ignore_ascii_case("entries") {
                stream.entries = map.next_value::<Option<_>>()?.unwrap_or_default();
            } else if key == "stream" || key == "values" {
                // What is not known is left out, but nobody's lines are lost for want of a path.
                return Err(A::Error::custom(
                    "`stream` and `values` are the encoding of /loki/api/v1/push; here streams have `labels` and `entries`",
                ));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(stream)
    }
}

#[derive(Default)]
struct Entry<'a> {
    ts: Option<TimestampNs>,
    line: Cow<'a, str>,
    pairs: Pairs<'a>,
}

impl<'de> Deserialize<'de> for Entry<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a time and a line")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entry = Entry::default();
        while let Some(Mended(key)) = map.next_key()? {
            if key.eq_ignore_ascii_case("ts") {
                entry.ts = map.next_value::<Option<Time>>()?.map(|time| time.0);
            } else if key.eq_ignore_ascii_case("line") {
                entry.line = string(&mut map)?;
            } else if key.eq_ignore_ascii_case("structuredMetadata") {
                entry.pairs = map.next_value::<Option<Metadata<'_>>>()?.map_or_else(Vec::new, |metadata| metadata.0);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(entry)
    }
}

struct Metadata<'a>(Pairs<'a>);

impl<'de> Deserialize<'de> for Metadata<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MetadataVisitor).map(Self)
    }
}

struct MetadataVisitor;

impl<'de> Visitor<'de> for MetadataVisitor {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(Mended(name)) = map.next_key()? {
            pairs.push((name, string(&mut map)?));
        }
        Ok(pairs)
    }
}

fn string<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Cow<'de, str>, A::Error> {
    Ok(map.next_value::<Option<Mended<'_>>>()?.unwrap_or_default().0)
}

struct Time(TimestampNs);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Mended(text) = Mended::deserialize(deserializer)?;
        let time = TimestampNs::from_rfc3339(&text);
        time.map(Self).ok_or_else(|| D::Error::custom(format!("{text:?} is no RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(entry: &str) -> Push {
        let body = format!(r#"{{"streams":[{{"labels":"{{a=\"b\"}}","entries":[{entry}]}}]}} behind"#);
        decode_legacy_json(body.as_bytes()).expect(entry)
    }

    #[test]
    fn the_older_form_is_understood() {
        let body = br#"{"Streams":[{"LABELS":"{job=\"a\"}","Entries":[{"TS":"1970-01-01T00:00:01.5Z","Line":"x"}]},
            {"labels":"{job}","entries":[{"ts":"1970-01-01T00:00:01Z","line":"y"}]}]}"#;
        let push = decode_legacy_json(body).expect("decodes");
        let [stream] = &push.write.streams[..] else { panic!("one stream") };
        assert_eq!((stream.labels.get("job"), stream.entries[0].ts), ("a", TimestampNs(1_500_000_000)));
        assert_eq!(push.unreadable.len(), 1);
        for body in [
            &br#"{"streams":[{"labels":"{}","entries":[{"ts":"5","line":"x"}]}]}"#[..],
            br#"{"streams":[{"labels":"{}","entries":[{"line":5}]}]}"#,
            br#"{"streams":[{"labels":"{}","entries":[{"structuredMetadata":{"a":1}}]}]}"#,
            br#"{"streams":{}}"#,
            br#"{"streams":[{"stream":{"a":"b"},"values":[["5","x"]]}]}"#,
        ] {
            assert!(decode_legacy_json(body).is_err());
        }
    }

    #[test]
    fn what_is_missing_null_or_unknown_is_nothing() {
        for body in [
            r#"{"streams":[{"other":{"a":"b"}}]}"#,
            r#"{"streams":[{"labels":null,"entries":null}]}"#,
            r#"{"streams":[null]}"#,
        ] {
            let push = decode_legacy_json(body.as_bytes()).expect(body);
            assert!(push.write.streams[0].entries.is_empty() && push.unreadable.is_empty(), "{body}");
        }
        for entry in
            [r#"{"ts":null,"line":null,"structuredMetadata":null}"#, "null", r#"{"timestamp":"1970-01-01T00:00:01Z"}"#]
        {
            let entry = &decode(entry).write.streams[0].entries[0];
            assert_eq!((entry.ts, &*entry.line, entry.metadata.len()), (NO_TIME, "", 0));
        }
    }

    #[test]
    fn lines_have_metadata_too_and_halves_of_pairs_are_mended() {
        let push = decode(
            r#"{"line":"a\ud800b\udc00\ud83d\ude00\ud800\n","structuredMetadata":{"a.b":"1","c":null,"d":"\ud800"}}"#,
        );
        let entry = &push.write.streams[0].entries[0];
        assert_eq!(&*entry.line, "a\u{fffd}b\u{fffd}\u{1f600}\u{fffd}\n");
        assert_eq!(entry.metadata.to_string(), r#"{a_b="1", d=" "}"#);
        let push = decode(r#"{"line":"x","structuredMetadata":{"":"1"}}"#);
        assert_eq!(push.misnamed.as_deref(), Some("label name is empty"));
    }
}
