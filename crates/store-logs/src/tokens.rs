//! How lines become tokens, and what a text that must occur in a line says about the line's tokens.
//!
//! A token is a longest run of letters, digits, `_` and everything beyond ASCII. Words go to the index's dictionary;
//! tokens that look like ids (they hold a digit, or are very long) would swell it and go to the chunk's bloom filter.
//!
//! Pruning must be safe: a substring's outer tokens may be pieces of longer ones, so only tokens with a separator on
//! both sides *inside the substring* are known to be whole tokens of the line.

/// Shorter tokens tell too little to be worth a term.
const TOKEN_BYTES_MIN: usize = 3;
/// Longer tokens are ids, or text in a script without spaces.
const WORD_BYTES_MAX: usize = 32;

/// Where a token is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Word,
    Id,
}

fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

pub(crate) fn class_of(token: &str) -> Class {
    if token.len() > WORD_BYTES_MAX || token.bytes().any(|b| b.is_ascii_digit()) { Class::Id } else { Class::Word }
}

/// The tokens of a line worth looking up.
pub(crate) fn tokens(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_ascii() && !is_token_byte(u8::try_from(c).unwrap_or(b' ')))
        .filter(|t| t.len() >= TOKEN_BYTES_MIN)
}

/// The tokens that every line containing `needle` must have.
pub(crate) fn whole_tokens(needle: &str) -> impl Iterator<Item = &str> {
    let is_separator = |c: char| c.is_ascii() && !is_token_byte(u8::try_from(c).unwrap_or(b' '));
    let first = needle.find(is_separator).map_or(needle.len(), |at| at + 1);
    let last = needle.rfind(is_separator).unwrap_or(0);
    tokens(needle.get(first..last.max(first)).unwrap_or_default())
}

const BITS_PER_TOKEN: usize = 16;
const HASHES: u64 = 6;

/// A set of ids that may claim to hold more than it does, never less.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bloom<'a>(pub(crate) &'a [u8]);

impl Bloom<'_> {
    /// Bits for hashes of [`hash`].
    pub(crate) fn build(hashes: impl ExactSizeIterator<Item = u64>) -> Vec<u8> {
        let mut bits = vec![0_u8; (hashes.len() * BITS_PER_TOKEN).div_ceil(8)];
        for hash in hashes {
            for position in positions(hash, bits.len()) {
                bits[position / 8] |= 1 << (position % 8);
            }
        }
        bits
    }

    pub(crate) fn may_hold(&self, hash: u64) -> bool {
        !self.0.is_empty() && positions(hash, self.0.len()).all(|p| self.0[p / 8] & (1 << (p % 8)) != 0)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder of a usize")]
fn positions(hash: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let bits = bytes as u64 * 8;
    let step = (hash >> 32) | 1;
    (0..HASHES).map(move |i| (hash.wrapping_add(i.wrapping_mul(step)) % bits) as usize)
}

/// FNV-1a, then the finalizer of splitmix64: part of the file format.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for b in part.bytes() {
            h = (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ (h >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_whole_inner_tokens_prune() {
        for (needle, want) in [
            ("refused", vec![]),
            ("connection refused by", vec!["refused"]),
            (" refused ", vec!["refused"]),
            ("refused by", vec![]),
            ("=abc=", vec!["abc"]),
            ("", vec![]),
            ("=", vec![]),
            ("é naïve é", vec!["naïve"]),
        ] {
            assert_eq!(whole_tokens(needle).collect::<Vec<_>>(), want, "{needle:?}");
        }
    }

    proptest! {
        #[test]
        fn a_line_has_the_whole_tokens_of_its_substrings(line in "[ab1é =.]{0,30}", from in 0..30_usize, len in 0..30_usize) {
            let needle: String = line.chars().skip(from).take(len).collect();
            let all: Vec<&str> = tokens(&line).collect();
            for token in whole_tokens(&needle) {
                prop_assert!(all.contains(&token), "{token:?} of {needle:?} in {line:?}");
            }
        }

        #[test]
        fn a_bloom_holds_what_was_put_in(ids in proptest::collection::vec("[a-f0-9]{3,20}", 1..50)) {
            let bits = Bloom::build(ids.iter().map(|i| hash(&[i])).collect::<Vec<_>>().into_iter());
            for id in &ids {
                prop_assert!(Bloom(&bits).may_hold(hash(&[id])));
            }
        }
    }
}
