//! OTLP bodies in both encodings, and what they mean.

mod json;
pub mod logs;
pub mod metrics;
mod plain;
mod shape;
pub mod traces;
mod value;

use prost::Message;

use crate::Error;

pub use json::decode_json;
pub use shape::{Signal, weight_of_json, weight_of_protobuf};
pub use value::base64;

/// Decodes a protobuf message. Prost refuses messages nested deeper than 100 levels.
///
/// # Errors
/// [`Error::Malformed`] when the bytes are no such message.
pub fn decode_protobuf<T: Message + Default>(body: &[u8]) -> Result<T, Error> {
    T::decode(body).map_err(|e| Error::malformed("protobuf body", e))
}
