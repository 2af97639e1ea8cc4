//! Loki's push: `logproto.PushRequest` in both of its encodings.
//!
//! Decoding is as strict about form as Loki, and knows no limits: whether a label set or a line is acceptable is the
//! write path's to say, entry by entry.

mod json;
mod labels;
mod legacy;
mod name;
mod protobuf;
mod text;

use aio_types::{Labels, LogEntry, LogsWrite, StreamWrite, TimestampNs};

pub use json::decode_json;
pub use labels::{LabelsFault, parse_labels};
pub use legacy::decode_legacy_json;
pub(crate) use name::normal_name;
pub use protobuf::decode_protobuf;

/// When a line was written that does not say when: what the first moment of the year 1 is in 64 bits of nanoseconds. No
/// limit of age lets it pass.
pub const NO_TIME: TimestampNs = TimestampNs(-6_795_364_578_871_345_152);

/// A decoded push.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Push {
    /// The streams whose labels could be read.
    pub write: LogsWrite,
    /// For each other stream, how many lines it had and what is wrong with it.
    pub unreadable: Vec<(usize, LabelsFault)>,
    /// What is wrong with a name of structured metadata of which no name can be made. Such a push is refused whole.
    pub misnamed: Option<String>,
}

impl Push {
    fn add(&mut self, labels: Result<Labels, LabelsFault>, entries: Vec<LogEntry>) {
        match labels {
            Ok(labels) => self.write.streams.push(StreamWrite { labels, entries }),
            Err(fault) => self.unreadable.push((entries.len(), fault)),
        }
    }

    fn misname(&mut self, why: String) {
        self.misnamed.get_or_insert(why);
    }
}
