//! Values one at a time: as decimals while they are some, XORed from the first on that is none.
//!
//! ```text
//!   first    0 digits(4) number | 1 bits(64)
//!   decimal  the difference from the number before, less the mean of differences so far, zigzag, as a Rice code whose k
//!            follows how long these were; or ESCAPE_ONES ones, and
//!            0 (2) number: such a difference that is long
//!            1 (2) digits(4) number: one from the number before at so many more digits after the point
//!            2 (2) bits(64): no decimal; from here on all is XORed (`xor`)
//!   number   length less one (6), so many bits
//! ```
//!
//! Numbers in brackets are widths. What makes a float a decimal is told in `floats`; memory holds a third of what the
//! same values take XORed.

use super::bits::{BitReader, BitWriter, Words};
use super::floats::{DIGITS_MAX, POWERS, decimal};
use super::xor::XorState;

const ESCAPE_ONES: u32 = 20;
const LONG: u64 = 0;
const DIGITS: u64 = 1;
const XOR: u64 = 2;
/// A whole code has no more than can be read at once.
const K_MAX: u32 = 30;
/// Lengths of residuals are averaged in parts of so much.
const LENGTH_PARTS: u16 = 256;

/// What the next value is written relative to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Growing {
    #[default]
    Empty,
    /// `mean` is of differences, `length` of residuals.
    Decimal { number: i64, mean: f32, length: u16, digits: u8 },
    /// As of [`XorState`].
    Xor { value: u64, leading: u8, significant: u8 },
}

impl Growing {
    /// The last value.
    #[expect(clippy::cast_precision_loss, reason = "a decimal is an exact float")]
    pub(super) fn last(self) -> f64 {
        match self {
            Self::Empty => 0.0,
            Self::Decimal { number, digits, .. } => number as f64 / POWERS[usize::from(digits)],
            Self::Xor { value, .. } => f64::from_bits(value),
        }
    }

    #[inline]
    pub(super) fn write(&mut self, bits: &mut BitWriter<impl Words>, value: f64) {
        match *self {
            Self::Decimal { number, mean, length, digits } => match decimal(value, digits.into()) {
                Some(next) => {
                    let residual = next.wrapping_sub(number).wrapping_sub(whole(mean));
                    write_residual(bits, zigzag(residual), length);
                    *self = Self::decimal(number, next, mean, length, digits, residual);
                }
                None => self.write_other(bits, value),
            },
            Self::Xor { value: before, leading, significant } => {
                let mut state = XorState { value: before, leading, significant };
                state.write(bits, value.to_bits());
                *self = Self::xor(state);
            }
            Self::Empty => self.write_first(bits, value),
        }
    }

    #[inline]
    pub(super) fn read(&mut self, bits: &mut BitReader<'_>) -> Option<f64> {
        match *self {
            Self::Decimal { number, mean, length, digits } => {
                let Some(code) = read_residual(bits, length)? else { return self.read_other(bits) };
                let residual = unzigzag(code);
                let next = number.wrapping_add(whole(mean)).wrapping_add(residual);
                *self = Self::decimal(number, next, mean, length, digits, residual);
            }
            Self::Xor { value, leading, significant } => {
                let mut state = XorState { value, leading, significant };
                state.read(bits)?;
                *self = Self::xor(state);
            }
            Self::Empty => {
                *self = match bits.read(1)? {
                    0 => {
                        let digits = bits.read(4)?.to_le_bytes()[0];
                        Self::Decimal { number: unzigzag(read_number(bits)?), mean: 0.0, length: 0, digits }
                    }
                    _ => Self::xor(XorState { value: bits.read(64)?, ..XorState::default() }),
                };
            }
        }
        Some(self.last())
    }

    fn xor(state: XorState) -> Self {
        Self::Xor { value: state.value, leading: state.leading, significant: state.significant }
    }

