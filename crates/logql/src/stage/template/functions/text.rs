//! Texts. Go's own functions take the text first, those of sprig last.

use aio_gotmpl::{Call, Fault, Function, Functions, Type, Value};

const ONE: &[Type] = &[Type::Text];
const TWO: &[Type] = &[Type::Text, Type::Text];
const THREE: &[Type] = &[Type::Text, Type::Text, Type::Text];
const COUNTED: &[Type] = &[Type::Int, Type::Text];

pub(super) fn add(functions: &mut Functions) {
    for name in ["ToLower", "lower"] {
        functions.add(name, of_one(lower));
    }
    for name in ["ToUpper", "upper"] {
        functions.add(name, of_one(upper));
    }
    for name in ["TrimSpace", "trim"] {
        functions.add(name, of_one(|text| text.trim().to_owned()));
    }
    functions.add("title", of_one(title));
    functions.add("Trim", of_two(|text, set| text.trim_matches(|c| set.contains(c)).to_owned()));
    functions.add("trimAll", of_two(|set, text| text.trim_matches(|c| set.contains(c)).to_owned()));
    functions.add("TrimLeft", of_two(|text, set| text.trim_start_matches(|c| set.contains(c)).to_owned()));
    functions.add("TrimRight", of_two(|text, set| text.trim_end_matches(|c| set.contains(c)).to_owned()));
    functions.add("TrimPrefix", of_two(|text, prefix| text.strip_prefix(prefix).unwrap_or(text).to_owned()));
    functions.add("trimPrefix", of_two(|prefix, text| text.strip_prefix(prefix).unwrap_or(text).to_owned()));
    functions.add("TrimSuffix", of_two(|text, suffix| text.strip_suffix(suffix).unwrap_or(text).to_owned()));
    functions.add("trimSuffix", of_two(|suffix, text| text.strip_suffix(suffix).unwrap_or(text).to_owned()));
    functions.add("contains", asking(|part, text| text.contains(part)));
    functions.add("hasPrefix", asking(|part, text| text.starts_with(part)));
    functions.add("hasSuffix", asking(|part, text| text.ends_with(part)));
    functions.add("Replace", Function::new(&[Type::Text, Type::Text, Type::Text, Type::Int], replace_some));
    functions.add("replace", Function::new(THREE, |call| replaced(call, call.text(2), call.text(0), call.text(1), -1)));
    functions.add("trunc", Function::new(COUNTED, |call| Ok(Value::from(trunc(call.int(0), call.text(1))))));
    functions.add("substr", Function::new(&[Type::Int, Type::Int, Type::Text], substr));
    functions.add("repeat", Function::new(COUNTED, repeat));
    functions.add("indent", Function::new(COUNTED, |call| indent(call, "")));
    functions.add("nindent", Function::new(COUNTED, |call| indent(call, "\n")));
    functions.add("alignLeft", Function::new(COUNTED, |call| align(call, true)));
    functions.add("alignRight", Function::new(COUNTED, |call| align(call, false)));
    functions.add("default", Function::variadic(&[Type::Any], Type::Any, |call| Ok(given_or_default(call))));
}

fn of_one(f: impl Fn(&str) -> String + Send + Sync + 'static) -> Function {
    Function::new(ONE, move |call| Ok(Value::from(f(call.text(0)))))
}

fn of_two(f: impl Fn(&str, &str) -> String + Send + Sync + 'static) -> Function {
    Function::new(TWO, move |call| Ok(Value::from(f(call.text(0), call.text(1)))))
}

fn asking(f: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> Function {
    Function::new(TWO, move |call| Ok(Value::from(f(call.text(0), call.text(1)))))
}

/// Letter by letter, as Go does: a letter whose capital is two letters stays.
fn upper(text: &str) -> String {
    text.chars().map(capital).collect()
}

fn capital(c: char) -> char {
    // Greek letters with an iota below: their capital alone is one letter.
    let up = match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    if up > 0 {
        return char::from_u32(u32::from(c) + up).unwrap_or(c);
    }
    let mut capitals = c.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        _ => c,
    }
}

fn lower(text: &str) -> String {
    text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()
}

