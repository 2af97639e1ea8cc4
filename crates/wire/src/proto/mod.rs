//! The few rules of protobuf's wire format that codecs written by hand need: such codecs borrow what they read, and
//! write what they stream without building it first.

mod read;
mod write;

pub(crate) use read::{Fields, Value, unzigzag, varint};
pub(crate) use write::{
    put_bytes, put_double, put_int, put_packed_doubles, put_packed_sints, put_sint, put_varint, zigzag,
};