    /// After a number that was missed by `residual`.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "a guess, the same on both sides")]
    fn decimal(number: i64, next: i64, mean: f32, length: u16, digits: u8, residual: i64) -> Self {
        let own = u16::try_from(bit_length(zigzag(residual))).unwrap_or(0) * LENGTH_PARTS;
        let difference = next.wrapping_sub(number) as f32;
        if length == 0 {
            // The first difference says a little of how much the next ones differ.
            return Self::Decimal { number: next, mean: difference, length: own / 2 + 1, digits };
        }
        let length = length - length / 8 + own / 8;
        Self::Decimal { number: next, mean: mean + (difference - mean) / 8.0, length, digits }
    }

    #[cold]
    fn write_first(&mut self, bits: &mut BitWriter<impl Words>, value: f64) {
        match (0..=DIGITS_MAX).find_map(|digits| Some((digits, decimal(value, digits)?))) {
            Some((digits, number)) => {
                bits.write(digits as u64, 5);
                write_number(bits, zigzag(number));
                *self = Self::Decimal { number, mean: 0.0, length: 0, digits: digits.to_le_bytes()[0] };
            }
            None => {
                bits.write(1, 1);
                bits.write(value.to_bits(), 64);
                *self = Self::xor(XorState { value: value.to_bits(), ..XorState::default() });
            }
        }
    }

    /// Writes what is no decimal of as few digits as those before.
    #[cold]
    fn write_other(&mut self, bits: &mut BitWriter<impl Words>, value: f64) {
        bits.write((1 << ESCAPE_ONES) - 1, ESCAPE_ONES);
        if let Self::Decimal { number, mean, length, digits } = *self
            && let Some((more, next)) =
                (usize::from(digits) + 1..=DIGITS_MAX).find_map(|more| Some((more, decimal(value, more)?)))
        {
            let more = more.to_le_bytes()[0];
            let (number, mean) = scaled(number, mean, more - digits);
            let residual = next.wrapping_sub(number).wrapping_sub(whole(mean));
            bits.write(DIGITS << 4 | u64::from(more), 6);
            write_number(bits, zigzag(residual));
            *self = Self::decimal(number, next, mean, length, more, residual);
            return;
        }
        bits.write(XOR, 2);
        bits.write(value.to_bits(), 64);
        *self = Self::xor(XorState { value: value.to_bits(), ..XorState::default() });
    }

