//! Times: those of the line and of now, read from text and shown by Go's layouts.

use aio_gotmpl::{Call, Fault, Function, Functions, Signature, TIME, Time, Type, Value};

/// The time of the line.
pub(in super::super) const TIMESTAMP: &str = "__timestamp__";
/// The time at which the function is called.
pub(in super::super) const NOW: &str = "now";

pub(super) fn add(functions: &mut Functions) {
    for name in [TIMESTAMP, NOW] {
        functions.add(name, Function::of_host(name, Signature::new(&[])));
    }
    functions.add("date", Function::new(&[Type::Text, Type::Any], date));
    functions.add("toDate", Function::new(&[Type::Text, Type::Text], |call| Ok(read(call.text(0), call.text(1), ""))));
    functions.add(
        "toDateInZone",
        Function::new(&[Type::Text, Type::Text, Type::Text], |call| Ok(read(call.text(0), call.text(2), call.text(1)))),
    );
    functions.add("unixToTime", Function::new(&[Type::Text], from_unix));
    functions.add("unixEpoch", of_time(Time::unix));
    functions.add("unixEpochMillis", of_time(Time::unix_millis));
    functions.add("unixEpochNanos", of_time(Time::unix_nanos));
}

fn of_time(f: impl Fn(&Time) -> i64 + Send + Sync + 'static) -> Function {
    Function::new(&[TIME], move |call| {
        let time = call.args().first().and_then(Time::of).cloned().unwrap_or_default();
        Ok(Value::from(f(&time).to_string()))
    })
}

/// In UTC; numbers are seconds since 1970, and what is no time means now.
fn date<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    let time = match call.args().get(1) {
        Some(Value::Int(seconds) | Value::Int64(seconds)) => Time::from_unix(*seconds, 0),
        Some(value) if Time::of(value).is_some() => Time::of(value).map(Time::in_utc).unwrap_or_default(),
        _ => {
            let now = call.host().call(NOW, call)?;
            Time::of(&now).cloned().unwrap_or_default()
        }
    };
    // No part of a layout becomes more than four times as long.
    if call.text(0).len().saturating_mul(4) > call.bytes_max() {
        return Err(Fault::too_long());
    }
    Ok(Value::from(time.format(call.text(0))))
}

/// What does not fit is the zero time.
fn read(layout: &str, text: &str, zone: &str) -> Value<'static> {
    Value::object(Time::read(layout, text, zone).unwrap_or_default())
}

/// The number of digits tells the unit.
fn from_unix<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    let text = call.text(0);
    let number = |why: &str| Fault::new(format!("unable to parse time '{text}': {why}"));
    let n: i64 = text.parse().map_err(|error: std::num::ParseIntError| {
        let why = match error.kind() {
            std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        number(&format!("strconv.ParseInt: parsing {text:?}: {why}"))
    })?;
    let time = match text.len() {
        5 => Time::from_unix(n * 86_400, 0),
        10 => Time::from_unix(n, 0),
        13 => Time::from_unix(n.div_euclid(1000), n.rem_euclid(1000) * 1_000_000),
        16 => Time::from_unix(n.div_euclid(1_000_000), n.rem_euclid(1_000_000) * 1000),
        19 => Time::from_unix(0, n),
        _ => return Err(number("%!w(<nil>)")),
    };
    Ok(Value::object(time))
}
