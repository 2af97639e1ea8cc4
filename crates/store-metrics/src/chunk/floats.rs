//! A column of floats, in whichever way fits: one value, decimals, or the bits.
//!
//! ```text
//!   constant  0 | LEB128 of the bits of the value, their last byte first
//!   bits      1 | integers: the bits, in the order of the floats
//!   decimal   2 + digits after the point + 16 if there are exceptions | n exceptions: position, bits | integers
//! ```
//!
//! Measured values mostly are decimals of few digits, and as integers their differences are small. A float counts as the
//! decimal `i / 10^digits` only where that division gives back its very bits; the few that do not (stale markers, -0)
//! are exceptions. Of whatever else there is the bits are integers: those of near floats are near, and floats of a lower
//! precision leave a divisor.

use aio_kit::bytes::{Reader, Writer};

use super::ints::{self, Effort};

const CONSTANT: u8 = 0;
const BITS: u8 = 1;
const DECIMAL: u8 = 2;
const EXCEPTIONS: u8 = 16;
/// Digits after the point; the powers are exact floats.
pub(super) const DIGITS_MAX: usize = 15;
pub(super) const POWERS: [f64; DIGITS_MAX + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
/// Integers up to this are exact floats.
const INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

/// Appends the column; of no values, nothing.
pub(super) fn encode(values: &[f64], effort: Effort, out: &mut Writer) {
    let Some((first, rest)) = values.split_first() else { return };
    if rest.iter().all(|v| v.to_bits() == first.to_bits()) {
        out.byte(CONSTANT);
        out.uint(first.to_bits().swap_bytes());
        return;
    }
    let begin = out.0.len();
    if let Some(decimals) = Decimals::of(values) {
        decimals.write(values, effort, out);
        // Decimals that take no more than this hardly ever take less as anything else.
        if out.0.len() - begin <= 2 * values.len() {
            return;
        }
    }
    let mut column = Writer(vec![BITS]);
    let ordered: Vec<i64> = values.iter().map(|v| in_order(v.to_bits().cast_signed())).collect();
    ints::encode(&ordered, effort, &mut column);
    let decimal_bytes = out.0.len() - begin;
    if decimal_bytes == 0 || column.0.len() < decimal_bytes {
        out.0.truncate(begin);
        out.0.append(&mut column.0);
    }
}

/// The bits of floats as integers that ascend as these do. Turns itself back.
fn in_order(bits: i64) -> i64 {
    bits ^ ((bits >> 63) & i64::MAX)
}

/// Appends the first `wanted` of `count` values to `out`; `None` where the bytes are no such column. What is left of
/// `from` begins behind the column where all values are wanted.
pub(super) fn decode(
    from: &mut Reader<'_>,
    count: usize,
    wanted: usize,
    ints: &mut Vec<i64>,
    out: &mut Vec<f64>,
) -> Option<()> {
    if count == 0 {
        return Some(());
    }
    match from.byte()? {
        CONSTANT => {
            let value = f64::from_bits(from.uint()?.swap_bytes());
            out.resize(out.len() + wanted, value);
        }
        BITS => {
            ints.clear();
            ints::decode(from, count, wanted, ints)?;
            out.extend(ints.iter().map(|&i| f64::from_bits(in_order(i).cast_unsigned())));
        }
        tag => {
            let digits = tag - DECIMAL;
            let exceptions = if digits < EXCEPTIONS { 0 } else { from.count()? };
            decode_decimals(from, digits % EXCEPTIONS, exceptions, (count, wanted), ints, out)?;
        }
    }
    Some(())
}

struct Decimals {
    digits: usize,
    integers: Vec<i64>,
    /// Positions of what is no such decimal.
    exceptions: Vec<usize>,
}

impl Decimals {
    /// `None` where too many values are none.
    fn of(values: &[f64]) -> Option<Self> {
        let exceptions_max = 1 + values.len() / 16;
        let mut found = Self { digits: 0, integers: Vec::with_capacity(values.len()), exceptions: Vec::new() };
        let mut position = 0;
        while let Some(&value) = values.get(position) {
            if let Some(integer) = decimal(value, found.digits) {
                found.integers.push(integer);
            } else if let Some(digits) = (found.digits + 1..=DIGITS_MAX).find(|&d| decimal(value, d).is_some()) {
                // With more digits all integers are others. Mostly the first few values show how many there are.
                found.digits = digits;
                found.integers.clear();
                found.exceptions.clear();
                position = 0;
                continue;
            } else {
                found.exceptions.push(position);
                if found.exceptions.len() > exceptions_max {
                    return None;
                }
                found.integers.push(found.integers.last().copied().unwrap_or(0));
            }
            position += 1;
        }
        Some(found)
    }

    fn write(&self, values: &[f64], effort: Effort, out: &mut Writer) {
        let any = !self.exceptions.is_empty();
        out.byte(DECIMAL + self.digits.to_le_bytes()[0] + if any { EXCEPTIONS } else { 0 });
        if any {
            out.uint(self.exceptions.len() as u64);
        }
        for &position in &self.exceptions {
            out.uint(position as u64);
            out.float(values[position]);
        }
        ints::encode(&self.integers, effort, out);
    }
}

/// The integer that gives `value` back, bit by bit, when it is divided by that power of ten.
#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked by the way back")]
pub(super) fn decimal(value: f64, digits: usize) -> Option<i64> {
    let scaled = value * POWERS[digits];
    if scaled.abs() >= INTEGER_MAX {
        return None;
    }
    let integer = (scaled + 0.5_f64.copysign(scaled)) as i64;
    ((integer as f64 / POWERS[digits]).to_bits() == value.to_bits()).then_some(integer)
}

#[expect(clippy::cast_precision_loss, reason = "what was written fits")]
fn decode_decimals(
    from: &mut Reader<'_>,
    digits: u8,
    exceptions: usize,
    (count, wanted): (usize, usize),
    ints: &mut Vec<i64>,
    out: &mut Vec<f64>,
) -> Option<()> {
    let power = *POWERS.get(usize::from(digits))?;
    let listed = from.0;
    for _ in 0..exceptions {
        let _position = (from.uint()?, from.float()?);
    }
    ints.clear();
    ints::decode(from, count, wanted, ints)?;
    let begin = out.len();
    if power > 1.0 {
        out.extend(ints.iter().map(|&i| i as f64 / power));
    } else {
        out.extend(ints.iter().map(|&i| i as f64));
    }
    let mut listed = Reader(listed);
    for _ in 0..exceptions {
        let (position, value) = (usize::try_from(listed.uint()?).ok()?, listed.float()?);
        if position >= count {
            return None;
        }
        if let Some(place) = out.get_mut(begin + position) {
            *place = value;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use aio_types::stale_nan;
    use proptest::prelude::*;

    use super::*;

    fn round_trip(values: &[f64]) -> Vec<u8> {
        let mut bytes = Writer::default();
        encode(values, Effort::Thorough, &mut bytes);
        let column = bytes.0.clone();
        bytes.byte(77);
        let (mut from, mut out) = (Reader(&bytes.0), Vec::new());
        decode(&mut from, values.len(), values.len(), &mut Vec::new(), &mut out).expect("decodes");
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!((bits(&out), from.0), (bits(values), &[77][..]));
        let (half, mut some) = (values.len() / 2, Vec::new());
        decode(&mut Reader(&bytes.0), values.len(), half, &mut Vec::new(), &mut some).expect("decodes");
        assert_eq!(bits(&some), bits(&values[..half]));
        column
    }

    #[test]
    fn a_column_is_kept_in_the_way_that_fits() {
        let column = |f: &dyn Fn(u32) -> f64| (0..120).map(f).collect::<Vec<_>>();
        for (values, tag, bytes_max) in [
            (column(&|_| f64::NAN), CONSTANT, 11),
            (column(&|_| 1.0), CONSTANT, 4),
            (column(&|i| f64::from(i * 750 + i * i % 60)), DECIMAL, 120),
            (column(&|i| f64::from(i * i % 97) / 100.0), DECIMAL + 2, 120),
            (column(&|i| if i == 119 { stale_nan() } else { f64::from(i) }), DECIMAL + EXCEPTIONS, 40),
            (column(&|i| if i == 60 { -0.0 } else { f64::from(i % 2) }), DECIMAL + EXCEPTIONS, 40),
            (column(&|i| f64::from(i).sqrt()), BITS, 850),
            (column(&|i| f64::from(i) * 1e300), BITS, 850),
            // What was a float of 32 bits.
            (column(&|i| f64::from_bits((f64::from(i).sqrt() / 3.0).to_bits() >> 29 << 29)), BITS, 400),
            (column(&|i| f64::from(1 + i * i % 77).sqrt() * 1000.0), BITS, 830),
        ] {
            let found = round_trip(&values);
            assert_eq!(found[0], tag, "{values:?}");
            assert!(found.len() <= bytes_max, "{} bytes: {values:?}", found.len());
        }
    }

    proptest! {
        #[test]
        fn any_floats_come_back_bit_by_bit(
            any in prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 0..130),
            decimals in prop::collection::vec((-10_000_i32..10_000).prop_map(|i| f64::from(i) / 1000.0), 0..130),
            odd in prop::collection::vec(prop_oneof![
                20 => (0_u8..9).prop_map(f64::from),
                1 => prop::sample::select(vec![stale_nan(), f64::NAN, -0.0, f64::INFINITY, f64::MIN_POSITIVE, f64::MAX]),
            ], 0..130),
        ) {
            round_trip(&any);
            round_trip(&decimals);
            round_trip(&odd);
        }

        #[test]
        fn any_bytes_decode_without_panic(data in prop::collection::vec(any::<u8>(), 0..64), count in 0_usize..200) {
            let _may_fail = decode(&mut Reader(&data), count, count / 2, &mut Vec::new(), &mut Vec::new());
        }
    }
}
