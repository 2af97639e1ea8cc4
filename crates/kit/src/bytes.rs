//! Varints, floats and strings: the alphabet of every record and file we write.

/// Appends values to a buffer.
#[derive(Debug, Default, Clone)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    /// One byte.
    #[inline]
    pub fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    /// LEB128.
    #[inline]
    pub fn uint(&mut self, mut value: u64) {
        if value < 0x80 {
            self.0.push(value.to_le_bytes()[0]);
            return;
        }
        let (mut bytes, mut count) = ([0; 10], 0);
        for byte in &mut bytes {
            let low = value.to_le_bytes()[0];
            value >>= 7;
            count += 1;
            if value == 0 {
                *byte = low;
                break;
            }
            *byte = low | 0x80;
        }
        self.0.extend_from_slice(&bytes[..count]);
    }

    /// Zigzag, then LEB128.
    #[inline]
    pub fn int(&mut self, value: i64) {
        self.uint(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    /// The bits of a float, little endian.
    pub fn float(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_bits().to_le_bytes());
    }

    /// Length, then UTF-8.
    pub fn text(&mut self, value: &str) {
        self.blob(value.as_bytes());
    }

    /// Length, then bytes.
    pub fn blob(&mut self, value: &[u8]) {
        self.uint(value.len() as u64);
        self.0.extend_from_slice(value);
    }
}

/// Reads them back; `None` where the bytes do not hold what is asked for.
#[derive(Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// One byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// LEB128.
    pub fn uint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// Zigzag, then LEB128.
    #[inline]
    pub fn int(&mut self) -> Option<i64> {
        let value = self.uint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// A count of things that each take at least one byte, so that a damaged count cannot reserve memory.
    pub fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.uint()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    /// The bits of a float, little endian.
    pub fn float(&mut self) -> Option<f64> {
        let (head, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(f64::from_bits(u64::from_le_bytes(*head)))
    }

    /// Length, then UTF-8.
    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.blob()?).ok()
    }

    /// Length, then bytes.
    pub fn blob(&mut self) -> Option<&'a [u8]> {
        let len = self.count()?;
        self.take(len)
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }
}
