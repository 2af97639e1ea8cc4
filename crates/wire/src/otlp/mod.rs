//! OTLP bodies in both encodings, and what they mean.

mod json;
pub mod logs;
pub mod metrics;
mod shape;
pub mod traces;
mod value;

use crate::{Error, weight};

pub use json::decode_json;
pub use shape::Export;

/// Decodes a protobuf message. Prost refuses messages nested deeper than 100 levels.
///
/// # Errors
/// [`Error::Malformed`] when the bytes are no such message, [`Error::TooLarge`] when it would take too much memory.
pub fn decode_protobuf<T: Export>(body: &[u8]) -> Result<T, Error> {
    weight::check_protobuf(body, T::shape())?;
    T::decode(body).map_err(|e| Error::malformed("protobuf body", e))
}
