//! Why a body was refused as a whole.

/// A body that cannot be used at all. Faults of single series or points are no errors: they are counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The body is, or would become, larger than allowed.
    #[error("the request body exceeds the limit of {limit} bytes after decompression")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body is small, but what it decodes to is not.
    #[error("the request would take more than {limit} bytes of memory; send it in smaller parts")]
    TooHeavy {
        /// The limit in bytes.
        limit: usize,
    },
    /// A `Content-Encoding` nobody here knows.
    #[error("content encoding {0:?} is not supported; use identity, gzip, zstd, lz4, deflate or snappy")]
    UnsupportedEncoding(String),
    /// Bytes that do not parse.
    #[error("malformed {what}: {reason}")]
    Malformed {
        /// What was being read.
        what: &'static str,
        /// What the parser said.
        reason: String,
    },
}

impl Error {
    pub(crate) fn malformed(what: &'static str, reason: impl ToString) -> Self {
        Self::Malformed { what, reason: reason.to_string() }
    }
}
