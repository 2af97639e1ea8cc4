//! What is written: lines of JSON, logfmt, nginx, klog and Python services, ending about now, the same but for their times.

use std::time::{SystemTime, UNIX_EPOCH};

use aio_types::{LogsWrite, StreamWrite};

use super::corpus;
use crate::protobuf;

/// Lines in a request, as agents send them.
const REQUEST_BYTES: usize = 1_000_000;
/// About how far the time of the corpus moves with each byte.
const NS_PER_BYTE: u64 = 1_100;
const SEED: u64 = 7;

/// Everything there is to write.
#[derive(Debug)]
pub(crate) struct Load {
    bytes: u64,
    start_ns: i64,
}

/// One request, and what it was made of.
#[derive(Debug)]
pub(crate) struct Request {
    /// Snappy of a `PushRequest`.
    pub(crate) body: Vec<u8>,
    pub(crate) lines: u64,
    pub(crate) line_bytes: u64,
    /// The newest time in it.
    pub(crate) end_ns: i64,
    /// A trace id that one of its lines has.
    pub(crate) trace_id: Option<String>,
}

impl Load {
    pub(crate) fn new(megabytes: u64) -> Self {
        let bytes = megabytes * 1_000_000;
        #[expect(clippy::disallowed_methods, reason = "peers refuse lines of long ago")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let span = bytes * NS_PER_BYTE;
        Self { bytes, start_ns: i64::try_from(now.saturating_sub(u128::from(span))).unwrap_or(0) }
    }

    /// When the first line was written.
    pub(crate) fn start_ns(&self) -> i64 {
        self.start_ns
    }

    /// Made one after the other, so that they take no memory.
    pub(crate) fn requests(&self) -> impl Iterator<Item = Request> {
        let (mut noise, mut at, mut left) = (corpus::Noise(SEED), self.start_ns, self.bytes);
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let (write, bytes) = corpus::write(&mut noise, &mut at, REQUEST_BYTES);
            left = left.saturating_sub(bytes as u64);
            Some(request(&write, bytes as u64, at))
        })
    }
}

fn request(write: &LogsWrite, line_bytes: u64, end_ns: i64) -> Request {
    let mut message = Vec::with_capacity(REQUEST_BYTES * 5 / 4);
    for stream in &write.streams {
        protobuf::bytes(&mut message, 1, &encoded(stream));
    }
    let lines = write.streams.iter().map(|s| s.entries.len() as u64).sum();
    let mut texts = write.streams.iter().flat_map(|s| &s.entries).map(|e| &*e.line);
    let trace_id = texts.find_map(|line| line.split_once("traceID=")).map(|(_, id)| id.to_owned());
    let body = snap::raw::Encoder::new().compress_vec(&message).unwrap_or_default();
    Request { body, lines, line_bytes, end_ns, trace_id }
}

/// A stream of Loki's push, without the metadata: a server finds levels itself.
fn encoded(stream: &StreamWrite) -> Vec<u8> {
    let labels: Vec<String> = stream.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    let mut out = Vec::new();
    protobuf::bytes(&mut out, 1, format!("{{{}}}", labels.join(", ")).as_bytes());
    for entry in &stream.entries {
        let mut time = Vec::with_capacity(12);
        let ns = u64::try_from(entry.ts.0).unwrap_or(0);
        for (tag, part) in [(0x08, ns / 1_000_000_000), (0x10, ns % 1_000_000_000)] {
            time.push(tag);
            protobuf::varint(&mut time, part);
        }
        let mut inner = Vec::with_capacity(entry.line.len() + 24);
        protobuf::bytes(&mut inner, 1, &time);
        protobuf::bytes(&mut inner, 2, entry.line.as_bytes());
        protobuf::bytes(&mut out, 2, &inner);
    }
    out
}
