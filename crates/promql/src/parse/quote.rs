//! Quoted strings: how they are written, and what they say.

use std::fmt::Write as _;

/// A string in double quotes, escaped as Go does it. U+FFFD is escaped too, since a text that has it does not parse.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        escape(&mut out, c, '"');
    }
    out.push('"');
    out
}

/// A character in single quotes.
pub(super) fn quote_char(c: char) -> String {
    let mut out = String::from("'");
    escape(&mut out, c, '\'');
    out.push('\'');
    out
}

/// `U+0063 'c'`
pub(super) fn code_point(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    if is_printable(c) { format!("{code} '{c}'") } else { code }
}

fn escape(out: &mut String, c: char, quote: char) {
    let short = match c {
        '\x07' => 'a',
        '\x08' => 'b',
        '\x0c' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\x0b' => 'v',
        '\\' => '\\',
        c if c == quote => quote,
        c if is_printable(c) => {
            out.push(c);
            return;
        }
        c => {
            escape_code(out, u32::from(c));
            return;
        }
    };
    out.extend(['\\', short]);
}

fn escape_code(out: &mut String, code: u32) {
    let written = match code {
        0..0x80 => write!(out, "\\x{code:02x}"),
        0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    written.expect("a string takes everything");
}

fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // Marks are escaped at the start of a string only, and Go prints them.
    c != char::REPLACEMENT_CHARACTER && !format!("a{c}").escape_debug().any(|c| c == '\\')
}

/// What a string says that the lexer has found to be well-formed, its quotes included. Escapes such as `"\xff"` may
/// make bytes that are no valid UTF-8, in which no label or value is ever written: they become U+FFFD.
///
/// # Errors
/// What Go's own unquoting says of escapes that the lexer lets pass.
pub(super) fn unquote(quoted: &str) -> Result<String, &'static str> {
    const INVALID: &str = "invalid syntax";
    let mut chars = quoted.chars();
    let (quote, end) = (chars.next().ok_or(INVALID)?, chars.next_back());
    if end != Some(quote) {
        return Err(INVALID);
    }
    if quote == '`' {
        return Ok(chars.as_str().chars().filter(|c| *c != '\r').collect());
    }
    let mut out = Vec::with_capacity(quoted.len());
    while let Some(c) = chars.next() {
        match c {
            '\\' => unescape(&mut out, &mut chars).ok_or(INVALID)?,
            c => push(&mut out, c),
        }
    }
    Ok(String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn unescape(out: &mut Vec<u8>, chars: &mut std::str::Chars<'_>) -> Option<()> {
    match chars.next()? {
        'a' => out.push(0x07),
        'b' => out.push(0x08),
        'f' => out.push(0x0c),
        'n' => out.push(b'\n'),
        'r' => out.push(b'\r'),
        't' => out.push(b'\t'),
        'v' => out.push(0x0b),
        c @ ('\\' | '"' | '\'') => push(out, c),
        c @ '0'..='7' => {
            let value = digits(chars, 2, 8, c.to_digit(8)?)?;
            out.push(u8::try_from(value).ok()?);
        }
        'x' => {
            let value = digits(chars, 2, 16, 0)?;
            out.push(u8::try_from(value).ok()?);
        }
        'u' => push(out, char::from_u32(digits(chars, 4, 16, 0)?)?),
        'U' => push(out, char::from_u32(digits(chars, 8, 16, 0)?)?),
        _ => return None,
    }
    Some(())
}

fn digits(chars: &mut std::str::Chars<'_>, count: usize, radix: u32, start: u32) -> Option<u32> {
    let mut value = start;
    for _ in 0..count {
        value = value.checked_mul(radix)?.checked_add(chars.next()?.to_digit(radix)?)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_say_what_go_says() {
        for (quoted, said) in [
            (r#""a\"b\\\n""#, "a\"b\\\n"),
            (r"'it\'s'", "it's"),
            (r"`\d\`", r"\d\"),
            (r#""\x41\101\u00e9\U0001F642""#, "AA\u{e9}\u{1f642}"),
            (r#""\xf0\x9f\x99\x82""#, "\u{1f642}"),
            (r#""a\xffb""#, "a\u{fffd}b"),
        ] {
            assert_eq!(unquote(quoted).as_deref(), Ok(said), "{quoted}");
        }
    }

    #[test]
    fn strings_are_written_as_go_writes_them() {
        for (text, quoted) in [
            ("a\"b\\\n\x01", r#""a\"b\\\n\x01""#),
            ("\u{e9}\u{1f642}e\u{301}", "\"\u{e9}\u{1f642}e\u{301}\""),
            ("\u{a0}\u{200b}\u{fffd}\u{10ffff}", r#""\u00a0\u200b\ufffd\U0010ffff""#),
        ] {
            assert_eq!(quote(text), quoted);
            assert_eq!(unquote(quoted).as_deref(), Ok(text));
        }
    }
}
