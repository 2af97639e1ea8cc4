//! The protobuf encoding (snappy is the caller's to remove), read by hand: a line is copied once.

use std::str;

use aio_types::{Labels, LogEntry, TimestampNs};

use super::Push;
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
                let entry = entry(value.bytes()?, budget)?;
                budget.push(&mut entries, entry)?;
            }
            _ => {}
        }
    }
    budget.take(2 * labels.len())?;
    push.add(labels, entries);
    Ok(())
}

fn entry(bytes: &[u8], budget: &mut Budget) -> Result<LogEntry, Error> {
    let (mut time, mut line, mut metadata) = ((0, 0), &b""[..], Vec::new());
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => timestamp(value.bytes()?, &mut time)?,
            (2, value) => line = value.bytes()?,
            (3, value) => budget.push(&mut metadata, pair(value.bytes()?)?)?,
            _ => {}
        }
    }
    budget.take(2 * bytes.len())?;
    let (seconds, nanos) = time;
    Ok(LogEntry {
        ts: TimestampNs(seconds.saturating_mul(1_000_000_000).saturating_add(nanos)),
        // Broken UTF-8 is mended, not refused.
        line: match str::from_utf8(line) {
            Ok(line) => line.into(),
            Err(_) => String::from_utf8_lossy(line).into(),
        },
        metadata: Labels::from_pairs(metadata),
    })
}

/// Seconds and nanoseconds; those that are not there stay as they are.
fn timestamp(bytes: &[u8], time: &mut (i64, i64)) -> Result<(), Error> {
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => time.0 = value.int()?,
            (2, value) => time.1 = i64::from(value.int32()?),
            _ => {}
        }
    }
    Ok(())
}

fn pair(bytes: &[u8]) -> Result<(&str, &str), Error> {
    let mut pair = ("", "");
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => pair.0 = text(value.bytes()?)?,
            (2, value) => pair.1 = text(value.bytes()?)?,
            _ => {}
        }
    }
    Ok(pair)
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
        assert!(why.contains("error parsing labels"), "{why}");
    }

    proptest! {
        #[test]
        fn what_was_sent_comes_out(sent in proptest::collection::vec(
            (any::<u32>(), 0..1_000_000_000_i32, "\\PC{0,40}", proptest::collection::btree_map("[a-z]{1,5}", "\\PC{1,8}", 0..4)), 0..9,
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
            prop_assert!(read.is_ok() || body.iter().any(|b| b & 7 == 3), "{:?}", read);
        }

        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _any = decode_protobuf(&body);
        }
    }
}