    /// Reads what comes after an escape.
    #[cold]
    fn read_other(&mut self, bits: &mut BitReader<'_>) -> Option<f64> {
        let Self::Decimal { number, mean, length, digits } = *self else { return None };
        *self = match bits.read(2)? {
            LONG => {
                let residual = unzigzag(read_number(bits)?);
                let next = number.wrapping_add(whole(mean)).wrapping_add(residual);
                Self::decimal(number, next, mean, length, digits, residual)
            }
            DIGITS => {
                let more = bits.read(4)?.to_le_bytes()[0];
                let (number, mean) = scaled(number, mean, more.checked_sub(digits)?);
                let residual = unzigzag(read_number(bits)?);
                let next = number.wrapping_add(whole(mean)).wrapping_add(residual);
                Self::decimal(number, next, mean, length, more, residual)
            }
            XOR => Self::xor(XorState { value: bits.read(64)?, ..XorState::default() }),
            _ => return None,
        };
        Some(self.last())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a guess, the same on both sides")]
fn whole(mean: f32) -> i64 {
    mean as i64
}

/// The same with so many more digits after the point.
#[expect(clippy::cast_possible_truncation, reason = "a guess, the same on both sides")]
fn scaled(number: i64, mean: f32, more: u8) -> (i64, f32) {
    let power = POWERS.get(usize::from(more)).copied().unwrap_or(1.0);
    (number.wrapping_mul(power as i64), mean * power as f32)
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn bit_length(value: u64) -> u32 {
    64 - value.leading_zeros()
}

fn write_number(bits: &mut BitWriter<impl Words>, number: u64) {
    let length = bit_length(number).max(1);
    bits.write(u64::from(length - 1), 6);
    bits.write(number, length);
}

fn read_number(bits: &mut BitReader<'_>) -> Option<u64> {
    let length = u32::try_from(bits.read(6)?).ok()?;
    bits.read(length + 1)
}

/// A good k where codes had that length on average.
fn k(length: u16) -> u32 {
    u32::from(length / LENGTH_PARTS).saturating_sub(1).min(K_MAX)
}

#[inline]
fn write_residual(bits: &mut BitWriter<impl Words>, code: u64, length: u16) {
    let k = k(length);
    match u32::try_from(code >> k) {
        Ok(quotient) if quotient < ESCAPE_ONES => {
            let ones = (1 << (quotient + 1)) - 2;
            bits.write(ones << k | code & ((1 << k) - 1), quotient + 1 + k);
        }
        _ => {
            bits.write((1 << ESCAPE_ONES) - 1, ESCAPE_ONES);
            bits.write(LONG, 2);
            write_number(bits, code);
        }
    }
}

/// The inner `None` stands for an escape, behind which the bits are.
#[inline]
fn read_residual(bits: &mut BitReader<'_>, length: u16) -> Option<Option<u64>> {
    let k = k(length);
    let word = bits.peek();
    let quotient = word.leading_ones();
    if quotient >= ESCAPE_ONES {
        bits.skip(ESCAPE_ONES)?;
        return Some(None);
    }
    bits.skip(quotient + 1 + k)?;
    let remainder = if k == 0 { 0 } else { word << (quotient + 1) >> (64 - k) };
    Some(Some(u64::from(quotient) << k | remainder))
}

#[cfg(test)]
mod tests {
    use aio_types::stale_nan;
    use proptest::prelude::*;

    use super::*;

    fn round_trip(values: &[f64]) -> usize {
        let (mut bits, mut state) = (<BitWriter>::default(), Growing::default());
        for value in values {
            state.write(&mut bits, *value);
            assert_eq!(state.last().to_bits(), value.to_bits());
        }
        let mut bytes = Vec::new();
        bits.append_to(&mut bytes);
        let (mut bits, mut state) = (BitReader::new(&bytes), Growing::default());
        for value in values {
            assert_eq!(state.read(&mut bits).map(f64::to_bits), Some(value.to_bits()));
        }
        bytes.len()
    }

    #[test]
    fn decimals_take_little_and_anything_may_follow() {
        let column = |f: &dyn Fn(u32) -> f64| (0..120).map(f).collect::<Vec<_>>();
        for (what, values, most) in [
            ("idle", column(&|_| 4096.0), 24),
            ("a counter", column(&|i| f64::from(i * 750 + i * i % 60)), 130),
            ("hundredths", column(&|i| f64::from(i * i % 97) / 100.0), 150),
            ("digits that come later", column(&|i| f64::from(i * i % 97) / if i < 60 { 1.0 } else { 1000.0 }), 260),
            ("stale at the end", column(&|i| if i == 119 { stale_nan() } else { f64::from(i) }), 60),
            ("no decimals", column(&|i| f64::from(i).sqrt()), 1000),
        ] {
            let found = round_trip(&values);
            assert!(found <= most, "{what}: {found} bytes");
        }
    }

    #[test]
    fn a_state_is_small() {
        assert_eq!(size_of::<Growing>(), 16);
    }

    proptest! {
        #[test]
        fn any_values_come_back(
            any in prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 0..60),
            mixed in prop::collection::vec(prop_oneof![
                9 => (any::<i32>(), 0_usize..6).prop_map(|(i, digits)| f64::from(i) / POWERS[digits]),
                9 => (-300_i16..300).prop_map(f64::from),
                1 => any::<i64>().prop_map(|i| f64::from(i32::try_from(i >> 40).unwrap_or(0)) * 1e9),
            ], 0..120),
        ) {
            round_trip(&any);
            round_trip(&mixed);
            round_trip(&mixed.into_iter().chain(any).collect::<Vec<_>>());
        }
    }
}
