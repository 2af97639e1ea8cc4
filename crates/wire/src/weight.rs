//! How much memory a message would take once decoded, found out before it is: two bytes on the wire can become hundreds.
//!
//! A shape lists the repeated and nested messages of a protobuf message and what one more of them costs. Walking the
//! bytes along it allocates nothing. Costs are estimates; they count twice what one element takes, because lists grow
//! by doubling.

use crate::Error;

/// Largest decoded message. A body at the limit of its size is below it unless it consists of little else than framing.
pub const DECODED_BYTES_MAX: usize = 256 << 20;
const TOO_HEAVY: Error = Error::TooHeavy { limit: DECODED_BYTES_MAX };
/// As deep as `prost` goes.
const DEPTH_MAX: usize = 100;
/// Costs of JSON's brackets and commas outside of strings: the largest message, a short list, a value.
const OBJECT_BYTES: usize = 400;
const ARRAY_BYTES: usize = 96;
const VALUE_BYTES: usize = 64;

/// What a message may still take, for codecs that know what something costs just before they make it.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    pub(crate) fn full() -> Self {
        Self { left: DECODED_BYTES_MAX }
    }

    /// Takes so many bytes.
    ///
    /// # Errors
    /// [`Error::TooHeavy`] once there are not that many left.
    #[inline]
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Error> {
        self.left = self.left.checked_sub(bytes).ok_or(TOO_HEAVY)?;
        Ok(())
    }

    /// Adds to a list, and takes what it grows by where it is full: while it moves, it is there twice.
    ///
    /// # Errors
    /// As [`Self::take`]; the item is lost.
    #[inline]
    pub(crate) fn push<T>(&mut self, list: &mut Vec<T>, item: T) -> Result<(), Error> {
        if list.len() == list.capacity() {
            self.take(2 * size_of::<T>() * list.capacity().max(4))?;
        }
        list.push(item);
        Ok(())
    }
}

/// What a protobuf message may hold.
#[derive(Debug)]
pub(crate) struct Shape {
    fields: &'static [Field],
}

/// One field of it that can grow.
#[derive(Debug)]
pub(crate) struct Field {
    tag: u64,
    /// Bytes of memory for one more of it; 0 for what lies inside its parent.
    cost: usize,
    /// Bytes of memory for each byte of it.
    cost_per_byte: usize,
    shape: &'static Shape,
}

/// No further messages inside.
pub(crate) static LEAF: Shape = Shape { fields: &[] };

impl Shape {
    pub(crate) const fn new(fields: &'static [Field]) -> Self {
        Self { fields }
    }
}

impl Field {
    /// A list of `T`.
    pub(crate) const fn list<T>(tag: u64, shape: &'static Shape) -> Self {
        Self { tag, cost: 2 * size_of::<T>(), cost_per_byte: 0, shape }
    }

    /// A message inside its parent.
    pub(crate) const fn inline(tag: u64, shape: &'static Shape) -> Self {
        Self { tag, cost: 0, cost_per_byte: 0, shape }
    }

    /// A packed list of small numbers, which become eight bytes each.
    pub(crate) const fn packed(tag: u64) -> Self {
        Self { tag, cost: 0, cost_per_byte: 16, shape: &LEAF }
    }
}

/// Bytes a protobuf message takes when decoded.
///
/// # Errors
/// [`Error::TooHeavy`] past [`DECODED_BYTES_MAX`].
pub(crate) fn of_protobuf(body: &[u8], shape: &Shape) -> Result<usize, Error> {
    let mut left = DECODED_BYTES_MAX.checked_sub(body.len()).ok_or(TOO_HEAVY)?;
    spend(body, shape, 0, &mut left).ok_or(TOO_HEAVY)?;
    Ok(DECODED_BYTES_MAX - left)
}

