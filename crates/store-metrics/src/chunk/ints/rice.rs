//! Codes that are short for small numbers: quotient by 2^k in ones and a zero, remainder in k bits; or ESCAPE_ONES ones,
//! length less one in 6 bits, and the number.
//!
//! Source: R. F. Rice, "Some practical universal noiseless coding techniques", JPL 1979.

use super::super::bits::{BitReader, BitWriter};
use super::bit_length;

pub(super) const K_MAX: u32 = 56;
/// Quotients of so much and more are written out.
const ESCAPE_ONES: u32 = 20;
/// A whole code of no more is read at once: 20 + 36 bits.
const K_QUICK: u32 = 36;

/// A good k and what numbers take with it.
pub(super) fn fit(numbers: impl Iterator<Item = u64> + Clone) -> (u32, u64) {
    let (mut lengths, mut count) = (0_u64, 0_u64);
    for number in numbers.clone() {
        lengths += u64::from(bit_length(number));
        count += 1;
    }
    fit_near(numbers, lengths / count.max(1))
}

/// The same, where numbers have `mean` bits on average.
pub(super) fn fit_near(numbers: impl Iterator<Item = u64>, mean: u64) -> (u32, u64) {
    let mean = u32::try_from(mean).unwrap_or(0);
    let [low, high] = [mean.saturating_sub(1), mean].map(|k| k.min(K_MAX));
    let (mut low_bits, mut high_bits) = (0, 0);
    for number in numbers {
        low_bits += code_bits(number, low);
        high_bits += code_bits(number, high);
    }
    if low_bits <= high_bits { (low, low_bits) } else { (high, high_bits) }
}

fn code_bits(value: u64, k: u32) -> u64 {
    let quotient = value >> k;
    if quotient < u64::from(ESCAPE_ONES) {
        return quotient + 1 + u64::from(k);
    }
    u64::from(ESCAPE_ONES + 6 + bit_length(value))
}

#[inline]
pub(super) fn write(bits: &mut BitWriter, value: u64, k: u32) {
    match u32::try_from(value >> k) {
        Ok(quotient) if quotient < ESCAPE_ONES && k <= K_QUICK => {
            let ones = (1 << (quotient + 1)) - 2;
            bits.write(ones << k | value & ((1 << k) - 1), quotient + 1 + k);
        }
        Ok(quotient) if quotient < ESCAPE_ONES => {
            bits.write((1 << (quotient + 1)) - 2, quotient + 1);
            bits.write(value, k);
        }
        _ => {
            let length = bit_length(value).max(1);
            bits.write((1 << ESCAPE_ONES) - 1, ESCAPE_ONES);
            bits.write(u64::from(length - 1), 6);
            bits.write(value, length);
        }
    }
}

/// Fills a column with what `map` makes of the numbers.
pub(super) fn read_all(bits: &mut BitReader<'_>, k: u32, column: &mut [i64], map: impl Fn(u64) -> i64) -> Option<()> {
    if k > K_MAX {
        return None;
    }
    if k > K_QUICK {
        for v in column {
            *v = map(read_long(bits, k)?);
        }
        return Some(());
    }
    for v in column {
        *v = map(read_quick(bits, k)?);
    }
    Some(())
}

/// Reads one number; `k` is [`K_MAX`] at most.
pub(super) fn read(bits: &mut BitReader<'_>, k: u32) -> Option<u64> {
    if k <= K_QUICK { read_quick(bits, k) } else { read_long(bits, k) }
}

#[inline]
fn read_quick(bits: &mut BitReader<'_>, k: u32) -> Option<u64> {
    let word = bits.peek();
    let quotient = word.leading_ones();
    if quotient >= ESCAPE_ONES {
        return read_escaped(bits);
    }
    bits.skip(quotient + 1 + k)?;
    let remainder = if k == 0 { 0 } else { word << (quotient + 1) >> (64 - k) };
    Some(u64::from(quotient) << k | remainder)
}

fn read_long(bits: &mut BitReader<'_>, k: u32) -> Option<u64> {
    let quotient = bits.peek().leading_ones();
    if quotient >= ESCAPE_ONES {
        return read_escaped(bits);
    }
    bits.skip(quotient + 1)?;
    Some(u64::from(quotient) << k | bits.read(k)?)
}

#[cold]
fn read_escaped(bits: &mut BitReader<'_>) -> Option<u64> {
    bits.skip(ESCAPE_ONES)?;
    let length = u32::try_from(bits.read(6)?).ok()?;
    bits.read(length + 1)
}
