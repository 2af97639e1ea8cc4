//! Fields of a message, appended to a buffer. Zeroes and empty lists are left out, as the format has it.

/// An integer in groups of seven bits.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn put_key(out: &mut Vec<u8>, number: u32, wire_type: u64) {
    put_varint(out, u64::from(number) << 3 | wire_type);
}

/// Text, a message or a packed list, which is written even where it is empty: an empty message is one, too.
pub(crate) fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    put_key(out, number, 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A double; one that is not +0.
pub(crate) fn put_double(out: &mut Vec<u8>, number: u32, value: f64) {
    if value.to_bits() != 0 {
        put_key(out, number, 1);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// An `int64`, a `uint64` as its bits, or an enumeration.
pub(crate) fn put_int(out: &mut Vec<u8>, number: u32, value: i64) {
    if value != 0 {
        put_key(out, number, 0);
        put_varint(out, value.cast_unsigned());
    }
}

/// A `sint32` or `sint64`.
pub(crate) fn put_sint(out: &mut Vec<u8>, number: u32, value: i64) {
    if value != 0 {
        put_key(out, number, 0);
        put_varint(out, zigzag(value));
    }
}

/// A packed list of `sint64`.
pub(crate) fn put_packed_sints(out: &mut Vec<u8>, number: u32, values: &[i64]) {
    if !values.is_empty() {
        let mut packed = Vec::with_capacity(values.len() * 2);
        values.iter().for_each(|value| put_varint(&mut packed, zigzag(*value)));
        put_bytes(out, number, &packed);
    }
}

/// A packed list of doubles.
pub(crate) fn put_packed_doubles(out: &mut Vec<u8>, number: u32, values: &[f64]) {
    if !values.is_empty() {
        put_key(out, number, 2);
        put_varint(out, (values.len() * 8) as u64);
        values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
    }
}

/// A signed integer as `sint32` and `sint64` write it.
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;

    #[derive(Clone, PartialEq, Message)]
    struct Everything {
        #[prost(int64, tag = "1")]
        int: i64,
        #[prost(sint64, tag = "2")]
        signed: i64,
        #[prost(double, tag = "3")]
        double: f64,
        #[prost(bytes = "vec", tag = "40")]
        bytes: Vec<u8>,
        #[prost(sint64, repeated, tag = "5")]
        list: Vec<i64>,
        #[prost(double, repeated, tag = "6")]
        doubles: Vec<f64>,
    }

    proptest! {
        #[test]
        fn what_is_written_another_codec_reads(
            int: i64, signed: i64, double in -1e300..1e300, bytes in proptest::collection::vec(any::<u8>(), 0..300),
            list: Vec<i64>, doubles in proptest::collection::vec(-1e9..1e9, 0..4),
        ) {
            let message = Everything { int, signed, double, bytes, list, doubles };
            let mut out = Vec::new();
            put_int(&mut out, 1, message.int);
            put_sint(&mut out, 2, message.signed);
            put_double(&mut out, 3, message.double);
            put_bytes(&mut out, 40, &message.bytes);
            put_packed_sints(&mut out, 5, &message.list);
            put_packed_doubles(&mut out, 6, &message.doubles);
            prop_assert_eq!(Everything::decode(out.as_slice()), Ok(message));
        }
    }
}
