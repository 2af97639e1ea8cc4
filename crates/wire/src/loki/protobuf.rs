//! The protobuf encoding (snappy is the caller's to remove).

use aio_types::{Labels, LogEntry, TimestampNs};
use prost::Message;

use super::Push;
use crate::Error;
use crate::weight::{self, Field, LEAF, Shape};

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
    /// Bytes: a line of broken UTF-8 is mended, not refused.
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

static REQUEST: Shape = Shape::new(&[Field::list::<StreamProto>(1, &STREAM)]);
static STREAM: Shape = Shape::new(&[Field::list::<EntryProto>(2, &ENTRY)]);
static ENTRY: Shape = Shape::new(&[Field::list::<PairProto>(3, &LEAF)]);

/// Decodes a decompressed push request.
///
/// # Errors
/// [`Error::Malformed`] where the bytes are no such message, [`Error::TooHeavy`] where it would take too much memory.
pub fn decode_protobuf(body: &[u8]) -> Result<Push, Error> {
    weight::of_protobuf(body, &REQUEST)?;
    let request = PushRequest::decode(body).map_err(|e| Error::malformed("push request", e))?;
    let mut push = Push::default();
    for stream in request.streams {
        push.add(&stream.labels, stream.entries.into_iter().map(entry).collect());
    }
    Ok(push)
}

fn entry(from: EntryProto) -> LogEntry {
    let at = from.timestamp.unwrap_or_default();
    let line = match String::from_utf8(from.line) {
        Ok(line) => line,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    };
    LogEntry {
        ts: TimestampNs(at.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(at.nanos))),
        line: line.into(),
        metadata: Labels::from_pairs(from.metadata.into_iter().map(|p| (p.name, p.value))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _any = decode_protobuf(&body);
        }
    }
}
