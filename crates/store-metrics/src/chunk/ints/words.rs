//! Numbers from 0 to a span, several of them to a word: as digits to the base that they need, so that hardly a part of
//! a bit is lost, where a width of its own for each would lose half a bit on average.
//!
//! ```text
//!   word = the digits d1 d2 … dn to the base B as the fraction 0.d1d2…dn, in as many bits as tell all B^n apart, rounded up
//! ```
//!
//! Multiplying the fraction by the base moves the next digit in front of the point: reading needs no division. How many
//! digits a word has follows from the span; the last word of a column has as many as are left.

use super::super::bits::{BitReader, BitWriter};
use super::bit_length;

/// So many bits are read at once.
const WORD_BITS_MAX: u32 = 56;
const DIGITS_MAX: u32 = 32;

/// How many digits there are in how many bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    base: u64,
    digits: u32,
    bits: u32,
}

impl Word {
    /// What wastes least of the numbers up to `span`.
    pub(super) fn of(span: u64) -> Self {
        let base = span.saturating_add(1);
        let mut best = Self { base, digits: 1, bits: bit_length(span) };
        if base.is_power_of_two() || best.bits * 2 > WORD_BITS_MAX {
            return best;
        }
        for digits in 2..=DIGITS_MAX {
            let Some(word) = Self::with(base, digits) else { break };
            if word.bits * best.digits < best.bits * word.digits {
                best = word;
            }
        }
        best
    }

    fn with(base: u64, digits: u32) -> Option<Self> {
        let bits = bit_length(base.checked_pow(digits)? - 1);
        (bits <= WORD_BITS_MAX).then_some(Self { base, digits, bits })
    }

    /// The last word of so many numbers.
    fn last(self, count: usize) -> Self {
        let left = u32::try_from(count % self.digits as usize).unwrap_or(0);
        Self::with(self.base, left).unwrap_or(self)
    }

    /// What so many numbers take.
    pub(super) fn bits_of(self, count: usize) -> u64 {
        let whole = count as u64 / u64::from(self.digits) * u64::from(self.bits);
        whole + if self.digits == 1 { 0 } else { self.last(count).bits.into() }
    }

    fn encode(self, digits: impl Iterator<Item = u64>) -> u64 {
        let number = digits.fold(0_u64, |number, digit| number.wrapping_mul(self.base).wrapping_add(digit));
        let fraction = (u128::from(number) << self.bits).div_ceil(u128::from(self.base.pow(self.digits)));
        u64::try_from(fraction).unwrap_or(0)
    }
}

/// Writes every number less `lowest`, which is `span` at most.
pub(super) fn write(numbers: &[i64], lowest: i64, span: u64, bits: &mut BitWriter) {
    let word = Word::of(span);
    let digit = |number: &i64| number.wrapping_sub(lowest).cast_unsigned();
    if word.digits == 1 {
        numbers.iter().for_each(|number| bits.write(digit(number), word.bits));
        return;
    }
    for some in numbers.chunks(word.digits as usize) {
        let word = if some.len() < word.digits as usize { word.last(some.len()) } else { word };
        bits.write(word.encode(some.iter().map(digit)), word.bits);
    }
}

/// Appends the first `wanted` of `count` numbers to `out`; `None` where there are not so many. All bits are gone over
/// where all are wanted.
pub(super) fn read(
    bits: &mut BitReader<'_>,
    lowest: i64,
    span: u64,
    count: usize,
    wanted: usize,
    out: &mut Vec<i64>,
) -> Option<()> {
    let word = Word::of(span);
    if word.digits == 1 {
        return bits.read_all(wanted, word.bits, out, |digit| lowest.wrapping_add(digit.cast_signed()));
    }
    let begin = out.len();
    out.resize(begin + wanted, 0);
    let (digits, last) = (word.digits as usize, word.last(count));
    for (i, some) in out[begin..].chunks_mut(digits).enumerate() {
        let word = if (i + 1) * digits > count { last } else { word };
        let mut fraction = bits.peek() >> (u64::BITS - word.bits) << (u64::BITS - word.bits);
        bits.skip(word.bits)?;
        for v in some {
            let digit;
            (fraction, digit) = fraction.carrying_mul(word.base, 0);
            *v = lowest.wrapping_add(digit.cast_signed());
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hardly_anything_is_lost() {
        let mut lost_most: f64 = 0.0;
        for base in (2..2000_u32).chain([3000, 10_007, 99_991, 1_000_003]) {
            let word = Word::of(u64::from(base) - 1);
            lost_most = lost_most.max(f64::from(word.bits) / f64::from(word.digits) - f64::from(base).log2());
        }
        assert!(lost_most < 0.3, "{lost_most} bits");
    }

    proptest! {
        #[test]
        fn numbers_come_back(
            span in prop_oneof![0_u64..3000, 0_u64..1 << 20, any::<u64>()],
            lowest in any::<i64>(),
            parts in prop::collection::vec(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()], 0..100),
            wanted in 0_usize..100,
        ) {
            let digit = |part: &u64| u64::try_from((u128::from(*part) * (u128::from(span) + 1)) >> 64).expect("fits");
            let numbers: Vec<_> = parts.iter().map(|part| lowest.wrapping_add(digit(part).cast_signed())).collect();
            let (mut bits, mut bytes) = (<BitWriter>::default(), Vec::new());
            write(&numbers, lowest, span, &mut bits);
            bits.append_to(&mut bytes);
            prop_assert_eq!(bytes.len() as u64, Word::of(span).bits_of(numbers.len()).div_ceil(8));
            for wanted in [numbers.len(), wanted.min(numbers.len())] {
                let (mut bits, mut out) = (BitReader::new(&bytes), Vec::new());
                read(&mut bits, lowest, span, numbers.len(), wanted, &mut out).expect("all are there");
                prop_assert_eq!(&out, &numbers[..wanted]);
                prop_assert!(wanted < numbers.len() || bits.rest().is_empty());
            }
        }
    }
}
