//! Putting label sets together in memory that is used again and again.
//!
//! Every series of every write passes here. Texts are short, and copying so few bytes costs less than a call that would
//! do it: pieces of up to 32 bytes are copied as two blocks that overlap.

use super::LabelsRef;
use super::packed::length_digits;

/// By how much the memory grows at least.
const GROWTH_BYTES: usize = 512;
/// Most bytes a length takes.
const LENGTH_BYTES_MAX: usize = 11;
/// A length below this takes one byte.
const ONE_DIGIT: usize = 64;

/// Memory in which one label set after the other is put together.
#[derive(Debug, Clone)]
pub struct LabelsBuffer {
    /// The first byte is for the number of pairs; what lies behind `end` means nothing.
    bytes: Vec<u8>,
    end: usize,
    pairs: usize,
}

impl Default for LabelsBuffer {
    fn default() -> Self {
        Self { bytes: Vec::new(), end: 1, pairs: 0 }
    }
}

impl LabelsBuffer {
    /// Begins a set.
    pub fn clear(&mut self) {
        (self.end, self.pairs) = (1, 0);
    }

    /// Adds a pair to the set that was begun. Its name sorts behind those before it, and its value is not empty.
    #[inline]
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        let room = self.end + name.len() + value.len() + 2 * LENGTH_BYTES_MAX;
        if self.bytes.len() < room {
            self.grow(room);
        }
        let mut to = &mut self.bytes[self.end..];
        let room = to.len();
        to = put(name, to);
        to = put(value, to);
        self.end += room - to.len();
        self.pairs += 1;
    }

    /// The set; `None` where a name or a value is not UTF-8.
    #[inline]
    pub fn finish(&mut self) -> Option<LabelsRef<'_>> {
        if self.pairs == 0 {
            return Some(LabelsRef::default());
        }
        if self.pairs < ONE_DIGIT {
            self.bytes[0] = self.pairs.to_le_bytes()[0];
        } else {
            self.make_room_for_count();
        }
        // Lengths, which are characters of one byte, keep halves of characters apart: all is text or no piece is cut.
        std::str::from_utf8(self.bytes.get(..self.end)?).ok().map(LabelsRef)
    }

    /// The set of pairs that are in order: names ascend strictly, and no value is empty. `None` where a name or a value
    /// is not UTF-8.
    pub fn pack(&mut self, pairs: &[(&[u8], &[u8])]) -> Option<LabelsRef<'_>> {
        debug_assert!(pairs.is_sorted_by(|a, b| a.0 < b.0) && pairs.iter().all(|(_, value)| !value.is_empty()));
        self.clear();
        pairs.iter().for_each(|(name, value)| self.push(name, value));
        self.finish()
    }

    /// Puts the number of pairs, which takes more than its one byte, in front of them.
    #[cold]
    fn make_room_for_count(&mut self) {
        let digits: Vec<u8> = length_digits(self.pairs).collect();
        self.end += digits.len() - 1;
        self.bytes.splice(..1, digits);
    }

    #[cold]
    fn grow(&mut self, bytes: usize) {
        self.bytes.resize((2 * bytes).max(GROWTH_BYTES), 0);
    }
}

/// Puts a length and a text to the beginning of `to`; the rest of it.
#[inline]
fn put<'a>(text: &[u8], to: &'a mut [u8]) -> &'a mut [u8] {
    let to = put_length(text.len(), to);
    copy(text, to);
    &mut to[text.len()..]
}

#[inline]
fn put_length(length: usize, to: &mut [u8]) -> &mut [u8] {
    if length < ONE_DIGIT {
        to[0] = length.to_le_bytes()[0];
        return &mut to[1..];
    }
    let mut digits = 0;
    for (digit, to) in length_digits(length).zip(&mut *to) {
        *to = digit;
        digits += 1;
    }
    &mut to[digits..]
}

/// Copies all of `from` to the beginning of `to`.
#[inline]
fn copy(from: &[u8], to: &mut [u8]) {
    match from.len() {
        0..4 => from.iter().zip(to).for_each(|(from, to)| *to = *from),
        4..8 => copy_ends::<4>(from, to),
        8..16 => copy_ends::<8>(from, to),
        16..=32 => copy_ends::<16>(from, to),
        length => to[..length].copy_from_slice(from),
    }
}

/// Copies `N` to `2 N` bytes: the first `N`, and the last.
#[inline]
fn copy_ends<const N: usize>(from: &[u8], to: &mut [u8]) {
    let last = from.len() - N;
    to[..N].copy_from_slice(&from[..N]);
    to[last..last + N].copy_from_slice(&from[last..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Labels;

    fn check(buffer: &mut LabelsBuffer, pairs: &[(&str, &str)]) {
        let raw: Vec<_> = pairs.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        let labels = Labels::from_pairs(pairs.iter().copied());
        let set = buffer.pack(&raw).expect("text");
        assert_eq!((set, set.to_labels(), set.len()), (labels.borrowed(), labels.clone(), pairs.len()));
        assert_eq!((set.to_string(), set.get("job")), (labels.to_string(), labels.get("job")));
    }

    #[test]
    fn a_buffer_yields_the_sets_that_labels_are() {
        let mut buffer = LabelsBuffer::default();
        let long = "ü".repeat(5_000);
        for pairs in [&[("__name__", "up"), ("job", "ä")][..], &[("a\0", "\0"), ("x", &long)], &[]] {
            check(&mut buffer, pairs);
        }
        for length in 1..200 {
            check(&mut buffer, &[("a", &"xyz".repeat(length)[..length]), (&"y".repeat(length), "1")]);
        }
        let names: Vec<_> = (1000..1200).map(|n| n.to_string()).collect();
        for count in [1, 62, 63, 64, 65, 66, 127, 128, 200] {
            let pairs: Vec<_> = names[..count].iter().map(|name| (name.as_str(), "v")).collect();
            check(&mut buffer, &pairs);
        }
    }

    #[test]
    fn every_piece_must_be_text() {
        let mut buffer = LabelsBuffer::default();
        let (first, second) = "ü".as_bytes().split_at(1);
        for (name, value) in [(&b"\xff"[..], &b"a"[..]), (b"a", b"\xff"), (first, second), (b"a", first)] {
            assert!(buffer.pack(&[(name, value)]).is_none(), "{name:?} {value:?}");
        }
        // The halves of a character, with no more than lengths between them.
        assert!(buffer.pack(&[(b"a", first), (&[second, b"x"].concat(), b"y")]).is_none());
    }
}
