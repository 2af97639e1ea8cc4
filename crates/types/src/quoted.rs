//! Quoted texts, as Go writes them.

use std::fmt::Write as _;

/// A text in double quotes.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        escape(&mut out, c);
    }
    out.push('"');
    out
}

fn escape(out: &mut String, c: char) {
    let code = u32::from(c);
    let written = match c {
        '"' => out.write_str("\\\""),
        '\\' => out.write_str("\\\\"),
        '\x07' => out.write_str("\\a"),
        '\x08' => out.write_str("\\b"),
        '\t' => out.write_str("\\t"),
        '\n' => out.write_str("\\n"),
        '\x0b' => out.write_str("\\v"),
        '\x0c' => out.write_str("\\f"),
        '\r' => out.write_str("\\r"),
        ' '..='~' => out.write_char(c),
        '\0'..='\x7f' => write!(out, "\\x{code:02x}"),
        // Rust's notion of what can be shown is Go's, but for marks that combine.
        _ if c.escape_debug().count() == 1 => out.write_char(c),
        '\u{80}'..='\u{ffff}' => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    written.expect("a string takes everything");
}

const INVALID: &str = "invalid syntax";
const ESCAPE: &str = "invalid char escape";

/// What a quoted text says, its quotes included. Bytes that are no UTF-8 become U+FFFD.
///
/// # Errors
/// `invalid char escape`, or `invalid syntax` for escapes of what is no character.
pub fn unquote(quoted: &str) -> Result<String, &'static str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).ok_or(INVALID)?;
    if quoted.starts_with('`') || !inner.contains('\\') {
        return Ok(inner.to_owned());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            unescape(&mut chars, &mut out)?;
        } else {
            push(&mut out, c);
        }
    }
    Ok(String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn unescape(chars: &mut std::str::Chars<'_>, out: &mut Vec<u8>) -> Result<(), &'static str> {
    let c = chars.next().ok_or(INVALID)?;
    let byte = match c {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' | '"' => u8::try_from(c).map_err(|_| INVALID)?,
        'x' => u8::try_from(code(chars, 2, 16, 0)?).map_err(|_| INVALID)?,
        '0'..='7' => u8::try_from(code(chars, 2, 8, c.to_digit(8).unwrap_or(0))?).map_err(|_| INVALID)?,
        'u' | 'U' => {
            let digits = if c == 'u' { 4 } else { 8 };
            let code = code(chars, digits, 16, 0)?;
            if code > u32::from(char::MAX) {
                return Err(INVALID);
            }
            // Half of a pair is no character.
            push(out, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            return Ok(());
        }
        _ => return Err(ESCAPE),
    };
    out.push(byte);
    Ok(())
}

fn code(chars: &mut std::str::Chars<'_>, digits: usize, base: u32, start: u32) -> Result<u32, &'static str> {
    let mut code = start;
    for _ in 0..digits {
        let digit = chars.next().and_then(|c| c.to_digit(base)).ok_or(ESCAPE)?;
        code = code.checked_mul(base).and_then(|code| code.checked_add(digit)).ok_or(ESCAPE)?;
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_unquoted_as_go_does_it() {
        for (quoted, want) in [
            (r#""a\"b\\c""#, Ok("a\"b\\c")),
            (r#""\x41\101\u00e9\U0001F600\n""#, Ok("AA\u{e9}\u{1f600}\n")),
            ("`a\\n\"`", Ok("a\\n\"")),
            (r#""\q""#, Err(ESCAPE)),
            (r#""\'""#, Err(ESCAPE)),
            (r#""\u12""#, Err(ESCAPE)),
            (r#""\ud800""#, Ok("\u{fffd}")),
            (r#""\U00110000""#, Err(INVALID)),
            ("`a\r`", Ok("a\r")),
            (r#""\xff""#, Ok("\u{fffd}")),
        ] {
            assert_eq!(unquote(quoted), want.map(str::to_owned), "{quoted}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_quoted_says_the_same(text in any_text()) {
            proptest::prop_assert_eq!(unquote(&quote(&text)), Ok(text));
        }
    }

    fn any_text() -> impl proptest::strategy::Strategy<Value = String> {
        proptest::collection::vec(proptest::char::any(), 0..20).prop_map(|chars| chars.into_iter().collect())
    }

    use proptest::strategy::Strategy as _;
}
