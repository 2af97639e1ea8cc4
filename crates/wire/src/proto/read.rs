//! Fields of a message, one after the other, borrowed from its bytes.

use crate::Error;

/// What a field holds, as the wire tells kinds apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    /// Every kind of integer, booleans, enumerations.
    Varint(u64),
    /// Doubles and integers of fixed size.
    Fixed64(u64),
    /// Strings, messages, packed lists.
    Bytes(&'a [u8]),
    /// Floats and integers of fixed size.
    Fixed32(u32),
}

/// The fields of one message by number. Ends after the first fault. Groups, which no message of ours ever had, are
/// a fault.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

#[cold]
fn malformed(reason: &'static str) -> Error {
    Error::malformed("protobuf message", reason)
}

impl<'a> Fields<'a> {
    pub(crate) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    #[inline]
    fn next_field(&mut self) -> Result<(u64, Value<'a>), Error> {
        let key = self.varint()?;
        let number = key >> 3;
        if number == 0 {
            return Err(malformed("a field has the number 0"));
        }
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => Value::Bytes(self.length_delimited()?),
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(malformed("a field has an unknown wire type")),
        };
        Ok((number, value))
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Error> {
        // Most keys and lengths.
        if let Some((&byte, rest)) = self.rest.split_first().filter(|(byte, _)| **byte < 0x80) {
            self.rest = rest;
            return Ok(byte.into());
        }
        let (value, rest) = varint(self.rest)?;
        self.rest = rest;
        Ok(value)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (array, rest) = self.rest.split_first_chunk().ok_or_else(|| malformed("it ends within a number"))?;
        self.rest = rest;
        Ok(*array)
    }

    #[inline]
    fn length_delimited(&mut self) -> Result<&'a [u8], Error> {
        let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(|| malformed("it ends within a field"))?;
        self.rest = rest;
        Ok(bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.next_field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

impl<'a> Value<'a> {
    #[inline]
    pub(crate) fn bytes(self) -> Result<&'a [u8], Error> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(malformed("a number stands where text or a message is due")),
        }
    }

    #[inline]
    pub(crate) fn double(self) -> Result<f64, Error> {
        match self {
            Self::Fixed64(bits) => Ok(f64::from_bits(bits)),
            _ => Err(malformed("a double is due")),
        }
    }

    #[inline]
    pub(crate) fn uint(self) -> Result<u64, Error> {
        match self {
            Self::Varint(value) => Ok(value),
            _ => Err(malformed("an integer is due")),
        }
    }

    /// An `int64`.
    #[inline]
    pub(crate) fn int(self) -> Result<i64, Error> {
        self.uint().map(u64::cast_signed)
    }

    /// An `int32`, an enumeration or a `uint32` among them: what does not fit loses its high bits, as everywhere.
    #[expect(clippy::cast_possible_truncation, reason = "the format has it so")]
    pub(crate) fn int32(self) -> Result<i32, Error> {
        self.int().map(|value| value as i32)
    }

    /// A `sint32`.
    #[expect(clippy::cast_possible_truncation, reason = "the format has it so")]
    pub(crate) fn sint32(self) -> Result<i32, Error> {
        self.uint().map(|value| unzigzag(value) as i32)
    }

    /// Integers of a repeated field: one, or a packed list.
    #[inline]
    pub(crate) fn uints(self, mut each: impl FnMut(u64) -> Result<(), Error>) -> Result<(), Error> {
        let Self::Bytes(mut packed) = self else { return each(self.uint()?) };
        while !packed.is_empty() {
            let (value, rest) = varint(packed)?;
            packed = rest;
            each(value)?;
        }
        Ok(())
    }

    /// Doubles of a repeated field: one, or a packed list.
    pub(crate) fn doubles(self, mut each: impl FnMut(f64) -> Result<(), Error>) -> Result<(), Error> {
        let Self::Bytes(packed) = self else { return each(self.double()?) };
        let (doubles, rest) = packed.as_chunks();
        if !rest.is_empty() {
            return Err(malformed("a list ends within a double"));
        }
        doubles.iter().try_for_each(|bytes| each(f64::from_le_bytes(*bytes)))
    }
}

