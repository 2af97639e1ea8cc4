//! One file: whose stream it is, and its chunk.
//!
//! ```text
//!   object = bytes of this and the next, be32 | JSON, framed snappy | bytes of the chunk, be32 | chunk
//! ```

use std::collections::BTreeMap;
use std::io::Read as _;

use aio_types::{Labels, LogEntry};
use serde::Deserialize;

use crate::bytes::Bytes;
use crate::chunk;
use crate::error::Fault;

/// Most bytes of the JSON.
const JSON_BYTES_MAX: u64 = 16 << 20;
/// A label that every stream of Loki has in its files.
const NAME: &str = "__name__";

/// The lines of a stream in one file, in the order they are stored in.
#[derive(Debug, PartialEq)]
pub struct StoredChunk {
    /// As Loki names it; `fake` where it has none.
    pub tenant: String,
    /// The stream's.
    pub labels: Labels,
    /// Its lines.
    pub entries: Vec<LogEntry>,
}

#[derive(Debug, Deserialize)]
struct About {
    #[serde(rename = "userID", default)]
    tenant: String,
    #[serde(default)]
    metric: BTreeMap<String, String>,
}

/// Reads a file's content. Its checksum, where the name tells one, was compared before.
///
/// # Errors
/// What is wrong with it, and where.
pub fn decode(bytes: &[u8]) -> Result<StoredChunk, Fault> {
    let mut from = Bytes::new(bytes, 0);
    let len = from.be32("the length of the description")? as usize;
    let len = len.checked_sub(4).ok_or_else(|| Fault::new(0, "the length of the description is too short"))?;
    let packed = from.take(len, "the description")?;
    let mut json = Vec::new();
    let unpacked = snap::read::FrameDecoder::new(packed).take(JSON_BYTES_MAX).read_to_end(&mut json);
    unpacked.map_err(|error| Fault::new(4, format!("the description: {error}")))?;
    let about: About =
        serde_json::from_slice(&json).map_err(|error| Fault::new(4, format!("the description: {error}")))?;
    let len = from.be32("the length of the chunk")? as usize;
    let base = from.offset();
    let content = from.take(len, "the chunk")?;
    if !from.is_empty() {
        return Err(from.fault("there is more behind the chunk"));
    }
    let labels = about.metric.iter().filter(|(name, _)| *name != NAME).map(|(n, v)| (n.as_str(), v.as_str()));
    let labels = Labels::from_pairs(labels);
    Ok(StoredChunk { tenant: about.tenant, labels, entries: chunk::entries(content, base)? })
}
