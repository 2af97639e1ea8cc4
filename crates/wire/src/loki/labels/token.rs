//! The tokens of a label set, and what is told of those that are none.

use std::borrow::Cow;
use std::str::Chars;

/// Where in the text, in bytes, and why.
pub(super) type Fault = (usize, String);

/// How much of a token a fault shows.
const SHOWN_BYTES_MAX: usize = 512;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    Name(&'a str),
    /// As it is written, and what it says.
    Text(&'a str, Cow<'a, str>),
    Equal,
    /// An operator that a selector may have and a label set may not.
    Operator(&'static str),
    Comma,
    Close,
}

impl Token<'_> {
    /// As a fault names it.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Name(name) => format!("identifier {:?}", cut(name)),
            Self::Text(raw, _) => match raw.char_indices().nth(10) {
                Some((end, _)) => format!("string {:?}...", &raw[..end]),
                None => format!("string {raw:?}"),
            },
            Self::Equal => "\"=\"".to_owned(),
            Self::Operator(operator) => format!("<op:{operator}>"),
            Self::Comma => "\",\"".to_owned(),
            Self::Close => "\"}\"".to_owned(),
        }
    }
}

pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN_BYTES_MAX)]
}

#[derive(Debug)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Steps over space and comments.
    pub(super) fn space(&mut self) {
        loop {
            self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
            if !self.rest().starts_with('#') {
                return;
            }
            self.take_while(|b| b != b'\n');
        }
    }

    /// Steps over the brace that opens a set, where there is one.
    pub(super) fn open(&mut self) -> bool {
        let is_open = self.rest().starts_with('{');
        self.at += usize::from(is_open);
        is_open
    }

    pub(super) fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.bytes().position(|b| !belongs(b)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// The next token inside braces and where it begins.
    pub(super) fn next(&mut self) -> Result<(usize, Token<'a>), Fault> {
        self.space();
        let (at, rest) = (self.at, self.rest());
        let fault = |why: String| Err((at, why));
        let mut chars = rest.chars();
        let (token, len) = match chars.next() {
            None => return fault("unexpected end of input inside braces".to_owned()),
            Some('_' | 'a'..='z' | 'A'..='Z') => {
                let name = self.take_while(|b| b == b'_' || b.is_ascii_alphanumeric());
                return Ok((at, Token::Name(name)));
            }
            Some(quote @ ('"' | '\'' | '`')) => {
                let (said, len) = text(rest, quote).map_err(|why| (at, why))?;
                (Token::Text(&rest[..len], said), len)
            }
            Some(',') => (Token::Comma, 1),
            Some('}') => (Token::Close, 1),
            Some('=') if chars.next() == Some('~') => (Token::Operator("=~"), 2),
            Some('=') => (Token::Equal, 1),
            Some('!') => match chars.next() {
                Some('=') => (Token::Operator("!="), 2),
                Some('~') => (Token::Operator("!~"), 2),
                next => {
                    let next = next.map_or_else(|| "'\u{fffd}'".to_owned(), |c| format!("{c:?}"));
                    return fault(format!("unexpected character after '!' inside braces: {next}"));
                }
            },
            Some('{') => return fault("unexpected left brace '{'".to_owned()),
            Some(other) => return fault(format!("unexpected character inside braces: {other:?}")),
        };
        self.at += len;
        Ok((at, token))
    }
}

/// What the string literal says with which a text begins, and its length.
fn text(literal: &str, quote: char) -> Result<(Cow<'_, str>, usize), String> {
    let inner = &literal[1..];
    if quote == '`' {
        let end = inner.find('`').ok_or("unterminated raw string")?;
        return Ok((Cow::Borrowed(&inner[..end]), end + 2));
    }
    let special = |c: char| c == quote || c == '\\' || c == '\n';
    let end = inner.find(special).ok_or("unterminated quoted string")?;
    if inner[end..].starts_with(quote) {
        return Ok((Cow::Borrowed(&inner[..end]), end + 2));
    }
    // Bytes, because \x escapes may spell out UTF-8.
    let mut out = inner.as_bytes()[..end].to_vec();
    let mut chars = inner[end..].chars();
    loop {
        match chars.next() {
            None | Some('\n') => return Err("unterminated quoted string".to_owned()),
            Some('\\') => escape(&mut chars, quote, &mut out)?,
            Some(c) if c == quote => break,
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    let said = String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
    Ok((Cow::Owned(said), literal.len() - chars.as_str().len()))
}

const NOT_TERMINATED: &str = "escape sequence not terminated";

fn escape(chars: &mut Chars<'_>, quote: char, out: &mut Vec<u8>) -> Result<(), String> {
    let c = chars.next().ok_or(NOT_TERMINATED)?;
    let (count, radix) = match c {
        '0'..='7' => (3, 8),
        'x' => (2, 16),
        'u' => (4, 16),
        'U' => (8, 16),
        _ => {
            out.push(simple(c, quote).ok_or_else(|| format!("unknown escape sequence {}", code_point(c)))?);
            return Ok(());
        }
    };
    let mut digit = if radix == 8 { Some(c) } else { chars.next() };
    let mut code = 0_u32;
    for i in 0..count {
        if i > 0 {
            digit = chars.next();
        }
        let c = digit.ok_or(NOT_TERMINATED)?;
        let value =
            c.to_digit(radix).ok_or_else(|| format!("illegal character {} in escape sequence", code_point(c)))?;
        code = code.wrapping_mul(radix).wrapping_add(value);
    }
    const INVALID: &str = "escape sequence is an invalid Unicode code point";
    if matches!(c, 'u' | 'U') {
        out.extend_from_slice(char::from_u32(code).ok_or(INVALID)?.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        out.push(u8::try_from(code).map_err(|_| INVALID)?);
    }
    Ok(())
}

fn simple(c: char, quote: char) -> Option<u8> {
    Some(match c {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        c if c == quote => u8::try_from(c).ok()?,
        _ => return None,
    })
}

fn code_point(c: char) -> String {
    format!("U+{:04X} '{c}'", u32::from(c))
}
