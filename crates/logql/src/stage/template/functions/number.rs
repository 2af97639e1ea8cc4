//! Numbers. Whatever is given is made a number first: texts are read, and what is none is 0.

use aio_gotmpl::{Call, Fault, Function, Functions, Type, Value};

use crate::stage::number;
use crate::units;

const ANY: &[Type] = &[Type::Any];
const TWO: &[Type] = &[Type::Any, Type::Any];

pub(super) fn add(functions: &mut Functions) {
    functions.add("int", Function::new(ANY, |call| Ok(Value::Int(int(&call.take(0))))));
    functions.add("float64", Function::new(ANY, |call| Ok(Value::Float(float(&call.take(0))))));
    functions.add("add", Function::variadic(&[], Type::Any, |call| Ok(folded(call, 0, i64::wrapping_add))));
    functions.add("mul", Function::variadic(ANY, Type::Any, |call| Ok(folded(call, 1, i64::wrapping_mul))));
    functions.add("sub", Function::new(TWO, |call| Ok(Value::Int64(left(call).wrapping_sub(right(call))))));
    functions.add("div", Function::new(TWO, |call| divided(call, i64::wrapping_div)));
    functions.add("mod", Function::new(TWO, |call| divided(call, i64::wrapping_rem)));
    functions.add("max", Function::variadic(ANY, Type::Any, |call| Ok(folded(call, i64::MIN, i64::max))));
    functions.add("min", Function::variadic(ANY, Type::Any, |call| Ok(folded(call, i64::MAX, i64::min))));
    functions.add("maxf", Function::variadic(ANY, Type::Any, |call| Ok(folded_floats(call, greater))));
    functions.add("minf", Function::variadic(ANY, Type::Any, |call| Ok(folded_floats(call, less))));
    functions.add("ceil", Function::new(ANY, |call| Ok(Value::Float(float(&call.take(0)).ceil()))));
    functions.add("floor", Function::new(ANY, |call| Ok(Value::Float(float(&call.take(0)).floor()))));
    functions.add("round", Function::variadic(&[Type::Any, Type::Int], Type::Float, |call| Ok(round(call))));
    functions.add("bytes", Function::new(&[Type::Text], bytes));
    for name in ["duration", "duration_seconds"] {
        functions.add(name, Function::new(&[Type::Text], seconds));
    }
}

/// A whole number: the part before the point.
fn int(value: &Value<'_>) -> i64 {
    match value {
        Value::Int(v) | Value::Int64(v) => *v,
        Value::Uint64(v) => i64::try_from(*v).unwrap_or(i64::MAX),
        Value::Byte(v) => i64::from(*v),
        Value::Float(v) => whole(*v),
        Value::Bool(v) => i64::from(*v),
        Value::Text(text) => read(text).unwrap_or(0),
        _ => 0,
    }
}

/// What does not fit becomes the least, as processors have it.
#[expect(clippy::cast_possible_truncation, reason = "checked")]
fn whole(value: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) { value as i64 } else { i64::MIN }
}

/// A whole number as Go writes them: in base 2, 8, 10 or 16 by its prefix. Of a decimal fraction, what stands before the
/// point.
fn read(text: &str) -> Option<i64> {
    let text = match text.split_once('.') {
        Some((whole, digits)) if is_fraction(whole, digits) => match whole {
            "" | "+" | "-" => return Some(0),
            whole => whole,
        },
        _ => text,
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let is_separated = !digits.ends_with('_') && !digits.contains("__") && (base != 10 || !digits.starts_with('_'));
    if !is_separated || digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{}", digits.replace('_', "")), base).ok()
}

fn is_fraction(whole: &str, digits: &str) -> bool {
    let whole = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    whole.bytes().chain(digits.bytes()).all(|b| b.is_ascii_digit())
}

#[expect(clippy::cast_precision_loss, reason = "as Go converts")]
pub(super) fn float(value: &Value<'_>) -> f64 {
    match value {
        Value::Float(v) => *v,
        Value::Text(text) => number::float(text).unwrap_or(0.0),
        other => int(other) as f64,
    }
}

fn left(call: &Call<'_, '_>) -> i64 {
    call.args().first().map_or(0, int)
}

fn right(call: &Call<'_, '_>) -> i64 {
    call.args().get(1).map_or(0, int)
}

fn folded(call: &Call<'_, '_>, first: i64, f: impl Fn(i64, i64) -> i64) -> Value<'static> {
    Value::Int64(call.args().iter().map(int).fold(first, f))
}

fn folded_floats(call: &Call<'_, '_>, f: impl Fn(f64, f64) -> f64) -> Value<'static> {
    Value::Float(call.args().iter().map(float).reduce(f).unwrap_or(0.0))
}

/// As Go has it: an infinity wins over what is no number, and that over others.
fn greater(a: f64, b: f64) -> f64 {
    match (a, b) {
        _ if a == f64::INFINITY || b == f64::INFINITY => f64::INFINITY,
        _ if a.is_nan() || b.is_nan() => f64::NAN,
        _ if a == 0.0 && b == 0.0 => a + b,
        _ => a.max(b),
    }
}

fn less(a: f64, b: f64) -> f64 {
    -greater(-a, -b)
}

fn divided(call: &Call<'_, '_>, f: impl Fn(i64, i64) -> i64) -> Result<Value<'static>, Fault> {
    match right(call) {
        0 => Err(Fault::new("runtime error: integer divide by zero")),
        divisor => Ok(Value::Int64(f(left(call), divisor))),
    }
}

/// To so many digits behind the point; up from a half, or from another part where that is given.
fn round(call: &mut Call<'_, '_>) -> Value<'static> {
    let value = call.args().first().map_or(0.0, float);
    let power = 10_f64.powi(i32::try_from(call.int(1)).unwrap_or(0));
    let up_from = if call.args().len() > 2 { call.float(2) } else { 0.5 };
    let digits = value * power;
    let whole = if digits.fract() >= up_from { digits.ceil() } else { digits.floor() };
    Value::Float(whole / power)
}

fn bytes<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    let text = call.text(0);
    units::try_bytes(text).map(Value::Float).map_err(|fault| Fault::new(fault.to_string()))
}

fn seconds<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    let text = call.text(0);
    let seconds = units::go_duration_seconds(text);
    let fault = || units::try_go_duration_ns(text).err().map(|fault| fault.to_string());
    seconds.map(Value::Float).ok_or_else(|| Fault::new(fault().unwrap_or_default()))
}
