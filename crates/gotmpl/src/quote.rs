//! Go's quoted strings and characters, both ways.

use std::fmt::Write;

use crate::unicode::is_printable;

/// In double quotes; with `ascii`, everything else is escaped.
pub(crate) fn quote(text: &str, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    text.chars().for_each(|c| escape(&mut out, c, '"', ascii));
    out.push('"');
    out
}

/// In single quotes.
pub(crate) fn quote_char(c: char, ascii: bool) -> String {
    let mut out = String::from("'");
    escape(&mut out, c, '\'', ascii);
    out.push('\'');
    out
}

fn escape(out: &mut String, c: char, quote: char, ascii: bool) {
    if c == quote || c == '\\' {
        out.extend(['\\', c]);
        return;
    }
    if is_printable(c) && (c.is_ascii() || !ascii) {
        out.push(c);
        return;
    }
    let short = match c {
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{b}' => "\\v",
        _ => "",
    };
    let code = u32::from(c);
    let written = match code {
        _ if !short.is_empty() => out.write_str(short),
        0..0x20 | 0x7f => write!(out, "\\x{code:02x}"),
        0x20..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    debug_assert!(written.is_ok(), "a string takes whatever is written");
}

/// Whether it can stand between backquotes as it is.
pub(crate) fn can_backquote(text: &str) -> bool {
    text.chars().all(|c| c == '\t' || (c >= ' ' && !matches!(c, '`' | '\u{7f}' | '\u{feff}')))
}

/// The text of a literal with its quotes, `"…"` or `` `…` ``; nothing when it is malformed.
///
/// Bytes that are no UTF-8 (`"\xff"`) become U+FFFD.
pub(crate) fn unquote(literal: &str) -> Option<String> {
    let quote = literal.chars().next()?;
    let inner = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    if quote == '`' {
        return Some(inner.replace('\r', ""));
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let (unit, after) = unquote_unit(rest, quote)?;
        match unit {
            Unit::Byte(byte) => bytes.push(byte),
            Unit::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = after;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The character of a literal like `'x'`.
pub(crate) fn unquote_char(literal: &str) -> Result<u32, String> {
    let invalid = || "invalid syntax".to_owned();
    let inner = literal.strip_prefix('\'').ok_or_else(invalid)?;
    let (unit, tail) = unquote_unit(inner, '\'').ok_or_else(invalid)?;
    if tail != "'" {
        return Err(format!("malformed character constant: {literal}"));
    }
    Ok(match unit {
        Unit::Byte(byte) => u32::from(byte),
        Unit::Char(c) => u32::from(c),
    })
}

enum Unit {
    Byte(u8),
    Char(char),
}

fn unquote_unit(text: &str, quote: char) -> Option<(Unit, &str)> {
    let first = text.chars().next()?;
    let after = &text[first.len_utf8()..];
    if first == quote || first == '\n' {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Char(first), after));
    }
    let kind = after.chars().next()?;
    let rest = &after[kind.len_utf8()..];
    let plain = |c: char| Some((Unit::Char(c), rest));
    match kind {
        'a' => plain('\u{7}'),
        'b' => plain('\u{8}'),
        'f' => plain('\u{c}'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\u{b}'),
        '\\' => plain('\\'),
        '\'' | '"' if kind == quote => plain(kind),
        'x' => digits(rest, 2, 16).and_then(byte),
        'u' => digits(rest, 4, 16).and_then(character),
        'U' => digits(rest, 8, 16).and_then(character),
        '0'..='7' => digits(after, 3, 8).and_then(byte),
        _ => None,
    }
}

fn digits(text: &str, count: usize, radix: u32) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(count)?;
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some((u32::from_str_radix(digits, radix).ok()?, rest))
}

fn byte((value, rest): (u32, &str)) -> Option<(Unit, &str)> {
    Some((Unit::Byte(u8::try_from(value).ok()?), rest))
}

fn character((value, rest): (u32, &str)) -> Option<(Unit, &str)> {
    Some((Unit::Char(char::from_u32(value)?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted() {
        for (text, plain, ascii) in [
            ("a\"b\\", r#""a\"b\\""#, r#""a\"b\\""#),
            ("é\n\u{1}\u{7f}", r#""é\n\x01\x7f""#, r#""\u00e9\n\x01\x7f""#),
            ("\u{1f600}\u{200b}", "\"\u{1f600}\\u200b\"", r#""\U0001f600\u200b""#),
        ] {
            assert_eq!(quote(text, false), plain);
            assert_eq!(quote(text, true), ascii);
            assert_eq!(unquote(plain).as_deref(), Some(text));
            assert_eq!(unquote(ascii).as_deref(), Some(text));
        }
        assert_eq!(quote_char('\'', false), r"'\''");
    }

    #[test]
    fn malformed_literals_have_no_text() {
        for literal in [r#""\q""#, r#""\x1""#, r#""\u12""#, r#""\ud800""#, r#""\400""#, r#""\'""#, "\"\n\"", "\"", ""] {
            assert_eq!(unquote(literal), None, "{literal:?}");
        }
        assert_eq!(unquote("`a\r\\n`").as_deref(), Some("a\\n"));
        assert_eq!(unquote_char(r"'\''"), Ok(39));
        assert_eq!(unquote_char("'ab'").unwrap_err(), "malformed character constant: 'ab'");
    }
}
