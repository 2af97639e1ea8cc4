//! Hashing label sets: every write looks every series up, and the standard hash would be most of that.
//!
//! Multiplies eight bytes at a time with a number that is drawn when the process starts, so that nobody can choose labels
//! that collide. Source: the folded multiplication of wyhash.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(FACTOR));

/// Makes hashers of this process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folded(u64);

impl Default for Folded {
    fn default() -> Self {
        Self(*SEED)
    }
}

impl BuildHasher for Folded {
    type Hasher = FoldedHasher;

    fn build_hasher(&self) -> FoldedHasher {
        FoldedHasher { state: self.0, seed: self.0 }
    }
}

/// One hash under way.
#[derive(Debug)]
pub(crate) struct FoldedHasher {
    state: u64,
    seed: u64,
}

impl FoldedHasher {
    #[inline]
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from((self.seed ^ FACTOR) | 1);
        let [low, high] = [product, product >> 64].map(|half| half & u128::from(u64::MAX));
        self.state = u64::try_from(low ^ high).unwrap_or(0).wrapping_add(FACTOR);
    }
}

impl Hasher for FoldedHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.fold(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.fold(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.fold(value.into());
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn near_texts_have_far_hashes() {
        let hash = |text: &str| Folded::default().hash_one(text);
        let texts: Vec<_> = (0..20_000).map(|i| format!("series-{i}")).chain((0..64).map(|n| "\0".repeat(n))).collect();
        for shift in [0, 24, 48] {
            let found: HashSet<_> = texts.iter().map(|text| hash(text) >> shift & 0xffff).collect();
            assert!(found.len() > 16_000, "{} of bits {shift}..", found.len());
        }
        let whole: HashSet<_> = texts.iter().map(|text| hash(text)).collect();
        assert_eq!(whole.len(), texts.len());
    }
}
