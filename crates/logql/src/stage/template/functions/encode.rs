//! Texts in other alphabets: queries of addresses, base64.

use aio_gotmpl::{Call, Fault, Function, Functions, Type, Value};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

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

/// What is no base64 gives what is wrong with it, as upstream does. Missing padding is added, ends of lines do not count,
/// and bits behind the last byte are of no interest.
fn decoded(text: &str) -> String {
    const LENIENT: GeneralPurpose =
        GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
    let padding = match text.len() % 4 {
        0 | 1 => 0,
        rest => 4 - rest,
    };
    let padded: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect::<String>() + &"=".repeat(padding);
    match LENIENT.decode(padded) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(base64::DecodeError::InvalidByte(at, _)) => format!("illegal base64 data at input byte {at}"),
        Err(_) => format!("illegal base64 data at input byte {}", text.len() - text.len() % 4),
    }
}
