//! Writes what Prometheus would, for tests.

pub(crate) mod block;
pub(crate) mod log;

use aio_types::Labels;

use crate::crc32c::crc32c;

/// Bytes in Go's ways.
#[derive(Debug, Default, Clone)]
pub(crate) struct Out(pub(crate) Vec<u8>);

impl Out {
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn be64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn float(&mut self, value: f64) -> &mut Self {
        self.be64(value.to_bits())
    }

    pub(crate) fn uvarint(&mut self, mut value: u64) -> &mut Self {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
        self
    }

    pub(crate) fn varint(&mut self, value: i64) -> &mut Self {
        self.uvarint(((value << 1) ^ (value >> 63)).cast_unsigned())
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.uvarint(text.len() as u64).bytes(text.as_bytes())
    }

    pub(crate) fn labels(&mut self, labels: &Labels) -> &mut Self {
        self.uvarint(labels.len() as u64);
        for (name, value) in labels.iter() {
            self.text(name).text(value);
        }
        self
    }

    /// The checksum of what lies behind `from`.
    pub(crate) fn crc(&mut self, from: usize) -> &mut Self {
        let crc = crc32c(&self.0[from..]);
        self.bytes(&crc.to_be_bytes())
    }
}