/// `None` once nothing is left. Malformed bytes end the walk: decoding ends there as well.
fn spend(mut body: &[u8], shape: &Shape, depth: usize, left: &mut usize) -> Option<()> {
    while let Some((key, rest)) = varint(body).filter(|(key, _)| key >> 3 != 0) {
        let payload = match key & 7 {
            2 => varint(rest).and_then(|(len, rest)| rest.split_at_checked(usize::try_from(len).ok()?)),
            0 => varint(rest).map(|(_, rest)| (&rest[..0], rest)),
            1 => rest.split_at_checked(8),
            5 => rest.split_at_checked(4),
            3 | 4 => Some((&rest[..0], rest)),
            _ => None,
        };
        let Some((payload, after)) = payload else { return Some(()) };
        body = after;
        let Some(field) = shape.fields.iter().find(|f| key & 7 == 2 && f.tag == key >> 3) else { continue };
        *left = left.checked_sub(field.cost.saturating_add(field.cost_per_byte.saturating_mul(payload.len())))?;
        if depth < DEPTH_MAX {
            spend(payload, field.shape, depth + 1, left)?;
        }
    }
    Some(())
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (i, &byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(u32::try_from(i * 7).ok()?).unwrap_or(0);
        if byte < 0x80 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

/// Bytes a JSON document takes when decoded, judged by its punctuation.
///
/// # Errors
/// [`Error::TooHeavy`] past [`DECODED_BYTES_MAX`].
pub(crate) fn of_json(body: &[u8]) -> Result<usize, Error> {
    let mut left = DECODED_BYTES_MAX.checked_sub(body.len()).ok_or(TOO_HEAVY)?;
    let (mut in_string, mut escaped) = (false, false);
    for &byte in body {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        let cost = match byte {
            b'{' => OBJECT_BYTES,
            b'[' => ARRAY_BYTES,
            b',' => VALUE_BYTES,
            _ => 0,
        };
        in_string = byte == b'"';
        left = left.checked_sub(cost).ok_or(TOO_HEAVY)?;
    }
    Ok(DECODED_BYTES_MAX - left)
}

#[cfg(test)]
mod tests {
    use super::*;

    static ROW: Shape = Shape::new(&[Field::packed(2), Field::inline(3, &ROW)]);
    static TABLE: Shape = Shape::new(&[Field::list::<[u8; 512]>(1, &ROW)]);

    #[test]
    fn tiny_messages_count_for_what_they_become() {
        // Two bytes of the message and twice the element.
        let fits = DECODED_BYTES_MAX / 1026;
        assert!(of_protobuf(&[0x0a, 0].repeat(fits), &TABLE).is_ok());
        assert_eq!(of_protobuf(&[0x0a, 0].repeat(fits + 1), &TABLE), Err(TOO_HEAVY));
        // The same bytes in a field that is no list of messages.
        assert!(of_protobuf(&[0x12, 0].repeat(fits + 1), &TABLE).is_ok());
    }

    #[test]
    fn what_comes_before_a_fault_counts_too() {
        let mut body = [0x0a, 0].repeat(DECODED_BYTES_MAX / 1024 + 1);
        body.extend_from_slice(&[0xff; 11]);
        assert!(of_protobuf(&body, &TABLE).is_err());
        for broken in [&[0x0a, 0xff][..], &[0x0a, 5, 1], &[0x09, 1], &[0xff; 20], &[]] {
            assert!(of_protobuf(broken, &TABLE).is_ok(), "left to the decoder: {broken:?}");
        }
    }

    #[test]
    fn nesting_without_end_is_walked_to_a_depth() {
        let mut body = Vec::new();
        for _ in 0..2000_usize {
            let mut outer = vec![0x1a];
            prost::encode_length_delimiter(body.len(), &mut outer).expect("room");
            outer.append(&mut body);
            body = outer;
        }
        assert!(of_protobuf(&body, &ROW).is_ok());
    }

    #[test]
    fn brackets_count_outside_of_strings_only() {
        let fits = DECODED_BYTES_MAX / OBJECT_BYTES;
        let open = "{".repeat(fits + 1);
        assert!(of_json(open.as_bytes()).is_err());
        assert!(of_json(format!("{{\"line\":\"\\\\\\\"{open}\"}}").as_bytes()).is_ok());
        assert!(of_json(format!("\"\\\\\"{open}").as_bytes()).is_err());
    }
}
