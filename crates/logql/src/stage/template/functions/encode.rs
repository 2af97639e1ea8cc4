//! Texts in other alphabets: queries of addresses, base64.

use aio_gotmpl::{Call, Fault, Function, Functions, Type, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const ONE: &[Type] = &[Type::Text];

pub(super) fn add(functions: &mut Functions) {
    functions.add("urlencode", Function::new(ONE, |call| Ok(Value::from(escape(call.text(0))))));
    functions.add("urldecode", Function::new(ONE, unescape));
    functions.add("b64enc", Function::new(ONE, |call| Ok(Value::from(STANDARD.encode(call.text(0))))));
    functions.add("b64dec", Function::new(ONE, |call| Ok(Value::from(decoded(call.text(0))))));
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn unescape<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    let bytes = call.text(0).as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| Some((digit(digits[0])?, digit(digits[1])?)));
        match (byte, digits) {
            (b'%', Some((high, low))) => {
                out.push(high << 4 | low);
                at += 2;
            }
            (b'%', None) => {
                let shown = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 3)]);
                return Err(Fault::new(format!("invalid URL escape {shown:?}")));
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    Ok(Value::from(String::from_utf8_lossy(&out).into_owned()))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// What is no base64 gives what is wrong with it, as upstream does: missing padding is added, ends of lines do not count,
/// and bits behind the last byte are of no interest.
fn decoded(text: &str) -> String {
    let padding = match text.len() % 4 {
        0 | 1 => "",
        2 => "==",
        _ => "=",
    };
    match from_base64(&[text.as_bytes(), padding.as_bytes()].concat()) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(at) => format!("illegal base64 data at input byte {at}"),
    }
}

/// The bytes, or where the first fault is.
fn from_base64(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut letters = text.iter().copied().enumerate().filter(|(_, b)| !matches!(b, b'\r' | b'\n'));
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    loop {
        let (mut bits, mut count) = (0_u32, 0);
        while count < 4 {
            match letters.next() {
                None if count == 0 => return Ok(out),
                None => return Err(text.len() - count),
                Some((at, b'=')) => {
                    ends(at, count, &mut letters, text.len())?;
                    bits <<= 6 * (4 - count);
                    out.extend_from_slice(&bits.to_be_bytes()[1..count]);
                    return Ok(out);
                }
                Some((at, letter)) => bits = bits << 6 | six_bits(letter).ok_or(at)?,
            }
            count += 1;
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
}

/// Whether padding that starts behind so many letters is all there, and nothing is behind it.
fn ends(at: usize, count: usize, behind: &mut impl Iterator<Item = (usize, u8)>, len: usize) -> Result<(), usize> {
    match count {
        0 | 1 => return Err(at),
        2 => match behind.next() {
            Some((_, b'=')) => {}
            // Go means the byte in front of it.
            Some((at, _)) => return Err(at - 1),
            None => return Err(len),
        },
        _ => {}
    }
    behind.next().map_or(Ok(()), |(at, _)| Err(at))
}

fn six_bits(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}
