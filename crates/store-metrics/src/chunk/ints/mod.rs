//! A column of integers: each is predicted from those before it, and what the prediction misses by is packed.
//!
//! ```text
//!   constant  0 | value
//!   others    1 + prediction + 8 * way + 40 if there is a step | first value | the step
//!             | what the prediction needs (`predict`) | residuals (`pack`)
//! ```
//!
//! Differences from the first value are divided by their greatest common divisor, the step. Of the ways to predict what
//! is left, and to pack what these miss by, those are taken that need least. Arithmetic wraps, so that any integers
//! come back.

mod line;
mod pack;
mod predict;
mod rice;
mod sparse;
mod words;

use aio_kit::bytes::{Reader, Writer};

use self::pack::WAYS;
use self::predict::{PREDICTIONS, Predicted, Prediction};

/// How much is tried to find what takes least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// What is quick to try: for what will be encoded anew.
    Quick,
    /// Everything.
    Thorough,
}

const CONSTANT: u8 = 0;
const STEP: u8 = PREDICTIONS * WAYS;

/// Appends the column; of no values, nothing.
pub(super) fn encode(values: &[i64], effort: Effort, out: &mut Writer) {
    let Some((&first, rest)) = values.split_first() else { return };
    if rest.iter().all(|&v| v == first) {
        out.byte(CONSTANT);
        out.int(first);
        return;
    }
    // Times mostly are regular.
    if let Some(interval) = regular(values) {
        Predicted::regular(interval, rest.len()).write(first, 1, out);
        return;
    }
    let step = step(first, rest);
    let quotients: Vec<i64> = values.iter().map(|v| divide(v.wrapping_sub(first), step)).collect();
    predict::best(&quotients, effort).write(first, step, out);
}

impl Predicted {
    fn write(&self, first: i64, step: u64, out: &mut Writer) {
        let has_step = if step == 1 { 0 } else { STEP };
        out.byte(1 + self.prediction.tag() + PREDICTIONS * self.packing.way() + has_step);
        out.int(first);
        if step != 1 {
            out.uint(step);
        }
        self.prediction.write(out);
        self.packing.write(&self.residuals, out);
    }
}

/// By how much each value is more than the one before, if that is the same for all.
fn regular(values: &[i64]) -> Option<i64> {
    let interval = values.get(1)?.wrapping_sub(*values.first()?);
    values.windows(2).all(|w| w[1].wrapping_sub(w[0]) == interval).then_some(interval)
}

/// Appends the first `wanted` of `count` values to `out`; `None` where the bytes are no such column. What is left of
/// `from` begins behind the column where all values are wanted.
pub(super) fn decode(from: &mut Reader<'_>, count: usize, wanted: usize, out: &mut Vec<i64>) -> Option<()> {
    let wanted = wanted.min(count);
    if count == 0 {
        return Some(());
    }
    let tag = from.byte()?;
    let first = from.int()?;
    let begin = out.len();
    if tag == CONSTANT {
        out.resize(begin + wanted, first);
        return Some(());
    }
    let tag = tag - 1;
    let step = match tag / STEP {
        0 => 1,
        1 => from.uint()?.cast_signed(),
        _ => return None,
    };
    let prediction = Prediction::read(tag % PREDICTIONS, from)?;
    let given = prediction.given();
    out.extend_from_slice(&[0; 2][..given.min(count)]);
    let [residuals, wanted_residuals] = [count, wanted].map(|n| n.saturating_sub(given));
    pack::decode(tag % STEP / PREDICTIONS, from, residuals, wanted_residuals, out)?;
    out.truncate(begin + wanted);
    prediction.restore(&mut out[begin..]);
    if step == 1 {
        out[begin..].iter_mut().for_each(|v| *v = v.wrapping_add(first));
    } else {
        out[begin..].iter_mut().for_each(|v| *v = v.wrapping_mul(step).wrapping_add(first));
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

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn bit_length(value: u64) -> u32 {
    64 - value.leading_zeros()
}

/// How many bits an integer of the head takes.
fn head_bits(value: i64) -> u64 {
    8 * u64::from(bit_length(zigzag(value)).max(1).div_ceil(7))
}

#[cfg(test)]
mod tests;
