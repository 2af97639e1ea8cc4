//! The streamed answer: frames of a length, a checksum and a `prometheus.ChunkedReadResponse` with part of one series.

use aio_types::{Labels, Samples};

use super::chunk::{self, Chunk};
use super::{crc32c, put_labels};
use crate::proto::{put_bytes, put_int, put_varint};

/// Largest frame, as Prometheus has it. Only one with a single chunk may be larger.
pub const FRAME_BYTES_MAX: usize = 1 << 20;

/// Writes the frames of one query; its buffers are reused from series to series.
#[derive(Debug)]
pub struct Frames {
    query: i64,
    /// The labels of the series under way, encoded.
    labels: Vec<u8>,
    /// Its chunks that are in no frame yet, encoded.
    chunks: Vec<u8>,
    scratch: Vec<u8>,
}

impl Frames {
    /// For the query at this position of the request.
    #[must_use]
    pub fn of_query(position: usize) -> Self {
        let query = i64::try_from(position).unwrap_or(i64::MAX);
        Self { query, labels: Vec::new(), chunks: Vec::new(), scratch: Vec::new() }
    }

    /// Appends the frames of one series to `out`; samples ascend by time. A series without samples has no frame.
    pub fn put_series(&mut self, out: &mut Vec<u8>, labels: &Labels, samples: &Samples) {
        self.labels.clear();
        put_labels(&mut self.labels, &mut self.scratch, labels);
        chunk::cut(samples, |chunk| self.put_chunk(out, &chunk));
        self.flush(out);
    }

    fn put_chunk(&mut self, out: &mut Vec<u8>, chunk: &Chunk) {
        self.scratch.clear();
        put_int(&mut self.scratch, 1, chunk.min_time.0);
        put_int(&mut self.scratch, 2, chunk.max_time.0);
        put_int(&mut self.scratch, 3, chunk.encoding.number());
        put_bytes(&mut self.scratch, 4, &chunk.data);
        // Framing takes a few bytes more.
        if self.labels.len() + self.chunks.len() + self.scratch.len() + 64 > FRAME_BYTES_MAX {
            self.flush(out);
        }
        put_bytes(&mut self.chunks, 2, &self.scratch);
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        if self.chunks.is_empty() {
            return;
        }
        let mut message = Vec::with_capacity(self.labels.len() + self.chunks.len() + 32);
        message.push(1 << 3 | 2);
        put_varint(&mut message, (self.labels.len() + self.chunks.len()) as u64);
        message.extend_from_slice(&self.labels);
        message.extend_from_slice(&self.chunks);
        put_int(&mut message, 2, self.query);
        put_varint(out, message.len() as u64);
        out.extend_from_slice(&crc32c::checksum(&message).to_be_bytes());
        out.extend_from_slice(&message);
        self.chunks.clear();
    }
}

#[cfg(test)]
mod tests {
    use aio_types::{Sample, TimestampMs};
    use prost::Message;

    use super::super::samples::messages::ChunkedReadResponse;
    use super::*;

    /// The messages of a stream.
    fn read(mut stream: &[u8]) -> Vec<ChunkedReadResponse> {
        let mut messages = Vec::new();
        while !stream.is_empty() {
            let length = prost::decode_length_delimiter(&mut stream).expect("a length");
            assert!(length <= FRAME_BYTES_MAX, "{length}");
            let (checksum, rest) = stream.split_first_chunk().expect("a checksum");
            let (message, rest) = rest.split_at(length);
            assert_eq!(u32::from_be_bytes(*checksum), crc32c::checksum(message));
            messages.push(ChunkedReadResponse::decode(message).expect("a message"));
            stream = rest;
        }
        messages
    }

    fn noise(count: u64) -> Samples {
        let bits = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2;
        let sample = |n: u64| Sample { t: TimestampMs(n.cast_signed() * 1000), v: f64::from_bits(bits(n)) };
        (0..count).map(sample).collect::<Vec<_>>().into()
    }

    #[test]
    fn each_frame_is_of_one_series_and_bounded() {
        let (mut out, mut frames) = (Vec::new(), Frames::of_query(3));
        let labels = |name| Labels::from_pairs([("__name__", name)]);
        frames.put_series(&mut out, &labels("large"), &noise(300_000));
        frames.put_series(&mut out, &labels("empty"), &Samples::default());
        frames.put_series(&mut out, &labels("small"), &noise(1));
        let got = read(&out);
        let names: Vec<_> = got.iter().map(|m| m.chunked_series[0].labels[0].value.clone()).collect();
        assert!(names.len() > 3 && names[0] == b"large" && names[names.len() - 1] == b"small", "{}", names.len());
        assert!(got.iter().all(|m| m.query_index == 3 && m.chunked_series.len() == 1));
        let chunks = || got.iter().flat_map(|m| &m.chunked_series[0].chunks);
        let times: Vec<_> = chunks().take(2).map(|c| (c.min_time, c.max_time, c.encoding)).collect();
        assert_eq!(times, [(0, 119_000, 1), (120_000, 239_000, 1)]);
        assert_eq!(chunks().count(), 300_000 / 120 + 1);
    }
}
