//! The JSON encoding: `{"streams": [{"stream": {…}, "values": [["<ns>", "<line>", {…}]]}]}`.
//!
//! Of a key that occurs twice the last one counts; what stands behind the request is not looked at.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use aio_types::{Labels, LogEntry, TimestampNs};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::labels::{LabelsFault, parse_labels};
use super::name::{is_identifier, metadata};
use super::text::{self, Text};
use super::{NO_TIME, Push};
use crate::{Error, weight};

/// Decodes a push request.
///
/// # Errors
/// [`Error::Malformed`] with line and column, [`Error::TooHeavy`].
pub fn decode_json(body: &[u8]) -> Result<Push, Error> {
    let mut push = Push::default();
    for Stream { labels, entries } in streams(&text::of_body(body)?)? {
        if let Some(why) = entries.misnamed {
            push.misname(why);
        }
        push.add(labels, entries.list);
    }
    Ok(push)
}

/// The streams of a request; nothing at all has none.
pub(super) fn streams<'de, S: Deserialize<'de>>(text: &'de str) -> Result<Vec<S>, Error> {
    weight::of_json(text.as_bytes())?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let request = Option::<Request<S>>::deserialize(&mut deserializer);
    let request = request.map_err(|e| Error::malformed("push request", e))?;
    Ok(request.map_or_else(Vec::new, |request| request.0))
}

struct Request<S>(Vec<S>);

impl<'de, S: Deserialize<'de>> Deserialize<'de> for Request<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RequestVisitor(PhantomData)).map(Self)
    }
}

struct RequestVisitor<S>(PhantomData<S>);

impl<'de, S: Deserialize<'de>> Visitor<'de> for RequestVisitor<S> {
    type Value = Vec<S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with streams")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<S>, A::Error> {
        let mut streams = Vec::new();
        while let Some(Text(key)) = map.next_key()? {
            if key.eq_ignore_ascii_case("streams") {
                streams = map.next_value::<Option<_>>()?.unwrap_or_default();
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(streams)
    }
}

struct Stream {
    labels: Result<Labels, LabelsFault>,
    entries: Entries,
}

impl<'de> Deserialize<'de> for Stream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(StreamVisitor)
    }
}

struct StreamVisitor;

impl<'de> Visitor<'de> for StreamVisitor {
    type Value = Stream;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a stream and values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stream, A::Error> {
        let mut stream = Stream { labels: Ok(Labels::default()), entries: Entries::default() };
        while let Some(Text(key)) = map.next_key()? {
            match &*key {
                "stream" => stream.labels = map.next_value::<Object<RawPair<'_>>>()?.labels(),
                "values" => {
                    if let Some(entries) = map.next_value()? {
                        stream.entries = entries;
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(stream)
    }
}

/// Pairs of an object whose values are `V`.
struct Object<V>(Vec<V>);

/// A pair of an object, by what its value may be.
trait Pair<'de>: Sized {
    fn read<A: MapAccess<'de>>(name: Cow<'de, str>, map: &mut A) -> Result<Self, A::Error>;
}

/// A label: its value is a text, or whatever else stands there, as it stands.
struct RawPair<'a>(Cow<'a, str>, Cow<'a, str>);

impl<'de> Pair<'de> for RawPair<'de> {
    fn read<A: MapAccess<'de>>(name: Cow<'de, str>, map: &mut A) -> Result<Self, A::Error> {
        let raw = map.next_value::<&'de RawValue>()?.get();
        if !raw.starts_with('"') {
            return Ok(Self(name, Cow::Borrowed(raw)));
        }
        serde_json::from_str(raw).map(|Text(value)| Self(name, value)).map_err(A::Error::custom)
    }
}

impl<'de> Pair<'de> for (Cow<'de, str>, Cow<'de, str>) {
    fn read<A: MapAccess<'de>>(name: Cow<'de, str>, map: &mut A) -> Result<Self, A::Error> {
        map.next_value().map(|Text(value)| (name, value))
    }
}

impl<'de, V: Pair<'de>> Deserialize<'de> for Object<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<V>(PhantomData<V>);

impl<'de, V: Pair<'de>> Visitor<'de> for ObjectVisitor<V> {
    type Value = Vec<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<V>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(Text(name)) = map.next_key()? {
            pairs.push(V::read(name, &mut map)?);
        }
        Ok(pairs)
    }
}

impl Object<RawPair<'_>> {
    /// Names are held to what they could be in a label set's text, and their faults are told as of that.
    fn labels(&self) -> Result<Labels, LabelsFault> {
        let labels = Labels::from_pairs(self.0.iter().map(|RawPair(name, value)| (name, value)));
        let is_fine = self.0.iter().all(|RawPair(name, _)| is_identifier(name));
        if is_fine { Ok(labels) } else { parse_labels(&labels.to_string()) }
    }
}

#[derive(Default)]
struct Entries {
    list: Vec<LogEntry>,
    misnamed: Option<String>,
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of lines")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Entries, A::Error> {
        let mut entries = Entries::default();
        while let Some(entry) = seq.next_element::<Option<Entry>>()? {
            let Some(Entry { entry, misnamed }) = entry else { continue };
            entries.list.push(entry);
            entries.misnamed = entries.misnamed.or(misnamed);
        }
        Ok(entries)
    }
}

struct Entry {
    entry: LogEntry,
    misnamed: Option<String>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[\"<unix time in nanoseconds>\", \"<line>\", {structured metadata}]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Entry, A::Error> {
        let ts = match seq.next_element()? {
            Some(Text(ts)) => {
                nanos(&ts).ok_or_else(|| A::Error::custom(format!("{ts:?} is no time in nanoseconds")))?
            }
            None => NO_TIME,
        };
        let line = seq.next_element()?.map_or_else(Box::default, |Text(line)| line.into());
        let pairs: Option<Object<(Cow<'de, str>, Cow<'de, str>)>> = seq.next_element()?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        let (metadata, misnamed) = match pairs.map_or(Ok(Labels::default()), |pairs| metadata(pairs.0)) {
            Ok(metadata) => (metadata, None),
            Err(why) => (Labels::default(), Some(why)),
        };
        Ok(Entry { entry: LogEntry { ts, line, metadata }, misnamed })
    }
}

/// Digits alone, the first of several not 0.
fn nanos(text: &str) -> Option<TimestampNs> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    text.parse().ok().filter(|_| is_number).map(TimestampNs)
}

#[cfg(test)]
mod tests;
