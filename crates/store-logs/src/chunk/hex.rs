//! Hexadecimal ids take half their room, and repeats of one next to none.
//!
//! ```text
//!   text   …trace_id=4bf92f3577b34da6a3ce929d0e0e4736 …      packed  …trace_id= FF 10 …     ids  4b f9 2f … 36
//!   again  …trace_id=4bf92f3577b34da6a3ce929d0e0e4736 …      packed  …trace_id= FE 00 …     (the one 0 ids ago)
//! ```
//!
//! The bytes FE and FF are in no UTF-8 text, so what is not packed stays as it is.

use std::collections::HashMap;

use aio_kit::bytes::{Reader, Writer};

use super::terms::Quick;

const NEW: u8 = 0xff;
const AGAIN: u8 = 0xfe;
/// Shorter runs of digits are not worth it.
const DIGITS_MIN: usize = 16;
/// Longer ones are packed in pieces.
const DIGITS_MAX: usize = 128;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Text with its ids taken out, and the ids.
pub(super) fn pack(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut packed, mut ids) = (Writer(Vec::with_capacity(text.len())), Vec::new());
    let mut seen: HashMap<&[u8], u64, Quick> = HashMap::default();
    let (mut at, mut copied) = (0, 0);
    while at < text.len() {
        // A run of so many digits covers the byte so many places on: most places are passed over unseen.
        let probe = at + DIGITS_MIN - 1;
        if text.get(probe).is_none_or(|b| digit(*b).is_none()) {
            at = probe + 1;
            continue;
        }
        let start = text[at..probe].iter().rposition(|b| digit(*b).is_none()).map_or(at, |n| at + n + 1);
        let run = text[start..].iter().take(DIGITS_MAX).position(|b| digit(*b).is_none());
        let len = run.unwrap_or_else(|| (text.len() - start).min(DIGITS_MAX)) & !1;
        let id = &text[start..start + len];
        at = start + len;
        // Numbers without letters are better off where their neighbours are.
        if len < DIGITS_MIN || id.iter().all(u8::is_ascii_digit) {
            at = at.max(start + 1);
            continue;
        }
        packed.0.extend_from_slice(&text[copied..start]);
        copied = at;
        let number = seen.len() as u64;
        match seen.get(id) {
            Some(before) => {
                packed.byte(AGAIN);
                packed.uint(number - before - 1);
            }
            None => {
                seen.insert(id, number);
                packed.byte(NEW);
                packed.byte(u8::try_from(len / 2).unwrap_or(0));
                ids.extend(
                    id.as_chunks::<2>().0.iter().map(|[a, b]| digit(*a).unwrap_or(0) << 4 | digit(*b).unwrap_or(0)),
                );
            }
        }
    }
    packed.0.extend_from_slice(&text[copied.min(text.len())..]);
    (packed.0, ids)
}

/// The text again, of at most `len_max` bytes; `None` for damage.
pub(super) fn unpack(packed: &[u8], mut ids: &[u8], len_max: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(len_max.min(packed.len() * 2));
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut from = Reader(packed);
    loop {
        let plain = memchr::memchr2(NEW, AGAIN, from.0).unwrap_or(from.0.len());
        out.extend_from_slice(from.take(plain)?);
        let id = match from.byte() {
            None => break,
            Some(NEW) => {
                let (id, rest) = ids.split_at_checked(usize::from(from.byte()?))?;
                ids = rest;
                seen.push(id);
                id
            }
            Some(_) => {
                let ago = usize::try_from(from.uint()?).ok()?;
                *seen.get(seen.len().checked_sub(ago)?.checked_sub(1)?)?
            }
        };
        if out.len() > len_max {
            return None;
        }
        out.extend(id.iter().flat_map(|b| [HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]));
    }
    (out.len() == len_max).then_some(out)
}

fn digit(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_is_packed_once() {
        let text = b"a 4bf92f3577b34da6a3ce929d0e0e4736 b 4bf92f3577b34da6a3ce929d0e0e4736";
        let (packed, ids) = pack(text);
        assert_eq!(packed, [&b"a \xff\x10 b \xfe\x00"[..]].concat());
        assert_eq!((ids.len(), unpack(&packed, &ids, text.len())), (16, Some(text.to_vec())));
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out(parts in proptest::collection::vec(prop_oneof![
            "[0-9a-f]{10,300}", "\\PC{0,20}", Just("00f067aa0ba902b7".to_owned()), "[0-9]{14,40}"
        ], 0..12)) {
            let text = parts.concat();
            let (packed, ids) = pack(text.as_bytes());
            prop_assert_eq!(unpack(&packed, &ids, text.len()), Some(text.into_bytes()));
        }
    }
}
