//! Loki's push: `logproto.PushRequest` in both of its encodings.
//!
//! Decoding is strict about form and knows no limits: whether a label set or a line is acceptable is the write
//! path's to say, entry by entry.

mod json;
mod labels;
mod protobuf;

pub use json::decode_json;
pub use labels::parse_labels;
pub use protobuf::decode_protobuf;