/// A signed integer as `sint32` and `sint64` write it.
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// The integer that the bytes begin with, and what follows it.
#[inline]
pub(crate) fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), Error> {
    let mut value = 0_u64;
    for (position, &byte) in bytes.iter().enumerate().take(10) {
        if position == 9 && byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * position);
        if byte < 0x80 {
            return Ok((value, &bytes[position + 1..]));
        }
    }
    Err(malformed(if bytes.len() < 10 { "it ends within an integer" } else { "an integer is too long" }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;

    #[derive(Clone, PartialEq, Message)]
    struct Everything {
        #[prost(uint64, tag = "1")]
        unsigned: u64,
        #[prost(sint32, tag = "2")]
        signed: i32,
        #[prost(double, tag = "3")]
        double: f64,
        #[prost(bytes = "vec", tag = "4")]
        bytes: Vec<u8>,
        #[prost(sint64, repeated, tag = "5")]
        list: Vec<i64>,
        #[prost(double, repeated, packed = "false", tag = "600")]
        doubles: Vec<f64>,
        #[prost(fixed32, tag = "7")]
        fixed: u32,
        #[prost(int64, tag = "8")]
        int: i64,
    }

    fn read(message: &[u8]) -> Result<Everything, Error> {
        let mut out = Everything::default();
        for field in Fields::of(message) {
            match field? {
                (1, value) => out.unsigned = value.uint()?,
                (2, value) => out.signed = value.sint32()?,
                (3, value) => out.double = value.double()?,
                (4, value) => out.bytes = value.bytes()?.to_vec(),
                (5, value) => value.uints(|v| {
                    out.list.push(unzigzag(v));
                    Ok(())
                })?,
                (600, value) => value.doubles(|v| {
                    out.doubles.push(v);
                    Ok(())
                })?,
                (7, Value::Fixed32(value)) => out.fixed = value,
                (8, value) => out.int = value.int()?,
                _ => {}
            }
        }
        Ok(out)
    }

    proptest! {
        #[test]
        fn what_another_codec_writes_is_read(
            unsigned: u64, signed: i32, double in -1e300..1e300, bytes: Vec<u8>, list: Vec<i64>,
            doubles in proptest::collection::vec(-1e9..1e9, 0..4), fixed: u32, int: i64,
        ) {
            let message = Everything { unsigned, signed, double, bytes, list, doubles, fixed, int };
            prop_assert_eq!(read(&message.encode_to_vec()), Ok(message));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = read(&bytes);
        }
    }

    #[test]
    fn faults_are_named_and_end_the_message() {
        for (message, reason) in [
            (&[0x08][..], "ends within an integer"),
            (&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], "too long"),
            (&[0x22, 5, 1], "ends within a field"),
            (&[0x19, 1], "ends within a number"),
            (&[0x0b], "unknown wire type"),
            (&[0x00, 1], "number 0"),
            (&[0x09, 0, 0, 0, 0, 0, 0, 0, 0], "an integer is due"),
            (&[0x20, 1], "text or a message"),
            (&[0xc2, 0x25, 1, 1], "within a double"),
        ] {
            let error = read(message).expect_err("is malformed").to_string();
            assert!(error.contains(reason), "{message:?}: {error}");
        }
        let mut fields = Fields::of(&[0x0b, 0x08, 1]);
        assert!(fields.next().is_some_and(|field| field.is_err()) && fields.next().is_none());
    }

    #[test]
    fn packed_and_single_numbers_are_one_list() {
        assert_eq!(read(&[0x28, 2, 0x2a, 2, 4, 6, 0x28, 1]).map(|m| m.list), Ok(vec![1, 2, 3, -1]));
    }
}
