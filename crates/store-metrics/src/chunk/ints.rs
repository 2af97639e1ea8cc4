//! A column of integers, in whichever of a few ways takes least.
//!
//! ```text
//!   constant  0 | value
//!   others    tag = 1 + order + 3 * way | first value | step | as many heads as the order says, less one | way
//!   fixed     lowest | width | every residual less the lowest, in so many bits
//!   rice      centre | k | every residual less the centre, zigzag: quotient by 2^k in ones and a zero, remainder in k bits;
//!             or ESCAPE_ONES ones and 64 bits
//! ```
//!
//! Differences from the first value are divided by their greatest common divisor, the step. What is then packed are the
//! quotients (order 0), their differences (1) or the differences of those (2). Fixed widths suit what is spread evenly
//! and decode fastest, Rice codes suit what clusters, with outliers. Arithmetic wraps, so that any integers come back.
//! Source: R. F. Rice, "Some practical universal noiseless coding techniques", JPL 1979.

use aio_kit::bytes::{Reader, Writer};

use super::bits::{BitReader, BitWriter};

const CONSTANT: u8 = 0;
const ORDERS: u8 = 3;
const FIXED: u8 = 0;
const RICE: u8 = 1;
/// Quotients of so much and more are written out.
const ESCAPE_ONES: u32 = 20;
/// A whole code is read at once: 20 + 36 bits.
const RICE_BITS_MAX: u32 = 36;
/// What a residual more or less of the first kind must save.
const HEAD_BITS: u64 = 12;
/// How many residuals tell where their centre is.
const PROBES: usize = 9;

/// Appends the column; of no values, nothing.
pub(super) fn encode(values: &[i64], out: &mut Writer) {
    let Some((&first, rest)) = values.split_first() else { return };
    if rest.iter().all(|&v| v == first) {
        out.byte(CONSTANT);
        out.int(first);
        return;
    }
    let step = step(first, rest);
    let quotients: Vec<i64> = values.iter().map(|v| divide(v.wrapping_sub(first), step)).collect();
    let differences = differences(&quotients);
    let second = self::differences(&differences);
    let orders = [&quotients[1..], &differences, &second];
    let plans = orders.map(Plan::of);
    let Some((order, plan)) =
        (0_u8..).zip(&plans).min_by_key(|(order, plan)| plan.bits + HEAD_BITS * u64::from(*order))
    else {
        return;
    };
    out.byte(1 + order + ORDERS * plan.way());
    out.int(first);
    out.uint(step);
    if order == 2 {
        out.int(differences[0]);
    }
    plan.write(out);
}

/// Appends `count` values to `out`; `None` where the bytes are no such column.
pub(super) fn decode(from: &mut Reader<'_>, count: usize, out: &mut Vec<i64>) -> Option<()> {
    if count == 0 {
        return Some(());
    }
    let tag = from.byte()?;
    let first = from.int()?;
    let begin = out.len();
    if tag == CONSTANT {
        out.resize(begin + count, first);
        return Some(());
    }
    let (order, way) = ((tag - 1) % ORDERS, (tag - 1) / ORDERS);
    let step = from.uint()?.cast_signed();
    out.push(0);
    if order == 2 && count > 1 {
        out.push(from.int()?);
    }
    let residuals = count - (out.len() - begin);
    match way {
        FIXED => decode_fixed(from, residuals, out)?,
        RICE => decode_rice(from, residuals, out)?,
        _ => return None,
    }
    let column = &mut out[begin..];
    if order == 2 {
        sum_up(&mut column[1..]);
    }
    if order > 0 {
        let mut value = first;
        for v in column {
            value = value.wrapping_add(v.wrapping_mul(step));
            *v = value;
        }
    } else {
        column.iter_mut().for_each(|v| *v = v.wrapping_mul(step).wrapping_add(first));
    }
    Some(())
}

