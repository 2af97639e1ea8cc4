//! Loki's push: `logproto.PushRequest` in both of its encodings.
//!
//! Decoding is strict about form and knows no limits: whether a label set or a line is acceptable is the write
//! path's to say, entry by entry.

mod json;
mod labels;
mod protobuf;

use aio_types::{LogEntry, LogsWrite, StreamWrite};

pub use json::{decode_json, decode_legacy_json};
pub use labels::parse_labels;
pub use protobuf::decode_protobuf;

/// A decoded push.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Push {
    /// The streams whose labels could be read.
    pub write: LogsWrite,
    /// For each other stream, how many lines it had and what is wrong with it.
    pub unreadable: Vec<(usize, String)>,
}

impl Push {
    fn add(&mut self, labels: &str, entries: Vec<LogEntry>) {
        match parse_labels(labels) {
            Ok(labels) => self.write.streams.push(StreamWrite { labels, entries }),
            Err(why) => self.unreadable.push((entries.len(), why)),
        }
    }
}
