//! Chunks in the object store of a Loki that keeps it in a file system: where they are, and the lines in them.
//!
//! ```text
//!   DIR ── chunks/TENANT/FINGERPRINT/base64(from:through:checksum)   since schema 12
//!        └ chunks/base64(TENANT/FINGERPRINT:from:through:checksum)   before
//!   file   = object (`object`): labels as JSON | chunk
//!   chunk  = header | names and values of structured metadata | blocks | a table of the blocks (`chunk`)
//!   block  = compressed (`codec`): lines one after the other
//! ```
//!
//! A chunk names its stream, so that the index is not needed. Reads only, one file at a time; damaged bytes give an error
//! that says where. Formats: Loki's source, `pkg/storage/chunk` and `pkg/chunkenc`, chunks of versions 1 to 4.
//!
//! Knows nothing of: our stores, Loki's log of writes, its index.

mod bytes;
mod chunk;
mod codec;
mod dir;
mod error;
mod object;
#[doc(hidden)]
pub mod testkit;

pub use dir::{ChunkFile, ChunksDir, PassedOver};
pub use error::Error;
pub use object::{StoredChunk, decode};

#[cfg(test)]
mod tests;
