//! Arithmetic on decimal fractions: `0.1` and `0.2` are what they say, and the result becomes a float64 at the end.

use aio_gotmpl::{Call, Fault, Function, Functions, Type, Value};
use num_bigint::BigInt;

use super::number::float;

/// Digits behind the point of a quotient.
const QUOTIENT_DIGITS: i64 = 16;
/// Digits of a result on the way; more come from no number of sensible factors.
const DIGITS_MAX: u64 = 100_000;

pub(super) fn add(functions: &mut Functions) {
    functions.add("addf", Function::variadic(&[], Type::Any, |call| folded(call, Some(0.0), |a, b| Ok(a.plus(&b, 1)))));
    functions
        .add("mulf", Function::variadic(&[Type::Any], Type::Any, |call| folded(call, None, |a, b| Ok(a.times(&b)))));
    functions
        .add("subf", Function::variadic(&[Type::Any], Type::Any, |call| folded(call, None, |a, b| Ok(a.plus(&b, -1)))));
    functions.add("divf", Function::variadic(&[Type::Any], Type::Any, |call| folded(call, None, Decimal::over)));
}

/// `digits` times ten to the power of `exponent`.
#[derive(Debug, Clone)]
struct Decimal {
    digits: BigInt,
    exponent: i64,
}

fn folded<'a>(
    call: &Call<'_, '_>,
    first: Option<f64>,
    f: impl Fn(Decimal, Decimal) -> Result<Decimal, Fault>,
) -> Result<Value<'a>, Fault> {
    let mut all = first.into_iter().chain(call.args().iter().map(float));
    let mut result = Decimal::of(all.next().unwrap_or(0.0))?;
    for next in all {
        result = f(result, Decimal::of(next)?)?;
        if result.digits.bits() > DIGITS_MAX {
            return Err(Fault::new("too many digits"));
        }
    }
    Ok(Value::Float(result.to_float()))
}

impl Decimal {
    /// The shortest one that is this float.
    fn of(value: f64) -> Result<Self, Fault> {
        if !value.is_finite() {
            let name = if value.is_nan() { "NaN" } else { if value > 0.0 { "+Inf" } else { "-Inf" } };
            return Err(Fault::new(format!("Cannot create a Decimal from {name}")));
        }
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let exponent: i64 = exponent.parse().unwrap_or(0);
        let digits = format!("{whole}{fraction}").parse().unwrap_or_default();
        Ok(Self { digits, exponent: exponent - i64::try_from(fraction.len()).unwrap_or(0) })
    }

    fn to_float(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(0.0)
    }

    /// The digits at a smaller exponent.
    fn at(&self, exponent: i64) -> BigInt {
        &self.digits * ten_to(self.exponent - exponent)
    }

    fn plus(&self, other: &Self, sign: i32) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self { digits: self.at(exponent) + other.at(exponent) * sign, exponent }
    }

    fn times(&self, other: &Self) -> Self {
        Self { digits: &self.digits * &other.digits, exponent: self.exponent + other.exponent }
    }

    /// To so many digits behind the point, a half away from zero.
    fn over(self, other: Self) -> Result<Self, Fault> {
        if other.digits == BigInt::ZERO {
            return Err(Fault::new("decimal division by 0"));
        }
        let shift = self.exponent - other.exponent + QUOTIENT_DIGITS;
        let (above, below) = match shift {
            0.. => (self.digits * ten_to(shift), other.digits),
            _ => (self.digits, other.digits * ten_to(-shift)),
        };
        let sign =
            if (above.sign() == num_bigint::Sign::Minus) == (below.sign() == num_bigint::Sign::Minus) { 1 } else { -1 };
        let (above, below) = (above.magnitude() * 2_u32, below.magnitude());
        let digits = (above + below) / (below * 2_u32);
        Ok(Self { digits: BigInt::from(digits) * sign, exponent: -QUOTIENT_DIGITS })
    }
}

/// Floats end at some three hundred.
fn ten_to(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent.clamp(0, 200_000)).unwrap_or(0))
}
