//! Bits, highest first, over growing and over given bytes.

/// So many bits can be read at once wherever they begin.
const WIDTH_MAX: u32 = 56;

/// Where whole words go.
pub(super) trait Words: Default {
    /// Adds a word to `count` of them.
    fn push(&mut self, count: u32, word: u64);

    /// Appends all `count` of them to `out`, the highest byte of each first.
    fn append_to(&self, count: u32, out: &mut Vec<u8>);
}

impl Words for Vec<u8> {
    fn push(&mut self, _count: u32, word: u64) {
        self.extend_from_slice(&word.to_be_bytes());
    }

    fn append_to(&self, _count: u32, out: &mut Self) {
        out.extend_from_slice(self);
    }
}

/// Appends bits.
#[derive(Debug, Clone, Default)]
pub(super) struct BitWriter<W = Vec<u8>> {
    words: W,
    count: u32,
    /// How many bits are not among the words yet: fewer than a word has.
    filled: u32,
    /// These, the first one highest.
    word: u64,
}

impl<W: Words> BitWriter<W> {
    /// Writes the lowest `width` bits of `value`, 64 at most, highest first.
    #[inline]
    pub(super) fn write(&mut self, value: u64, width: u32) {
        if width == 0 {
            return;
        }
        self.word |= (value << (u64::BITS - width)) >> self.filled;
        self.filled += width;
        if let Some(left) = self.filled.checked_sub(u64::BITS) {
            self.words.push(self.count, self.word);
            self.count += 1;
            self.word = if left == 0 { 0 } else { value << (u64::BITS - left) };
            self.filled = left;
        }
    }

    /// How many bytes the bits take.
    pub(super) fn len(&self) -> usize {
        self.count as usize * size_of::<u64>() + self.filled.div_ceil(8) as usize
    }

    /// Appends all to `out`, as whole bytes.
    pub(super) fn append_to(&self, out: &mut Vec<u8>) {
        self.words.append_to(self.count, out);
        out.extend_from_slice(&self.word.to_be_bytes()[..self.filled.div_ceil(8) as usize]);
    }
}

/// Reads them back.
#[derive(Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Position in bits.
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `width` bits, 64 at most; `None` where there are not so many.
    #[inline]
    pub(super) fn read(&mut self, width: u32) -> Option<u64> {
        if width > WIDTH_MAX {
            let high = self.read_few(width - 32)?;
            return Some(high << 32 | self.read_few(32)?);
        }
        self.read_few(width)
    }

    #[inline]
    fn read_few(&mut self, width: u32) -> Option<u64> {
        let value = self.peek();
        self.skip(width)?;
        Some(if width == 0 { 0 } else { value >> (u64::BITS - width) })
    }

    /// Appends `count` numbers of `width` bits each, 64 at most, as `map` makes them; `None` where there are not so many.
    pub(super) fn read_all(
        &mut self,
        count: usize,
        width: u32,
        out: &mut Vec<i64>,
        map: impl Fn(u64) -> i64,
    ) -> Option<()> {
        let end = count.checked_mul(width as usize)?.checked_add(self.at).filter(|&end| end <= self.bytes.len() * 8)?;
        if width == 0 {
            out.resize(out.len() + count, map(0));
        } else if width > WIDTH_MAX {
            for _ in 0..count {
                out.push(map(self.read(width)?));
            }
        } else {
            let mut next = || {
                let value = self.peek() >> (u64::BITS - width);
                self.at += width as usize;
                map(value)
            };
            out.extend(std::iter::repeat_with(&mut next).take(count));
        }
        self.at = end;
        Some(())
    }

    /// The next bits, highest first; at least 57 of them count, and beyond the end there are zeros.
    #[inline]
    pub(super) fn peek(&self) -> u64 {
        let begin = self.at / 8;
        let word = match self.bytes.get(begin..begin + 8).and_then(<[u8]>::first_chunk) {
            Some(word) => u64::from_be_bytes(*word),
            None => last_word(self.bytes.get(begin..).unwrap_or_default()),
        };
        word << (self.at % 8)
    }

    /// Goes over `width` bits that must be there.
    #[inline]
    pub(super) fn skip(&mut self, width: u32) -> Option<()> {
        self.at += width as usize;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// What begins with the next whole byte.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at.div_ceil(8)..).unwrap_or_default()
    }
}

#[cold]
fn last_word(rest: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..rest.len()].copy_from_slice(rest);
    u64::from_be_bytes(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_come_back(parts in prop::collection::vec((any::<u64>(), 0_u32..=64), 0..60)) {
            let mut writer = BitWriter::<Vec<u8>>::default();
            parts.iter().for_each(|&(value, width)| writer.write(value, width));
            let bits: u32 = parts.iter().map(|(_, width)| width).sum();
            let mut bytes = Vec::new();
            writer.append_to(&mut bytes);
            prop_assert_eq!((bytes.len(), writer.len()), (bits.div_ceil(8) as usize, bytes.len()));
            let mut reader = BitReader::new(&bytes);
            for (value, width) in parts {
                let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
                prop_assert_eq!(reader.read(width), Some(value & mask));
            }
            prop_assert!(reader.rest().is_empty());
            prop_assert_eq!(reader.read(8), None);
        }

        #[test]
        fn equal_widths_come_back(values in prop::collection::vec(any::<u64>(), 0..40), width in 0_u32..=64) {
            let mut writer = BitWriter::<Vec<u8>>::default();
            writer.write(1, 3);
            values.iter().for_each(|&value| writer.write(value, width));
            let mut bytes = Vec::new();
            writer.append_to(&mut bytes);
            let (mut reader, mut out) = (BitReader::new(&bytes), Vec::new());
            prop_assert_eq!(reader.read(3), Some(1));
            reader.read_all(values.len(), width, &mut out, u64::cast_signed).expect("all are there");
            let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
            prop_assert!(out.iter().map(|v| v.cast_unsigned()).eq(values.iter().map(|v| v & mask)));
            prop_assert!(reader.rest().is_empty());
            prop_assert!(width == 0 || reader.read_all(9, width, &mut out, u64::cast_signed).is_none());
        }
    }
}
