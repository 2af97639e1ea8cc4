//! A set of hashes that may claim to hold more than it does, never less.
//!
//! ```text
//!   filter = words of 64 bits; a hash sets 4 bits, and there are 8 bits per hash
//! ```

const BITS_PER_HASH: usize = 8;
const BITS_SET: u64 = 4;

/// Words of a filter that holds `hashes`.
pub(crate) fn build(hashes: impl ExactSizeIterator<Item = u64>) -> Vec<u64> {
    let mut words = vec![0_u64; (hashes.len() * BITS_PER_HASH).div_ceil(64)];
    for hash in hashes {
        for position in positions(hash, words.len()) {
            words[position / 64] |= 1 << (position % 64);
        }
    }
    words
}

/// Whether a filter of so many words may hold `hash`; `word` tells what they are.
pub(crate) fn may_hold(len: usize, word: impl Fn(usize) -> u64, hash: u64) -> bool {
    len > 0 && positions(hash, len).all(|p| word(p / 64) & (1 << (p % 64)) != 0)
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder of a usize")]
fn positions(hash: u64, words: usize) -> impl Iterator<Item = usize> {
    let bits = words as u64 * 64;
    let step = (hash >> 32) | 1;
    (0..BITS_SET).map(move |i| (hash.wrapping_add(i.wrapping_mul(step)) % bits) as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_filter_holds_what_was_put_in(hashes in proptest::collection::vec(any::<u64>(), 1..200)) {
            let words = build(hashes.iter().copied());
            for hash in &hashes {
                prop_assert!(may_hold(words.len(), |i| words[i], *hash));
            }
        }
    }

    #[test]
    fn an_empty_filter_holds_nothing() {
        assert!(!may_hold(0, |_| 0, 1));
    }
}
