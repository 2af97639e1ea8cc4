//! Words that come a few at a time, in blocks of one size.
//!
//! A hundred thousand open chunks grow through all sizes there are, each at its own pace. Pieces of memory that grow with
//! them would leave behind pages of every size, a few pieces of which are in use still; blocks are taken by whoever
//! grows next.

use super::bits::Words;

/// So that a block is 64 bytes.
const BLOCK_WORDS: usize = 7;

/// Words in blocks, the newest block first.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks(Option<Box<Block>>);

#[derive(Debug, Clone)]
struct Block {
    before: Blocks,
    words: [u64; BLOCK_WORDS],
}

impl Blocks {
    fn iter(&self) -> impl Iterator<Item = &Block> {
        std::iter::successors(self.0.as_deref(), |block| block.before.0.as_deref())
    }
}

impl Words for Blocks {
    #[inline]
    fn push(&mut self, count: u32, word: u64) {
        let at = count as usize % BLOCK_WORDS;
        match &mut self.0 {
            Some(block) if at > 0 => block.words[at] = word,
            _ => {
                let before = std::mem::take(self);
                let mut words = [0; BLOCK_WORDS];
                words[at] = word;
                self.0 = Some(Box::new(Block { before, words }));
            }
        }
    }

    fn append_to(&self, count: u32, out: &mut Vec<u8>) {
        let (begin, mut end) = (out.len(), count as usize);
        out.resize(begin + end * size_of::<u64>(), 0);
        let (places, _none) = out[begin..].as_chunks_mut::<8>();
        for block in self.iter() {
            let first = end.saturating_sub(1) / BLOCK_WORDS * BLOCK_WORDS;
            places[first..end].iter_mut().zip(block.words).for_each(|(place, word)| *place = word.to_be_bytes());
            end = first;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        let (mut blocks, mut expected) = (Blocks::default(), Vec::new());
        for count in 0..50 {
            let mut out = vec![7];
            blocks.append_to(count, &mut out);
            assert_eq!(out[1..], expected);
            blocks.push(count, u64::from(count) << 32 | 5);
            expected.extend((u64::from(count) << 32 | 5).to_be_bytes());
        }
    }

    #[test]
    fn a_block_is_of_a_size_there_is() {
        assert_eq!(size_of::<Block>(), 64);
    }
}
