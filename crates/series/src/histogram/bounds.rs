//! Where buckets end.

use super::fractions::FRACTIONS;

const FINEST: i32 = 8;

/// `mantissa · 2^exponent` for a mantissa in 1/2..2, rounded once.
fn scale_by_power(mantissa: f64, exponent: i64) -> f64 {
    // In 1..4, so that exponents of 1.. are normal.
    let (mantissa, exponent) = if mantissa < 1.0 { (mantissa * 2.0, exponent - 1) } else { (mantissa, exponent) };
    match exponent {
        1024.. => f64::INFINITY,
        -1022..1024 => mantissa * power_of_two(exponent),
        -1080..-1022 => mantissa * power_of_two(-1000) * power_of_two(exponent + 1000),
        _ => 0.0,
    }
}

fn power_of_two(exponent: i64) -> f64 {
    let biased = u64::try_from(exponent + 1023).unwrap_or(0);
    f64::from_bits(biased << 52)
}

/// Fraction in 1/2..1 and exponent of a positive finite number.
fn split(v: f64) -> (f64, i32) {
    let (v, shift) = if v < f64::MIN_POSITIVE { (v * power_of_two(54), 54) } else { (v, 0) };
    let bits = v.to_bits();
    let biased = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    (f64::from_bits(bits & !(0x7ff << 52) | (1022 << 52)), biased - 1022 - shift)
}

/// Upper bound of the positive bucket `index` of an exponential layout, which is the lower bound of the next one. The
/// last bucket of finite observations ends at the greatest finite number, that of infinite ones at infinity.
#[must_use]
pub fn exponential_bound(index: i32, schema: i32) -> f64 {
    let index = i64::from(index);
    if schema < 0 {
        let exponent = index << schema.unsigned_abs().min(31);
        return if exponent == 1024 { f64::MAX } else { scale_by_power(1.0, exponent) };
    }
    // Finer than anything that is stored; only what reads histograms to reduce them meets such ones.
    let (index, schema) = if schema > FINEST { (index >> (schema - FINEST).min(63), FINEST) } else { (index, schema) };
    let of_finest = (index & ((1 << schema) - 1)) << (FINEST - schema);
    let fraction = usize::try_from(of_finest).ok().and_then(|i| FRACTIONS.get(i)).copied().unwrap_or(0.5);
    let exponent = (index >> schema) + 1;
    if fraction == 0.5 && exponent == 1025 { f64::MAX } else { scale_by_power(fraction, exponent) }
}

/// Index of the bucket of an exponential layout that holds observations of the absolute value `v`; zero and NaN have
/// none.
#[must_use]
pub fn bucket_index(v: f64, schema: i32) -> Option<i32> {
    let v = v.abs();
    if v.is_nan() || v == 0.0 {
        return None;
    }
    if v.is_infinite() {
        return bucket_index(f64::MAX, schema).map(|i| i + 1);
    }
    let (fraction, exponent) = split(v);
    if schema <= 0 {
        let exponent = if fraction == 0.5 { exponent - 1 } else { exponent };
        let shift = schema.unsigned_abs().min(31);
        return i32::try_from((i64::from(exponent) + (1_i64 << shift) - 1) >> shift).ok();
    }
    let schema = schema.min(FINEST);
    let step = 1_usize << (FINEST - schema);
    let below = FRACTIONS.iter().step_by(step).filter(|bound| **bound < fraction).count();
    i32::try_from(i64::try_from(below).ok()? + (i64::from(exponent - 1) << schema)).ok()
}

/// Index of the first bucket of an exponential layout that ends beyond `threshold`.
pub(super) fn first_beyond(threshold: f64, schema: i32) -> i32 {
    match bucket_index(threshold, schema) {
        None => i32::MIN,
        Some(index) if exponential_bound(index, schema) <= threshold => index + 1,
        Some(index) => index,
    }
}

/// Upper bound of the custom bucket `index`: the last one ends at +Inf, and what precedes the first one at -Inf.
pub(super) fn custom_bound(index: i32, bounds: &[f64]) -> f64 {
    match usize::try_from(index) {
        Err(_) => f64::NEG_INFINITY,
        Ok(i) => bounds.get(i).copied().unwrap_or(f64::INFINITY),
    }
}

/// Upper bound of the positive bucket `index` of any layout.
#[must_use]
pub fn upper_bound(index: i32, schema: i32, custom_bounds: &[f64]) -> f64 {
    if schema == aio_types::CUSTOM_BUCKETS_SCHEMA {
        custom_bound(index, custom_bounds)
    } else {
        exponential_bound(index, schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_prometheus() {
        // From `TestGetBoundExponential` of `model/histogram/generic_test.go`, and ends of the range.
        for (index, schema, expected) in [
            (-1, -1, 0.25),
            (0, -1, 1.0),
            (1, -1, 4.0),
            (512, -1, f64::MAX),
            (513, -1, f64::INFINITY),
            (-1, 0, 0.5),
            (0, 0, 1.0),
            (1, 0, 2.0),
            (1024, 0, f64::MAX),
            (1025, 0, f64::INFINITY),
            (-1, 2, 0.840_896_415_253_714_4),
            (0, 2, 1.0),
            (1, 2, 1.189_207_115_002_721),
            (4096, 2, f64::MAX),
            (4097, 2, f64::INFINITY),
            (3, 1, 2.828_427_124_746_19),
            (-1074, 0, 5e-324),
            (-1075, 0, 0.0),
            (-1022, 0, f64::MIN_POSITIVE),
            (64, -4, f64::MAX),
            (-64, -4, 5.562_684_646_268_003e-309),
            (-68, -4, 0.0),
        ] {
            assert_eq!(exponential_bound(index, schema), expected, "{index} {schema}");
        }
    }

    #[test]
    fn custom_bounds_end_at_infinity() {
        let bounds = [1.0, 2.0];
        assert_eq!(
            [-1, 0, 1, 2, 3].map(|i| custom_bound(i, &bounds)),
            [-f64::INFINITY, 1.0, 2.0, f64::INFINITY, f64::INFINITY]
        );
    }

    #[test]
    fn observations_find_their_bucket() {
        for schema in -4..=8 {
            for v in [1e-300, 0.3, 0.5, 1.0, 1.1, 2.0, 3.7e17, f64::MAX, f64::INFINITY, f64::MIN_POSITIVE] {
                let index = bucket_index(v, schema).unwrap_or_default();
                let (lower, upper) = (exponential_bound(index - 1, schema), exponential_bound(index, schema));
                assert!(lower < v && v <= upper, "{v} schema {schema} index {index}: {lower}..{upper}");
            }
        }
        assert_eq!(bucket_index(0.0, 3), None);
    }
}
