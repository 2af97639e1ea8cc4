//! The protobuf encoding (snappy is the caller's to remove), read by hand: a line is copied once.

use std::borrow::Cow;
use std::str;

use aio_types::{Labels, LogEntry, TimestampNs};

use super::labels::parse_labels;
use super::name::metadata;
use super::{NO_TIME, Push};
use crate::Error;
use crate::proto::Fields;
use crate::weight::Budget;

/// Decodes a decompressed push request.
///
/// # Errors
/// [`Error::Malformed`] where the bytes are no such message, [`Error::TooHeavy`] where it would take too much memory.
pub fn decode_protobuf(body: &[u8]) -> Result<Push, Error> {
    let (mut push, mut budget) = (Push::default(), Budget::full());
    for field in Fields::of(body) {
        if let (1, value) = field? {
            stream(value.bytes()?, &mut budget, &mut push)?;
        }
    }
    Ok(push)
}

/// What a stream takes beside its lines, about.
const STREAM_BYTES: usize = 400;

fn stream(bytes: &[u8], budget: &mut Budget, push: &mut Push) -> Result<(), Error> {
    budget.take(STREAM_BYTES)?;
    let (mut labels, mut entries) = ("", Vec::new());
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => labels = text(value.bytes()?)?,
            (2, value) => {
                let entry = entry(value.bytes()?, budget, push)?;
                budget.push(&mut entries, entry)?;
            }
            _ => {}
        }
    }
    budget.take(2 * labels.len())?;
    push.add(parse_labels(labels), entries);
    Ok(())
}

fn entry(bytes: &[u8], budget: &mut Budget, push: &mut Push) -> Result<LogEntry, Error> {
    let (mut ts, mut line, mut pairs) = (NO_TIME, Cow::Borrowed(""), Vec::new());
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => ts = timestamp(value.bytes()?)?,
            (2, value) => line = mended(value.bytes()?),
            (3, value) => budget.push(&mut pairs, pair(value.bytes()?)?)?,
            _ => {}
        }
    }
    budget.take(2 * bytes.len())?;
    let metadata = metadata(pairs).unwrap_or_else(|why| {
        push.misname(why);
        Labels::default()
    });
    Ok(LogEntry { ts, line: line.into(), metadata })
}

/// Seconds and nanoseconds, zero where they are not there.
fn timestamp(bytes: &[u8]) -> Result<TimestampNs, Error> {
    let mut time = (0, 0);
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => time.0 = value.int()?,
            (2, value) => time.1 = i64::from(value.int32()?),
            _ => {}
        }
    }
    let (seconds, nanos): (i64, i64) = time;
    if !(0..1_000_000_000).contains(&nanos) {
        return Err(Error::malformed("push request", format!("timestamp: {nanos}: nanos not in range [0, 1e9)")));
    }
    Ok(TimestampNs(seconds.saturating_mul(1_000_000_000).saturating_add(nanos)))
}

fn pair(bytes: &[u8]) -> Result<(Cow<'_, str>, Cow<'_, str>), Error> {
    let mut pair = (Cow::Borrowed(""), Cow::Borrowed(""));
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => pair.0 = mended(value.bytes()?),
            (2, value) => pair.1 = mended(value.bytes()?),
            _ => {}
        }
    }
    Ok(pair)
}