/// A capital at the begin of each word.
fn title(text: &str) -> String {
    let mut before = ' ';
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let begins = if before.is_ascii() {
            !(before.is_ascii_alphanumeric() || before == '_')
        } else {
            !before.is_alphanumeric() && before.is_whitespace()
        };
        out.push(if begins { capital(c) } else { c });
        before = c;
    }
    out
}

fn replace_some<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    replaced(call, call.text(0), call.text(1), call.text(2), call.int(3))
}

/// At most `count` times, or always where that is negative.
fn replaced<'a>(call: &Call<'_, '_>, text: &str, old: &str, new: &str, count: i64) -> Result<Value<'a>, Fault> {
    let found = if old.is_empty() { text.len() + 1 } else { text.len() / old.len() };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    check(call, found.min(count).saturating_mul(new.len()).saturating_add(text.len()))?;
    Ok(Value::from(text.replacen(old, new, count)))
}

/// The first bytes, or the last ones where the count is negative.
fn trunc(count: i64, text: &str) -> String {
    let len = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let bytes = text.as_bytes();
    let part = match count {
        ..0 if len < bytes.len() => &bytes[bytes.len() - len..],
        0.. if len < bytes.len() => &bytes[..len],
        _ => bytes,
    };
    String::from_utf8_lossy(part).into_owned()
}

/// From one byte to before another; a start that is negative means the begin, an end that is negative or too far the end.
fn substr<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    let bytes = call.text(2).as_bytes();
    let (start, end) = (call.int(0), call.int(1));
    let within = |place: i64| usize::try_from(place).ok().filter(|place| *place <= bytes.len());
    let part = match start {
        ..0 => within(end).map(|end| &bytes[..end]).ok_or_else(|| match end {
            ..0 => format!("[:{end}]"),
            0.. => format!("[:{end}] with length {}", bytes.len()),
        }),
        0.. => {
            let end = within(end).unwrap_or(bytes.len());
            within(start).and_then(|start| bytes.get(start..end)).ok_or_else(|| format!("[{start}:{end}]"))
        }
    };
    let part = part.map_err(|bounds| Fault::new(format!("runtime error: slice bounds out of range {bounds}")))?;
    Ok(Value::from(String::from_utf8_lossy(part).into_owned()))
}

fn repeat<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    let count = usize::try_from(call.int(0)).map_err(|_| Fault::new("strings: negative Repeat count"))?;
    check(call, count.saturating_mul(call.text(1).len()))?;
    Ok(Value::from(call.text(1).repeat(count)))
}

/// Every line behind so many spaces.
fn indent<'a>(call: &mut Call<'_, 'a>, before: &str) -> Result<Value<'a>, Fault> {
    let (width, text) = (call.int(0), call.text(1));
    let width = usize::try_from(width).map_err(|_| Fault::new("strings: negative Repeat count"))?;
    let lines = text.matches('\n').count() + 1;
    check(call, lines.saturating_mul(width).saturating_add(text.len() + 1))?;
    let spaces = " ".repeat(width);
    Ok(Value::from(format!("{before}{spaces}{}", text.replace('\n', &format!("\n{spaces}")))))
}

/// Exactly so many letters: what is missing is spaces, what is too much goes.
fn align<'a>(call: &mut Call<'_, 'a>, left: bool) -> Result<Value<'a>, Fault> {
    let text = call.text(1);
    let Ok(width) = usize::try_from(call.int(0)) else { return Ok(Value::from(text.to_owned())) };
    check(call, width)?;
    let len = text.chars().count();
    let spaces = " ".repeat(width.saturating_sub(len));
    let surplus = len.saturating_sub(width);
    Ok(Value::from(match left {
        true => text.chars().take(width).collect::<String>() + &spaces,
        false => spaces + &text.chars().skip(surplus).collect::<String>(),
    }))
}

fn given_or_default<'a>(call: &mut Call<'_, 'a>) -> Value<'a> {
    let is_given = call.args().get(1).is_some_and(Value::truth);
    call.take(usize::from(is_given))
}

fn check(call: &Call<'_, '_>, bytes: usize) -> Result<(), Fault> {
    if bytes > call.bytes_max() { Err(Fault::too_long()) } else { Ok(()) }
}