/// The greatest common divisor of all differences from the first value.
fn step(first: i64, rest: &[i64]) -> u64 {
    let mut step = 0;
    for value in rest {
        let Some(difference) = value.checked_sub(first) else { return 1 };
        step = common_divisor(difference.unsigned_abs(), step);
        if step == 1 {
            return 1;
        }
    }
    // Beyond this it would not divide signed numbers.
    if i64::try_from(step).is_ok() { step } else { 1 }
}

fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn divide(difference: i64, step: u64) -> i64 {
    if step == 1 { difference } else { difference.wrapping_div(step.cast_signed()) }
}

fn differences(values: &[i64]) -> Vec<i64> {
    values.windows(2).map(|w| w[1].wrapping_sub(w[0])).collect()
}

fn sum_up(values: &mut [i64]) {
    let mut sum = 0_i64;
    for value in values {
        sum = sum.wrapping_add(*value);
        *value = sum;
    }
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

/// How residuals are packed.
struct Plan<'a> {
    residuals: &'a [i64],
    /// What that takes.
    bits: u64,
    lowest: i64,
    width: u32,
    /// Centre and k, where that takes less than fixed widths.
    rice: Option<(i64, u32)>,
}

impl<'a> Plan<'a> {
    fn of(residuals: &'a [i64]) -> Self {
        let centre = centre(residuals);
        let (mut lowest, mut highest, mut distances) = (centre, centre, 0);
        for &residual in residuals {
            (lowest, highest) = (lowest.min(residual), highest.max(residual));
            distances += u64::from(bit_length(zigzag(residual.wrapping_sub(centre))));
        }
        let width = bit_length(highest.wrapping_sub(lowest).cast_unsigned());
        let bits = u64::from(width) * residuals.len() as u64;
        let mut plan = Self { residuals, bits, lowest, width, rice: None };
        // Fewer bits than the distances have no code takes.
        if width > 1 && distances < bits {
            let (k, bits) = rice_bits(residuals, centre, distances);
            if bits < plan.bits {
                (plan.rice, plan.bits) = (Some((centre, k)), bits);
            }
        }
        plan
    }

    fn way(&self) -> u8 {
        if self.rice.is_some() { RICE } else { FIXED }
    }

    fn write(&self, out: &mut Writer) {
        let mut bits = BitWriter::default();
        match self.rice {
            Some((centre, k)) => {
                out.int(centre);
                out.byte(k.to_le_bytes()[0]);
                self.residuals.iter().for_each(|r| write_rice(&mut bits, zigzag(r.wrapping_sub(centre)), k));
            }
            None => {
                out.int(self.lowest);
                out.byte(self.width.to_le_bytes()[0]);
                let above = |r: &i64| r.wrapping_sub(self.lowest).cast_unsigned();
                self.residuals.iter().for_each(|r| bits.write(above(r), self.width));
            }
        }
        bits.append_to(&mut out.0);
    }
}

/// The median of a few residuals.
fn centre(residuals: &[i64]) -> i64 {
    let mut probes = [0; PROBES];
    for (i, probe) in probes.iter_mut().enumerate() {
        *probe = residuals.get(i * residuals.len() / PROBES).copied().unwrap_or(0);
    }
    probes.sort_unstable();
    probes[PROBES / 2]
}

/// A good k and what it takes; `distances` is how many bits all distances from the centre have.
fn rice_bits(residuals: &[i64], centre: i64, distances: u64) -> (u32, u64) {
    let mean = u32::try_from(distances / residuals.len().max(1) as u64).unwrap_or(0);
    let [low, high] = [mean.saturating_sub(1), mean].map(|k| k.min(RICE_BITS_MAX));
    let (mut low_bits, mut high_bits) = (0, 0);
    for residual in residuals {
        let value = zigzag(residual.wrapping_sub(centre));
        low_bits += code_bits(value, low);
        high_bits += code_bits(value, high);
    }
    if low_bits <= high_bits { (low, low_bits) } else { (high, high_bits) }
}

fn code_bits(value: u64, k: u32) -> u64 {
    let quotient = value >> k;
    let escaped = u64::from(ESCAPE_ONES) + 64;
    if quotient < u64::from(ESCAPE_ONES) { quotient + 1 + u64::from(k) } else { escaped }
}