/// Broken UTF-8 is mended, not refused.
fn mended(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn text(bytes: &[u8]) -> Result<&str, Error> {
    str::from_utf8(bytes).map_err(|error| Error::malformed("push request", error))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;

    #[derive(Clone, PartialEq, Message)]
    struct PushRequest {
        #[prost(message, repeated, tag = "1")]
        streams: Vec<StreamProto>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct StreamProto {
        #[prost(string, tag = "1")]
        labels: String,
        #[prost(message, repeated, tag = "2")]
        entries: Vec<EntryProto>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct EntryProto {
        #[prost(message, optional, tag = "1")]
        timestamp: Option<TimestampProto>,
        #[prost(bytes = "vec", tag = "2")]
        line: Vec<u8>,
        #[prost(message, repeated, tag = "3")]
        metadata: Vec<PairProto>,
    }

    #[derive(Clone, Copy, PartialEq, Message)]
    struct TimestampProto {
        #[prost(int64, tag = "1")]
        seconds: i64,
        #[prost(int32, tag = "2")]
        nanos: i32,
    }

    #[derive(Clone, PartialEq, Message)]
    struct PairProto {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(string, tag = "2")]
        value: String,
    }

    fn stream(labels: &str) -> StreamProto {
        let entry = EntryProto {
            timestamp: Some(TimestampProto { seconds: 2, nanos: 5 }),
            line: b"hi \xff".to_vec(),
            metadata: vec![PairProto { name: "k".into(), value: "v".into() }],
        };
        StreamProto { labels: labels.into(), entries: vec![entry] }
    }

    #[test]
    fn a_request_as_agents_send_it() {
        let request = PushRequest { streams: vec![stream(r#"{job="a"}"#)] };
        let push = decode_protobuf(&request.encode_to_vec()).expect("decodes");
        let entry = &push.write.streams[0].entries[0];
        assert_eq!((entry.ts, &*entry.line), (TimestampNs(2_000_000_005), "hi \u{fffd}"));
        assert_eq!(entry.metadata.get("k"), "v");
    }

    #[test]
    fn unreadable_labels_cost_no_other_stream() {
        let request = PushRequest { streams: vec![stream("{job=}"), stream(r#"{job="a"}"#)] };
        let push = decode_protobuf(&request.encode_to_vec()).expect("decodes");
        assert_eq!(push.write.streams.len(), 1);
        let [(1, why)] = &push.unreadable[..] else { panic!("{:?}", push.unreadable) };
        assert!(why.to_string().starts_with("couldn't parse labels: 1:6: parse error: unexpected \"}\""), "{why}");
    }

    #[test]
    fn times_are_in_range_and_may_be_missing() {
        let at = |timestamp: Option<TimestampProto>| {
            let entry = EntryProto { timestamp, ..EntryProto::default() };
            let request = PushRequest { streams: vec![StreamProto { labels: String::new(), entries: vec![entry] }] };
            decode_protobuf(&request.encode_to_vec()).ok().map(|push| push.write.streams[0].entries[0].ts)
        };
        assert_eq!(at(None), Some(NO_TIME));
        assert_eq!(at(Some(TimestampProto::default())), Some(TimestampNs(0)));
        assert_eq!(at(Some(TimestampProto { seconds: 1, nanos: 999_999_999 })), Some(TimestampNs(1_999_999_999)));
        for nanos in [-1, 1_000_000_000] {
            assert_eq!(at(Some(TimestampProto { seconds: 1, nanos })), None);
        }
    }

    #[test]
    fn names_of_metadata_are_made_normal() {
        let pair = |name: &str, value: &str| PairProto { name: name.into(), value: value.into() };
        let mut sent = stream("{}");
        sent.entries[0].metadata = vec![pair("user.id", "1"), pair("9x", "2"), pair("user_id", "3")];
        let push = decode_protobuf(&PushRequest { streams: vec![sent.clone()] }.encode_to_vec()).expect("decodes");
        assert_eq!(push.write.streams[0].entries[0].metadata.to_string(), r#"{key_9x="2", user_id="1"}"#);
        sent.entries[0].metadata.push(pair("", ""));
        let push = decode_protobuf(&PushRequest { streams: vec![sent] }.encode_to_vec()).expect("decodes");
        assert_eq!(push.misnamed.as_deref(), Some("label name is empty"));
    }

    proptest! {
        #[test]
        fn what_was_sent_comes_out(sent in proptest::collection::vec(
            (any::<u32>(), 0..1_000_000_000_i32, "\\PC{0,40}", proptest::collection::btree_map("[a-z]{1,5}", "[ -~é]{1,8}", 0..4)), 0..9,
        )) {
            let entry = |(seconds, nanos, line, metadata): &(u32, i32, String, std::collections::BTreeMap<String, String>)| EntryProto {
                timestamp: Some(TimestampProto { seconds: (*seconds).into(), nanos: *nanos }),
                line: line.clone().into_bytes(),
                metadata: metadata.iter().map(|(n, v)| PairProto { name: n.clone(), value: v.clone() }).collect(),
            };
            let request = PushRequest {
                streams: vec![StreamProto { labels: "{a=\"b\"}".into(), entries: sent.iter().map(entry).collect() }],
            };
            let push = decode_protobuf(&request.encode_to_vec()).expect("decodes");
            let want = sent.iter().map(|(seconds, nanos, line, metadata)| LogEntry {
                ts: TimestampNs(i64::from(*seconds) * 1_000_000_000 + i64::from(*nanos)),
                line: line.as_str().into(),
                metadata: Labels::from_pairs(metadata),
            });
            prop_assert_eq!(&push.write.streams[0].entries, &want.collect::<Vec<_>>());
        }

        #[test]
        fn bytes_are_read_where_the_library_reads_them(body in proptest::collection::vec(0..40_u8, 0..60)) {
            // It reads groups as well, which no sender has.
            if PushRequest::decode(&body[..]).is_err() {
                return Ok(());
            }
            let read = decode_protobuf(&body);
            let is_time = |e: &Error| e.to_string().contains("nanos not in range");
            prop_assert!(read.as_ref().map_or_else(is_time, |_| true) || body.iter().any(|b| b & 7 == 3), "{:?}", read);
        }

        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _any = decode_protobuf(&body);
        }
    }
}
