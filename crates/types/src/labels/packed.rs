//! Pairs of texts in one text.
//!
//! ```text
//!   packed = nothing; or n pairs: length name length value
//!   length = six bits a character, the lowest first, all but the last with 64 added
//! ```
//!
//! Lengths are characters below 128, so that the whole is text, and can be cut without being checked again.

use std::cmp::Ordering;
use std::sync::Arc;

const DIGIT_BITS: u32 = 6;
const MORE: u8 = 1 << DIGIT_BITS;

/// Packs pairs in the order they come.
pub(super) fn pack<'a>(pairs: impl ExactSizeIterator<Item = (&'a str, &'a str)> + Clone) -> Arc<str> {
    if pairs.len() == 0 {
        return Arc::default();
    }
    let bytes: usize = pairs.clone().map(|(name, value)| name.len() + value.len() + 4).sum();
    let mut packed = String::with_capacity(bytes + 1);
    push_length(&mut packed, pairs.len());
    for text in pairs.flat_map(|(name, value)| [name, value]) {
        push_length(&mut packed, text.len());
        packed.push_str(text);
    }
    packed.into()
}

fn push_length(packed: &mut String, length: usize) {
    packed.extend(length_digits(length).map(char::from));
}

/// The characters of a length.
pub(super) fn length_digits(length: usize) -> impl Iterator<Item = u8> {
    let mask = usize::from(MORE - 1);
    let mut left = Some(length);
    std::iter::from_fn(move || {
        let length = left?;
        let digit = (length & mask).to_le_bytes()[0];
        left = (length > mask).then_some(length >> DIGIT_BITS);
        Some(if left.is_some() { digit | MORE } else { digit })
    })
}

/// Compares pair by pair, then by how many there are. What sets begin with is often the same: such pairs are passed over
/// by their lengths.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (Pairs::of(a), Pairs::of(b));
    let mut same = common_prefix(left.rest.as_bytes(), right.rest.as_bytes());
    loop {
        let mut beyond = left.clone();
        let is_pair = beyond.next().is_some();
        let bytes = left.rest.len() - beyond.rest.len();
        if !is_pair || bytes > same {
            return left.cmp(right);
        }
        // What is the same up to the end of a pair is a pair of both.
        right = Pairs { rest: &right.rest[bytes..], left: right.left - 1 };
        left = beyond;
        same -= bytes;
    }
}

/// How many bytes both begin with.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let (words, _) = a.as_chunks::<8>();
    let (others, _) = b.as_chunks::<8>();
    let equal = words.iter().zip(others).take_while(|(word, other)| word == other).count() * 8;
    equal + a[equal..].iter().zip(&b[equal..]).take_while(|(byte, other)| byte == other).count()
}

/// The pairs of a label set, in order of their names.
#[derive(Debug, Clone)]
pub struct Pairs<'a> {
    rest: &'a str,
    left: usize,
}

impl<'a> Pairs<'a> {
    pub(super) fn of(packed: &'a str) -> Self {
        let mut pairs = Self { rest: packed, left: 0 };
        if !packed.is_empty() {
            pairs.left = pairs.length();
        }
        pairs
    }

    #[inline]
    fn length(&mut self) -> usize {
        let (mut length, mut shift, mut digits) = (0, 0, 0);
        for &digit in self.rest.as_bytes() {
            length |= usize::from(digit & (MORE - 1)) << shift;
            shift += DIGIT_BITS;
            digits += 1;
            if digit < MORE {
                break;
            }
        }
        self.rest = &self.rest[digits..];
        length
    }

    #[inline]
    fn text(&mut self) -> &'a str {
        let length = self.length();
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        text
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some((self.text(), self.text()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Pairs<'_> {}