#[inline]
fn write_rice(bits: &mut BitWriter, value: u64, k: u32) {
    match u32::try_from(value >> k) {
        Ok(quotient) if quotient < ESCAPE_ONES => {
            let ones = (1 << (quotient + 1)) - 2;
            bits.write(ones << k | value & ((1 << k) - 1), quotient + 1 + k);
        }
        _ => {
            bits.write((1 << ESCAPE_ONES) - 1, ESCAPE_ONES);
            bits.write(value, 64);
        }
    }
}

fn decode_rice(from: &mut Reader<'_>, count: usize, out: &mut Vec<i64>) -> Option<()> {
    let centre = from.int()?;
    let k = u32::from(from.byte()?);
    if k > RICE_BITS_MAX {
        return None;
    }
    let mut bits = BitReader::new(from.0);
    let begin = out.len();
    out.resize(begin + count, 0);
    for value in &mut out[begin..] {
        *value = unzigzag(read_rice(&mut bits, k)?).wrapping_add(centre);
    }
    from.0 = bits.rest();
    Some(())
}

#[inline]
fn read_rice(bits: &mut BitReader<'_>, k: u32) -> Option<u64> {
    let word = bits.peek();
    let quotient = word.leading_ones();
    if quotient >= ESCAPE_ONES {
        bits.skip(ESCAPE_ONES)?;
        return bits.read(64);
    }
    bits.skip(quotient + 1 + k)?;
    let remainder = if k == 0 { 0 } else { word << (quotient + 1) >> (64 - k) };
    Some(u64::from(quotient) << k | remainder)
}

fn decode_fixed(from: &mut Reader<'_>, count: usize, out: &mut Vec<i64>) -> Option<()> {
    let lowest = from.int()?;
    let width = u32::from(from.byte()?);
    if width > u64::BITS {
        return None;
    }
    let mut bits = BitReader::new(from.0);
    bits.read_all(count, width, out, |above| lowest.wrapping_add(above.cast_signed()))?;
    from.0 = bits.rest();
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(values: &[i64]) -> usize {
        let mut bytes = Writer::default();
        encode(values, &mut bytes);
        let size = bytes.0.len();
        bytes.byte(77);
        let (mut from, mut out) = (Reader(&bytes.0), vec![5]);
        decode(&mut from, values.len(), &mut out).expect("decodes");
        assert_eq!((&out[1..], from.0), (values, &[77][..]), "the column ends where the next thing begins");
        size
    }

    #[test]
    fn regular_columns_take_little() {
        let bytes = |f: &dyn Fn(i64) -> i64| round_trip(&(0..120).map(f).collect::<Vec<_>>());
        assert!(bytes(&|_| 1_700_000_000_000) <= 8);
        assert!(bytes(&|i| 1_700_000_000_000 + i * 15_000) <= 12);
        assert!(bytes(&|i| 4096 * (i * i % 7)) <= 55, "the step is factored out");
        assert!(bytes(&|i| i * i) <= 10, "second differences are constant");
        assert!(bytes(&|i| if i == 50 { 1 << 40 } else { i % 3 }) <= 60, "an outlier does not widen all");
    }

    proptest! {
        #[test]
        fn any_integers_come_back(
            any in prop::collection::vec(any::<i64>(), 0..130),
            near in prop::collection::vec(-50_i64..50, 0..130),
            step in 1_i64..5000,
            extreme in prop::collection::vec(prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)], 0..20),
        ) {
            round_trip(&any);
            round_trip(&near);
            round_trip(&near.iter().map(|v| v * step).collect::<Vec<_>>());
            round_trip(&near.iter().scan(0, |sum, v| { *sum += v * step; Some(*sum) }).collect::<Vec<_>>());
            round_trip(&extreme);
        }

        #[test]
        fn any_bytes_decode_without_panic(data in prop::collection::vec(any::<u8>(), 0..64), count in 0_usize..200) {
            let _may_fail = decode(&mut Reader(&data), count, &mut Vec::new());
        }
    }
}
